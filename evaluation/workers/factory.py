"""Where the queue runs: processes of this machine, or a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError

if TYPE_CHECKING:
    from evaluation.engines.interface import Setup
    from evaluation.workers.executor import Executor

CUDA: Final = "cuda"
LOCAL: Final = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class RayOptions:
    """A Ray cluster. `address` is None for one of this machine, `gpus_per_worker` None for one where that is meant."""

    address: str | None = None
    gpus_per_worker: float | None = None

    def gpus(self, device: str) -> float:
        """Return how many GPUs a worker reserves: Ray shows a worker those alone."""
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

    Raises MissingExtra, NoCluster or ClusterTooSmall.

    `memory_mib` bounds what a process can take, 0 for no bound; on a cluster that much is reserved for it.
    """
    if on is None:
        from evaluation.workers.local import LocalExecutor, WorkerSettings

        return LocalExecutor(WorkerSettings(setup=setup, memory_mib=memory_mib or None), workers)
    from evaluation.workers.ray_cluster import RaySettings
    from evaluation.workers.ray_executor import RayExecutor

    form = RaySettings(setup=setup, address=on.address, gpus=on.gpus(setup.device), memory_mib=memory_mib or None)
    return RayExecutor(form, workers)
