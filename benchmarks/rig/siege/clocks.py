"""Crawls after crawls whose clocks jump, while the Hub changes: no change is missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.crawls import GENEROUS, MODELS
from benchmarks.rig.siege.tables import ask, check_whole
from sandbox.catalogue import generate
from sandbox.holdings import Holdings
from sandbox.running import serve

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

ROUNDS: Final = 3
CHANGES: Final = 40
KNOWN: Final = "select id, likes, last_modified_at from hub.models where status = 'present' order by id"


def besiege(case: Case) -> Outcome:
    """Crawl by clocks that are wrong, change models in between, and compare with one crawl of the Hub as it is then."""
    chance, out = case.chance, Outcome()
    time = [datetime(2026, 11, 24, tzinfo=UTC)]
    holdings = Holdings(generate(seed=0, models=MODELS), now=lambda: time[0])
    wild, calm = case.folder / "wild.duckdb", case.folder / "calm.duckdb"
    with serve(holdings, quota=GENEROUS) as hub:
        for number in range(ROUNDS):
            jumps = chance.random() < 0.8  # noqa: PLR2004 -- mostly
            crawl(hub.url, wild, f"{case.seed} {case.number} {number}" if jumps else None, out)
            out.counts["crawls by a clock that jumps, before a change"] += jumps
            out.counts["changed models"] += change(holdings, time, chance)
        crawl(hub.url, wild, None, out)
        crawl(hub.url, calm, None, out)
    missed = set(ask(calm, KNOWN)) - set(ask(wild, KNOWN))
    out.check(holds=not missed, otherwise=f"{len(missed)} changes were missed, such as {sorted(missed)[:1]}")
    check_whole(out, wild)
    return out


def crawl(url: str, path: Path, clock: str | None, out: Outcome) -> None:
    """Crawl the whole Hub, or what is new or changed, and note where that does not end well."""
    words = ("crawl", "--all", "--endpoint", url, "--db", str(path))
    ended = victims.run(victims.Command(words=words, log=path.with_suffix(".log"), clock=clock))
    out.check(holds=ended.code == 0 and not ended.fault, otherwise=f"a crawl: {ended.code} {ended.said[-200:]}")


def change(holdings: Holdings, time: list[datetime], chance: random.Random) -> int:
    """Let days pass on the Hub, change some models there, and let days pass again; return how many were changed."""
    time[0] += timedelta(days=chance.uniform(1, 30))
    chosen = chance.sample(sorted(holdings.ids()), CHANGES)
    for name in chosen:
        holdings.change(name, touch=True, likes=chance.randrange(10**6))
    time[0] += timedelta(days=chance.uniform(1, 30))
    return len(chosen)
