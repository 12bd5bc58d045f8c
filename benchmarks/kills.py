"""A crawl with faults, killed (-9) at random moments and continued until it ends, beside an undisturbed one.

It prints a table: kills, requests repeated because of them, and whether all tables are equal. Back-off waits are
shortened; the faults and the kills are real.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

import duckdb  # noqa: E402 -- the path comes first, so that the working tree is measured

from sandbox.catalogue import generate  # noqa: E402 -- as above
from sandbox.hub.repo_store import RepoStore  # noqa: E402 -- as above
from sandbox.hub.run import serve  # noqa: E402 -- as above

if TYPE_CHECKING:
    from sandbox.hub.run import RunningHub

FAULTS = "503=0.1,drop=0.05,truncate=0.05,html=0.03,429=0.05,garbage=0.02,slow=0.01,seed=7"
QUICK = "import cli, crawler.http.hub_client as hub\nhub.RETRIES = hub.RetryPolicy(first_wait_seconds=0.01)\ncli.main()"
PASSING = {
    "crawl",
    "first_seen_at",
    "last_read_at",
    "last_seen_at",
    "seen_at",
    "replaced_at",
    "checked_at",
    "fetched_at",
    "imported_at",
}
BOOKKEEPING = {"crawls", "walks", "derived", "migrations"}
SCOPES = {
    "three domains": ((), 600, ""),
    "one domain, deep": (("--domain", "medical", "--deep"), 600, ""),
    "whole Hub, small pages": (("--all",), 20_000, ",504>250"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a series of kills: how many met a running crawl, and what was requested again."""

    kills: int
    requests: int
    undisturbed: int
    again: int
    most_again: int
    different: tuple[str, ...]
    seconds: float


def main() -> None:
    """Run the series and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scope", choices=SCOPES, action="append")
    options = parser.parse_args()
    row = "{:24}{:>7}{:>10}{:>13}{:>7}{:>8}{:>6}{:>9}  {}"
    print(row.format("crawl", "kills", "requests", "undisturbed", "again", "a kill", "most", "seconds", "tables"))
    for name in options.scope or SCOPES:
        words, models, faults = SCOPES[name]
        out = torment(words, models, FAULTS + faults, kills=options.kills, seed=options.seed)
        verdict = "DIFFERENT: " + ", ".join(out.different) if out.different else "equal"
        a_kill = f"{out.again / max(1, out.kills):.1f}"
        figures = (out.kills, out.requests, out.undisturbed, out.again, a_kill, out.most_again, round(out.seconds))
        print(row.format(name, *figures, verdict), flush=True)


def torment(words: tuple[str, ...], models: int, faults: str, *, kills: int, seed: int) -> Outcome:
    """Crawl once undisturbed and once with kills, and compare."""
    started, chance = time.monotonic(), random.Random(seed)
    repo_store = RepoStore(generate(models=models))
    with tempfile.TemporaryDirectory() as folder:
        calm, wild = Path(folder) / "calm.duckdb", Path(folder) / "wild.duckdb"
        with serve(repo_store) as hub:
            begin(hub, calm, words).wait()
            undisturbed = len(hub.requests)
        with serve(repo_store, faults=faults) as hub:
            met, most_again, asked = 0, 0, Counter[str]()
            while True:
                before = len(hub.requests)
                process = begin(hub, wild, words)
                if met < kills:
                    wait(hub, process, before + chance.randint(1, max(4, undisturbed * 5 // (2 * kills))))
                    time.sleep(chance.random() * 0.05)
                    process.kill()
                code = process.wait()
                met += code == -signal.SIGKILL
                good = [one.target for one in list(hub.requests)[before:] if one.fault is None and one.status < 400]  # noqa: PLR2004 -- HTTP
                again = sum(asked[target] > 0 for target in good if not target.startswith("/models-json"))
                most_again = max(most_again, again)
                asked.update(good)
                if code == 0:
                    break
            repeated = sum(count - 1 for target, count in asked.items() if not target.startswith("/models-json"))
            return Outcome(
                kills=met,
                requests=len(hub.requests),
                undisturbed=undisturbed,
                again=repeated,
                most_again=most_again,
                different=compare(calm, wild),
                seconds=time.monotonic() - started,
            )


def begin(hub: RunningHub, path: Path, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start a crawl in a process of its own."""
    command = [sys.executable, "-c", QUICK, "crawl", *words, "--endpoint", hub.url, "--db", str(path)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait(hub: RunningHub, process: subprocess.Popen[bytes], requests: int) -> None:
    """Wait until so much was requested, or the process ended."""
    while process.poll() is None and len(hub.requests) < requests:
        time.sleep(0.002)


def compare(one: Path, other: Path) -> tuple[str, ...]:
    """Return the tables that differ in anything except times of seeing, numbers of crawls and order."""
    with duckdb.connect(str(one), read_only=True) as left, duckdb.connect(str(other), read_only=True) as right:
        tables = sorted(
            name
            for schema, name in left.table("information_schema.tables").project("table_schema, table_name").fetchall()
            if schema == "hub" and name not in BOOKKEEPING
        )
        return tuple(name for name in tables if content(left, name) != content(right, name))


def content(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[object, ...]]:
    """Return all rows of a table in an order of their own."""
    relation = connection.table(f"hub.{table}")
    kept = [column for column in relation.columns if column not in PASSING]
    return sorted(relation.project(", ".join(kept)).fetchall(), key=repr)


if __name__ == "__main__":
    main()
