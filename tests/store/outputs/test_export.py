"""Exports as a whole: every format is written, what is chosen is what comes, and nothing half is left."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import TYPE_CHECKING

import duckdb
import networkx as nx
import pytest

import lineage
from lineage.exports.errors import ExportTooLarge, TargetRefused
from lineage.exports.formats import FORMATS, find_format
from store.connect import open_database
from store.derive.model_names import NoSuchModel
from store.outputs import export as exporting
from store.outputs.atomic_write import OutputTarget
from store.outputs.export import ExportRequest, ExportSummary, export
from store.outputs.writers import WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.exports.graph_rows import GraphRows


def order(
    name: str, target: Path, *, selector: str | None = None, inferred: bool = True, force: bool = False
) -> ExportRequest:
    """Return an order for a format at a place."""
    form = find_format(name)
    return ExportRequest(
        form=form,
        target=OutputTarget(path=target, is_folder=form.is_folder, overwrites=force),
        selector=selector,
        inferred=inferred,
    )


def edges_of(path: Path) -> set[tuple[str, str]]:
    """Return the edges of a node-link document."""
    return {(one["source"], one["target"]) for one in json.loads(path.read_text("ascii"))["edges"]}


def test_every_format_has_one_writer() -> None:
    """Each format either renders its own text or has a writer, never both."""
    assert sorted(WRITERS) == sorted(one.name for one in FORMATS if one.render is None)


@pytest.mark.parametrize("name", [one.name for one in FORMATS if one.extra is None])
def test_every_format_is_written(path: Path, tmp_path: Path, name: str) -> None:
    """A family goes into each format; what comes of it is said, and there is nothing beside it."""
    folder = tmp_path / "out"
    folder.mkdir()
    written = export(path, order(name, folder / "family", selector="maple/base+"))
    assert (written.models, written.edges) == (4, 3)
    assert written.size_bytes > 0
    assert [one.name for one in folder.iterdir()] == ["family"]


def test_edges_are_those_among_the_chosen(path: Path, tmp_path: Path) -> None:
    """An edge needs both its ends, and inferred ones come only where they are asked for."""
    export(path, order("json", tmp_path / "all.json"))
    assert edges_of(tmp_path / "all.json") == {
        ("maple/base", "cedar/legal-chat"),
        ("maple/base", "oak/lora"),
        ("cedar/legal-chat", "cedar/merge"),
        ("pine/other", "cedar/merge"),
    }
    export(path, order("json", tmp_path / "some.json", selector="maple/base+,org:cedar oak/lora"))
    assert edges_of(tmp_path / "some.json") == {("cedar/legal-chat", "cedar/merge")}
    export(path, order("json", tmp_path / "declared.json", inferred=False))
    assert edges_of(tmp_path / "all.json") - edges_of(tmp_path / "declared.json") == {("maple/base", "oak/lora")}


def test_graphml_is_the_graph_that_python_has(path: Path, tmp_path: Path) -> None:
    """What networkx reads of the file says the same as the graph that `lineage.open` gives."""
    export(path, order("graphml", tmp_path / "family.graphml", selector="maple/base+"))
    read = nx.read_graphml(tmp_path / "family.graphml")
    with lineage.open(path) as library:
        own = library.graph().subgraph(read)
    assert set(read) == set(own)
    assert set(read.edges) == set(own.edges)
    for ends in own.edges:
        assert all(read.edges[ends][name] == own.edges[ends][name] for name in ("relation", "evidence", "confidence"))
    for node in own:
        known = {name: own.nodes[node][name] for name in ("status", "author", "library", "license", "downloads")}
        assert {name: read.nodes[node].get(name) for name in known} == known


def test_an_export_is_the_same_again(path: Path, tmp_path: Path) -> None:
    """The same database gives the same bytes, so that exports can be compared."""
    for name in ("gexf", "graphml", "newick"):
        export(path, order(name, tmp_path / f"first.{name}"))
        export(path, order(name, tmp_path / f"second.{name}"))
        assert (tmp_path / f"first.{name}").read_bytes() == (tmp_path / f"second.{name}").read_bytes()


def test_nothing_chosen_is_an_empty_document(path: Path, tmp_path: Path) -> None:
    """A selector that names nothing gives a document of nothing."""
    written = export(path, order("json", tmp_path / "none.json", selector="library:none"))
    assert (written.models, written.edges) == (0, 0)
    assert json.loads((tmp_path / "none.json").read_text("ascii"))["nodes"] == []


def test_a_place_of_any_name_is_written(path: Path, tmp_path: Path) -> None:
    """Quotes, patterns and spaces in the names of folders and files mean nothing."""
    folder = tmp_path / "it's [1] *,; odd"
    folder.mkdir()
    export(path, order("parquet", folder / "a'b [2]?"))
    assert sorted(one.suffix for one in (folder / "a'b [2]?").iterdir()) == [".parquet"] * 4


@pytest.mark.parametrize("name", ["graphml", "parquet"])
def test_an_interrupted_export_leaves_nothing(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Ctrl-C in the middle leaves the target as it was, and no half of a file beside it."""
    folder = tmp_path / "out"
    folder.mkdir()

    def interrupted(*_: object) -> ExportSummary:
        next(one for one in folder.iterdir() if one.name.startswith(".")).joinpath("half").write_text("x")
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "_written", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export(path, order(name, folder / "family"))
    assert list(folder.iterdir()) == []


