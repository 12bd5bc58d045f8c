"""Snapshots: whole, dated, only read, and saying what they hold."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from lineage.exports.errors import TargetRefused
from store.connect import copy_database, log_path, migrations, open_database
from store.errors import DatabaseLocked, FrozenSnapshot, NoDatabase, OlderSchema
from store.ingest.crawl_store import DuckDBCrawlStore
from store.outputs import snapshots
from store.outputs.fingerprint import fingerprint
from store.outputs.snapshots import NoSnapshot, SnapshotExists, current, make_snapshot, verify_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from store.database import Database
    from tests.store.conftest import Desk, LaterSchema

    Open = Callable[[Database, DuckDBCrawlStore], Desk]

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture(name="pair", scope="module")
def fixture_pair(tmp_path_factory: pytest.TempPathFactory, open_desk: Open) -> Path:
    """Give the file of a small closed database with a model and its derivative, to be copied."""
    path = tmp_path_factory.mktemp("pair") / "lineage.duckdb"
    database = open_database(path)
    with DuckDBCrawlStore(database) as store:
        desk = open_desk(database, store)
        desk.take([desk.record(1), desk.record(2, tags=["base_model:maple/model-1"])])
        desk.derive()
    database.close()
    return path


@pytest.fixture(name="place")
def fixture_place(pair: Path, tmp_path: Path) -> Path:
    """Give a copy of it."""
    return shutil.copyfile(pair, tmp_path / "lineage.duckdb")


def test_a_snapshot_says_what_it_holds(place: Path) -> None:
    """Its name has the date, and it states counts, times, versions and the hash of its content."""
    target, facts = make_snapshot(place, None, NOW, "1.2.3")
    assert target == place.with_name("lineage-2026-03-04.duckdb")
    assert (facts.models, facts.edges, facts.crawls, facts.lineage, facts.source) == (2, 1, 1, "1.2.3", place.name)
    assert (facts.made_at, facts.schema_version) == ("2026-03-04T05:06:07+00:00", len(migrations()))
    assert facts.first_crawl_at == "2026-03-01T00:00:00+00:00"
    assert verify_snapshot(target) == (facts, facts.content)
    assert sorted(path.name for path in place.parent.iterdir() if path.suffix == ".duckdb") == [target.name, place.name]


def test_two_snapshots_of_one_content_have_one_hash(place: Path, tmp_path: Path) -> None:
    """Whenever they are made."""
    _, first = make_snapshot(place, tmp_path / "a.duckdb", NOW, "1")
    _, second = make_snapshot(place, tmp_path / "b.duckdb", NOW.replace(year=2027), "2")
    assert first.content == second.content


def test_a_snapshot_is_only_read(place: Path) -> None:
    """Its file has no right to be written, and writing is refused even to who needs no rights."""
    target, _ = make_snapshot(place, None, NOW, "1")
    assert stat.S_IMODE(target.stat().st_mode) == 0o444
    open_database(target, "read").close()
    target.chmod(0o644)
    with pytest.raises(FrozenSnapshot, match="this is a snapshot"):
        open_database(target)
    with pytest.raises(FrozenSnapshot):
        make_snapshot(target, place.with_name("again.duckdb"), NOW, "1")


def test_nothing_is_overwritten(place: Path, tmp_path: Path) -> None:
    """A file, a folder or a dangling link of the name is left as it was, and nothing stays behind."""
    taken = tmp_path / "taken.duckdb"
    taken.write_text("mine")
    link = tmp_path / "link.duckdb"
    link.symlink_to("nowhere")
    for target in (taken, link, tmp_path, place):
        with pytest.raises(SnapshotExists):
            make_snapshot(place, target, NOW, "1")
    assert taken.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_name_that_is_taken_meanwhile_is_not_overwritten(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever took the name while the copy was made keeps it."""
    target = tmp_path / "raced.duckdb"

    def slowly(database: object) -> object:
        target.write_text("theirs")
        return fingerprint(database)  # type: ignore[arg-type] # as it was given

    monkeypatch.setattr(snapshots, "fingerprint", slowly)
    with pytest.raises(SnapshotExists):
        make_snapshot(place, target, NOW, "1")
    assert target.read_text() == "theirs"


