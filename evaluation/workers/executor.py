"""Where leases run: the seam behind which workers are processes of this machine, or anything else.

The queue is the truth: an executor keeps nothing that would be missed. It may lose a worker at any moment, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.workers.protocol import Lease, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost:
    """The worker of a lease is gone, and why as far as that can be seen; `is_unplaced` where it never had a machine."""

    reason: str
    is_unplaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What a worker tells of its lease, or that it is gone."""

    lease: int
    report: Report | WorkerLost


class Executor(Protocol):
    """Runs leases, each on a worker of its own, and passes on what they tell."""

    @property
    def slots(self) -> int:
        """Return how many leases can run at the same time."""

    def start(self, number: int, lease: Lease) -> None:
        """Run a lease under a number that no other has; there is a free slot."""

    def stop(self, number: int, job: int) -> None:
        """Run no more items of a job: its outcome is decided."""

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Return what was told since the last call, in order; where that is nothing, wait so long for it at most.

        To call it says that all that was heard before is kept: a worker runs no items beyond those before that.
        """

    def end(self, number: int) -> None:
        """End the worker of a lease at once; nothing more is heard of it."""

    def close(self) -> None:
        """End all workers."""
