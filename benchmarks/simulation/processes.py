"""Processes of the simulated world: our own command line, with its disk, clock and threads in the world's hands.

Each is forked from one that has imported everything, as the siege's victims are, and preloads `write_log.c`.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.rig.siege import victims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SOURCE: Final = Path(__file__).with_name("write_log.c")
EPOCH: Final = datetime(2026, 11, 24, tzinfo=UTC)
COMMITTED: Final = "committed"


def why_not() -> str | None:
    """Return why there can be no simulation here, or None."""
    if not sys.platform.startswith("linux"):
        return "LD_PRELOAD stands in for the disk on Linux alone"
    return None if shutil.which("cc") else "there is no C compiler"


def prepare(folder: Path, *paths: str) -> None:
    """Compile the log of writes, and start the process that all others are forked from, which imports from `paths`."""
    library = folder / "write_log.so"
    subprocess.run(
        ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"],  # noqa: S607 -- whichever is there
        check=True,
    )
    os.environ |= {"LD_PRELOAD": str(library), "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1"}
    victims.prepare(*paths)
    victims.call(_nothing).join()
    del os.environ["LD_PRELOAD"]  # this process itself has nothing to do with it


def run(words: tuple[str, ...], folder: Path, log: Path, seed: int) -> victims.Ended:
    """Run a command of ours in a folder to its end; `log` then tells what it did there."""
    said = log.with_suffix(".said")
    said.unlink(missing_ok=True)
    return victims.end(victims.call(_act, words, folder, log, said, seed), said)


def _nothing() -> None:
    """End at once."""


def _act(words: tuple[str, ...], folder: Path, log: Path, said: Path, seed: int) -> None:
    os.chdir(folder)
    os.environ |= {"WORLD_LOG": str(log), "WORLD_FOLDER": str(folder), "TMPDIR": str(log.parent)}
    ctypes.CDLL(None).world_begin()
    chance = random.Random(seed)
    _settle(chance)
    _mark_commits()
    victims.act(words, said, _clock())


def _settle(chance: random.Random) -> None:
    """Leave nothing to the machine: one thread of DuckDB, one connection to the Hub, names and numbers by the seed."""
    import duckdb

    import crawler.fetch_files
    import crawler.fetch_models
    import crawler.fetch_weights

    connect = duckdb.connect

    def connect_alone(*words: Any, **options: Any) -> duckdb.DuckDBPyConnection:  # noqa: ANN401 -- as of duckdb
        options["config"] = {**options.get("config", {}), "threads": "1"}
        return connect(*words, **options)

    duckdb.connect = connect_alone
    for module in (crawler.fetch_files, crawler.fetch_models, crawler.fetch_weights):
        module.CONNECTIONS = 1  # type: ignore[attr-defined] # it has one
    random.seed(chance.random())
    uuid.uuid4 = lambda: uuid.UUID(int=chance.getrandbits(128), version=4)
    tempfile._name_sequence = iter(f"{chance.getrandbits(40):x}" for _ in iter(int, 1))  # type: ignore[attr-defined] # noqa: SLF001 -- no other way to name what is made


def _mark_commits() -> None:
    """Note in the log whenever a transaction has been committed, which is when what it wrote must stay."""
    from store.database import Database

    marked, transaction = ctypes.CDLL(None).world_mark, Database.transaction

    @contextmanager
    def telling(self: Database) -> Iterator[None]:
        with transaction(self):
            yield
        marked(COMMITTED.encode())

    Database.transaction = telling  # type: ignore[method-assign] # the same, and a mark


def _clock() -> Callable[[], datetime]:
    """Return a clock that goes on by a second a reading."""
    seconds = itertools.count(1)
    return lambda: EPOCH + timedelta(seconds=next(seconds))
