"""A notebook: what a fresh kernel of Jupyter shows, without ipywidgets, as it is installed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from store.connect import open_database
from store.drift.write_drift import refresh
from store.ingest.crawl_store import DuckDBCrawlStore
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_client.blocking.client import BlockingKernelClient

    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

PATIENCE = 240
HOSTILE = "elm/<script>alert(1)</script>"


@pytest.fixture(name="path")
def fixture_path(
    tmp_path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk], make_score: Callable[..., Score]
) -> Path:
    """Give a base and a derivative with scores, and a model with a hostile name."""
    path = tmp_path / "lineage.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        tags = ["base_model:finetune:maple/model-1"]
        desk.take([desk.record(1), desk.record(2, tags=tags), desk.record(3, id=HOSTILE)])
        desk.derive()
    scores = [make_score(f"maple/model-{number}", ones, with_items=True) for number, ones in ((1, 40), (2, 100))]
    write_scores(writer, scores, desk.START)
    refresh(writer)
    writer.close()
    return path


@pytest.fixture(name="kernel")
def fixture_kernel(tmp_path: Path) -> Iterator[BlockingKernelClient]:
    """Give a client of a kernel that this Python runs, in an empty folder and without settings of the user's."""
    pytest.importorskip("ipykernel", reason="the group test brings ipykernel")
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import KernelManager

    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager = KernelManager(transport="ipc", ip=str(tmp_path / "k"), connection_file=str(tmp_path / "kernel.json"))
    manager._kernel_spec = KernelSpec(argv=argv, display_name="here", language="python")
    own = {"IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter")}
    manager.start_kernel(cwd=str(tmp_path), env=os.environ | own)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(kernel: BlockingKernelClient, cell: str) -> dict[str, Any]:
    """Return what a cell shows: the forms of its value by type, or the error's `ename` and `evalue`."""
    shown: dict[str, Any] = {}

    def take(message: dict[str, Any]) -> None:
        content = message["content"]
        shown.update(content.get("data") or (content if message["msg_type"] == "error" else {}))

    kernel.execute_interactive(cell, output_hook=take, timeout=PATIENCE)
    return shown


def test_a_fresh_notebook_opens_a_database_and_shows_it(path: Path, kernel: BlockingKernelClient) -> None:
    """Without ipywidgets: answers are tables of escaped texts, families pictures, and errors say what helps."""
    start = f"import sys; sys.modules['ipywidgets'] = None\nimport lineage; db = lineage.open({str(path)!r})"
    assert run(kernel, start) == {}
    models = run(kernel, "db.models()")
    assert models["text/plain"].startswith("<Result: 3 rows of id, downloads, domains")
    assert "elm/&lt;script&gt;alert(1)&lt;/script&gt;</td>" in models["text/html"]
    assert "<script" not in models["text/html"]
    assert "<td" in run(kernel, "db.table('edges')")["text/html"]
    family = run(kernel, "family = db.family('maple/model-1'); family")
    assert 'alt="Family of maple/model-1: 2 models, 2 measured' in family["text/html"]
    assert "1 comparison in points" in run(kernel, "family.forest('harm')")["text/html"]
    failed = run(kernel, "family.forest('ham')")
    assert failed["ename"] == "UnknownInstrument"
    assert failed["evalue"] == "there are no scores for ham (did you mean harm?) here"
    assert "there are scores for harm" in failed["traceback"][-1]
    assert run(kernel, "db.drift().to_pandas().verdict.tolist()")["text/plain"] == "['worse']"
