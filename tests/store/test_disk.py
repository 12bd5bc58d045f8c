"""A disk that is full, and files that may not be written: what is told, and what is kept."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("made_from_nothing")

FILLER = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from lineage.crawl_records import PageFacts
from store.connect import open_database
from store.errors import CannotWrite
from store.ingest.ingest import Ingest
import random
database = open_database(Path(sys.argv[1]))
chance, now, taken = random.Random(1), datetime(2026, 3, 1, tzinfo=UTC), 0
with Ingest(database) as ingest:
    def record(number):
        return f'{{"_id":"{number:024x}","id":"a/m{number}","x":"{chance.randbytes(2000).hex()}"}}'
    def page(number):
        return f"[{','.join(map(record, range(number * 50, number * 50 + 50)))}]".encode()
    facts = PageFacts(crawl=1, seen_at=now, detail=20)
    ingest.take(page(0), facts, lambda stored: None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
    try:
        for number in range(1, 60):
            ingest.take(page(number), facts, lambda stored: None)
            taken = number
    except CannotWrite as error:
        print("refused after", taken, type(error).__name__, error.hint != "", flush=True)
import os
os._exit(0)
"""


def test_a_file_that_may_not_be_written_is_told(tmp_path: Path, as_nobody: Callable[[str, Path], str]) -> None:
    """A user without rights to the folder, the file, or to read it, gets an error of ours with a way out."""
    path = tmp_path / "a.duckdb"
    open_database(path).close()
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        assert as_nobody("write", path) == "CannotWrite"
        assert as_nobody("read", path) == "opened"
        assert as_nobody("write", tmp_path / "new.duckdb") == "CannotWrite"
        path.chmod(0o000)
        assert as_nobody("read", path) == "CannotWrite"
    finally:
        tmp_path.chmod(0o755)
        path.chmod(0o644)


@pytest.fixture(name="as_nobody")
def fixture_as_nobody(tmp_path: Path) -> Callable[[str, Path], str]:
    """Give what opens a database in another process without root's rights, and returns how it ended."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == tmp_path.stat().st_uid and folder.name.startswith("pytest"):
            folder.chmod(0o755)
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom store.connect import migrations, open_database\n"
        "from store.errors import StoreError\n"
        "migrations()\n"
        "os.getuid() or (os.setgid(65534), os.setuid(65534))\n"
        "try:\n    open_database(Path(sys.argv[2]), sys.argv[1]).close()\n    print('opened')\n"
        "except StoreError as error:\n    print(type(error).__name__)\n"
    )

    def run(mode: str, path: Path) -> str:
        command = [sys.executable, "-c", script, mode, str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        return done.stdout.strip() or done.stderr

    return run


def test_a_full_disk_keeps_what_was_committed(tmp_path: Path) -> None:
    """Where the system lets no file grow, taking a page says so, and every page before it is there afterwards."""
    path = tmp_path / "full.duckdb"
    command = [sys.executable, "-c", FILLER, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.startswith("refused after"), done.stderr[-2000:]
    taken = int(done.stdout.split()[2])
    copy = tmp_path / "copy.duckdb"
    shutil.copy(path, copy)
    if path.with_suffix(".duckdb.wal").exists():
        shutil.copy(path.with_suffix(".duckdb.wal"), copy.with_suffix(".duckdb.wal"))
    database = open_database(copy)
    stored = database.query("select count(*) from models").rows[0][0]
    database.close()
    assert stored == (taken + 1) * 50