def test_a_failure_leaves_no_file(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stops in the middle leaves neither a snapshot nor a part of one."""

    def fail(database: object) -> object:
        raise OSError(28, f"no space for {database}")

    monkeypatch.setattr(snapshots, "fingerprint", fail)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OSError, match="no space"):
        make_snapshot(place, tmp_path / "x.duckdb", NOW, "1")
    assert sorted(tmp_path.iterdir()) == before


def test_asked_to_end_leaves_no_file(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, later_schema: LaterSchema
) -> None:
    """SIGTERM in the middle of a snapshot, or while an older database is compared, leaves no copy of a database."""

    def ended(_: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(snapshots, "fingerprint", ended)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        make_snapshot(place, tmp_path / "x.duckdb", NOW, "1")
    assert sorted(tmp_path.iterdir()) == before
    monkeypatch.setattr(snapshots, "upgrade", ended)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    later_schema()
    with pytest.raises(KeyboardInterrupt), current(place):
        pass
    assert sorted(tmp_path.iterdir()) == before


def test_a_place_that_is_none_is_named(place: Path, tmp_path: Path) -> None:
    """Where the folder is missing the file is named that was asked for."""
    with pytest.raises(TargetRefused, match=r"x\.duckdb: its folder does not exist"):
        make_snapshot(place, tmp_path / "none" / "x.duckdb", NOW, "1")


def test_what_a_killed_writer_left_in_its_log_is_in_the_snapshot(place: Path, tmp_path: Path) -> None:
    """The log beside the file is copied too, and both the source and its log stay as they are."""
    script = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]); "
        "connection.execute(\"update hub.models set license = 'mit'\"); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", script, str(place)], check=False)
    log = place.with_name(f"{place.name}.wal")
    before = (place.read_bytes(), log.read_bytes())
    target, _ = make_snapshot(place, tmp_path / "killed.duckdb", NOW, "1")
    with duckdb.connect(str(target), read_only=True) as connection:
        assert connection.execute("select distinct license from hub.models").fetchall() == [("mit",)]
    assert (place.read_bytes(), log.read_bytes()) == before
    assert not target.with_name(f"{target.name}.wal").exists()


def test_a_database_that_is_written_elsewhere_is_not_copied(place: Path, tmp_path: Path) -> None:
    """Another process that holds it is named, and no half of its work is frozen."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('ready', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(DatabaseLocked):
            make_snapshot(place, tmp_path / "x.duckdb", NOW, "1")
        process.communicate("")


def test_a_log_is_copied_while_nobody_can_write(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To copy the file ends the lock on it, so that the log, which belongs to it, is copied before."""
    copied: list[str] = []
    copyfile = shutil.copyfile

    def noted(source: Path, target: Path) -> Path:
        copied.append(source.name)
        return copyfile(source, target)

    log_path(place).touch()
    monkeypatch.setattr(shutil, "copyfile", noted)
    copy_database(place, tmp_path / "copy.duckdb")
    assert copied == [f"{place.name}.wal", place.name]


def test_an_altered_snapshot_is_found_out(place: Path) -> None:
    """Who changes a fact and leaves the statement has another hash."""
    target, facts = make_snapshot(place, None, NOW, "1")
    target.chmod(0o644)
    with duckdb.connect(str(target)) as connection:
        connection.execute("update hub.edges set parent = 'elm/other'")
    stated, found = verify_snapshot(target)
    assert stated == facts
    assert found != facts.content


def test_a_database_is_no_snapshot(place: Path, tmp_path: Path) -> None:
    """Asked for what it states, it says so; a file that is not there is told as always."""
    with pytest.raises(NoSnapshot, match="is not a snapshot"):
        verify_snapshot(place)
    with pytest.raises(NoDatabase):
        make_snapshot(tmp_path / "nowhere.duckdb", None, NOW, "1")


def test_an_older_snapshot_is_brought_up_to_date_as_a_copy(place: Path, later_schema: LaterSchema) -> None:
    """The snapshot itself stays as it was, and the copy goes."""
    old, _ = make_snapshot(place, None, NOW, "1")
    later_schema()
    before = old.read_bytes()
    with pytest.raises(OlderSchema):
        open_database(old, "read")
    with current(old) as copy:
        assert copy != old
        open_database(copy, "read").close()
    assert not copy.exists()
    assert old.read_bytes() == before


def test_a_present_database_is_read_where_it_is(place: Path) -> None:
    """No copy is made where none is needed."""
    with current(place) as found:
        assert found == place


def test_a_file_system_without_links_is_served(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is renamed there."""

    def refuse(*_: object) -> None:
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    target, facts = make_snapshot(place, tmp_path / "renamed.duckdb", NOW, "1")
    assert verify_snapshot(target) == (facts, facts.content)
    shutil.copy(target, tmp_path / "copied.duckdb")
    assert verify_snapshot(tmp_path / "copied.duckdb") == (facts, facts.content)
