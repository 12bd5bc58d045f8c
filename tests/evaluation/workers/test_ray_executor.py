"""A real Ray cluster of this machine runs the queue, whatever becomes of its workers on the way."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import Setup
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.jobs.events import JobDone, JobFailed
from evaluation.workers.interface import WorkerLost
from evaluation.workers.local import LocalExecutor, WorkerSettings
from evaluation.workers.protocol import Heartbeat, Idle, Lease
from evaluation.workers.ray_cluster import CLOSED, KEY_VARIABLE, ClusterTooSmall, NoPlace, RaySettings
from evaluation.workers.ray_executor import RayExecutor
from lineage.errors import MissingExtra
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from lineage.scores.instrument_file import default_catalogue
from store.connect import open_database
from store.jobs.queue import enqueue, list_jobs
from tests.evaluation.conftest import START, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evaluation.jobs.events import Event
    from evaluation.workers.interface import WorkerReport
    from store.database import Database

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra `ray`: a cluster is started")
TOYS = Path(__file__).parents[1] / "toys"
ENGINES = {"toy": "counting_runner:make_runner"}
SETUP = Setup(device="cpu", threads=1)
FORM = RaySettings(setup=SETUP, engines=ENGINES)
NODES = (
    {"Alive": True, "Resources": {"CPU": 8.0, "GPU": 1.0}},
    {"Alive": True, "Resources": {"CPU": 15.0, "GPU": 0.75}},
    {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}},
)
AWAY = SimpleNamespace(init=lambda **_: None, shutdown=lambda: None, nodes=lambda: NODES)
"""A cluster elsewhere, of which only the nodes are known."""


@dataclass(slots=True)
class Queue:
    """A queue, the file in which the toy counts what it computes, and the time."""

    folder: Path
    database: Database = field(init=False)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.database = open_database(self.folder / "lineage.duckdb")

    def want(self, model: str, family: str, **fault: str | int) -> None:
        """Queue a model of 24 items in 6 batches."""
        options: dict[str, str | int | float | bool] = {
            "items": 24,
            "batch": 4,
            "counted": str(self.folder / "counted"),
            "once": str(self.folder / f"once-{model}"),
            **fault,
        }
        work = JobSpec(
            model=f"maple/{model}",
            revision="a1b2c3d",
            instrument="truthfulqa_mc1",
            definition="toys",
            engine="toy",
            options=options,
        )
        wanted = PlannedJob(spec=work, family=family, priority=1.0, reason="a test", policy="person")
        enqueue(self.database, [wanted], START)

    def run(self, executor: RayExecutor | LocalExecutor) -> Iterator[Event]:
        """Run the queue to its end and yield what happens."""
        rules = QueueSettings(owner="test", lease_seconds=300)
        clock = self.clock
        return Coordinator(self.database, executor, default_catalogue(), rules, clock, ticks=clock.ticks).run()

    def counted(self) -> list[list[str]]:
        """Return process, model and first item of every batch that was computed."""
        return [line.split() for line in (self.folder / "counted").read_text().splitlines()]

    def states(self) -> dict[str, object]:
        """Return the state of each job by its model."""
        return {str(row["model"]): row["state"] for row in list_jobs(self.database).records()}

    def items(self) -> Sequence[tuple[object, ...]]:
        """Return every item of every score."""
        told = "select model, item, items.value from items join scores using (run) order by all"
        return self.database._connection.execute(told).fetchall()


class WatchingExecutor(RayExecutor):
    """Does something to whoever runs a model, once, as soon as its fault came."""

    def __init__(self, form: RaySettings, workers: int, fault: Path, act: Callable[[tuple[int, ...]], None]) -> None:
        super().__init__(form, workers)
        self._fault: Path | None = fault
        self._act = act

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Look whether the fault came, and listen."""
        if self._fault is not None and self._fault.exists():
            self._fault = None
            self._act(self.process_ids)
        return super().heard(seconds)


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers find the toy engine."""
    known = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*known, str(TOYS)]))


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra, and nothing of the attempt is left in the environment."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match="'ray'"):
        RayExecutor(FORM, 2)
    assert not os.environ.keys() & {*CLOSED, KEY_VARIABLE}


@pytest.mark.parametrize(
    ("gpus", "threads", "slots"), [(0.5, None, 3), (0.3, 1, 5), (1.0, 8, 1), (0.0, 4, 5), (0.0, None, 10)]
)
def test_a_cluster_holds_what_its_nodes_can(
    monkeypatch: pytest.MonkeyPatch, gpus: float, threads: int | None, slots: int
) -> None:
    """A worker is never split over nodes, one that is down counts for nothing, and more than asked for are not made."""
    monkeypatch.setitem(sys.modules, "ray", AWAY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"ray://127.0.0.1:{server.getsockname()[1]}"
        form = RaySettings(setup=Setup(device="cpu", threads=threads), address=address, gpus=gpus)
        assert RayExecutor(form, 10).slots == slots


def test_what_no_node_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what a worker needs, in place of waiting for ever."""
    monkeypatch.setitem(sys.modules, "ray", AWAY)
    with pytest.raises(ClusterTooSmall, match="no machine of the cluster has 1 CPU, 2 GPU"):
        RayExecutor(RaySettings(setup=SETUP, gpus=2), 1)


