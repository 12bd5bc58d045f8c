"""A database for Python programs and notebooks, as `lineage.open` gives it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lineage.choices import Sort
from lineage.model_graph import ModelGraph
from store.database import open_database
from store.graph_files import number_of, open_graph
from store.graphs import load_declared_graph
from store.reading import list_models, show_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from lineage.answers import Answer
    from store.database import Database
    from store.graph_files import StoredGraph


class Library:
    """A database that is open to be read. Close it, or use it in a `with` block: nobody can crawl while it is open.

    Answers are `lineage.answers.Answer`: `columns` and `rows`, or `records()` for dictionaries.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file at a path; raises NoDatabase, DatabaseLocked, NewerSchema or NotOurDatabase."""
        self._database = open_database(Path(path), "read")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. A graph taken of it keeps answering, but for attributes, downloads and former names."""
        self._database.close()

    def graph(self, *, inferred: bool = True) -> ModelGraph:
        """Return the graph of all models, or that of the declared edges alone.

        It is read from files beside the database, which are made where missing; the declared edges are read each time.
        """
        stored = open_graph(self._database)
        graph = stored.graph if inferred else load_declared_graph(self._database)[0]
        return ModelGraph(graph, stored.index, DatabaseFacts(self._database, stored, inferred=inferred))

    def sql(self, text: str, parameters: Sequence[object] = ()) -> Answer:
        """Return what one statement that reads gives; `?` stands for a parameter. Raises StatementRefused."""
        return self._database.query(text, parameters)

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
    ) -> Answer:
        """Return models as the command `models` lists them; `limit` 0 returns all.

        `selector` is such as `"domain:medical"` or `"org/name+"`. Raises SelectorError where it cannot be read,
        NoSuchModel for an id that is not here, ValueError for an unknown `sort`.
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

    def show(self, model: str) -> Answer:
        """Return everything that is known of one model as section, name and value; raises NoSuchModel."""
        return show_model(self._database, model)


class DatabaseFacts:
    """What a graph asks its database."""

    def __init__(self, database: Database, stored: StoredGraph, *, inferred: bool = True) -> None:
        """Ask this database, whose graph this is; of inferred edges only where they are asked for."""
        self._database = database
        self._stored = stored
        self._inferred = inferred

    def number_of(self, name: str) -> int:
        """Return the number of the model that a name leads to; raises NoSuchModel or NotResolved."""
        return number_of(self._database, self._stored, name)

    def node_facts(self, numbers: NDArray[np.int32]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield id and attributes of some models."""
        answer = self._lent("graph/node_facts", numbers)
        names = answer.columns[1:]
        return ((str(row[0]), dict(zip(names, row[1:], strict=True))) for row in answer.rows)

    def edge_facts(self, numbers: NDArray[np.int32]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield parent, child and attributes of every edge that has both ends among some models."""
        answer = self._lent("graph/edge_facts", numbers)
        names = answer.columns[2:]
        facts = ((str(row[0]), str(row[1]), dict(zip(names, row[2:], strict=True))) for row in answer.rows)
        return (fact for fact in facts if self._inferred or not fact[2]["inferred"])

    def downloads(self) -> NDArray[np.int64]:
        """Return the downloads of every model, by number; 0 where unknown."""
        return self._stored.downloads

    def _lent(self, statement: str, numbers: NDArray[np.int32]) -> Answer:
        with self._database.columns("lent_members", nid=np.ascontiguousarray(numbers)):
            return self._database.run(statement)
