"""`lineage export`, killed at random moments: its target holds nothing, the former content, or the whole export."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import loads, victims
from benchmarks.rig.siege.cases import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

FILES: Final = ("graphml", "gexf", "json", "cyjs", "jsonl")
FOLDERS: Final = ("csv", "parquet", "neo4j")
BEFORE: Final = b"what was there before"
SIGNALS: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def besiege(case: Case) -> Outcome:
    """Kill an export once, check what it left, and export to the end."""
    chance, out = case.chance, Outcome()
    form = chance.choice((*FILES, *FOLDERS))
    whole, seconds = undisturbed(case.shared, form)
    place = case.folder / f"export.{form}"
    before = _begin(place, form) if chance.random() < 0.5 else {}  # noqa: PLR2004 -- half of them overwrite
    by, log = chance.choice(SIGNALS), case.folder / "log"
    process = victims.start(command(case.shared, form, place, log))
    ended = victims.end(process, log, chance.uniform(0.2, 1.1) * seconds, by)
    is_ended = ended.code == -by or (by != signal.SIGKILL and ended.code in {1, 3} and not ended.fault)
    out.counts[f"exports ended by {by.name}"] += is_ended
    if ended.fault or (ended.code and not is_ended):
        out.broken.append(f"{form}: {ended.fault or ended.said[-200:]}")
    left = content(place)
    mixed = {name: text for name, text in left.items() if text not in {before.get(name), whole.get(name)}}
    out.check(holds=not mixed, otherwise=f"{form}, {by.name}: half of an export in {sorted(mixed)}")
    out.check(holds=set(before) <= set(left), otherwise=f"{form}, {by.name}: what was there before is gone")
    remains = [one.name for one in case.folder.iterdir() if one.name.startswith(".lineage-export-")]
    out.counts["folders that a killed export left"] += len(remains)
    out.check(holds=by == signal.SIGKILL or not remains, otherwise=f"{form}, {by.name}: {remains} stays")
    ended = victims.run(command(case.shared, form, place, log))
    out.check(holds=ended.code == 0, otherwise=f"{form}, to the end: {ended.fault or ended.said[-200:]}")
    out.check(holds=content(place) == whole, otherwise=f"{form}: the export differs from the undisturbed one")
    remains = [one.name for one in case.folder.iterdir() if one.name.startswith(".lineage-export-")]
    out.check(holds=not remains, otherwise=f"{form}: {remains} stays after the next export")
    return out


def undisturbed(shared: Path, form: str) -> tuple[dict[str, bytes], float]:
    """Return the files of an undisturbed export, made once, and the seconds that it took."""
    place, took = shared / f"whole.{form}", shared / f"export-{form}.seconds"
    if not place.exists():
        loads.undisturbed(shared)
        started = time.monotonic()
        ended = victims.run(command(shared, form, place, shared / "export.log"))
        if ended.code:
            raise RuntimeError(f"the undisturbed export ended with {ended.code}: {ended.said[-500:]}")
        took.write_text(str(time.monotonic() - started), "ascii")
    return content(place), float(took.read_text("ascii"))


def command(shared: Path, form: str, place: Path, log: Path) -> victims.Command:
    """Return the command that exports all models, over what is there."""
    db = str(shared / "load.duckdb")
    return victims.Command(words=("export", "--format", form, "-o", str(place), "--force", "--db", db), log=log)


def content(place: Path) -> dict[str, bytes]:
    """Return the files at a place by name, whether it is one or a folder of them; empty for none."""
    if place.is_dir():
        return {one.name: one.read_bytes() for one in place.iterdir()}
    return {"": place.read_bytes()} if place.exists() else {}


def _begin(place: Path, form: str) -> dict[str, bytes]:
    """Put something in the place of an export, and return it."""
    names = ("models", "edges") if form in FOLDERS else ()
    if not names:
        place.write_bytes(BEFORE)
        return {"": BEFORE}
    place.mkdir()
    ending = "csv" if form == "neo4j" else form
    for name in names:
        (place / f"{name}.{ending}").write_bytes(BEFORE)
    return content(place)
