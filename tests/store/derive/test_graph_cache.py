"""The graph's files beside the database: made once, read again, made anew when stale or broken, and never needed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from store.connect import open_database
from store.derive import graph_cache as graph_files
from store.derive.graph_cache import open_graph
from store.derive.kept_ids import files_of
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from store.database import Database
    from tests.store.conftest import Desk

Opened = tuple[list[str], list[tuple[int, int]], list[int], list[int]]


def content(database: Database) -> Opened:
    """Return ids, edges, roots and components of the graph that a database gives."""
    stored = open_graph(database)
    above = stored.graph.upwards
    children = np.repeat(np.arange(stored.graph.size), above.degrees())
    labels = stored.graph.labels
    edges = list(zip(children.tolist(), above.neighbours.tolist(), strict=True))
    return list(stored.index), edges, labels.root.tolist(), labels.component.tolist()


@pytest.fixture(name="row", scope="module")
def fixture_row(
    tmp_path_factory: pytest.TempPathFactory, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]
) -> Path:
    """Give the file of a database of three models in a row and one alone, to be copied."""
    path = tmp_path_factory.mktemp("row") / "graph.duckdb"
    writer = open_database(path)
    with DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        tags = {2: ["base_model:maple/model-1"], 3: ["base_model:maple/model-2"]}
        desk.take([desk.record(number, tags=tags.get(number, [])) for number in range(1, 5)])
        desk.derive()
    writer.close()
    return path


@pytest.fixture(name="reader")
def fixture_reader(row: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a copy of it, open to be read."""
    opened = open_database(shutil.copyfile(row, tmp_path / "graph.duckdb"), "read")
    yield opened
    opened.close()


@pytest.fixture(name="built")
def fixture_built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give a list that grows whenever arrays are built instead of opened."""
    calls: list[str] = []
    original = graph_files._build

    def counted(database: Database) -> graph_files.Arrays:
        calls.append("built")
        return original(database)

    monkeypatch.setattr(graph_files, "_build", counted)
    return calls


EXPECTED: Opened = (
    ["maple/model-1", "maple/model-2", "maple/model-3", "maple/model-4"],
    [(1, 0), (2, 1)],
    [0, 0, 0, 3],
    [0, 0, 0, 3],
)


def test_the_first_reader_makes_the_files_and_the_next_opens_them(reader: Database, built: list[str]) -> None:
    """Built once, opened the second time, the same answers."""
    assert content(reader) == EXPECTED
    assert content(reader) == EXPECTED
    assert len(built) == 1
    (folder,) = files_of(reader.path).iterdir()
    assert all(file.suffix == ".npy" for file in folder.iterdir())


def test_files_are_kept_once_and_not_of_what_was_never_derived(
    reader: Database, built: list[str], database: Database
) -> None:
    """Whoever wrote leaves the files; where they are nothing is built again."""
    graph_files.keep_files(reader)
    graph_files.keep_files(reader)
    graph_files.keep_files(database)
    assert len(built) == 1
    assert not files_of(database.path).exists()
    assert content(reader) == EXPECTED
    assert len(built) == 1


def test_files_of_an_earlier_graph_are_replaced(reader: Database, built: list[str]) -> None:
    """What was derived since has another name; the older files go."""
    content(reader)
    (earlier,) = files_of(reader.path).iterdir()
    reader.close()
    writer = open_database(reader.path)
    writer.migrate("insert into hub.links select 3, 0, 0, false, 1")
    writer.migrate("update hub.derived set value = 'later' where name = 'arrays'")
    writer.close()
    again = open_database(reader.path, "read")
    assert content(again)[1] == [(1, 0), (2, 1), (3, 0)]
    again.close()
    assert len(built) == 2
    assert [folder.name for folder in files_of(reader.path).iterdir()] == [f"{graph_files.FORMAT}-later"]
    assert not earlier.exists()


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b"not an array"),
        lambda file: np.save(file, np.zeros(1, dtype=np.int32)),
        lambda file: np.save(file, np.array(["a", None]), allow_pickle=True),
        lambda file: np.save(file, np.zeros((5, 2), dtype=np.int64)),
    ],
)
@pytest.mark.parametrize("name", ["parent_starts", "children", "root", "id_starts", "id_text"])
def test_broken_files_are_made_anew(
    reader: Database, built: list[str], name: str, harm: Callable[[Path], object]
) -> None:
    """A file that is missing, cut, of another kind or another length is no graph; nothing is unpickled."""
    content(reader)
    (folder,) = files_of(reader.path).iterdir()
    harm(folder / f"{name}.npy")
    assert content(reader) == EXPECTED
    assert len(built) == 2
    assert content(reader) == EXPECTED
    assert len(built) == 2


def test_where_nothing_can_be_written_the_graph_is_built_each_time(reader: Database, built: list[str]) -> None:
    """A file in the place of the folder stands for any disk that refuses."""
    files_of(reader.path).write_text("in the way")
    assert content(reader) == content(reader) == EXPECTED
    assert len(built) == 2
    assert files_of(reader.path).read_text() == "in the way"


def test_a_disk_that_fills_leaves_nothing_behind(
    reader: Database, monkeypatch: pytest.MonkeyPatch, built: list[str]
) -> None:
    """Half a graph is never in the place of a whole one."""

    def refuse(_number: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    assert content(reader) == EXPECTED
    assert list(files_of(reader.path).iterdir()) == []
    assert len(built) == 1


def test_a_database_that_was_never_derived_has_an_empty_graph(database: Database) -> None:
    """There is nothing to name, so nothing is kept."""
    assert content(database) == ([], [], [], [])
    assert not files_of(database.path).exists()
