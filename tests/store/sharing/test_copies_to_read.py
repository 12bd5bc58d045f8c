"""Reading while another process writes: copies that the writer makes, and those that readers make themselves."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database
from store.errors import CannotWrite, DatabaseLocked, NoDatabase
from store.serving.reader_copies import Copies
from store.sharing.published_copy import PublishedCopy, ask, copy_path, wanted_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
# Each line on stdin is one transaction, answered once it is committed; the end of stdin ends the writer.
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import store.sharing.published_copy
store.sharing.published_copy.LOOK_EVERY_SECONDS, store.sharing.published_copy.SHARE_OF_TIME = 0.0, 1e9
from store.connect import open_database
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
database = open_database(Path(sys.argv[1]))
print("open", flush=True)
for line in sys.stdin:
    with database.transaction():
        database.run("crawl_store/begin", scope=line.strip(), endpoint="e", now=MOMENT, covers_at=MOMENT)
    print("written", flush=True)
database.close()
"""


@contextmanager
def writer(path: Path, *, is_killed: bool = False) -> Iterator[Callable[[int], None]]:
    """Let another process hold the database, beginning a crawl in it whenever it is told, until its end or its kill."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"

        def write(number: int) -> None:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "written\n"

        yield write
        if is_killed:
            process.kill()
        process.communicate()
    assert process.returncode == (-signal.SIGKILL if is_killed else 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a database that nobody holds."""
    path = tmp_path / "some.duckdb"
    open_database(path).close()
    return path


@pytest.fixture
def copies(path: Path, tmp_path: Path) -> Iterator[Copies]:
    """Give the copies of it."""
    (tmp_path / "copies").mkdir()
    with Copies(path, tmp_path / "copies", lambda: MOMENT) as found:
        yield found


def rows(copies: Copies) -> int:
    """Return how many crawls the newest copy knows."""
    with copies.reading() as reading:
        return len(reading.database.query("select * from crawls").rows)


def test_a_server_keeps_within_its_memory(copies: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many questions were asked, DuckDB does not keep what it read for them as long as there is memory."""
    monkeypatch.setattr("store.connect.free_memory", lambda: 8 << 30)
    with copies.reading() as reading:
        assert reading.database.query("select current_setting('memory_limit')").rows == (("381.4 MiB",),)


def test_a_reader_keeps_nobody_out(path: Path, copies: Copies) -> None:
    """While a state is read, another process opens the file and writes it."""
    with copies.reading() as reading:
        before = len(reading.database.query("select * from crawls").rows)
        with writer(path) as write:
            write(1)
        assert len(reading.database.query("select * from crawls").rows) == before
    assert rows(copies) == before + 1


def test_the_writer_is_asked(path: Path, copies: Copies) -> None:
    """Somebody who writes for long gives copies in between, each with all that was committed, and stays the owner."""
    before = rows(copies)
    with writer(path) as write:
        write(1)
        with copies.reading() as reading:
            assert reading.is_behind
            assert reading.writer is not None
        assert wanted_path(path).exists()
        write(2)
        assert not wanted_path(path).exists()
        assert rows(copies) == before + 2
        write(3)
        assert rows(copies) == before + 3
        with pytest.raises(DatabaseLocked):
            open_database(path)
    assert not copy_path(path).exists()
    assert rows(copies) == before + 3
    with copies.reading() as reading:
        assert not reading.is_behind


def test_the_first_look_while_somebody_writes(path: Path, copies: Copies) -> None:
    """Without a copy the reader is told who writes; the next transaction brings one."""
    with writer(path) as write:
        with pytest.raises(DatabaseLocked):
            rows(copies)
        write(1)
        assert rows(copies) > 0


def test_what_a_killed_writer_left_is_not_taken_for_new(path: Path, copies: Copies, tmp_path: Path) -> None:
    """The copy of a writer that was killed is older than its file: the next writer takes it away before it writes."""
    with writer(path, is_killed=True) as write:
        ask(path)
        write(1)
        write(2)
    assert copy_path(path).exists()
    assert rows(copies) == 2
    (tmp_path / "late").mkdir()
    with writer(path) as write, Copies(path, tmp_path / "late", lambda: MOMENT) as late:
        for reader in (copies, late):
            with suppress(DatabaseLocked):
                assert rows(reader) == 2
        write(3)
        assert rows(copies) == rows(late) == 3


def test_a_copy_of_the_writer_is_as_old_as_it_is(path: Path, copies: Copies) -> None:
    """What the writer copied long ago is not told as of now."""
    with writer(path) as write:
        ask(path)
        write(1)
        moment = (MOMENT - timedelta(hours=1)).timestamp()
        os.utime(copy_path(path), (moment, moment))
        with copies.reading() as reading:
            assert reading.as_of == MOMENT - timedelta(hours=1)


def test_an_unchanged_file_is_not_copied_again(copies: Copies, tmp_path: Path) -> None:
    """Looking again costs nothing, and old copies go when nobody reads them."""
    for _ in range(3):
        rows(copies)
    assert [entry.name for entry in (tmp_path / "copies").iterdir()] == ["1"]


def test_a_copy_that_finds_no_room_leaves_nothing(
    copies: Copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk is an error of ours, however often somebody asks, and no part of a copy fills it further."""

    def half(_: Path, target: Path) -> None:
        target.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfile", half)
    for _ in range(3):
        with pytest.raises(CannotWrite, match="No space left"):
            rows(copies)
    assert [*(tmp_path / "copies").iterdir()] == []


def test_many_threads_read_one_copy(path: Path, copies: Copies, tmp_path: Path) -> None:
    """A hundred readers at once get an answer each, while the file changes, and leave one copy behind."""
    before = rows(copies)
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(rows(copies))) for _ in range(100)]
    with writer(path) as write:
        for number, thread in enumerate(threads):
            thread.start()
            if number % 20 == 0:
                write(number + 1)
        for thread in threads:
            thread.join()
    assert len(found) == len(threads)
    assert set(found) <= set(range(before, before + 6))
    assert rows(copies) == before + 5
    assert len(list((tmp_path / "copies").iterdir())) == 1


