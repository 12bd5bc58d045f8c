"""`lineage scores import` of a folder, killed at random moments: all scores of a file are stored, or none."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

from benchmarks.rig.scores import score_files
from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.tables import ask, check_equal, check_whole

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

TABLES: Final = 8
MODELS: Final = 6
ITEMS: Final = 400
SAMPLES: Final = 1_500
MOST_KILLS: Final = 3
BY_FILE: Final = "select origin, count(*) from hub.scores group by origin"
THERE: Final = "select 1 from duckdb_tables() where table_name = 'items'"


def besiege(case: Case) -> Outcome:
    """Import with kills, and compare the database with that of an undisturbed import."""
    chance, out = case.chance, Outcome()
    calm, seconds = undisturbed(case.shared)
    whole = dict(by_file(calm))
    wild, log = case.folder / "wild.duckdb", case.folder / "log"
    for _ in range(MOST_KILLS):
        by = chance.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        ended = victims.end(victims.start(command(case.shared, wild, log)), log, chance.random() * seconds, by)
        out.counts["kills of imports"] += ended.is_killed
        if ended.fault or (ended.code and not ended.is_killed):
            out.broken.append(ended.fault or ended.said[-200:])
        if wild.exists() and ask(wild, THERE):
            check_whole(out, wild)
            halves = {name: count for name, count in by_file(wild) if count != whole.get(name)}
            out.check(holds=not halves, otherwise=f"half of a file is there: {halves}")
    ended = victims.run(command(case.shared, wild, log))
    out.check(holds=ended.code == 0, otherwise=f"the last import: {ended.fault or ended.said[-200:]}")
    check_equal(out, calm, wild)
    return out


def by_file(path: Path) -> list[tuple[object, object]]:
    """Return how many scores there are of each file."""
    return [(name, count) for name, count in ask(path, BY_FILE)]


def undisturbed(shared: Path) -> tuple[Path, float]:
    """Return the database of an undisturbed import, made once, and the seconds that it took."""
    calm, took = shared / "import.duckdb", shared / "import.seconds"
    if not calm.exists():
        files(shared)
        started = time.monotonic()
        ended = victims.run(command(shared, calm, shared / "import.log"))
        if ended.code:
            raise RuntimeError(f"the undisturbed import ended with {ended.code}: {ended.said[-500:]}")
        took.write_text(str(time.monotonic() - started), "ascii")
    return calm, float(took.read_text("ascii"))


def command(shared: Path, db: Path, log: Path) -> victims.Command:
    """Return the command that imports the folder into a database."""
    return victims.Command(words=("scores", "import", str(files(shared)), "--db", str(db)), log=log)


def files(shared: Path) -> Path:
    """Return a folder of tables of items and a run of lm-evaluation-harness, made once."""
    folder = shared / "scores"
    if not folder.exists():
        folder.mkdir()
        for number in range(TABLES):
            score_files.write_item_table(folder / f"table-{number}.csv", MODELS, ITEMS, seed=number)
        score_files.write_lm_eval_run(folder / "run", SAMPLES, seed=1)
    return folder
