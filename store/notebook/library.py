"""A database for Python programs and notebooks, returned by `lineage.open`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lineage.drift.chance import told_by_chance
from lineage.drift.measure import DriftSettings
from lineage.drift.table import for_notebook
from lineage.graph.model_graph import ModelGraph
from lineage.notebook import Family
from lineage.prediction.predicted_row import PredictedRow
from lineage.prediction.predicted_row import as_result as predicted_result
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN_POINTS
from lineage.study.contradiction_tables import list_mixed, shares_of
from lineage.text.plain import plain
from lineage.vocabulary import Against, Correction, GroupName, Sort
from store.connect import open_database
from store.derive.graph_cache import open_graph
from store.derive.graph_tables import load_declared_graph
from store.derive.model_names import find_model, number_of
from store.drift.measure import find_drift
from store.drift.predictions import predict_models
from store.drift.profiles import read_profiles
from store.drift.study import read_contradictions
from store.notebook.frames import LazyTable, view
from store.queries.models import list_models, show_model
from store.scores.queries import list_coverage, list_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from lineage.output.result import Result
    from store.database import Database
    from store.derive.graph_cache import StoredGraph


class Library:
    """A database open for reading. Close it, or use a `with` block: nobody can crawl while it is open.

    Every query returns a `lineage.output.result.Result`: `columns` and `rows`, or `records()` for dictionaries.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file at a path; raises NoDatabase, DatabaseLocked, NewerSchema or NotOurDatabase."""
        self._database = open_database(Path(path), "read")

    def __repr__(self) -> str:
        return f"<Library of {plain(self._database.path.name)}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A graph taken from it still works, except for attributes, downloads and former names."""
        self._database.close()

    def graph(self, *, inferred: bool = True) -> ModelGraph:
        """Return the graph of all models; without `inferred`, only its declared edges.

        It is read from files beside the database, which are made if missing; the declared edges are read each time.
        """
        stored = open_graph(self._database)
        graph = stored.graph if inferred else load_declared_graph(self._database)
        return ModelGraph(graph, stored.index, DatabaseFacts(self._database, stored, inferred=inferred))

    def sql(self, text: str, parameters: Sequence[object] = ()) -> Result:
        """Return the result of one read-only statement; `?` stands for a parameter. Raises StatementRefused."""
        return self._database.query(text, parameters)

    def table(self, name: str) -> LazyTable:
        """Return a view of docs/schema.md, to be read `to_arrow`, `to_pandas` or `to_polars`; raises NoSuchTable."""
        return view(self._database, name)

    def query(self, text: str, parameters: Sequence[object] = ()) -> LazyTable:
        """Return the result of one read-only statement as a table, like `table`; raises StatementRefused."""
        return LazyTable(self._database.reading(text, parameters), self._database.path)

    def family(self, model: str) -> Family:
        """Return a model with all its derivatives, for display; raises NoSuchModel, or TooManyModels."""
        found = find_model(self._database, model)
        return Family(read_profiles(self._database, f"{found}+"), found)

    def select(self, selector: str) -> Family:
        """Return the models that a selector matches with all their ancestors, for display; raises as `models` does.

        Raises TooManyModels for more than 20,000.
        """
        return Family(read_profiles(self._database, selector), selector)

    def models(
        self,
        selector: str | None = None,
        *,
        domain: str | None = None,
        author: str | None = None,
        relation: str | None = None,
        search: str | None = None,
        sort: str = "downloads",
        limit: int = 0,
    ) -> Result:
        """Return models as the command `models` lists them; `limit` 0 returns all.

        `selector` is, for example, `"domain:medical"` or `"org/name+"`. Raises SelectorError if it cannot be parsed,
        NoSuchModel for an unknown id, ValueError for an unknown `sort`.
        """
        rest = dict.fromkeys(("basis", "confidence", "library", "license", "status", "undeclared", "unscored"))
        return list_models(
            self._database,
            limit=limit,
            selector=selector,
            sort=Sort(sort).value,
            domain=domain,
            author=author,
            relation=relation,
            search=search,
            **rest,
        )

    def show(self, model: str) -> Result:
        """Return everything known about one model as section, name and value; raises NoSuchModel."""
        return show_model(self._database, model)

    def scores(self, selector: str | None = None, *, instrument: str | None = None, state: str | None = None) -> Result:
        """Return scores with what makes them comparable; without a selector, unknown models are included.

        `state` is measured, reported or stale. Raises what `models` raises for selectors.
        """
        return list_scores(self._database, selector=selector, name=instrument, state=state)

    def coverage(self, selector: str = "*", *, state: str | None = None) -> Result:
        """Return which models are measured, only reported, stale or unscored; raises as `models` does for selectors."""
        return list_coverage(self._database, selector=selector, state=state, limit=0)[0]

    def drift(
        self,
        selector: str | None = None,
        *,
        against: str | Sequence[str] = "scored_ancestor",
        instruments: Sequence[str] | None = None,
        margin: float = DEFAULT_MARGIN_POINTS,
        alpha: float = ALPHA,
        correct_over: str = "pair",
    ) -> Result:
        """Return how far models drifted from their ancestors, like the command `drift`.

        In rows and frames `delta` is as stored: + is worse, so for capability less able. The table that a notebook
        shows is for people: there, + is more able.

        `against` is one or several of parent, scored_ancestor and root; `margin` is in percentage points, like the
        differences. A verdict is corrected over the tests of its own pair, or with `correct_over="asked"` over all of
        this call. Raises as `models` does for selectors, UnknownInstrument, and ValueError for an unknown `against` or
        `correct_over`, an `alpha` that is not between 0 and 1, and a margin that is not within 0 and 100.
        """
        asked = [against] if isinstance(against, str) else against
        settings = DriftSettings(alpha=alpha, margin=margin / 100, correction=Correction(correct_over))
        found = find_drift(self._database, selector, [Against(one) for one in asked], settings, instruments=instruments)
        return replace(for_notebook(found.rows), note=told_by_chance(found.rows))

    def contradictions(
        self,
        selector: str | None = None,
        *,
        against: str = "scored_ancestor",
        by: str | None = None,
        direct_only: bool = False,
        margin: float = DEFAULT_MARGIN_POINTS,
        seed: int = 0,
    ) -> Result:
        """Return derivatives that are riskier on one instrument and safer on another, as `contradictions` lists them.

        `by` counts them by domain, base_family or relation. Raises as `drift` does.
        """
        settings = DriftSettings(margin=margin / 100)
        found = read_contradictions(
            self._database, selector, Against(against), settings, direct_only=direct_only, seed=seed
        )
        return list_mixed(found) if by is None else shares_of(found, GroupName(by))

    def predictions(
        self, selector: str | None = None, *, instruments: Sequence[str] | None = None, informed_only: bool = True
    ) -> Result:
        """Return scores predicted for unscored models from those of their relatives; these are not measurements.

        `informed_only` leaves out models without a scored relative. Raises as `models` does for selectors, and
        UnknownInstrument.
        """
        found = predict_models(self._database, selector, instruments=instruments, informed_only=informed_only)
        return predicted_result(found.rows, PredictedRow)


