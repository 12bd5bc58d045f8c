"""Ids read from the graph's files: the same words as the database offers, and none from files of another state."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.graph.id_index import GraphIndex
from store.commands.opening import opened
from store.connect import log_path, open_database
from store.derive.kept_ids import MARK, KeptIds, files_of, kept_ids, mark_current
from store.ingest.crawl_store import DuckDBCrawlStore
from store.queries import completion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from store.database import Database
    from tests.store.conftest import Desk

IDS = ("a", "a b/x", "a!c", "ab/c", "ab/cd", "ab/ce", "b/é", "b/é2", "é/x", "-x", "bé", "b\U0001f600", "Ab/c")


class AskedContext:
    """What typer knows once --db was given."""

    def __init__(self, path: Path) -> None:
        """Take the database."""
        self.params = {"db": path}


def written(folder: Path, ids: tuple[str, ...]) -> KeptIds:
    """Write ids as the graph's files hold them, and open these."""
    texts = sorted(one.encode() for one in ids)
    index = GraphIndex.from_bytes(b"".join(texts), np.array([len(text) for text in texts], dtype=np.int64))
    np.save(folder / "id_text.npy", index.text)
    np.save(folder / "id_starts.npy", index.starts)
    found = KeptIds.of_folder(folder)
    assert found is not None
    return found


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]) -> Path:
    """Give a database of three models that a command has written, with its files."""
    path = tmp_path / "ids.duckdb"
    with opened(path, "write") as writer, DuckDBCrawlStore(writer) as store:
        desk = open_desk(writer, store)
        desk.take([desk.record(number) for number in range(1, 4)])
        desk.derive()
    return path


@pytest.mark.parametrize("front", ["", "a", "ab/c", "ab/c" * 60, "b", "é", "z", "a!", "\udcff", "A"])
@pytest.mark.parametrize("length", [1, 2, 4, 200])
@pytest.mark.parametrize("most", [1, 3, 61])
def test_beginnings_are_those_of_the_definition(tmp_path: Path, front: str, length: int, most: int) -> None:
    """Of the ids that are safe in a shell: each beginning once, in order, and no more than asked for."""
    plain = {"a", "ab/c", "ab/cd", "ab/ce", "Ab/c"}
    expected = sorted({one[:length] for one in plain if one.startswith(front)})[:most]
    assert written(tmp_path, IDS).beginnings(front, length, most) == expected


def test_files_of_this_state_answer_without_the_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a command that wrote, ids are completed without opening the database."""

    def refuse(*_: object) -> list[str]:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(completion, "_named", refuse)
    words = completion.complete_model(AskedContext(path), "maple/")
    assert words == ["maple/model-1", "maple/model-2", "maple/model-3"]


def test_files_of_another_state_are_not_trusted(path: Path) -> None:
    """What changed the database since, or a log that is not in it yet, sends us to the database."""
    assert kept_ids(path) is not None
    log_path(path).touch()
    assert kept_ids(path) is None
    log_path(path).unlink()
    database = open_database(path)
    with database.transaction():
        database.run("graph_tables/clear_nodes")
    database.close()
    assert kept_ids(path) is None
    assert completion.complete_model(AskedContext(path), "maple/") == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: (kept / MARK).unlink(),
        lambda kept: (kept / MARK).write_bytes(b"\xff"),
        lambda kept: (kept / MARK).write_text((kept / MARK).read_text().replace("-", "-0", 1)),
        lambda kept: next(kept.glob("*/id_text.npy")).write_bytes(b""),
        lambda kept: next(kept.glob("*/id_starts.npy")).write_bytes(b"\x93NUMPY\x01\x00\x02\x00{}"),
        lambda kept: np.save(next(kept.glob("*/id_starts.npy")), np.arange(4, dtype=np.int32)),
        lambda kept: np.save(next(kept.glob("*/id_starts.npy")), np.arange(0, dtype=np.int64)),
        lambda kept: np.save(next(kept.glob("*/id_starts.npy")), np.arange(4, dtype=np.int64)),
    ],
)
def test_broken_files_are_not_read(path: Path, damage: Callable[[Path], object]) -> None:
    """What is missing or no array of ours is as if it were not there, and the database answers."""
    damage(files_of(path))
    assert kept_ids(path) is None
    assert completion.complete_model(AskedContext(path), "maple/model-2") == ["maple/model-2"]


def test_no_mark_is_written_through_a_link(path: Path, tmp_path: Path) -> None:
    """A folder that is a link belongs to whoever planted it: it is neither marked nor read."""
    kept = files_of(path)
    mark = (kept / MARK).read_text(encoding="utf-8")
    shutil.move(kept, tmp_path / "elsewhere")
    kept.symlink_to(tmp_path / "elsewhere")
    assert kept_ids(path) is None
    (tmp_path / "elsewhere" / MARK).unlink()
    mark_current(path, mark.split()[0])
    assert not (tmp_path / "elsewhere" / MARK).exists()