def test_closing_leaves_nothing(path: Path, tmp_path: Path) -> None:
    """What was copied is removed at the end, and there is an error that says so where there is no database."""
    (tmp_path / "other").mkdir()
    with Copies(path, tmp_path / "other", lambda: MOMENT) as copies:
        rows(copies)
    assert list((tmp_path / "other").iterdir()) == []
    with Copies(tmp_path / "none.duckdb", tmp_path / "other", lambda: MOMENT) as copies, pytest.raises(NoDatabase):
        rows(copies)


def test_copies_take_a_small_share_of_the_time(path: Path) -> None:
    """After a copy that took a second the next one is made twenty seconds later, however often it is wanted."""
    seconds = iter([0.0, 2.0, 3.0, 3.0, 22.0, 24.0, 25.0, 25.0])
    publisher = PublishedCopy(path, lambda: True, clock=lambda: next(seconds))
    ask(path)
    assert publisher.look()
    ask(path)
    assert not publisher.look()
    assert publisher.look()


def test_a_database_that_cannot_settle_is_not_copied(path: Path) -> None:
    """While other cursors read, the log cannot be folded in: no copy is made, and the wish stays."""
    publisher = PublishedCopy(path, lambda: False, clock=iter([0.0, 5.0, 10.0]).__next__)
    ask(path)
    assert not publisher.look()
    assert not copy_path(path).exists()
    assert wanted_path(path).exists()


def test_a_copy_that_fails_is_no_error(path: Path) -> None:
    """Where the disk refuses (here: a folder stands in the way), the writer goes on, and nothing half is left."""
    copy_path(path).with_suffix(".part").mkdir()
    publisher = PublishedCopy(path, lambda: True, clock=iter([0.0, 5.0, 6.0, 6.0]).__next__)
    ask(path)
    assert not publisher.look()
    assert not copy_path(path).exists()


def test_a_copy_that_is_interrupted_goes_with_the_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a copy is made leaves no part of it, which may be as large as the database."""
    publisher = PublishedCopy(path, lambda: True, clock=iter([0.0, 5.0]).__next__)
    ask(path)

    def interrupted(command: list[str], **_: object) -> None:
        Path(command[-1]).write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        publisher.look()
    publisher.end()
    assert [one.name for one in path.parent.iterdir()] == [path.name]