@dataclass(slots=True, eq=False)
class Hired:
    """A worker that notes what is sent to it and that it is killed."""

    is_waiting: bool
    process_id: int | None = None
    notes: list[object] = field(default_factory=list)

    def send(self, command: object) -> None:
        """Note a command."""
        self.notes.append(command)

    def kill(self) -> None:
        """Note the end."""
        self.notes.append("killed")

    def hang_up(self) -> None:
        """End."""

    def wait(self) -> None:
        """Be gone at once."""


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RayExecutor, list[Hired]]]:
    """Give an executor of two slots, and the workers that it is to hire."""
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(**vars(AWAY)))
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = RayExecutor(RaySettings(setup=SETUP, address=f"ray://127.0.0.1:{server.getsockname()[1]}"), 2)
    hired: list[Hired] = []
    monkeypatch.setattr(made, "_hire", lambda _: hired.pop(0))
    yield made, hired
    made._idle.clear()
    made._busy.clear()
    made.close()


def test_who_waits_for_a_place_is_relieved_by_who_has_one(executor: tuple[RayExecutor, list[Hired]]) -> None:
    """A lease waits with its worker for a node that was lost, until another worker is idle: that one runs it."""
    crew, hired = executor
    placed, waiting = Hired(is_waiting=False), Hired(is_waiting=True)
    hired += [placed, waiting]
    first, second = Lease(specs={}, done={}), Lease(specs={}, done={})
    crew.start(1, first)
    crew.start(2, second)
    crew.heard(0.001)
    assert waiting.notes == [second]
    crew._inbox.put((placed, Idle()))  # type: ignore[arg-type] # it stands for an actor
    assert [one.lease for one in crew.heard(0.001)] == [1]
    assert (placed.notes, waiting.notes) == ([first, second], [second, "killed"])
    crew._inbox.put((waiting, WorkerLost(reason="killed")))  # type: ignore[arg-type] # as above
    crew._inbox.put((placed, Heartbeat()))  # type: ignore[arg-type] # as above
    assert [one.lease for one in crew.heard(0.001)] == [2]


def test_where_all_nodes_are_lost_one_worker_waits(executor: tuple[RayExecutor, list[Hired]]) -> None:
    """The queue does not end because there is no node at the moment."""
    crew, hired = executor
    hired.append(worker := Hired(is_waiting=False))
    crew.start(1, Lease(specs={}, done={}))
    crew._cluster.ray.nodes = list
    crew._inbox.put((worker, WorkerLost(reason="the node is gone")))  # type: ignore[arg-type] # it stands for an actor
    assert [one.lease for one in crew.heard(0.001)] == [1]
    assert crew.slots == 1


