"""The differences between two databases, computed by DuckDB with both of them open for reading."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, cast

import duckdb

from lineage.drift.change import TURNED
from lineage.vocabulary import DifferenceName
from store.connect import bound_memory
from store.database import Database
from store.outputs.snapshots import current

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result

ORDER: Final = tuple(one.value for one in DifferenceName)
COMPARISONS: Final = ("diff/models", "diff/edges", "diff/scores")
VERDICTS: Final = ("diff/create_former_verdicts", "diff/create_latter_verdicts")
PREPARED: Final = ("diff/create_models", "diff/create_names", "diff/create_instruments", "diff/create_nodes")
NOWHERE: Final = Path(":memory:")
MOST_DIFF_MEMORY: Final = 800_000_000
"""Two tables of five million scores fit; with half of it, what spills to the disk costs half as much again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The differences: the count of each kind, without zeros, and the requested rows."""

    counts: dict[str, int]
    rows: Result

    @property
    def total(self) -> int:
        """The number of differences over all requested kinds."""
        return sum(self.counts.values())


def compare(before: Path, after: Path, *, kinds: Sequence[str] | None = None, limit: int = 0) -> Compared:
    """Return the differences between two databases, of some kinds or None for all; `limit` 0 returns every row.

    A database with an older schema is compared through a copy that is brought up to date. Raises what `open_database`
    raises for either.
    """
    with ExitStack() as stack:
        places = [stack.enter_context(current(path)) for path in (before, after)]
        spilled = stack.enter_context(TemporaryDirectory(prefix="lineage-", ignore_cleanup_errors=True))
        options: dict[str, str] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
        database = Database(duckdb.connect(str(NOWHERE), config=dict(options)), NOWHERE)
        stack.callback(database.close)
        bound_memory(database, MOST_DIFF_MEMORY)
        database.run("database/spill_here", folder=spilled)
        prepare(database, *places)
        for name in COMPARISONS:
            database.run(name)
        for name in VERDICTS:
            database.run(name, turned=list(TURNED))
        database.run("diff/verdicts")
        asked = {"kinds": list(kinds) if kinds else None, "order": list(ORDER)}
        counts = cast("list[tuple[str, int]]", database.run("diff/count_differences", **asked).rows)
        rows = database.run("diff/list_differences", **asked, limit=limit or None)
    return Compared(counts=dict(counts), rows=rows)


def prepare(database: Database, before: Path, after: Path) -> None:
    """Attach both databases to a connection, with the tables that the comparison fills."""
    database.draw_nothing()
    database.run("diff/attach_before", path=str(before))
    database.run("diff/attach_after", path=str(after))
    database.run("database/forbid_other_access")  # the views of another person's database must not read files
    database.run("diff/create_differences")
    for table in PREPARED:
        database.run(table)
