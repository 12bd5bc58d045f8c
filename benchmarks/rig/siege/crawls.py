"""Crawls under every fault of the sandbox, in mixtures, killed at random moments, with a clock that jumps."""

from __future__ import annotations

import signal
import time
from functools import cache
from typing import TYPE_CHECKING, Final

from benchmarks.rig.siege import victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.tables import ask, check_equal, check_whole
from sandbox.catalogue import generate
from sandbox.hub.rate_limit import QuotaRules
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from benchmarks.rig.siege.cases import Case
    from sandbox.hub.run import RunningHub

MODELS: Final = 600
SCOPES: Final = {
    "all": ("--all",),
    "domains": (),
    "deep": ("--domain", "medical", "--deep"),
}
GENEROUS: Final = QuotaRules(
    plans={plan: dict.fromkeys(("api", "resolvers", "pages"), 10**6) for plan in ("anonymous", "free", "pro")}
)
BREAKAGES: Final = ("408", "429", "500", "502", "503", "504", "html", "drop", "truncate", "garbage", "slow", "cursor")
NARROWING: Final = ("expand", "expand:baseModels", "expand:gguf", "expand:cardData")
"""Faults after which a crawl goes on with fewer keys: its rows then know less, and only who is there is compared."""
MOST_STARTS: Final = 80
IDS: Final = "select hub_id, id from hub.models order by all"


def besiege(case: Case) -> Outcome:
    """Crawl with faults and kills until the crawl ends, and compare it with an undisturbed one."""
    chance, out = case.chance, Outcome()
    scope = chance.choice(list(SCOPES))
    faults, is_narrowed = mixture(chance, small_pages=scope == "all", may_narrow=scope == "all")
    clock = f"{case.seed} {case.number}" if chance.random() < 0.5 else None  # noqa: PLR2004 -- every other crawl
    out.counts["crawls with a clock that jumps"] += clock is not None
    calm, wild = undisturbed(case.shared, scope), case.folder / "wild.duckdb"
    with serve(repo_store(), quota=GENEROUS, faults=faults) as hub:
        for start in range(MOST_STARTS):
            is_killed = chance.random() < 0.9 and out.counts["kills of crawls"] < 6  # noqa: PLR2004 -- most, then none
            ended = _crawl(hub, case, scope, f"{clock} {start}" if clock else None, chance if is_killed else None)
            out.counts["kills of crawls"] += ended.code == -signal.SIGKILL
            out.counts["crawls that gave up and went on"] += ended.code == 3  # noqa: PLR2004 -- could not finish
            if ended.fault or ended.code in {1, 2}:
                out.broken.append(f"{scope} under {faults}: {ended.fault or ended.said[-200:]}")
            if ended.code in {0, 1, 2}:
                break
        else:
            out.broken.append(f"{scope} under {faults}: did not end in {MOST_STARTS} starts")
        for asked in list(hub.requests):
            for name in (asked.fault or "").split("+"):
                out.counts[f"fault {name}"] += bool(name)
    out.counts.pop("fault ", None)
    if is_narrowed:
        out.check(holds=ask(calm, IDS) == ask(wild, IDS), otherwise=f"other models than undisturbed, under {faults}")
        check_whole(out, wild)
    else:
        check_equal(out, calm, wild)
    return out


def mixture(chance: random.Random, *, small_pages: bool, may_narrow: bool) -> tuple[str, bool]:
    """Draw a spec of faults, and whether one of them narrows what a crawl gets to know."""
    chosen = [name for name in BREAKAGES if chance.random() < 0.6]  # noqa: PLR2004 -- more than half
    parts = [f"{name}={chance.uniform(0.01, 0.06):.3f}" for name in chosen]
    if small_pages:
        parts.append(f"504>{chance.choice((62, 125, 250))}")
    if chance.random() < 0.3:  # noqa: PLR2004 -- sometimes
        parts.append("nohandmade")
    narrowing = may_narrow and chance.random() < 0.4  # noqa: PLR2004 -- sometimes
    if narrowing:
        parts.append(f"{chance.choice(NARROWING)}={chance.choice((0.05, 1))}")
    return ",".join([*parts, f"delay={chance.choice((0, 0.02))}", f"seed={chance.randrange(10**6)}"]), narrowing


@cache
def repo_store() -> RepoStore:
    """Return the catalogue of all crawls, always the same."""
    return RepoStore(generate(seed=0, models=MODELS))


def undisturbed(shared: Path, scope: str) -> Path:
    """Return the database of an undisturbed crawl, made once."""
    calm = shared / f"crawl-{scope}.duckdb"
    if not calm.exists():
        with serve(repo_store(), quota=GENEROUS) as hub:
            words = ("crawl", *SCOPES[scope], "--endpoint", hub.url, "--db", str(calm))
            ended = victims.run(victims.Command(words=words, log=calm.with_suffix(".log")))
        if ended.code:
            raise RuntimeError(f"the undisturbed crawl ended with {ended.code}: {ended.said[-500:]}")
    return calm


def _crawl(hub: RunningHub, case: Case, scope: str, clock: str | None, chance: random.Random | None) -> victims.Ended:
    """Crawl; with `chance` until a kill after some requests, between them or in the middle of storing a page."""
    log = case.folder / "log"
    words = ("crawl", *SCOPES[scope], "--endpoint", hub.url, "--db", str(case.folder / "wild.duckdb"))
    command = victims.Command(words=words, log=log, clock=clock)
    if chance is None:
        return victims.run(command)
    most, after_seconds = chance.randint(1, 12 if scope == "all" else 60), chance.random() * 0.1
    return killed_after(hub, command, most, after_seconds)


def killed_after(hub: RunningHub, command: victims.Command, requests: int, seconds: float) -> victims.Ended:
    """Run a command until a kill so many requests and seconds after its start, or to its end where that is earlier."""
    before, process = len(hub.requests), victims.start(command)
    while process.is_alive() and len(hub.requests) - before < requests:
        time.sleep(0.002)
    return victims.end(process, command.log, seconds)
