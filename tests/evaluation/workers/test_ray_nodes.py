"""A real Ray cluster of several nodes on this machine loses one of them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.interface import Setup
from evaluation.jobs.coordinator import Coordinator, QueueSettings
from evaluation.jobs.events import JobFailed
from evaluation.workers import ray_cluster
from evaluation.workers.ray_cluster import CLOSED, KEY_VARIABLE, OBJECT_STORE_BYTES, RaySettings
from evaluation.workers.ray_executor import RayExecutor
from lineage.scores.instrument_file import default_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evaluation.workers.interface import WorkerReport
    from tests.evaluation.conftest import Bench

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="needs the extra `ray`: a cluster is started")
ITEMS = 24
BATCH = 4


@pytest.fixture(name="nodes")
def fixture_nodes(toys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a cluster of a head without workers and two nodes of one worker each, which all find the toys."""
    assert str(toys) in os.environ["PYTHONPATH"]
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:  # a socket's path is short
        for name, value in (CLOSED | {KEY_VARIABLE: ray_cluster._token(), "RAY_TMPDIR": folder}).items():
            monkeypatch.setenv(name, value)
        cluster = started()
        yield cluster
        cluster.shutdown()


def started() -> Any:  # noqa: ANN401 -- Ray is typed only where it is installed
    """Start the cluster."""
    local = {"object_store_memory": OBJECT_STORE_BYTES}
    head = {"num_cpus": 0, "node_ip_address": "127.0.0.1", "include_dashboard": False, **local}
    cluster = import_module("ray.cluster_utils").Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        cluster.add_node(num_cpus=1, wait=False, **local)
    cluster.wait_for_nodes()
    return cluster


class LosingExecutor(RayExecutor):
    """Loses the node of the worker that came upon its fault, once."""

    def __init__(self, form: RaySettings, cluster: Any, folder: Path) -> None:  # noqa: ANN401 -- as above
        super().__init__(form, 2)
        self._nodes = cluster
        self._folder = folder
        self._is_whole = True

    def heard(self, seconds: float) -> Sequence[WorkerReport]:
        """Look whether the fault came, and listen."""
        if self._is_whole and (self._folder / "once").exists():
            self._is_whole = False
            worker = next(process for process, model, _ in counted(self._folder) if model == "maple/two-0")
            parent = int(subprocess.check_output(["ps", "-o", "ppid=", "-p", worker]))  # noqa: S607 -- the system's own
            (node,) = (one for one in self._nodes.worker_nodes if raylet_of(one) == parent)
            self._nodes.remove_node(node, allow_graceful=False)
        return super().heard(seconds)


def raylet_of(node: Any) -> int:  # noqa: ANN401 -- as above
    """Return the id of the process that starts the workers of a node."""
    return int(node.all_processes["raylet"][0].process.pid)


def counted(folder: Path) -> list[list[str]]:
    """Return process, model and first item of every batch that was computed."""
    return [line.split() for line in (folder / "counted").read_text().splitlines()]


def answer(model: str, item: str) -> float:
    """Return what the toy answers."""
    return float(hashlib.sha256(f"{model} {item}".encode()).digest()[0] % 2)


@needs_ray
def test_a_lost_node_costs_a_batch(bench: Bench, tmp_path: Path, nodes: Any) -> None:  # noqa: ANN401 -- as above
    """Killed mid-task with all its processes; the node that is left runs the rest, and each item is there once."""
    hang = {"fault": "hang", "at": 9, "once": str(tmp_path / "once")}
    for name, faults in {"one-0": {}, "one-1": {}, "two-0": hang, "two-1": {}}.items():
        options: dict[str, Any] = {"items": ITEMS, "batch": BATCH, "counted": str(tmp_path / "counted"), **faults}
        bench.want(name, family=f"maple/{name[:3]}", **options)
    form = RaySettings(
        setup=Setup(device="cpu", threads=1),
        address=nodes.address,
        beat_seconds=0.5,
        engines={"toy": "counting_runner:make_runner"},
    )
    executor = LosingExecutor(form, nodes, tmp_path)
    assert executor.slots == 2
    coordinator = Coordinator(bench.database, executor, default_catalogue(), QueueSettings(owner="test"), bench.clock)
    failures = [event for event in coordinator.run() if isinstance(event, JobFailed)]
    assert [(one.job.spec.model, one.job.items_done, one.is_over) for one in failures] == [("maple/two-0", 8, False)]
    assert {row["state"] for row in bench.jobs().values()} == {"done"}
    told = "select model, item, items.value from items join scores using (run)"
    expected = {(f"maple/{name}", f"item-{number}") for name in bench.jobs() for number in range(ITEMS)}
    assert sorted(bench.rows(told)) == sorted((*one, answer(*one)) for one in expected)
    computed = Counter((model, item) for _, model, item in counted(tmp_path))
    assert len(computed) == 4 * ITEMS // BATCH
    assert computed.total() - len(computed) <= 2
