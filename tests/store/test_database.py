"""Opening a file and why it may not open, transactions, and what a user's statement may do."""

from __future__ import annotations

import errno
import subprocess
import sys
import weakref
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import duckdb
import numpy as np
import pytest

from store.connect import MEMORY_VARIABLE, migrations, open_database
from store.errors import (
    CannotWrite,
    DatabaseLocked,
    NewerSchema,
    NoDatabase,
    NotOurDatabase,
    OlderSchema,
    ReservedName,
    StoreError,
    UnknownSize,
    UnreleasedSchema,
    read_lock_owner,
)
from store.free_memory import free_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.connect import Mode
    from store.database import Database
    from tests.store.conftest import LaterSchema

pytestmark = pytest.mark.usefixtures("made_from_nothing")

HOLDER = """
import sys
from pathlib import Path
from store.connect import open_database
database = open_database(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
database.close()
"""


@pytest.fixture(name="held")
def fixture_held(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """Give the path of a database that another process holds, and that process's id."""
    path = tmp_path / "held.duckdb"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        yield path, holder.pid
        assert holder.stdin is not None
        holder.stdin.close()


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_database_in_use_names_the_process(held: tuple[Path, int], mode: str) -> None:
    """While another process writes, nobody else may open the file, and the error says who holds it."""
    path, pid = held
    with pytest.raises(DatabaseLocked, match=f"process {pid}") as caught:
        open_database(path, "read" if mode == "read" else "write")
    assert caught.value.pid == pid
    assert caught.value.hint


def test_a_lock_without_a_process_is_told_as_well(tmp_path: Path) -> None:
    """Where DuckDB names nobody, the message says another process."""
    assert read_lock_owner("Conflicting lock is held") is None
    assert "another process" in str(DatabaseLocked(tmp_path, None))


def test_readers_share_and_what_was_written_is_there(tmp_path: Path) -> None:
    """Two readers may have the file open at once."""
    path = tmp_path / "a.duckdb"
    open_database(path).close()
    first, second = open_database(path, "read"), open_database(path, "read")
    assert (
        first.query("select count(*) from models").rows == second.query("select count(*) from models").rows == ((0,),)
    )
    first.close()
    second.close()


def test_no_database_says_what_to_run(tmp_path: Path) -> None:
    """Reading where there is no file makes none, and says which command does."""
    path = tmp_path / "none.duckdb"
    with pytest.raises(NoDatabase, match=r"none\.duckdb") as caught:
        open_database(path, "read")
    assert "lineage crawl" in caught.value.hint
    assert not path.exists()


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    """A database that a later lineage made is refused in both modes, and not touched."""
    path = tmp_path / "newer.duckdb"
    open_database(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("insert into hub.migrations values (999, now())")
    before = path.read_bytes()
    with pytest.raises(NewerSchema, match="999"):
        open_database(path, "read")
    with pytest.raises(NewerSchema, match=str(len(migrations()))):
        open_database(path)
    assert path.read_bytes() == before


def test_an_older_schema_is_brought_up_to_date_by_a_writer_only(tmp_path: Path, later_schema: LaterSchema) -> None:
    """A reader says that the schema is old; a writer runs the migration that is missing, and keeps every row."""
    path = tmp_path / "older.duckdb"
    open_database(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("insert into hub.aliases values ('maple/old', '1', 'rename', now(), now())")
    later_schema()
    with pytest.raises(OlderSchema, match="version 1"):
        open_database(path, "read")
    open_database(path).close()
    reader = open_database(path, "read")
    assert reader.query("from made").rows == (("maple/old", "made of maple/old"),)
    assert reader.query("select version from hub.migrations order by 1").rows == ((1,), (2,))
    reader.close()


def test_a_failing_migration_leaves_nothing(tmp_path: Path, later_schema: LaterSchema) -> None:
    """A migration is whole or nothing: one that fails at its last statement leaves the others undone."""
    path = tmp_path / "broken.duckdb"
    open_database(path).close()
    later_schema()
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table main.made (a integer)")
    with pytest.raises(StoreError, match="made"):
        open_database(path)
    with duckdb.connect(str(path)) as connection:
        assert connection.execute("select * from duckdb_columns() where column_name = 'note_made'").fetchall() == []
        assert connection.execute("select max(version) from hub.migrations").fetchone() == (1,)


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_database_from_before_the_first_release_says_the_way_out(tmp_path: Path, mode: Mode) -> None:
    """Its schema had another numbering: it is refused untouched, with the advice to crawl or load again."""
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema hub; create table hub.schema_version (version integer, applied_at date)")
        connection.execute("insert into hub.schema_version values (10, now())")
    before = path.read_bytes()
    with pytest.raises(UnreleasedSchema, match="before its first release") as caught:
        open_database(path, mode)
    assert "crawl or load again" in caught.value.hint
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database, but long enough to look at" * 200, b"{}", b"\x00" * 5000])
def test_a_file_of_another_kind_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    """A file that is no DuckDB database is named as such, in both modes, and its bytes stay."""
    path = tmp_path / "notes.duckdb"
    path.write_bytes(content)
    with pytest.raises(NotOurDatabase):
        open_database(path)
    with pytest.raises(NotOurDatabase):
        open_database(path, "read")
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "script",
    [
        "create table mine (a integer)",
        "create view mine as select 1",
        "create schema hub; create table hub.migrations (version integer)",
    ],
)
def test_a_database_of_somebody_else_is_refused(tmp_path: Path, script: str) -> None:
    """A DuckDB database with other tables or views, or without a version, is not ours, and nothing is added to it."""
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(script)
    with pytest.raises(NotOurDatabase):
        open_database(path)
    with duckdb.connect(str(path)) as connection:
        tables = connection.execute("select count(*) from duckdb_tables() where not internal").fetchall()
        views = connection.execute("select count(*) from duckdb_views() where not internal").fetchall()
    assert tables[0][0] + views[0][0] == 1


@pytest.mark.parametrize("name", ["hub.duckdb", "hub", "HUB.db", "hub.2024.duckdb", ".hub"])
def test_a_name_that_would_hide_the_records_is_refused(tmp_path: Path, name: str) -> None:
    """DuckDB names a database by its file: one called as our schema could not be asked, so none is made."""
    with pytest.raises(ReservedName, match="hub"):
        open_database(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["system.duckdb", "models.duckdb", "main.db", "o'brien.duckdb", "my hub.duckdb", "ü"])
def test_every_other_name_will_do(tmp_path: Path, name: str) -> None:
    """Names of catalogues, views and people are names of files like any other."""
    open_database(tmp_path / name).close()
    reader = open_database(tmp_path / name, "read")
    assert reader.query("select count(*) from models").rows == ((0,),)
    reader.close()


def test_a_new_database_has_its_name_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds the file, after whatever end of its maker, finds one of the newest schema; nothing else stays."""
    path, link, seen = tmp_path / "lineage.duckdb", Path.hardlink_to, list[object]()

    def look(name: Path, made: Path) -> None:
        with duckdb.connect(str(made), read_only=True) as connection:
            seen.append(connection.execute("select max(version) from hub.migrations").fetchone())
        seen.append(path.exists() or Path(f"{made}.wal").exists())
        link(name, made)

    monkeypatch.setattr(Path, "hardlink_to", look)
    open_database(path).close()
    assert seen == [(len(migrations()),), False]
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "error", [PermissionError(errno.EPERM, "no links here"), FileExistsError(errno.EEXIST, "there")]
)
def test_a_new_database_is_made_in_its_place_where_it_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    """Where a file system has no links, or another process was faster, it is there all the same, and nothing else."""
    path = tmp_path / "lineage.duckdb"
    monkeypatch.setattr(Path, "hardlink_to", mock.Mock(side_effect=error))
    database = open_database(path)
    assert database.value("database/schema_version") == len(migrations())
    database.close()
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    """A path in a folder that does not exist gives an error of ours."""
    with pytest.raises(CannotWrite, match="missing"):
        open_database(tmp_path / "missing" / "a.duckdb")


@pytest.mark.parametrize("folder", ["locks", "newer", "not a valid", "Corrupt database file", 'a "lock"'])
def test_what_a_folder_is_called_says_nothing(tmp_path: Path, folder: str) -> None:
    """The words of a path are not taken for what DuckDB says of the file."""
    with pytest.raises(CannotWrite, match="No such file"):
        open_database(tmp_path / folder / "lineage.duckdb")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """A folder is no database."""
    with pytest.raises(StoreError):
        open_database(tmp_path)


def test_a_transaction_is_whole_or_nothing(
    database: Database, rows_of: Callable[..., list[tuple[object, ...]]]
) -> None:
    """An error inside the block leaves nothing behind, and the next transaction works."""
    with pytest.raises(StoreError, match="lent_names"), database.transaction():
        _write_and_fail(database)
    with database.transaction():
        database.run("database/set_version", version=71)
    assert (70,) not in rows_of(database, "select version from hub.migrations")
    assert (71,) in rows_of(database, "select version from hub.migrations")


def test_the_first_error_inside_lent_columns_is_the_one_that_is_told(database: Database) -> None:
    """A statement that fails while columns are lent raises its own error, and the columns are taken back."""
    texts = np.array(["x"], dtype=object)
    lent = {"alias": texts, "body": texts}
    with (
        pytest.raises(StoreError, match="lent_walks") as caught,
        database.transaction(),
        database.columns("lent_names", **lent),
    ):
        database.run("crawl_store/add_walks", crawl=1)
    assert "aborted" not in str(caught.value)
    with pytest.raises(StoreError, match="lent_names"):
        database.run("crawl_store/add_aliases", now=None)


def test_text_that_is_no_unicode_is_an_error_of_ours(database: Database) -> None:
    """Half an emoji cannot be stored: who lends it gets a StoreError, and the database goes on working."""
    broken = np.array(["\ud83d"], dtype=object)
    with pytest.raises(StoreError), database.columns("lent_names", alias=broken, body=broken):
        database.run("crawl_store/add_aliases", now=None)
    assert database.value("models/count_models") == 0


def test_a_commit_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    """A connection that is gone raises a StoreError, not DuckDB's own, and rolling back does not hide it."""
    database = open_database(tmp_path / "a.duckdb")
    with pytest.raises(StoreError), database.transaction():
        database.close()


def test_a_stream_gives_what_a_run_gives(database: Database) -> None:
    """Streaming a statement in batches gives the rows of running it."""
    assert tuple(database.stream("database/list_tables", batch=3)) == database.run("database/list_tables").rows


def test_times_are_told_in_utc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's zone, times come back in UTC."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    open_database(tmp_path / "a.duckdb").close()
    reader = open_database(tmp_path / "a.duckdb", "read")
    answer = reader.query("select cast(timestamptz '2026-03-01 12:00:00+00' as varchar)").rows
    reader.close()
    assert answer == (("2026-03-01 12:00:00+00",),)


def _write_and_fail(database: Database) -> None:
    database.run("database/set_version", version=70)
    database.run("crawl_store/add_aliases", now=None)


def test_the_memory_of_duckdb_is_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Callable[[Database, str], list[tuple[object, ...]]]
) -> None:
    """DuckDB keeps to what LINEAGE_MEMORY says, and to a bound of ours without it; another text is refused by name."""
    question = "select current_setting('memory_limit')"
    monkeypatch.setenv(MEMORY_VARIABLE, "512 MiB")
    database = open_database(tmp_path / "a.duckdb")
    assert rows_of(database, question) == [("512.0 MiB",)]
    database.close()
    monkeypatch.setenv(MEMORY_VARIABLE, "")
    database = open_database(tmp_path / "a.duckdb")
    (found,) = rows_of(database, question)
    assert 230 < float(str(found[0]).removesuffix(" MiB")) < 390
    database.close()
    reader = open_database(tmp_path / "a.duckdb", "read", is_bounded=True)
    (found,) = rows_of(reader, question)
    assert 230 < float(str(found[0]).removesuffix(" MiB")) < 390
    reader.close()
    monkeypatch.setenv(MEMORY_VARIABLE, "plenty")
    with pytest.raises(UnknownSize, match="LINEAGE_MEMORY: 'plenty' is no size"):
        open_database(tmp_path / "a.duckdb")


def test_an_export_may_use_what_five_million_scores_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_of: Callable[[Database, str], list[tuple[object, ...]]]
) -> None:
    """With 400 MB, DuckDB ends out of memory where it joins and sorts that many; 600 MB keep a process below 1 GB."""
    open_database(tmp_path / "a.duckdb").close()
    (folder := tmp_path / "out").mkdir()
    for free, limit in ((8 << 30, "572.2 MiB"), (1 << 30, "256.0 MiB")):
        monkeypatch.setattr("store.connect.free_memory", lambda free=free: free)
        exporting = open_database(tmp_path / "a.duckdb", "read", folder=folder)
        assert rows_of(exporting, "select current_setting('memory_limit')") == [(limit,)]
        exporting.close()


def test_free_memory_is_read_where_linux_tells_it(tmp_path: Path) -> None:
    """The file's kibibytes become bytes; where there is no such file, 4 GiB are assumed."""
    meminfo = tmp_path / "meminfo"
    assert free_memory(meminfo) == 4 << 30
    meminfo.write_text("MemTotal:       24576000 kB\nMemFree:  100 kB\nMemAvailable:    2048 kB\n")
    assert free_memory(meminfo) == 2 << 20


def test_what_was_lent_is_free_before_the_transaction_ends(database: Database) -> None:
    """Not only then: a derivation lends far more than fits into memory."""
    array = np.arange(1_000, dtype=np.int32)
    is_alive = weakref.ref(array)
    with database.transaction():
        with database.columns("lent_nodes", nid=array):
            del array
            database.run("current_scores/files", is_chosen=True)
        assert is_alive() is None
