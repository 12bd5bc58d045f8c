"""A write-ahead log whose end a loss of power tore: what opens it, what is kept, and what is never touched."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

from store.connect import log_path, open_database
from store.errors import DamagedFile, TornLog
from store.torn_log import BrokenEntry, broken_entry, is_torn, set_aside_torn_end, stamp_of

if TYPE_CHECKING:
    from pathlib import Path

    from store.database import Database

SECTOR: Final = 512
ROWS: Final = 300
COMMITS: Final = 4
HOLDER: Final = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True):
    print("held", flush=True)
    sys.stdin.read()
"""
ON_A_FULL_DISK: Final = """
import resource, sys
from pathlib import Path
from store.connect import open_database
from store.errors import TornLog
most = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
try:
    open_database(Path(sys.argv[1]))
except TornLog:
    print("refused")
"""


def commit(database: Database, number: int) -> None:
    """Commit rows that say by which commit they came."""
    with database.transaction():
        database._connection.execute(
            "insert into hub.aliases select 'maple/' || $number || '-' || i, 'x', $number, now(), now() "
            "from range($rows) all_of(i)",
            {"number": str(number), "rows": ROWS},
        )


class Crash:
    """A database as a crash leaves it: each commit is in its log alone, and the last one was never acknowledged."""

    def __init__(self, empty: Path, folder: Path) -> None:
        """Make the database, at `path`; `ends` are the sizes of its log after each commit."""
        live = shutil.copyfile(empty, folder / "live.duckdb")
        self.path = folder / "lineage.duckdb"
        self.log = log_path(self.path)
        self.ends = []
        with closing(open_database(live)) as database:
            for number in range(COMMITS):
                commit(database, number)
                self.ends.append(log_path(live).stat().st_size)
            shutil.copyfile(live, self.path)
            shutil.copyfile(log_path(live), self.log)
        self.whole = self.log.read_bytes()

    def tear(self, begin: int) -> bytes:
        """Let a sector of the log hold what was on the disk before, and return the log."""
        end = min(begin + SECTOR, len(self.whole))
        torn = self.whole[:begin] + random.Random(begin).randbytes(end - begin) + self.whole[end:]
        self.log.write_bytes(torn)
        return torn

    def broken(self) -> BrokenEntry:
        """Return the broken entry of the log, as DuckDB tells it."""
        with pytest.raises(duckdb.Error) as caught:
            duckdb.connect(str(self.path), read_only=True)
        found = broken_entry(str(caught.value))
        assert found is not None
        return found

    def commits(self) -> list[int]:
        """Return which commits are in the database, after checking that each is whole."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            rows = connection.execute("select evidence, count(*) from hub.aliases group by all order by all").fetchall()
        assert all(count == ROWS for _, count in rows)
        return [int(number) for number, _ in rows]

    def kept(self) -> list[Path]:
        """Return the copies of the log."""
        return sorted(self.path.parent.glob("*.torn-*"))


@pytest.fixture(name="crash")
def fixture_crash(empty: Path, tmp_path: Path) -> Crash:
    """Give a database whose commits are all in its log."""
    return Crash(empty, tmp_path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 1])
def test_a_torn_last_transaction_is_left_out(crash: Crash, part: float, caplog: pytest.LogCaptureFixture) -> None:
    """Wherever it is torn, a writer opens the database with all other commits, says so, and goes on."""
    begin, end = crash.ends[-2:]
    torn = crash.tear(min(begin + int((end - begin) * part), end - SECTOR // 2))
    with closing(open_database(crash.path)) as database:
        commit(database, COMMITS)
    assert crash.commits() == [0, 1, 2, COMMITS]
    assert [file.read_bytes() for file in crash.kept()] == [torn]
    assert str(crash.kept()[0]) in caplog.text
    assert "loss of power" in caplog.text


def test_what_follows_the_cut_in_the_log_is_read_again(crash: Crash) -> None:
    """After half a transaction was cut off, the next one in the same log does not become a part of it."""
    crash.tear((crash.ends[-2] + crash.ends[-1]) // 2)
    with closing(open_database(crash.path)) as database:
        commit(database, COMMITS)
        second = crash.path.with_name("second.duckdb")
        shutil.copyfile(crash.path, second)
        shutil.copyfile(crash.log, log_path(second))
    crash.path = second
    open_database(second).close()
    assert crash.commits() == [0, 1, 2, COMMITS]
    assert len(crash.kept()) == 1


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_log_that_goes_on_behind_the_fault_is_not_cut(crash: Crash, mode: str) -> None:
    """A transaction behind the broken one was acknowledged after it: that log was damaged, and every byte stays."""
    damaged = crash.tear(crash.ends[0] + SECTOR)
    before = crash.path.read_bytes()
    with pytest.raises(DamagedFile, match="Corrupt WAL") as caught:
        open_database(crash.path, "read" if mode == "read" else "write")
    assert not isinstance(caught.value, TornLog)
    assert (crash.path.read_bytes(), crash.log.read_bytes(), crash.kept()) == (before, damaged, [])


def test_a_reader_changes_nothing_and_says_who_does(crash: Crash) -> None:
    """A reader may not know of a writer elsewhere, so it refuses a torn log, and names a command that opens it."""
    torn, before = crash.tear(crash.ends[-2] + SECTOR), crash.path.read_bytes()
    with pytest.raises(TornLog, match="loss of power") as caught:
        open_database(crash.path, "read")
    assert "lineage resolve" in caught.value.hint
    assert (crash.path.read_bytes(), crash.log.read_bytes(), crash.kept()) == (before, torn, [])


def test_a_log_is_not_cut_while_somebody_has_the_database_open(crash: Crash) -> None:
    """Whoever holds the database may write its log: the cut raises an error, and changes nothing."""
    torn = crash.tear(crash.ends[-2] + SECTOR)
    aside = crash.log.rename(crash.log.with_name("aside"))
    command = [sys.executable, "-c", HOLDER, str(crash.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        aside.rename(crash.log)
        stamp = stamp_of(crash.log)
        assert stamp is not None
        with pytest.raises(OSError, match="unavailable"):
            set_aside_torn_end(crash.path, crash.log, crash.broken(), stamp)
        holder.communicate("")
    assert (crash.log.read_bytes(), crash.kept()) == (torn, [])


def test_a_log_that_changed_meanwhile_is_not_cut(crash: Crash) -> None:
    """A position that DuckDB told of an earlier log says nothing about the log of now."""
    crash.tear(crash.ends[-2] + SECTOR)
    stamp = stamp_of(crash.log)
    assert stamp is not None
    entry = crash.broken()
    crash.log.write_bytes(crash.whole)
    assert set_aside_torn_end(crash.path, crash.log, entry, stamp) is None
    assert (crash.log.read_bytes(), crash.kept()) == (crash.whole, [])


def test_a_full_disk_leaves_the_log_as_it_was(crash: Crash) -> None:
    """Where there is no room for a copy of the log, it is not cut, and no half of a copy stays."""
    torn = crash.tear(crash.ends[-2] + SECTOR)
    command = [sys.executable, "-c", ON_A_FULL_DISK, str(crash.path), str(len(torn) // 2)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.stdout.strip() == "refused", done.stderr
    assert (crash.log.read_bytes(), crash.kept()) == (torn, [])


def test_a_position_that_the_log_contradicts_is_not_believed(crash: Crash) -> None:
    """The checksum that DuckDB told stands before the entry, or the message is of another log or format."""
    crash.tear(crash.ends[-2] + SECTOR)
    entry = crash.broken()
    assert is_torn(crash.log, entry)
    assert not is_torn(crash.log, replace(entry, checksum=entry.checksum ^ 1))
    assert not is_torn(crash.log, replace(entry, begin=entry.begin + 16))
    assert not is_torn(crash.log, replace(entry, begin=-1))


def test_a_link_in_place_of_the_log_is_not_followed(crash: Crash) -> None:
    """What lies elsewhere is not ours to cut, nor to copy."""
    torn = crash.tear(crash.ends[-2] + SECTOR)
    elsewhere = crash.log.rename(crash.path.parent / "elsewhere")
    crash.log.symlink_to(elsewhere)
    with pytest.raises(DamagedFile):
        open_database(crash.path)
    assert (elsewhere.read_bytes(), crash.kept()) == (torn, [])


def test_an_earlier_copy_is_never_overwritten(crash: Crash) -> None:
    """The second loss of power has a copy of its own, which only those may read who may read the log."""
    crash.log.with_name(f"{crash.log.name}.torn-1").write_text("of the first", encoding="utf-8")
    torn = crash.tear(crash.ends[-2] + SECTOR)
    crash.log.chmod(0o600)
    open_database(crash.path).close()
    first, second = crash.kept()
    assert (first.read_text("utf-8"), second.read_bytes()) == ("of the first", torn)
    assert second.stat().st_mode & 0o777 == 0o600


def test_an_empty_log_is_not_torn(tmp_path: Path) -> None:
    """Nor is one that is not there, or a folder of its name."""
    (tmp_path / "empty.wal").touch()
    entry = BrokenEntry(begin=0, checksum=0)
    assert not any(is_torn(tmp_path / name, entry) for name in ("empty.wal", "none.wal", "."))
