"""Databases laid beside each other: what may differ is when something was seen, and in which crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks.kills import compare

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.rig.siege.cases import Outcome

TWICE: Final = {
    "models": "select count(*) - count(distinct hub_id) from hub.models",
    "scores": "select count(*) - count(distinct run) from hub.scores",
    "items": "select count(*) from (select 1 from hub.items group by score, item having count(*) > 1)",
}
HALF: Final = (
    "select count(*) from hub.scores where has_items and items <> "
    "(select count(*) from hub.items where items.score = scores.number)"
)


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    """Return the rows of a query of the siege's own, from a database that nobody has open."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def check_equal(out: Outcome, calm: Path, wild: Path) -> None:
    """Note every table that differs from the undisturbed one, and everything that is there twice or by half."""
    for table in compare(calm, wild):
        out.broken.append(f"{table} differs from the undisturbed run")
    check_whole(out, wild)


def check_whole(out: Outcome, path: Path) -> None:
    """Note everything that is there twice, and every score that has not all of its items."""
    for name, query in TWICE.items():
        ((count,),) = ask(path, query)
        out.check(holds=count == 0, otherwise=f"{count} {name} are there twice")
    ((half,),) = ask(path, HALF)
    out.check(holds=half == 0, otherwise=f"{half} scores have not all of their items")


def version(path: Path) -> int:
    """Return the version of a database's schema."""
    ((number,),) = ask(path, "select max(version) from hub.schema_version")
    return int(str(number))
