"""Newick, for viewers of phylogenies: a tree in which every model has one parent and every branch has length 1.

Of several parents, a declared one is preferred to an inferred one, then the highest confidence, then the first. A model
without a selected parent is a root; several roots are joined under an unnamed one. A cycle is cut at its first model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lineage.exports.graph_rows import EDGE_COLUMNS, place_of
from lineage.exports.safe_names import SafeNames, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.exports.graph_rows import GraphRows

_PLAIN: Final = re.compile(r"[A-Za-z0-9./-]+")
_CONFIDENCE: Final = place_of(EDGE_COLUMNS, "confidence")
_INFERRED: Final = place_of(EDGE_COLUMNS, "inferred")
_NONE: Final = -1


def render(graph: GraphRows) -> Iterator[str]:
    """Yield the tree in pieces; it is one line, and every name is unique."""
    names = SafeNames(visible)
    labels = [_quoted(names.name(str(row[0]), place)) for place, row in enumerate(graph.models())]
    parents = _only_parents(graph)
    roots = _cut_cycles(parents)
    children: list[list[int]] = [[] for _ in labels]
    for child, parent in enumerate(parents):
        if parent != _NONE:
            children[parent].append(child)
    if len(roots) == 1:
        yield from _subtree(roots[0], children, labels)
    else:
        yield "("
        for place, root in enumerate(roots):
            yield "," if place else ""
            yield from _subtree(root, children, labels)
            yield ":1"
        yield ")"
    yield ";\n"


def _quoted(name: str) -> str:
    """Return a name as a label: in single quotes, doubled inside, unless every reader accepts it bare."""
    return name if _PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"


def _only_parents(graph: GraphRows) -> list[int]:
    """Return the index of each model's one parent, -1 if it has none."""
    places = {row[0]: place for place, row in enumerate(graph.models())}
    parents = [_NONE] * len(places)
    best: dict[int, tuple[bool, float]] = {}
    for row in graph.edges():
        parent, child = places[row[0]], places[row[1]]
        rank = (not row[_INFERRED], float(str(row[_CONFIDENCE])))
        if parent != child and (child not in best or rank > best[child]):
            best[child] = rank
            parents[child] = parent
    return parents


def _cut_cycles(parents: list[int]) -> list[int]:
    """Remove the parent of the first model of each cycle, and return all models without one."""
    walked = [_NONE] * len(parents)
    for start in range(len(parents)):
        model = start
        while model != _NONE and walked[model] == _NONE:
            walked[model] = start
            model = parents[model]
        if model != _NONE and walked[model] == start:
            parents[min(_cycle(model, parents))] = _NONE
    return [model for model, parent in enumerate(parents) if parent == _NONE]


def _cycle(start: int, parents: Sequence[int]) -> Iterator[int]:
    """Yield the models of the cycle that contains `start`."""
    yield start
    model = parents[start]
    while model != start:
        yield model
        model = parents[model]


def _subtree(root: int, children: Sequence[Sequence[int]], labels: Sequence[str]) -> Iterator[str]:
    """Yield a model and all below it; not recursive, because a family may be arbitrarily deep."""
    open_ones = [(root, iter(children[root]))]
    yield "(" if children[root] else ""
    is_first = True
    while open_ones:
        model, rest = open_ones[-1]
        child = next(rest, None)
        if child is None:
            open_ones.pop()
            yield f"{')' if children[model] else ''}{labels[model]}{':1' if open_ones else ''}"
            is_first = False
            continue
        yield ("" if is_first else ",") + ("(" if children[child] else "")
        open_ones.append((child, iter(children[child])))
        is_first = True
