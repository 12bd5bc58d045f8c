"""Which models of a list are named by an advisory, or made from one that is, and by which path."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.advisories.advisory import AffectedModel
from lineage.advisories.inherited import InheritancePath, UpwardEdge, doubts, paths_to
from lineage.output.result import Result
from lineage.vocabulary import RELATIONS, AdvisoryState
from store.derive.graph_cache import open_graph
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from store.database import Database
    from store.derive.graph_cache import StoredGraph

COLUMNS: Final = (
    *("asked", "model", "advisory", "state", "why", "affected", "path", "relations"),
    *("summary", "severity", "modified_at", "withdrawn_at"),
)
_ITSELF: Final = InheritancePath(nodes=(), edges=())


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedModel:
    """A model that somebody runs, and the commit of it, in lower case; None if that is not known."""

    id: str
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedModel:
    """What a name leads to: an id, and its number in the graph; None for an unknown model, or a new one."""

    id: str
    number: int | None
    is_known: bool

    @property
    def key(self) -> str:
        """What is equal for two names of one model."""
        return self.id.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    advisory: str
    model: str
    affected: AffectedModel
    facts: tuple[object, ...]


def advised(database: Database, asked: Sequence[DeployedModel]) -> Result:
    """Return one row per model and advisory, and one for each model that is not known here, in the order of `asked`.

    Of the models that an advisory names, the nearest counts from which it surely holds, else the nearest.
    """
    stored = open_graph(database)
    named = [_named(row) for row in database.run("advisories/list_affected").rows]
    names = _find(database, stored, {*(one.id for one in asked), *(one.affected.id for one in named)})
    by_model: dict[str, list[_Named]] = defaultdict(list)
    numbers: dict[int, str] = {}
    for one in named:
        target = names[one.affected.id]
        by_model[target.key].append(one)
        if target.number is not None:
            numbers[target.number] = target.key
    starts = sorted({number for one in asked if (number := names[one.id].number) is not None})
    edges = _edges_above(database, stored, starts)
    rows = [
        row
        for one in asked
        for row in _rows(one, names[one.id], _reached(names[one.id], numbers, edges), by_model, stored)
    ]
    return Result(columns=COLUMNS, rows=tuple(rows))


def _named(row: tuple[object, ...]) -> _Named:
    advisory, model, commits, is_exact, *facts = row
    chosen = None if commits is None else tuple(cast("list[str]", commits))
    return _Named(
        advisory=str(advisory),
        model=str(model),
        affected=AffectedModel(id=str(model), commits=chosen, is_exact=bool(is_exact)),
        facts=tuple(facts),
    )


def _find(database: Database, stored: StoredGraph, names: Iterable[str]) -> dict[str, ResolvedModel]:
    """Return what each name leads to."""
    found: dict[str, ResolvedModel] = {}
    others = []
    for name in sorted(names):
        try:
            found[name] = ResolvedModel(id=name, number=stored.index.number(name), is_known=True)
        except KeyError:
            others.append(name)
    leading: dict[object, object] = {}
    if others:
        with database.columns("lent_asked_names", **as_columns(("model",), ((name,) for name in others))):
            is_derived = database.value("refresh/freshness") is not None
            leading = {row[0]: row[1] for row in database.run("advisories/find_names", is_derived=is_derived).rows}
    for name in others:
        model = str(leading.get(name, name))
        found[name] = ResolvedModel(id=model, number=_number(stored, model), is_known=name in leading)
    return found


def _number(stored: StoredGraph, model: str) -> int | None:
    try:
        return stored.index.number(model)
    except KeyError:
        return None


def _edges_above(database: Database, stored: StoredGraph, starts: Sequence[int]) -> dict[int, list[UpwardEdge]]:
    """Return the edges up from some models and from all of their ancestors.

    What a copied card declares counts as declared by the copy.
    """
    near = stored.graph.reach(np.array(starts, dtype=np.int32), is_up=True)
    with database.columns("lent_members", nid=near):
        carried = cast("Sequence[tuple[int, int, str]]", database.run("advisories/carried_above").rows)
    near = stored.graph.reach(np.array([*near.tolist(), *(row[1] for row in carried)], dtype=np.int32), is_up=True)
    with database.columns("lent_members", nid=near):
        inferred = set(database.run("advisories/inferred_above").rows)
    edges: dict[int, list[UpwardEdge]] = defaultdict(list)
    upwards = stored.graph.upwards
    for node in near.tolist():
        span = slice(upwards.starts[node], upwards.starts[node + 1])
        for parent, relation in zip(upwards.neighbours[span].tolist(), upwards.relations[span].tolist(), strict=True):
            edge = UpwardEdge(parent=parent, relation=RELATIONS[relation], inferred=(node, parent) in inferred)
            edges[node].append(edge)
    for child, parent, relation in carried:
        edges[child].append(UpwardEdge(parent=parent, relation=relation, inferred=False))
    return edges


def _reached(
    model: ResolvedModel, affected: Mapping[int, str], edges: Mapping[int, Sequence[UpwardEdge]]
) -> Iterator[tuple[str, InheritancePath]]:
    """Yield the keys of the models with advisories that a model is or descends from, with the path there."""
    if model.number is None:
        yield model.key, _ITSELF
        return
    for number, path in paths_to(model.number, affected, edges):
        yield affected[number], path


def _rows(
    asked: DeployedModel,
    model: ResolvedModel,
    reached: Iterator[tuple[str, InheritancePath]],
    by_model: Mapping[str, Sequence[_Named]],
    stored: StoredGraph,
) -> Iterator[tuple[object, ...]]:
    best: dict[str, tuple[tuple[int, int, str], tuple[object, ...]]] = {}
    for key, path in reached:
        for one in by_model.get(key, ()):
            why = doubts(path, one.affected, asked.commit)
            if why is None:
                continue
            rank = (len(why), len(path.edges), one.model)
            if one.advisory not in best or rank < best[one.advisory][0]:
                best[one.advisory] = rank, _row(asked, model, one, path, why, stored)
    yield from (row for _, row in (best[name] for name in sorted(best)))
    if not best and not model.is_known:
        yield (asked.id, *(None,) * 2, AdvisoryState.UNKNOWN.value, [], None, [], [], *(None,) * 4)


def _row(
    asked: DeployedModel,
    model: ResolvedModel,
    one: _Named,
    path: InheritancePath,
    why: Sequence[str],
    stored: StoredGraph,
) -> tuple[object, ...]:
    state = AdvisoryState.POSSIBLE if why else AdvisoryState.AFFECTED
    if one.facts[-1] is not None:
        state = AdvisoryState.WITHDRAWN
    ids = stored.index.take(np.array(path.nodes, dtype=np.int64)) if path.nodes else [model.id]
    relations = [f"{edge.relation}, inferred" if edge.inferred else edge.relation for edge in path.edges]
    return asked.id, ids[0], one.advisory, state.value, list(why), ids[-1], ids, relations, *one.facts
