"""Makes what runs the queue: processes of this machine, or a Ray cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError

if TYPE_CHECKING:
    from evaluation.engines.interface import Setup
    from evaluation.workers.interface import Executor

CUDA: Final = "cuda"
LOCAL: Final = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class RayOptions:
    """A Ray cluster. `address` is None for one on this machine, `gpus_per_worker` None for the usual number."""

    address: str | None = None
    gpus_per_worker: float | None = None

    def gpus(self, device: str) -> float:
        """Return how many GPUs a worker reserves: Ray shows a worker only those."""
        if self.gpus_per_worker is None:
            return 1.0 if device == CUDA else 0.0
        return self.gpus_per_worker


def on_cluster(address: str | None, gpus: float | None) -> RayOptions | None:
    """Return the Ray cluster that runs workers, or None for processes of this machine.

    The address `local` is a cluster of this machine. Raises UsageError for GPUs per worker without a cluster.
    """
    if address is not None:
        return RayOptions(address=None if address == LOCAL else address, gpus_per_worker=gpus)
    if gpus is not None:
        raise UsageError("--set gpus-per-worker needs --ray")
    return None


def make_executor(setup: Setup, workers: int, memory_mib: int, on: RayOptions | None) -> Executor:
    """Return what runs leases; `on` is None for processes of this machine.

    `memory_mib` limits the memory of a process, 0 for no limit; a cluster reserves that much for it. Raises
    MissingExtra, NoCluster or ClusterTooSmall.
    """
    if on is None:
        from evaluation.workers.local import LocalExecutor, WorkerSettings

        return LocalExecutor(WorkerSettings(setup=setup, memory_mib=memory_mib or None), workers)
    from evaluation.workers.ray_cluster import RaySettings
    from evaluation.workers.ray_executor import RayExecutor

    form = RaySettings(setup=setup, address=on.address, gpus=on.gpus(setup.device), memory_mib=memory_mib or None)
    return RayExecutor(form, workers)
