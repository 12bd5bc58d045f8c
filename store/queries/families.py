"""How models are related: families, the paths between two models, and the common ancestors of several."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.output.result import Result
from lineage.parents.origin import Origin
from store.derive.graph_cache import open_graph
from store.derive.model_names import number_of
from store.queries.known_domains import check_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lineage.graph.reachability import GraphPath
    from store.database import Database
    from store.derive.graph_cache import StoredGraph

    Ends = tuple[object, object]


def list_families(database: Database, *, domain: str | None, sort: str, limit: int) -> Result:
    """Return families of two or more models, largest first; `limit` 0 returns all.

    With a domain, only families with a model of it; raises UnknownDomain. `exposure` is the downloads of the root and
    all its descendants. `likely_parent` is what the root was probably made from although it declares no parent, with
    the confidence; None if nothing was inferred.
    """
    check_known(database, domain)
    return database.run("families/families", domain=domain, sort=sort, limit=limit or None)


def tell_origins(families: Result) -> Result:
    """Return listed families for people: what a root was probably made from in words, in place of its two columns."""
    names = ("likely_parent", "likely_confidence")
    kept = [place for place, name in enumerate(families.columns) if name not in names]
    told = [
        Origin(model=str(row["root"]), likely_parent=likely, confidence=cast("float", row["likely_confidence"])).words
        if isinstance(likely := row["likely_parent"], str)
        else None
        for row in families.records()
    ]
    rest = families.chosen(kept)
    rows = tuple((*row, words) for row, words in zip(rest.rows, told, strict=True))
    return Result(columns=(*rest.columns, "root_is"), rows=rows)


def list_ways(database: Database, start: str, end: str, *, limit: int) -> tuple[Result, bool]:
    """Return the shortest paths between two models, one row per model, at most `limit` (0: all), and if there are more.

    `step` counts from 0; `move` is `up` to a parent or `down` to a child, None at the start. Relation, evidence,
    confidence and whether it was inferred describe the edge of the step. There are no rows if the models share no
    ancestor. Raises NoSuchModel.
    """
    stored = open_graph(database)
    ends = number_of(database, stored, start), number_of(database, stored, end)
    all_found = stored.graph.ways(*ends, limit=limit + 1 if limit else None)
    found = all_found[: limit or None]
    numbers = sorted({node for way in found for node in (*way.up, *way.down)})
    with database.columns("lent_members", nid=np.array(numbers, dtype=np.int32)):
        edges = {(row[1], row[0]): row[2:6] for row in database.run("families/edge_facts", inferred=True).rows}
    names = dict(zip(numbers, stored.index.take(np.array(numbers, dtype=np.int64)), strict=True))
    rows = tuple((place, *step) for place, way in enumerate(found, start=1) for step in _steps(way, names, edges))
    columns = ("way", "step", "move", "id", "relation", "evidence", "confidence", "inferred")
    return Result(columns=columns, rows=rows), len(found) < len(all_found)


def list_common(database: Database, models: Sequence[str]) -> Result:
    """Return the nearest common ancestors of some models; raises NoSuchModel.

    `distances` counts the generations from each of the models, in their order. `inferred` is true if, without inferred
    edges, it would not be an ancestor of all of them. A model counts as its own ancestor.
    """
    stored = open_graph(database)
    numbers = [number_of(database, stored, model) for model in models]
    tops = stored.graph.nearest_common(numbers)
    above = [stored.graph.upwards.distances(number) for number in numbers]
    with database.columns("lent_members", nid=tops):
        known = database.run("families/list_models").rows
    declared = _declared_above(database, stored, above)
    distances = [[one[top] for one in above] for top in tops.tolist()]
    nearest_first = sorted(range(len(known)), key=lambda place: sum(distances[place]))
    rows = tuple(
        (top, distances[place], not all(top in one for one in declared), *rest)
        for place in nearest_first
        for top, *rest in (known[place],)
    )
    return Result(columns=("id", "distances", "inferred", "status", "derivatives", "exposure", "domains"), rows=rows)


def _declared_above(
    database: Database, stored: StoredGraph, above: Sequence[Mapping[int, int]]
) -> list[frozenset[object]]:
    """Return the ids that each model reaches upwards over declared edges, including its own.

    `above` holds, for each model, the numbers of all its ancestors, the model's own first.
    """
    numbers = sorted(set().union(*above))
    with database.columns("lent_members", nid=np.array(numbers, dtype=np.int32)):
        edges = database.run("families/edge_facts", inferred=True).rows
    parents: dict[object, list[object]] = defaultdict(list)
    for parent, child, _, _, _, is_inferred, *_ in edges:
        if not is_inferred:
            parents[child].append(parent)
    return [_reach(parents, stored.index.id(next(iter(one)))) for one in above]


def _reach(parents: Mapping[object, Sequence[object]], start: object) -> frozenset[object]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = [parent for parent in parents.get(waiting.pop(), ()) if parent not in seen]
        seen.update(fresh)
        waiting.extend(fresh)
    return frozenset(seen)


def _steps(
    way: GraphPath, names: Mapping[int, str], edges: Mapping[Ends, tuple[object, ...]]
) -> Iterator[tuple[object, ...]]:
    """Yield step, move, id and the edge's attributes, for each model on a path."""
    yield 0, None, names[way.up[0]], None, None, None, None
    for step, (lower, upper) in enumerate(zip(way.up, way.up[1:], strict=False), start=1):
        yield step, "up", names[upper], *edges[names[lower], names[upper]]
    for step, (upper, lower) in enumerate(zip(way.down, way.down[1:], strict=False), start=len(way.up)):
        yield step, "down", names[lower], *edges[names[lower], names[upper]]
