"""What a crawl of the domains requests: the first one, a repeated one, one after changes of the Hub, and a sweep.

The Hub is the sandbox's generated one. Every row says how many of the changes the database shows afterwards.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.processes import LINEAGE, clean_environment, run_measured
from benchmarks.rig.tables import Cell, print_machine, print_table
from sandbox.catalogue import generate, truth
from sandbox.hub.rate_limit import PLANS, QuotaRules
from sandbox.hub.repo import Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.hub.run import RunningHub

SIZES: Final = (600, 2_000)
FULL_SIZES: Final = (600, 5_000)
CHANGES: Final = (2, 8)
MARK: Final = "benchmarked"
MARKED: Final = "select count(*) from models where list_contains($1, id) and list_contains(tags, 'benchmarked')"
PRESENT: Final = "select count(*) from models where list_contains($1, id) and status = 'present'"
DELETED: Final = "select count(*) from models where list_contains($1, id) and status = 'deleted'"
AMPLE: Final = QuotaRules(plans={plan: dict.fromkeys(buckets, 1_000_000) for plan, buckets in PLANS.items()})
COLUMNS: Final = (
    *("models", "crawl", "changes", "shown", "requests", "a change", "of the first", "seconds", "records listed"),
    "models stored",
)


def main() -> None:
    """Crawl, change the Hub, crawl again; one table per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", help=f"models of the generated Hub; default {SIZES}")
    parser.add_argument("--full", action="store_true", help=f"{FULL_SIZES} models (minutes)")
    parser.add_argument("--changes", type=int, nargs="+", default=list(CHANGES), help="models to change, each in turn")
    options = parser.parse_args()
    print_machine("duckdb")
    print("'a change' counts the requests beyond those of the same crawl of an unchanged Hub.\n")
    for size in options.sizes or (FULL_SIZES if options.full else SIZES):
        repo_store = RepoStore(generate(models=size))
        with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder, serve(repo_store, quota=AMPLE) as served:
            course = Course(served, Path(folder), size)
            course.run(options.changes)
            print_table(COLUMNS, course.rows)


class Course:
    """One Hub's crawls in order; `rows` describe them."""

    def __init__(self, served: RunningHub, folder: Path, models: int) -> None:
        """Begin with no database, in an empty folder."""
        self.rows: list[list[Cell]] = []
        self._served = served
        self._folder = folder
        self._models = models
        facts = truth(models=models).values()
        own = (one.id for one in facts if one.oddity is None and any(basis == "own" for _, basis in one.domains))
        self._unchanged = sorted(own)
        self._first_requests = 0

    def run(self, changes: Sequence[int]) -> None:
        """Crawl, crawl again, crawl after so many changes of each kind, sweep, and sweep after deletions."""
        self._first_requests = self._crawl("the first", 0)
        idle = self._crawl("again", 0)
        for count in changes:
            self._crawl("after models changed", idle, self._change(count), MARKED)
            self._crawl("after new models", idle, self._add(count), PRESENT)
            self._crawl("after models renamed", idle, self._rename(count), PRESENT)
        idle = self._crawl("a sweep", 0, options=("--sweep",))
        self._crawl("a sweep after models deleted", idle, self._delete(max(changes)), DELETED, ("--sweep",))

    def _crawl(
        self, name: str, idle: int, changed: Sequence[str] = (), check: str = PRESENT, options: Sequence[str] = ()
    ) -> int:
        """Run `lineage crawl`, add its row, and return how many requests the server saw."""
        db = self._folder / "incremental.duckdb"
        before = len(self._served.requests)
        command = [LINEAGE, "crawl", "--endpoint", self._served.url, "--db", str(db), "--format", "json", *options]
        measured = run_measured(command, clean_environment(self._folder / "hf"))
        requests = len(self._served.requests) - before
        summary = json.loads(measured.stdout)[0]
        self.rows.append(
            [
                self._models,
                name,
                len(changed) or None,
                _shown(db, check, changed) if changed else None,
                requests,
                (requests - idle) / len(changed) if changed else None,
                requests / (self._first_requests or requests),
                measured.wall_seconds,
                int(summary["records"]),
                int(summary["models_stored"]),
            ]
        )
        return requests

    def _take(self, count: int) -> list[Repo]:
        """Return domain models that no step has changed yet."""
        taken, self._unchanged = self._unchanged[:count], self._unchanged[count:]
        if len(taken) < count:
            raise ValueError(f"the Hub of {self._models} models has too few domain models to change")
        return [self._served.repo_store.get(one) for one in taken]

    def _change(self, count: int) -> list[str]:
        repos = self._take(count)
        for repo in repos:
            tags = repo.record["tags"]
            self._served.repo_store.change(repo.id, tags=[*(tags if isinstance(tags, list) else []), MARK])
        return [repo.id for repo in repos]

    def _add(self, count: int) -> list[str]:
        added: list[str] = []
        now = datetime.now(UTC)
        moment = f"{now:%Y-%m-%dT%H:%M:%S}.000Z"
        for repo in self._take(count):
            name = f"{repo.id}-again"
            identity = f"{int(now.timestamp()):08x}{repo.hub_id[8:]}"
            fields = {"_id": identity, "id": name, "modelId": name, "createdAt": moment, "lastModified": moment}
            self._served.repo_store.add(Repo(record=repo.record | fields, files=repo.files))
            added.append(name)
        return added

    def _rename(self, count: int) -> list[str]:
        return [self._served.repo_store.rename(repo.id, f"{repo.id}-renamed").id for repo in self._take(count)]

    def _delete(self, count: int) -> list[str]:
        gone = [repo.id for repo in self._take(count)]
        for one in gone:
            self._served.repo_store.delete(one)
        return gone


def _shown(db: Path, check: str, ids: Sequence[str]) -> int:
    database = open_database(db, "read")
    try:
        return int(str(database.query(check, [list(ids)]).rows[0][0]))
    finally:
        database.close()


if __name__ == "__main__":
    main()
