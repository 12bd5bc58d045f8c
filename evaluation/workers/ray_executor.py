"""Workers as actors on Ray, one per slot, with the same guarantees as processes of this machine.

The queue is the source of truth. A lost actor, alone or with its node, costs only its current batch; its jobs are
leased again to a new one.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from evaluation.workers.interface import WorkerLost
from evaluation.workers.pool import WorkerPool
from evaluation.workers.protocol import Heartbeat, Idle, NotUnderstood, decode_report, encode
from evaluation.workers.ray_cluster import ClusterTooSmall, NoPlace, RayCluster
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.workers.interface import WorkerReport
    from evaluation.workers.pool import Inbox
    from evaluation.workers.protocol import Command, Lease, Report
    from evaluation.workers.ray_cluster import RaySettings

CLOSING_SECONDS: Final = 10.0
PLACING_BEATS: Final = 60
"""For how many beats a worker without a place counts as alive: a cluster may first have to start a machine."""


class RayExecutor(WorkerPool["_Actor"]):
    """Runs leases on actors of a Ray cluster."""

    def __init__(self, form: RaySettings, workers: int) -> None:
        """Connect to the cluster, for at most `workers` workers; raises MissingExtra, NoCluster or ClusterTooSmall."""
        self._cluster = RayCluster(form, workers)
        self._workers = workers
        self._leases: dict[int, Lease] = {}
        super().__init__(lambda inbox: _Actor(self._cluster, form.beat_seconds, inbox), self._room())
        if not self._slots:
            self._cluster.close()
            raise ClusterTooSmall(form.needs)

    def _room(self) -> int:
        return min(self._workers, self._cluster.room())

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Return the ids of the processes that run leases, each on its node."""
        return tuple(worker.process_id for worker in self._busy.values() if worker.process_id is not None)

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Return the reports of workers; at the end of each lease, check how many the cluster can hold now.

        That is at least one: if all nodes are lost, a worker waits for a new one. Raises NoPlace if none came.
        """
        found = super().heard(seconds)
        ends = [one.report for one in found if isinstance(one.report, Idle | WorkerLost)]
        if ends:
            self._slots = max(self._room(), 1)
        self._relieve()
        if any(isinstance(end, WorkerLost) and end.is_unplaced for end in ends) and not self.process_ids:
            raise NoPlace
        return found

    def start(self, number: int, lease: Lease) -> None:
        """Run a lease on an idle worker, or on a new one."""
        self._leases[number] = lease
        super().start(number, lease)

    def _relieve(self) -> None:
        """Give the leases of workers without a place to idle workers, which occupy the places that are left.

        This happens after a node was lost: the cluster may not know that yet, and let a new worker wait for it.
        """
        self._leases = {number: lease for number, lease in self._leases.items() if number in self._busy}
        for number, worker in tuple(self._busy.items()):
            if self._idle and worker.is_waiting:
                self._busy[number] = self._idle.pop()
                self._busy[number].send(self._leases[number])
                worker.kill()

    def close(self) -> None:
        """End all workers, and the cluster if it was started here."""
        super().close()
        self._cluster.close()


class _Actor:
    """An actor, and the thread that fetches its reports. `is_waiting` is true if it found no place within a beat."""

    def __init__(self, cluster: RayCluster, beat_seconds: float, inbox: Inbox[_Actor]) -> None:
        self.process_id: int | None = None
        self.is_waiting = False
        self._ray: Any = cluster.ray
        self._actor: Any = cluster.actor()
        self._beat_seconds = beat_seconds
        self._inbox = inbox
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Call the actor; if it is gone, the thread that reads will notice."""
        self._actor.take.remote(encode(command))

    def kill(self) -> None:
        """Kill the actor's process."""
        self._ray.kill(self._actor)

    def hang_up(self) -> None:
        """Kill the actor without waiting for reports."""
        self.kill()

    def wait(self) -> None:
        """Wait until nothing more is fetched."""
        self._thread.join(CLOSING_SECONDS)

    def _read(self) -> None:
        """Pass on the reports of the actor, and then that it is gone."""
        self._inbox.put((self, self._read_until_lost()))
        with suppress(self._ray.exceptions.RayError):
            self.kill()

    def _read_until_lost(self) -> WorkerLost:
        """Return why the reports ended."""
        try:
            if not self._is_placed():
                return WorkerLost(reason="the cluster had no place for the worker", is_unplaced=True)
            while True:
                self._tell(decode_report(self._ray.get(self._actor.next_report.remote())))
        except NotUnderstood as error:
            return WorkerLost(reason=str(error))
        except self._ray.exceptions.RayError as error:
            return WorkerLost(reason=_last_words(error))

    def _is_placed(self) -> bool:
        """Wait until the actor has a place; meanwhile it counts as alive, for a limited time."""
        answer = self._actor.process_id.remote()
        for _ in range(PLACING_BEATS):
            if self._ray.wait([answer], timeout=self._beat_seconds)[0]:
                self.process_id = int(self._ray.get(answer))
                self.is_waiting = False
                return True
            self.is_waiting = True
            self._tell(Heartbeat())
        return False

    def _tell(self, report: Report) -> None:
        self._inbox.put((self, report))


def _last_words(error: Exception) -> str:
    """Return in one line what Ray says about the end of an actor, without its ids and advice."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = next((line for line in lines if line.startswith("The actor is dead")), lines[0] if lines else "")
    return plain(f"the worker is lost: {told.partition(' Some common causes')[0]}", 300)
