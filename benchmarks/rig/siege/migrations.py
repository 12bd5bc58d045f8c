"""Databases of earlier schemas with content, killed in the middle of their migration, and then brought up to date.

The schema was never released in two versions, so the later ones are made up here. An old database is made by the
migrations up to its version; its rows are those of a crawled and scored one, as far as its schema has the columns.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import duckdb

from benchmarks.rig.siege import crawls, imports, victims
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.siege.tables import digests, schema, version
from store import connect
from store.connect import open_database
from store.database import Database

if TYPE_CHECKING:
    from benchmarks.rig.siege.cases import Case

TABLES: Final = """select table_name from duckdb_tables() where schema_name = 'hub' and database_name <> 'other'
    and table_name <> 'migrations' order by 1"""
COLUMNS: Final = """select column_name from duckdb_columns() where schema_name = 'hub' and table_name = ?
    and (database_name = 'other') = ? order by column_index"""

MADE: Final = (
    """alter table hub.models add column made_words varchar[];
    update hub.models set made_words = string_split(lower(id), '-')""",
    """create table hub.made_tags as select id, unnest(tags) as tag from hub.models;
    create view made_tags as from hub.made_tags""",
    """alter table hub.edges add column made_text varchar;
    update hub.edges set made_text = child || ' from ' || parent;
    create or replace view made_tags as select tag, count(*) as models from hub.made_tags group by tag""",
)
"""Versions that never were: they change rows, make a table from others, and replace a view."""


def scripts() -> tuple[str, ...]:
    """Return the migrations that there are, with the made ones behind them."""
    return (*connect.migrations(), *MADE)


def besiege(case: Case) -> Outcome:
    """Kill a migration at a random moment, and compare what the next one makes of the file with an undisturbed one."""
    chance, out = case.chance, Outcome()
    newest = len(scripts())
    begun = chance.choice((newest - 1, chance.randrange(1, newest)))
    old, calm = previous(case.shared, begun)
    migrated = digests(calm, schema(calm))
    wild, log = case.folder / "wild.duckdb", case.folder / "log"
    shutil.copy(old, wild)
    begins = case.folder / "begins"
    process = victims.call(migrate, str(wild), str(log), str(begins))
    while process.is_alive() and not begins.exists():
        time.sleep(0.001)
    ended = victims.end(process, log, chance.random() * float(calm.with_suffix(".seconds").read_text("ascii")))
    out.counts["kills of migrations"] += ended.is_killed
    if ended.fault:
        out.broken.append(f"from version {begun}: {ended.fault}")
    reached = version(wild)
    out.counts["kills that found no step of the migration done"] += ended.is_killed and reached == begun
    out.counts["kills between its steps"] += ended.is_killed and begun < reached < newest
    out.counts["kills after its last step"] += ended.is_killed and reached == newest
    out.check(holds=begun <= reached <= newest, otherwise=f"from version {begun}: {reached} after the kill")
    kept, columns = digests(old, schema(old)), schema(old)
    after = schema(wild)
    same = {table: names for table, names in columns.items() if set(names) <= set(after.get(table, ()))}
    lost = [table for table, found in digests(wild, same).items() if found != kept[table]]
    out.check(holds=not lost, otherwise=f"from version {begun}: rows of {lost} lost after the kill")
    migrate(str(wild), str(log))
    out.check(holds=version(wild) == newest, otherwise=f"from version {begun}: never at {newest}")
    other = [table for table, found in digests(wild, schema(wild)).items() if found != migrated.get(table)]
    out.check(holds=not other, otherwise=f"from version {begun}: {other} differ from an undisturbed migration")
    lost = [table for table, found in digests(wild, same).items() if found != kept[table]]
    out.check(holds=not lost, otherwise=f"from version {begun}: rows of {lost} lost")
    return out


def migrate(path: str, log: str, begins: str | None = None) -> None:
    """Bring a database up to date, as any command that writes does first; the file `begins` appears when it begins."""
    Path(log).write_text("", "utf-8")
    run_script = Database.migrate

    def told(database: Database, script: str) -> None:
        Path(begins or log).touch()
        run_script(database, script)

    known = scripts()
    with patch.object(Database, "migrate", told), patch.object(connect, "migrations", lambda: known):
        open_database(Path(path)).close()


def previous(shared: Path, number: int) -> tuple[Path, Path]:
    """Return a database of an earlier version, with content, and the same after an undisturbed migration; made once."""
    old, calm = shared / f"version-{number}.duckdb", shared / f"version-{number}-migrated.duckdb"
    if old.exists():
        return old, calm
    full = shared / "full.duckdb"
    if not full.exists():
        _fill(full, shared)
    with duckdb.connect(str(old)) as connection:
        for at, script in enumerate(scripts()[:number], start=1):
            connection.execute(script)
            connection.execute("insert into hub.migrations values (?, now())", [at])
        connection.execute(f"attach '{full}' as other (read_only)")
        for (table,) in connection.execute(TABLES).fetchall():
            _copy(connection, table)
    shutil.copy(old, calm)
    started = time.monotonic()
    migrate(str(calm), str(calm.with_suffix(".log")))
    calm.with_suffix(".seconds").write_text(str(time.monotonic() - started), "ascii")
    return old, calm


def _fill(full: Path, shared: Path) -> None:
    """Make a database of today with models, edges, scores, items and drift."""
    shutil.copy(crawls.undisturbed(shared, "all"), full)
    words = ("scores", "import", str(imports.files(shared)), "--db", str(full))
    ended = victims.run(victims.Command(words=words, log=full.with_suffix(".log")))
    if ended.code:
        raise RuntimeError(f"the import into the full database ended with {ended.code}: {ended.said[-500:]}")


def _copy(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    mine, theirs = (
        [str(name) for (name,) in connection.execute(COLUMNS, [table, is_other]).fetchall()]
        for is_other in (False, True)
    )
    shared = ", ".join(f'"{name}"' for name in mine if name in theirs)
    if shared:
        connection.execute(f"insert into hub.{table} ({shared}) select {shared} from other.hub.{table}")  # noqa: S608 -- names of ours
