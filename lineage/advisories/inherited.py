"""Which advisories a model inherits: those on its ancestors, with the path of edges that leads there.

What declared edges lead to holds for the derivative; what only inferred ones lead to is possible. A merge inherits from
each of its parents.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from lineage.advisories.advisory import AffectedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwardEdge:
    """An edge up from a model: the number of the parent, and how the model was made from it."""

    parent: int
    relation: str
    inferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InheritancePath:
    """The edges from a model up to an ancestor, none for the model itself."""

    nodes: tuple[int, ...]
    edges: tuple[UpwardEdge, ...]

    @property
    def is_inferred(self) -> bool:
        """Whether an edge of it was inferred."""
        return any(edge.inferred for edge in self.edges)


def paths_to(
    start: int, ancestors: Container[int], edges: Mapping[int, Sequence[UpwardEdge]]
) -> Iterator[tuple[int, InheritancePath]]:
    """Yield each of some ancestors that a model has, with a shortest path there: of declared edges, if there is one."""
    declared, every = _walk(start, edges, is_declared=True), _walk(start, edges, is_declared=False)
    for node in every:
        if node in ancestors:
            yield node, _path(node, declared if node in declared else every)


def doubts(path: InheritancePath, affected: AffectedModel, commit: str | None) -> tuple[str, ...] | None:
    """Return why an advisory only possibly holds for the model at the foot of a path, empty if it does hold.

    `commit` is that of the model, None if it is not known. None is returned where the advisory does not hold: it names
    all its commits, of this very model, and not this one.
    """
    found = ["an inferred edge"] if path.is_inferred else []
    if affected.commits is None:
        return tuple(found)
    if path.edges or commit is None:
        return (*found, "it names commits")
    if any(one.startswith(commit) or commit.startswith(one) for one in affected.commits):
        return tuple(found)
    return None if affected.is_exact else (*found, "it names a range or a tag")


def _walk(
    start: int, edges: Mapping[int, Sequence[UpwardEdge]], *, is_declared: bool
) -> dict[int, tuple[int, UpwardEdge] | None]:
    """Return every node above a start, the nearest first, with the node and the edge below that lead to it."""
    steps: dict[int, tuple[int, UpwardEdge] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for edge in edges.get(node, ()):
            if edge.parent not in steps and not (is_declared and edge.inferred):
                steps[edge.parent] = node, edge
                waiting.append(edge.parent)
    return steps


def _path(ancestor: int, steps: Mapping[int, tuple[int, UpwardEdge] | None]) -> InheritancePath:
    nodes, edges = [ancestor], list[UpwardEdge]()
    while (step := steps[nodes[-1]]) is not None:
        nodes.append(step[0])
        edges.append(step[1])
    return InheritancePath(nodes=tuple(reversed(nodes)), edges=tuple(reversed(edges)))