class DatabaseFacts:
    """The facts that a graph reads from its database."""

    def __init__(self, database: Database, stored: StoredGraph, *, inferred: bool = True) -> None:
        """Read from this database, to which the graph belongs; inferred edges are included only on request."""
        self._database = database
        self._stored = stored
        self._inferred = inferred

    def number_of(self, name: str) -> int:
        """Return the number of the model that a name leads to; raises NoSuchModel or NotResolved."""
        return number_of(self._database, self._stored, name)

    def node_facts(self, numbers: NDArray[np.int32]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield id and attributes of the given models."""
        result = self._lent("graph/node_facts", numbers)
        names = result.columns[1:]
        return ((str(row[0]), dict(zip(names, row[1:], strict=True))) for row in result.rows)

    def edge_facts(self, numbers: NDArray[np.int32]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield parent, child and attributes of every edge with both ends among the given models."""
        result = self._lent("families/edge_facts", numbers, inferred=self._inferred)
        names = result.columns[2:]
        return ((str(row[0]), str(row[1]), dict(zip(names, row[2:], strict=True))) for row in result.rows)

    def downloads(self) -> NDArray[np.int64]:
        """Return the downloads of every model, by number; 0 where unknown."""
        return self._stored.downloads

    def _lent(self, statement: str, numbers: NDArray[np.int32], **parameters: object) -> Result:
        with self._database.columns("lent_members", nid=np.ascontiguousarray(numbers)):
            return self._database.run(statement, **parameters)
