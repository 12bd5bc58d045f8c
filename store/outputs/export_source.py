"""The source of an export: the selected models of a database, as tables and as rows of a graph."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.exports.formats import TABLES
from lineage.exports.graph_rows import GraphRows
from store.derive.graph_cache import open_graph
from store.drift.profiles import read_profiles
from store.queries.select import select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lineage.exports.formats import ExportFormat
    from lineage.profile import Profiles
    from store.database import Database

_TABLES: Final = {
    "models": "export/create_models",
    "edges": "export/create_edges",
    "scores": "export/create_scores",
    "drift": "export/create_drift",
}
_MACROS: Final = ("export/create_cell", "export/create_line", "export/create_moment")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSource:
    """The selected models, and the edges among them.

    While it is open, the database has the table `lent_selected` with their numbers (`nid`), `export_edges`, and the
    tables that `make` made. `selector` is None if all models are selected; `tables` are the ones to write, for formats
    that have tables.
    """

    database: Database
    form: ExportFormat
    selector: str | None
    tables: tuple[str, ...]
    model_count: int
    edge_count: int
    inferred: bool
    made: set[str] = field(default_factory=lambda: {"edges"})

    def make(self, *tables: str) -> None:
        """Make `export_models`, `export_scores` or `export_drift`."""
        for table in tables:
            if table not in self.made:
                if table == "models":
                    self._place_models()
                self.database.run(_TABLES[table])
                self.made.add(table)

    def _place_models(self) -> None:
        """Make the narrow tables of the models: numbers are joined and sorted in a fraction of the time of ids."""
        families = open_graph(self.database).graph.labels
        numbers = np.arange(len(families.root), dtype=np.int32)
        with self.database.columns("lent_families", nid=numbers, root=families.root, depth=families.depth):
            self.database.run("export/create_placed")
        self.database.run("export/create_noted")

    def files(self, place: Path) -> list[tuple[str, Path]]:
        """Make the tables, and return each with its file: one in the folder, or the file itself."""
        self.make(*self.tables)
        ending = self.form.ending
        return [(table, place / f"{table}{ending}" if place.is_dir() else place) for table in self.tables]

    def profiles(self) -> Profiles:
        """Return everything known about the models and all their ancestors; raises TooManyModels."""
        found = read_profiles(self.database, self.selector or "*")
        return found if self.inferred else found.declared()

    def graph(self) -> GraphRows:
        """Return the models and edges as rows that are read while they are written."""
        self.make("models")
        return GraphRows(
            title=self.selector or "*",
            model_count=self.model_count,
            edge_count=self.edge_count,
            models=lambda: self.database.read_along("export/list_models"),
            edges=lambda: self.database.read_along("export/edges_rows"),
        )


@contextmanager
def chosen(
    database: Database, form: ExportFormat, selector: str | None, *, inferred: bool, tables: tuple[str, ...] = TABLES
) -> Iterator[ExportSource]:
    """Select models while the block runs, or None for all; raises what `store.queries.select.select` raises."""
    if selector is None:
        numbers = np.arange(cast("int", database.value("graph/count_nodes")), dtype=np.int32)
    else:
        numbers = select(database, selector)
    with database.columns("lent_selected", nid=numbers):
        database.run("export/set_inferred", inferred=inferred)
        for name in (*_MACROS, "export/create_all_edges" if selector is None else _TABLES["edges"]):
            database.run(name)
        yield ExportSource(
            database=database,
            form=form,
            selector=selector,
            tables=tables,
            model_count=len(numbers),
            edge_count=cast("int", database.value("export/count_edges")),
            inferred=inferred,
        )
