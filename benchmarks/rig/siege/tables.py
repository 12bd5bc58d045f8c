"""Databases compared: they may differ only in when something was seen, and in which crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb

from benchmarks.kills import BOOKKEEPING, PASSING

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
    """Record every table that differs from the undisturbed one, and everything stored twice or by half."""
    columns = {
        table: tuple(name for name in names if name not in PASSING)
        for table, names in schema(calm).items()
        if table not in BOOKKEEPING
    }
    wanted, found = digests(calm, columns), digests(wild, columns)
    out.broken.extend(f"{table} differs from the undisturbed run" for table in columns if wanted[table] != found[table])
    check_whole(out, wild)


def schema(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the columns of every table that holds something of ours."""
    query = """select table_name, column_name from duckdb_columns() semi join duckdb_tables() using (table_oid)
        where schema_name = 'hub'"""
    tables: dict[str, tuple[str, ...]] = {}
    for table, column in ask(path, query):
        if table not in {"migrations", "derived"}:  # when, and what is to be computed anew
            tables[str(table)] = (*tables.get(str(table), ()), str(column))
    return tables


def digests(path: Path, columns: dict[str, tuple[str, ...]]) -> dict[str, tuple[object, ...]]:
    """Return the number of rows and an order-independent digest of each table, over some of its columns."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, names in columns.items():
            row = "hash(" + ", ".join(names) + ")" if names else "0"
            sums = f"count(*), sum({row}::hugeint), bit_xor({row}::ubigint)"
            found[table] = connection.table(f"hub.{table}").aggregate(sums).fetchall()[0]
    return found


def check_whole(out: Outcome, path: Path) -> None:
    """Record everything that is stored twice, and every score without all of its items."""
    for name, query in TWICE.items():
        ((count,),) = ask(path, query)
        out.check(holds=count == 0, otherwise=f"{count} {name} are there twice")
    ((half,),) = ask(path, HALF)
    out.check(holds=half == 0, otherwise=f"{half} scores have not all of their items")


def version(path: Path) -> int:
    """Return the version of a database's schema."""
    ((number,),) = ask(path, "select max(version) from hub.migrations")
    return int(str(number))