def test_too_much_for_a_format_leaves_nothing(path: Path, tmp_path: Path) -> None:
    """What does not fit is refused before anything is written, with the figures and the way out."""
    small = dataclasses.replace(find_format("mermaid"), most_edges=2)
    with pytest.raises(ExportTooLarge, match="at most 2 edges, but 4 are selected") as caught:
        export(path, ExportRequest(form=small, target=OutputTarget(path=tmp_path / "a.mmd")))
    assert "org/name+1" in caught.value.hint
    assert not (tmp_path / "a.mmd").exists()


def test_an_unknown_model_leaves_nothing(path: Path, tmp_path: Path) -> None:
    """A selector that fails does so before there is a file."""
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(NoSuchModel):
        export(path, order("json", folder / "a.json", selector="nobody/nothing"))
    assert list(folder.iterdir()) == []


def test_what_is_there_is_kept(path: Path, tmp_path: Path) -> None:
    """A file is not overwritten unless that is asked for."""
    target = tmp_path / "family.json"
    target.write_text("mine")
    with pytest.raises(TargetRefused, match="already exists"):
        export(path, order("json", target))
    assert target.read_text() == "mine"
    export(path, order("json", target, force=True))
    assert edges_of(target)


def test_a_link_is_replaced_and_not_followed(path: Path, tmp_path: Path) -> None:
    """What a link at the target leads to stays as it is; without force so does the link."""
    precious = tmp_path / "precious.json"
    precious.write_text("mine")
    link = tmp_path / "family.json"
    link.symlink_to(precious)
    with pytest.raises(TargetRefused, match="a link"):
        export(path, order("json", link))
    assert link.is_symlink()
    export(path, order("json", link, force=True))
    assert precious.read_text() == "mine"
    assert not link.is_symlink()
    assert edges_of(link)


def test_a_link_that_leads_nowhere_is_there_too(path: Path, tmp_path: Path) -> None:
    """A dangling link is not written through either."""
    link = tmp_path / "family.json"
    link.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(TargetRefused, match="a link"):
        export(path, order("json", link))
    assert not (tmp_path / "elsewhere.json").exists()


def test_a_folder_keeps_what_else_is_in_it(path: Path, tmp_path: Path) -> None:
    """A folder that is not empty is refused; with force only files of the same names are replaced."""
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(TargetRefused, match="not empty"):
        export(path, order("csv", folder))
    export(path, order("csv", folder, force=True))
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "models.csv").read_text().startswith("id,")


@pytest.mark.parametrize(
    ("place", "name", "reason"),
    [
        ("missing/a.json", "json", "does not exist"),
        ("", "json", "this is a folder"),
        ("file", "csv", "the output is a folder, but this is not one"),
        ("pipe", "json", "not a regular file"),
    ],
)
def test_an_impossible_place_is_refused(path: Path, tmp_path: Path, place: str, name: str, reason: str) -> None:
    """A missing folder, a folder for a file, a file for a folder and what is no file at all are said."""
    (tmp_path / "file").write_text("mine")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TargetRefused, match=reason):
        export(path, order(name, tmp_path / place, force=True))


def test_files_have_the_rights_of_any_new_file(path: Path, tmp_path: Path) -> None:
    """Files and folders are as readable as others that the user makes, though they were written in private."""
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual.txt").touch()
    export(path, order("csv", tmp_path / "out"))
    export(path, order("json", tmp_path / "out.json"))
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert (tmp_path / "out.json").stat().st_mode == (tmp_path / "usual.txt").stat().st_mode


def test_only_the_folder_of_the_export_is_within_reach(path: Path, tmp_path: Path) -> None:
    """A database that is opened to export reads and writes nothing outside of the folder it was given."""
    folder = tmp_path / "own"
    folder.mkdir()
    database = open_database(path, "read", folder=folder)
    database._connection.execute(f"copy (select 1) to '{folder}/a.csv'")
    with pytest.raises(duckdb.PermissionException):
        database._connection.execute(f"copy (select 1) to '{tmp_path}/b.csv'")
    with pytest.raises(duckdb.InvalidInputException):
        database._connection.execute(f"set allowed_directories = ['{tmp_path}']")
    database.close()


def test_a_full_disk_is_said(path: Path, tmp_path: Path) -> None:
    """What the system says of the disk comes as an error of ours, and nothing is left."""
    from store.errors import CannotWrite

    def full(_: GraphRows) -> Iterator[str]:
        raise OSError(28, "No space left on device")
        yield ""

    request = order("json", tmp_path / "a.json")
    with pytest.raises(CannotWrite, match="No space left"):
        export(path, dataclasses.replace(request, form=dataclasses.replace(request.form, render=full)))
    assert not (tmp_path / "a.json").exists()