def test_a_cluster_that_has_no_place_is_no_fault_of_a_job(
    executor: tuple[RayExecutor, list[Hired]], tmp_path: Path
) -> None:
    """The run ends, the lease is given back, and no attempt is counted; while another works, the run goes on."""
    crew, hired = executor
    hired += [first := Hired(is_waiting=True), second := Hired(is_waiting=True)]
    queue = Queue(tmp_path)
    queue.want("waiting", "maple/one")
    crew._slots = 1
    crew._inbox.put((first, WorkerLost(reason="no place", is_unplaced=True)))  # type: ignore[arg-type] # it stands for an actor
    with pytest.raises(NoPlace):
        assert list(queue.run(crew))
    told = "select state, attempts, error from jobs"
    assert queue.database._connection.execute(told).fetchall() == [("queued", 0, None)]
    crew._busy.update({7: second, 8: SimpleNamespace(is_waiting=False, process_id=4711)})  # type: ignore[dict-item] # as above
    crew._inbox.put((second, WorkerLost(reason="no place", is_unplaced=True)))  # type: ignore[arg-type] # as above
    assert [one.lease for one in crew.heard(0.001)] == [7]


@needs_ray
def test_killed_workers_cost_a_batch_each(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """One dies of its own, one is killed from outside mid-task: all is done, and the items are those of a calm run."""
    queue, calm = Queue(tmp_path / "queue"), Queue(tmp_path / "calm")
    for number in range(3):
        calm.want(f"one-{number}", "maple/one")
        calm.want(f"two-{number}", "maple/two")
    assert list(calm.run(LocalExecutor(WorkerSettings(setup=SETUP, engines=ENGINES), 1)))
    for number in range(3):
        is_hit = number == 1
        queue.want(f"one-{number}", "maple/one", fault="kill" if is_hit else "none", at=13)
        queue.want(f"two-{number}", "maple/two", fault="hang" if is_hit else "none", at=9)

    def kill(processes: tuple[int, ...]) -> None:
        victim = int(next(process for process, model, _ in queue.counted() if model == "maple/two-1"))
        assert victim in processes
        os.kill(victim, signal.SIGKILL)

    executor = WatchingExecutor(FORM, 2, queue.folder / "once-two-1", kill)
    assert executor.slots == 2
    failures = [event for event in queue.run(executor) if isinstance(event, JobFailed)]
    lost = sorted((event.job.spec.model, event.job.items_done, event.is_over) for event in failures)
    assert lost == [("maple/one-1", 12, False), ("maple/two-1", 8, False)]
    assert set(queue.states().values()) == {"done"}
    assert queue.items() == calm.items()
    computed = Counter((model, item) for _, model, item in queue.counted())
    assert len(computed) == len(calm.counted()) == 36
    assert sum(computed.values()) - len(computed) <= len(lost)
    assert capfd.readouterr().out == ""


@needs_ray
def test_a_frozen_worker_is_ended_when_its_lease_runs_out(tmp_path: Path) -> None:
    """Its processor is given to a new worker, which ends the job."""
    queue = Queue(tmp_path)
    queue.want("frozen", "maple/one", fault="freeze", at=5)
    form = RaySettings(setup=SETUP, engines=ENGINES, beat_seconds=3600)

    def wait(_: tuple[int, ...]) -> None:
        queue.clock.now += timedelta(seconds=300)

    executor = WatchingExecutor(form, 1, queue.folder / "once-frozen", wait)
    rest = [event for event in queue.run(executor) if isinstance(event, JobFailed | JobDone)]
    assert [type(event) for event in rest] == [JobFailed, JobDone]
    assert queue.states() == {"maple/frozen": "done"}
