"""What runs leases: processes of this machine, or anything else that implements `Executor`.

The queue is the source of truth: an executor keeps nothing that matters. It may lose a worker at any moment, and says
so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.workers.protocol import Lease, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLost:
    """The worker of a lease is gone, with the reason if known; `is_unplaced` if it never had a machine."""

    reason: str
    is_unplaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """A report of the worker of a lease, or that it is gone."""

    lease: int
    report: Report | WorkerLost


class Executor(Protocol):
    """Runs leases, each on its own worker, and passes on their reports."""

    @property
    def slots(self) -> int:
        """Return how many leases can run at the same time."""

    def start(self, number: int, lease: Lease) -> None:
        """Run a lease under a new number; there is a free slot."""

    def stop(self, number: int, job: int) -> None:
        """Stop a job, because its outcome is decided."""

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Return the reports since the last call, in order, waiting at most `seconds` if there are none.

        A call also confirms that everything reported before is kept: a worker does not run ahead of that.
        """

    def end(self, number: int) -> None:
        """End the worker of a lease at once; it reports nothing more."""

    def close(self) -> None:
        """End all workers."""
