"""A model's family from the database: as a drawing for the terminal, or as rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.graph.tree_folding import fold
from lineage.graph.tree_text import TreeNode, TreeStyle, render_tree
from lineage.output.result import Result
from lineage.parents.edge import Edge
from lineage.vocabulary import EDITED, RELATIONS, Relation
from store.derive.graph_cache import open_graph
from store.derive.model_names import NotResolved, find_model, number_of
from store.queries.origins import read_origins

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lineage.parents.origin import Origin
    from store.database import Database
    from store.derive.graph_cache import StoredGraph

FOLD_OVER: Final = 12
LINES: Final = 400
NO_NUMBER: Final = -1
NO_NUMBERS: Final = np.zeros(0, dtype=np.int32)


def draw_tree(
    database: Database, name: str, *, depth: int, is_up: bool, is_full: bool, columns: int, is_ascii: bool
) -> str:
    """Draw the derivatives of a model, or with `is_up` its ancestors; raises NoSuchModel.

    Branches beyond 12 of one model, and lines beyond 400, are folded unless `is_full`.
    """
    style = TreeStyle(
        depth=depth, fold_over=FOLD_OVER, lines=LINES, columns=columns, upwards=is_up, ascii_only=is_ascii
    )
    if not is_full:
        with suppress(NotResolved):
            return _draw_folded(database, name, style)
    return _draw_full(database, find_model(database, name), style)


def _draw_folded(database: Database, name: str, style: TreeStyle) -> str:
    stored = open_graph(database)
    start = number_of(database, stored, name)
    folded = fold(stored.graph, stored.downloads, start, style)
    names = {number: stored.index.id(number) for number in folded.shown}
    known = read_nodes(database, stored, set(names.values()), is_up=style.upwards)
    others = {below: TreeNode(id="") for branch in folded.branches.values() for below in branch}
    nodes = others | {number: known[name] for number, name in names.items()}
    above = {names[number]: number for number in folded.unlisted}
    doubtful = {
        above[str(parent)]: cast("int", count)
        for parent, count in (database.run("trees/inferred_children", ids=sorted(above)).rows if above else ())
    }
    return render_tree(start, nodes, folded.branches, style, unlisted=folded.unlisted, doubtful=doubtful)


def _draw_full(database: Database, start: str, style: TreeStyle) -> str:
    depth, is_up = style.depth or 0, style.upwards
    stored = open_graph(database)
    edges = read_edges(database, stored, start, depth=depth, is_up=is_up)
    nodes = read_nodes(database, stored, {start, *_ends(edges)}, is_up=is_up)
    branches: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        branches[edge.child if is_up else edge.parent].append(edge.parent if is_up else edge.child)
    for below in branches.values():
        below.sort(key=lambda one: (-(nodes[one].downloads or 0), one))
    return render_tree(start, nodes, branches, replace(style, fold_over=len(nodes), lines=10 * len(nodes) + 10))


def list_tree(database: Database, name: str, *, depth: int, is_up: bool) -> Result:
    """Return the edges of a family, one row each, with the facts about the more distant end."""
    start = find_model(database, name)
    stored = open_graph(database)
    edges = read_edges(database, stored, start, depth=depth, is_up=is_up)
    nodes = read_nodes(database, stored, _ends(edges))
    columns = ("id", "parent", "relation", "status", "domains", "downloads", "inferred", "confidence")
    rows = tuple(
        (
            edge.child,
            edge.parent,
            edge.relation,
            far.status,
            list(far.domains),
            far.downloads,
            edge.inferred,
            edge.confidence,
        )
        for edge in edges
        for far in (nodes[edge.parent if is_up else edge.child],)
    )
    return Result(columns=columns, rows=rows)


def read_edges(database: Database, stored: StoredGraph, start: str, *, depth: int, is_up: bool) -> list[Edge]:
    """Return every edge within `depth` generations above or below a model; empty for a model without a number yet."""
    try:
        number = number_of(database, stored, start)
    except NotResolved:
        return []
    near = stored.graph.reach([number], is_up=is_up, generations=depth - 1) if depth > 0 else NO_NUMBERS
    with database.columns("lent_members", nid=near):
        return [Edge(**cast("dict[str, Any]", row)) for row in database.run("trees/edges", is_up=is_up).records()]


def _ends(edges: Iterable[Edge]) -> set[str]:
    return {end for edge in edges for end in (edge.parent, edge.child)}


def _words(origin: Origin | None, *, is_up: bool) -> str:
    """Return what a tree says of a root.

    Of a likely derivative and of one whose weights contradict a parent it says so always, of another where the question
    was its parents. A model that was never seen has its status for that.
    """
    if origin is None or not (origin.is_likely_derivative or origin.contradicted or (is_up and origin.is_seen)):
        return ""
    return origin.words


def read_nodes(database: Database, stored: StoredGraph, ids: set[str], *, is_up: bool = False) -> dict[str, TreeNode]:
    """Return what a tree shows for each of these models, which is drawn upwards or downwards."""
    asked = sorted(ids)
    numbers = [_number(stored, one) for one in asked]
    rows = database.run(
        "trees/tree_nodes", ids=asked, numbers=numbers, listed=LISTED_CONFIDENCE, relations=list(RELATIONS)
    ).rows
    orphans = [str(row[0]) for row in rows if not row[5]]
    origins = read_origins(database, orphans) if orphans else {}
    contradicted, denied = _contradicted(database, asked)
    edited = {row[0] for row in database.run("trees/direction_edited", ids=asked, finding=EDITED).rows}
    return {
        str(model): TreeNode(
            id=str(model),
            relation=None if relation is None else Relation(str(relation)),
            domains=tuple(cast("list[str]", domains)),
            downloads=cast("int | None", downloads),
            status=str(status or "missing"),
            more_parents=max(0, cast("int", parents) - 1),
            inferred=bool(is_inferred),
            curated=bool(is_curated),
            contradicted=() if model in origins else tuple(sorted(contradicted[str(model)])),
            denied=0 if is_up else denied[str(model)],
            is_edited=model in edited,
            origin=_words(origins.get(str(model)), is_up=is_up),
        )
        for model, relation, domains, downloads, status, parents, is_inferred, is_curated in rows
    }


def _contradicted(database: Database, ids: Sequence[str]) -> tuple[dict[str, list[str]], Counter[str]]:
    """Return by child the parents that weights contradict, and by parent how many children it has not for that."""
    parents: dict[str, list[str]] = defaultdict(list)
    children = Counter[str]()
    for child, parent, is_edge in database.run("trees/contradicted", ids=list(ids)).rows:
        parents[str(child)].append(str(parent))
        children[str(parent)] += not is_edge
    return parents, children


def _number(stored: StoredGraph, model: str) -> int:
    """Return the number of a model, -1 if it has none yet."""
    try:
        return stored.index.number(model)
    except KeyError:
        return NO_NUMBER
