"""Disks that fill up at a random moment: what was committed stays, and the same command continues with room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.rig.siege import exports, imports, loads, victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.tables import ask, check_equal, check_whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

LEAST_BYTES = 20_000


def besiege(case: Case) -> Outcome:
    """Let no file grow beyond a size, and then let it."""
    chance, out = case.chance, Outcome()
    kind = chance.choice(("load", "import", "export"))
    log, wild = case.folder / "log", case.folder / "wild.duckdb"
    if kind == "export":
        return _export(case, out)
    undisturbed: Callable[[Path], tuple[Path, float]] = loads.undisturbed if kind == "load" else imports.undisturbed
    calm, _ = undisturbed(case.shared)
    make = loads.command if kind == "load" else imports.command
    usual = make(case.shared, wild, log)
    most = chance.randint(LEAST_BYTES, calm.stat().st_size)
    ended = victims.run(victims.Command(words=usual.words, log=log, most_bytes=most))
    out.counts[f"full disks of {kind}"] += ended.code == 3  # noqa: PLR2004 -- could not finish
    if ended.fault or ended.code not in {0, 3}:
        out.broken.append(f"{kind}, files of {most} bytes at most: {ended.fault or ended.said[-300:]}")
    if wild.exists() and wild.stat().st_size and ask(wild, imports.THERE):
        check_whole(out, wild)
    ended = victims.run(usual)
    out.check(holds=ended.code == 0, otherwise=f"{kind}, with room again: {ended.fault or ended.said[-300:]}")
    check_equal(out, calm, wild)
    return out


def _export(case: Case, out: Outcome) -> Outcome:
    chance, log = case.chance, case.folder / "log"
    chance.random()
    form = chance.choice((*exports.FILES, *exports.FOLDERS))
    whole, _ = exports.undisturbed(case.shared, form)
    place = case.folder / f"export.{form}"
    most = chance.randint(1_000, max(map(len, whole.values())))
    usual = exports.command(case.shared, form, place, log)
    ended = victims.run(victims.Command(words=usual.words, log=log, most_bytes=most))
    out.counts["full disks of export"] += ended.code == 3  # noqa: PLR2004 -- could not finish
    if ended.fault or ended.code not in {0, 3}:
        out.broken.append(f"{form}, files of {most} bytes at most: {ended.fault or ended.said[-300:]}")
    left = exports.content(place)
    out.check(holds=left in ({}, whole), otherwise=f"{form}: half of an export of {most} bytes is there")
    remains = [one.name for one in case.folder.iterdir() if one.name.startswith(".lineage-export-")]
    out.check(holds=not remains, otherwise=f"{form}: {remains} stays")
    return out
