"""Crawls in sequence with wrong clocks, while the Hub changes: no change is missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.crawls import GENEROUS, MODELS
from benchmarks.rig.siege.tables import ask, check_whole
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case

ROUNDS: Final = 3
CHANGES: Final = 200  # more than the first page of changes holds
SMALL_PAGES: Final = "504>62"
KNOWN: Final = "select id, likes, last_modified_at from hub.models where status = 'present' order by id"


def besiege(case: Case) -> Outcome:
    """Crawl by clocks that are wrong, change models in between, and compare with one crawl of the Hub as it is then."""
    chance, out = case.chance, Outcome()
    time = [datetime(2026, 11, 24, tzinfo=UTC)]
    repo_store = RepoStore(generate(seed=0, models=MODELS), now=lambda: time[0])
    wild, calm = case.folder / "wild.duckdb", case.folder / "calm.duckdb"
    with serve(repo_store, quota=GENEROUS, faults=SMALL_PAGES) as hub:
        for _ in range(ROUNDS):
            ahead = timedelta(days=chance.uniform(-400, 900))
            crawl(hub.url, wild, ahead, out)
            out.counts["crawls by a wrong clock, before a change"] += 1
            out.counts["changed models"] += change(repo_store, time, chance)
        crawl(hub.url, wild, timedelta(), out)
        crawl(hub.url, calm, timedelta(), out)
    missed = set(ask(calm, KNOWN)) - set(ask(wild, KNOWN))
    out.check(holds=not missed, otherwise=f"{len(missed)} changes were missed, such as {sorted(missed)[:1]}")
    check_whole(out, wild)
    return out


def crawl(url: str, path: Path, ahead: timedelta, out: Outcome) -> None:
    """Crawl the whole Hub, or what is new or changed, and note where that does not end well."""
    words = ("crawl", "--all", "--endpoint", url, "--db", str(path))
    ended = victims.run(victims.Command(words=words, log=path.with_suffix(".log"), ahead=ahead))
    out.check(holds=ended.code == 0 and not ended.fault, otherwise=f"a crawl: {ended.code} {ended.said[-200:]}")


def change(repo_store: RepoStore, time: list[datetime], chance: random.Random) -> int:
    """Let days pass on the Hub, change some models there, and let days pass again; return how many were changed."""
    time[0] += timedelta(days=chance.uniform(50, 400))
    chosen = chance.sample(sorted(repo_store.ids()), CHANGES)
    for name in chosen:
        repo_store.change(name, touch=True, likes=chance.randrange(10**6))
    time[0] += timedelta(days=chance.uniform(50, 400))
    return len(chosen)
