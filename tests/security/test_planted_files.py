"""Whoever may write into a folder plants links and pipes there: what they lead to is neither written nor removed."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.scheduling.queue_progress import QueueProgress
from store.commands.check import write
from store.connect import open_database
from store.derive.graph_cache import open_graph
from store.derive.kept_ids import files_of
from store.errors import DatabaseLocked
from store.outputs.snapshots import make_snapshot
from store.serving.reader_copies import Copies
from store.sharing.progress_file import progress_path, read_progress, write_progress
from store.sharing.published_copy import PublishedCopy, ask, copy_path, wanted_path
from store.sharing.safe_files import read_start, replace_text

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KEPT = "the victim's own words"


@pytest.fixture(name="victim")
def fixture_victim(tmp_path: Path) -> Path:
    """Give a file that somebody else's links lead to."""
    place = tmp_path / "victim.txt"
    place.write_text(KEPT, encoding="utf-8")
    return place


@pytest.fixture(name="db")
def fixture_db(tmp_path: Path) -> Path:
    """Give an empty database that nobody holds."""
    path = tmp_path / "lineage.duckdb"
    open_database(path).close()
    return path


def test_a_text_replaces_a_link(tmp_path: Path, victim: Path) -> None:
    """A link at the place, or at the name that the unfinished text has, is replaced and not followed."""
    place = tmp_path / "out.json"
    for planted in (place, tmp_path / ".out.json.new"):
        planted.symlink_to(victim)
        replace_text(place, "ours")
        assert victim.read_text(encoding="utf-8") == KEPT
        assert place.read_text(encoding="utf-8") == "ours"
        assert not place.is_symlink()
        place.unlink()


def test_a_findings_file_replaces_a_link(tmp_path: Path, victim: Path) -> None:
    """`check --output` writes to no place that a link names."""
    (tmp_path / "found.json").symlink_to(victim)
    write(["[]\n"], tmp_path / "found.json")
    assert victim.read_text(encoding="utf-8") == KEPT
    assert (tmp_path / "found.json").read_text(encoding="utf-8") == "[]\n"


def test_no_export_waits_for_a_pipe(tmp_path: Path) -> None:
    """Where everybody may write, a pipe in place of the lock of an abandoned export holds nobody up."""
    (tmp_path / ".lineage-export-planted").mkdir()
    os.mkfifo(tmp_path / ".lineage-export-planted" / ".lineage-lock")
    write(["[]\n"], tmp_path / "found.json")
    assert (tmp_path / "found.json").read_text(encoding="utf-8") == "[]\n"


def test_progress_is_written_through_no_link(db: Path, victim: Path) -> None:
    """The file beside the database that tells the progress of a queue is our own."""
    progress_path(db).symlink_to(victim)
    progress_path(db).with_name(f".{progress_path(db).name}.new").symlink_to(victim)
    write_progress(db, QueueProgress(process=1, started_at=NOW, told_at=NOW))
    assert victim.read_text(encoding="utf-8") == KEPT
    assert read_progress(db) is not None


def test_progress_is_read_through_no_link_and_no_pipe(db: Path, victim: Path) -> None:
    """A link or a pipe at its place is no progress, and nobody waits for the pipe's other end."""
    progress_path(db).symlink_to(victim)
    assert read_progress(db) is None
    progress_path(db).unlink()
    os.mkfifo(progress_path(db))
    assert read_progress(db) is None


@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_only_a_file_is_read(tmp_path: Path, victim: Path, kind: str) -> None:
    """Whatever else has the name is an error."""
    place = tmp_path / "planted"
    match kind:
        case "pipe":
            os.mkfifo(place)
        case "folder":
            place.mkdir()
        case _:
            place.symlink_to(victim)
    with pytest.raises(OSError, match=r"."):
        read_start(place, 10)
    assert read_start(victim, 3) == b"the"


def test_asking_for_a_copy_touches_nothing_else(db: Path, victim: Path, tmp_path: Path) -> None:
    """A link at the name of the wish is not followed: nothing is made where it leads, no time is changed."""
    wanted_path(db).symlink_to(tmp_path / "made-by-us")
    ask(db)
    assert not (tmp_path / "made-by-us").exists()
    wanted_path(db).unlink()
    wanted_path(db).symlink_to(victim)
    before = victim.stat().st_mtime_ns
    ask(db)
    assert victim.stat().st_mtime_ns == before


def test_a_copy_is_written_through_no_link(db: Path, victim: Path) -> None:
    """The writer's copy is a file of its own, with the rights of the database."""
    db.chmod(0o600)
    for planted in (copy_path(db), copy_path(db).with_suffix(".part")):
        planted.symlink_to(victim)
    wanted_path(db).touch()
    times = iter(range(0, 1_000, 10))
    publisher = PublishedCopy(db, lambda: True, clock=lambda: next(times))
    assert publisher.look()
    assert victim.read_text(encoding="utf-8") == KEPT
    assert not copy_path(db).is_symlink()
    assert copy_path(db).read_bytes() == db.read_bytes()
    assert copy_path(db).stat().st_mode & 0o777 == 0o600


def test_a_copy_is_read_through_no_link(db: Path, tmp_path: Path) -> None:
    """What a link at the copy's name leads to is not taken for the database."""
    other = tmp_path / "other.duckdb"
    open_database(other).close()
    copy_path(db).symlink_to(other)
    (tmp_path / "copies").mkdir()
    with Copies(db, tmp_path / "copies", lambda: NOW) as copies, pytest.raises(DatabaseLocked) as caught:
        copies._take_published(DatabaseLocked(db, 1))
    assert caught.value.pid == 1


def test_the_graphs_folder_is_ours(db: Path, tmp_path: Path) -> None:
    """A link to another folder is neither filled nor cleared, and of our own folder only what we made is removed."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "new-year-photos").mkdir(parents=True)
    database = open_database(db)
    try:
        database._connection.execute("insert into hub.derived values ('arrays', 'aa-bb', now())")
        files_of(db).symlink_to(elsewhere)
        open_graph(database)
        assert [one.name for one in elsewhere.iterdir()] == ["new-year-photos"]
        files_of(db).unlink()
        (files_of(db) / "1-older").mkdir(parents=True)
        (files_of(db) / "mine").mkdir()
        open_graph(database)
        assert sorted(one.name for one in files_of(db).iterdir()) == ["1-aa-bb", "mine"]
    finally:
        database.close()


def test_a_snapshot_of_a_private_database_is_private(db: Path, tmp_path: Path) -> None:
    """A frozen copy is read by nobody who may not read the database."""
    db.chmod(0o600)
    place, _ = make_snapshot(db, tmp_path / "frozen.duckdb", NOW, "1")
    assert place.stat().st_mode & 0o777 == 0o400


def test_a_pipe_that_appears_in_between_stops_nobody(tmp_path: Path) -> None:
    """Reading a pipe that somebody holds open for writing ends at once, too."""
    place = tmp_path / "pipe"
    os.mkfifo(place)
    ready = threading.Event()

    def hold() -> None:
        with os.fdopen(os.open(place, os.O_RDWR), "r+b", buffering=0):
            ready.set()
            done.wait()

    done = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    ready.wait()
    try:
        with pytest.raises(OSError, match="not a regular file"):
            read_start(place, 10)
    finally:
        done.set()
        holder.join()
