"""The formats that are made of profiles, written by the command's own way from a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lineage.exports.errors import ExportTooLarge
from lineage.exports.formats import find_format, format_of_file
from store.connect import open_database
from store.drift.write_drift import refresh
from store.ingest.crawl_store import DuckDBCrawlStore
from store.outputs.atomic_write import OutputTarget
from store.outputs.export import ExportRequest, export
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

OF_THE_EXTRA = {"png": "resvg_py", "cyclonedx": "cyclonedx", "spdx3": "spdx_python_model", "prov": "prov"}
STARTS = {
    "svg": b"<svg ",
    "png": b"\x89PNG",
    "cyclonedx": b"{",
    "spdx3": b"{",
    "prov": b"{",
}


@pytest.fixture(name="path")
def fixture_path(
    tmp_path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk], make_score: Callable[..., Score]
) -> Path:
    """Give a database of a base with a declared and a guessed derivative, two of them scored."""
    path = tmp_path / "lineage.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        tags = ["base_model:finetune:maple/legal-base"]
        desk.take(
            [
                desk.record(1, id="maple/legal-base", tags=["license:mit"]),
                desk.record(2, id="oak/legal-chat", tags=tags),
                desk.record(3, id="oak/legal-base-GGUF", tags=["gguf"]),
            ]
        )
        desk.derive()
    write_scores(writer, [make_score("maple/legal-base", 40), make_score("oak/legal-chat", 100)], desk.START)
    refresh(writer)
    writer.close()
    return path


def written(path: Path, name: str, selector: str | None = None, *, inferred: bool = True) -> bytes:
    """Return what a format makes of a selection."""
    form = find_format(name)
    target = path.with_name(f"out{form.ending}")
    order = ExportRequest(
        form=form, target=OutputTarget(path=target, overwrites=True), selector=selector, inferred=inferred
    )
    export(path, order)
    return target.read_bytes()


@pytest.mark.parametrize("name", STARTS)
def test_every_format_is_written(path: Path, name: str) -> None:
    """Of a selection and of everything."""
    if name in OF_THE_EXTRA:
        pytest.importorskip(OF_THE_EXTRA[name], reason="needs the extra reports")
    for selector in ("oak/legal-chat", None):
        assert written(path, name, selector).startswith(STARTS[name])


def test_a_figure_shows_the_selection_with_its_drift(path: Path) -> None:
    """The verdict that the database holds stands in it; of several families the selector is the title."""
    drawn = written(path, "svg", "maple/legal-base+").decode()
    assert "Family of maple/legal-base" in drawn
    assert "▲ +15" in drawn
    assert "oak/legal-chat" in drawn
    assert "org:oak: 1 family" in written(path, "svg", "org:oak").decode()


def test_a_bill_has_the_ancestor_and_the_drift(path: Path) -> None:
    """One model's bill says what it was made of and how far it moved."""
    pytest.importorskip("cyclonedx", reason="needs the extra reports")
    component = json.loads(written(path, "cyclonedx", "oak/legal-chat"))["metadata"]["component"]
    (ancestor,) = component["pedigree"]["ancestors"]
    assert (ancestor["purl"], ancestor["licenses"][0]["license"]["id"]) == ("pkg:huggingface/maple/legal-base", "MIT")
    assert any(one["value"] == "worse" for one in component["properties"])


def test_inferred_edges_can_be_left_out(path: Path) -> None:
    """Then nothing says that a guessed derivative comes from its base."""
    pytest.importorskip("cyclonedx", reason="needs the extra reports")
    guessed = json.loads(written(path, "cyclonedx", "oak/legal-base-GGUF"))["metadata"]["component"]
    assert "inferred, not declared" in guessed["pedigree"]["notes"]
    declared = json.loads(written(path, "cyclonedx", "oak/legal-base-GGUF", inferred=False))["metadata"]["component"]
    assert "pedigree" not in declared


def test_the_longest_ending_tells_the_format() -> None:
    """A file of a bill ends like JSON too, and is none of node-link."""
    found = {
        name: format_of_file(name) for name in ("a.cdx.json", "a.spdx.json", "a.prov.json", "a.json", "a.SVG", "a")
    }
    assert {name: form and form.name for name, form in found.items()} == {
        "a.cdx.json": "cyclonedx",
        "a.spdx.json": "spdx3",
        "a.prov.json": "prov",
        "a.json": "json",
        "a.SVG": "svg",
        "a": None,
    }


def test_a_bill_has_a_bound(path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]) -> None:
    """More models than one bill can describe are refused before anything is written."""
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take([desk.record(number, id=f"oak/m-{number}") for number in range(10, 211)])
        desk.derive()
    writer.close()
    with pytest.raises(ExportTooLarge, match="cyclonedx holds at most 200 models"):
        written(path, "cyclonedx", "org:oak")
