"""`lineage load`, killed in the middle of its ingest and started again until it ends."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.tables import ask, check_equal, check_whole

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

RECORDS: Final = 12_000
MOST_KILLS: Final = 3


def besiege(case: Case) -> Outcome:
    """Load a file with kills, and compare the database with that of an undisturbed load."""
    chance, out = case.chance, Outcome()
    calm, seconds = undisturbed(case.shared)
    wild, log = case.folder / "wild.duckdb", case.folder / "log"
    for _ in range(MOST_KILLS):
        ended = victims.end(victims.start(command(case.shared, wild, log)), log, chance.random() * seconds)
        out.counts["kills of loads"] += ended.is_killed
        if ended.fault or (ended.code and not ended.is_killed):
            out.broken.append(ended.fault or ended.said[-200:])
        if wild.exists() and ask(wild, "select 1 from duckdb_tables() where table_name = 'items'"):
            check_whole(out, wild)
    ended = victims.run(command(case.shared, wild, log))
    out.check(holds=ended.code == 0, otherwise=f"the last load: {ended.fault or ended.said[-200:]}")
    check_equal(out, calm, wild)
    return out


def undisturbed(shared: Path) -> tuple[Path, float]:
    """Return the database of an undisturbed load, made once, and the seconds that it took."""
    calm, took = shared / "load.duckdb", shared / "load.seconds"
    if not calm.exists():
        _write_records(shared / "records.jsonl")
        started = time.monotonic()
        ended = victims.run(command(shared, calm, shared / "load.log"))
        if ended.code:
            raise RuntimeError(f"the undisturbed load ended with {ended.code}: {ended.said[-500:]}")
        took.write_text(str(time.monotonic() - started), "ascii")
    return calm, float(took.read_text("ascii"))


def command(shared: Path, db: Path, log: Path) -> victims.Command:
    """Return the command that loads the file into a database."""
    words = ("load", str(shared / "records.jsonl"), "--as-of", "2026-03-01", "--db", str(db))
    return victims.Command(words=words, log=log)


def _write_records(path: Path) -> None:
    """Write records of families, some of a domain, as the Hub lists them."""
    chance = random.Random("records")
    with path.open("w", encoding="utf-8") as file:
        for number in range(RECORDS):
            parent = chance.randrange(number) if number and chance.random() < 0.6 else None  # noqa: PLR2004 -- most
            tags = ["medical"] * (chance.random() < 0.1)  # noqa: PLR2004 -- some
            tags += [f"base_model:finetune:maple/model-{parent}"] if parent is not None else []
            record = {"_id": f"{0x65000000 + number:08x}{number:016x}", "id": f"maple/model-{number}", "tags": tags}
            file.write(f"{json.dumps(record | {'downloads': number, 'likes': 0})}\n")
