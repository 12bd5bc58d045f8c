"""The rows of a family figure: which models it shows when not all of them fit on a page."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lineage.parents.relations import read_relation
from lineage.profile import UNSCORED
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lineage.parents.edge import Edge
    from lineage.profile import Profile, Profiles

MOST_ROWS: Final = 60
MOST_ARCS: Final = 2
MOST_UNSCORED: Final = 12
"""How many unscored models are shown beside scored ones if not all fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    """One row of the figure: a model, or a count, by coverage, of the hidden children of one.

    `above` is the row of the parent that it is placed under, and `edge` the edge to it; both are None for a root.
    `others` are the rows of its other parents, with the edges; `unshown` counts the parents without a row.
    """

    profile: Profile | None
    above: int | None
    depth: int
    edge: Edge | None = None
    others: tuple[tuple[int, Edge], ...] = ()
    unshown: int = 0
    hidden: Mapping[str, int] | None = None

    @property
    def draws_others(self) -> bool:
        """Whether the other parents are few enough to draw arcs to them."""
        return len(self.others) <= MOST_ARCS


def family_rows(profiles: Profiles, most: int = MOST_ROWS) -> tuple[FamilyRow, ...]:
    """Return the rows from top to bottom, at most `most` (a few more if a long path leads to a scored model).

    Every model is placed under the parent nearest to a root; ties go to a declared edge, then to the higher confidence.
    The root with the most selected models takes all of its descendants. Branches with more findings come first. If not
    all fit, the models with supported verdicts stay, then the scored, the queued and the most downloaded, each with its
    path to the root; the others are counted. Ancestors that were not selected appear only if they lead to selected
    models.
    """
    tree = _Tree(profiles)
    kept = tree.chosen(most)
    return tuple(tree.rows(kept))


class _Tree:
    """The family as a tree, with every model under one parent."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles.by_id
        self._chosen = frozenset(profiles.chosen)
        self._edges, order = _hung(profiles)
        self._children: dict[str | None, list[str]] = defaultdict(list)
        for model in order:
            edge = self._edges[model]
            self._children[None if edge is None else edge.parent].append(model)
        self._below = self._counted_below(order, lambda model: _told(self._profiles[model]) > 0)
        self._wanted = self._counted_below(order, self._chosen.__contains__)

    def chosen(self, most: int) -> frozenset[str]:
        """Return the models that are shown."""
        hidden = Counter({above or "": len(below) for above, below in self._children.items()})
        most_unscored = most if len(self._chosen) <= most else MOST_UNSCORED
        kept: set[str] = set()
        used = unscored = 0
        for model in sorted(self._chosen, key=self._rank):
            is_told = _told(self._profiles[model]) > 0
            if model in kept or (not is_told and unscored >= most_unscored):
                continue
            way = self._way(model, kept)
            rows = len(way) + self._folds(way, hidden)
            if used + rows > most and kept:
                continue
            used += rows
            unscored += not is_told
            kept.update(way)
            hidden.subtract(self._above(one) for one in way)
        return frozenset(kept)

    def rows(self, kept: frozenset[str]) -> Iterator[FamilyRow]:
        """Yield the rows of the models that are kept, with one for what is hidden under each."""
        place: dict[str, int] = {}
        waiting: list[tuple[str | None, str | None, int]] = [(None, None, -1)]
        found: list[FamilyRow] = []
        while waiting:
            model, above, depth = waiting.pop()
            row_above = None if above is None else place[above]
            if model is None and depth >= 0:
                below = [one for one in self._children[above] if self._is_hidden(one, kept)]
                hidden = Counter(self._profiles[one].coverage if one in self._chosen else UNSCORED for one in below)
                found.append(FamilyRow(profile=None, above=row_above, depth=depth, hidden=hidden))
                continue
            if model is not None:
                place[model] = len(found)
                found.append(
                    FamilyRow(profile=self._profiles[model], above=row_above, depth=depth, edge=self._edges[model])
                )
            below = self._children[model]
            shown = sorted((one for one in below if one in kept), key=self._order)
            if any(self._is_hidden(one, kept) for one in below):
                waiting.append((None, model, depth + 1))
            waiting.extend((one, model, depth + 1) for one in reversed(shown))
        return (_with_others(row, place) for row in found)

    def _is_hidden(self, model: str, kept: frozenset[str]) -> bool:
        """Return whether the figure omits a model that is selected, or above a selected one."""
        return model not in kept and self._wanted[model] > 0

    def _way(self, model: str, kept: set[str]) -> list[str]:
        """Return a model and its ancestors that are not kept yet."""
        way = []
        step: str | None = model
        while step is not None and step not in kept:
            way.append(step)
            edge = self._edges[step]
            step = None if edge is None else edge.parent
        return way

    def _folds(self, way: Sequence[str], hidden: Counter[str]) -> int:
        """Return by how many the rows for hidden models change if a path is shown."""
        new = sum(len(self._children[one]) > min(place, 1) for place, one in enumerate(way))
        above = self._above(way[-1])
        return new - (hidden[above] == 1) if above else new

    def _above(self, model: str) -> str:
        edge = self._edges[model]
        return "" if edge is None else edge.parent

    def _counted_below(self, order: Sequence[str], counts: Callable[[str], bool]) -> Counter[str]:
        """Count for every model how many models at and below it satisfy `counts`."""
        below: Counter[str] = Counter()
        for model in reversed(order):
            below[model] += counts(model)
            below[self._above(model)] += below[model]
        return below

    def _rank(self, model: str) -> tuple[float, ...]:
        profile = self._profiles[model]
        return (-_told(profile), -(profile.facts.downloads or 0), -profile.facts.derivatives)

    def _order(self, model: str) -> tuple[float, float, str]:
        return (-self._below[model], -(self._profiles[model].facts.downloads or 0), model)


def _told(profile: Profile) -> int:
    """Return how much is known about a model: 3 supported verdicts, 2 scores, 1 a queued evaluation, 0 nothing."""
    if any(row.verdict in {Verdict.WORSE, Verdict.BETTER, Verdict.EQUIVALENT} for row in profile.drift):
        return 3
    return {UNSCORED: 0, "queued": 1}.get(profile.coverage, 2)


def _hung(profiles: Profiles) -> tuple[dict[str, Edge | None], list[str]]:
    """Return the edge that places each model, or None for a root, and the models from the roots down.

    In a cycle that no other model leads into, the first id becomes the root.
    """
    by_id = profiles.by_id
    edges: dict[str, list[Edge]] = defaultdict(list)
    for child, profile in by_id.items():
        for edge in profile.parents:
            if edge.parent in by_id and edge.parent != child:
                edges[edge.parent].append(edge)
    has_parent = {edge.child for children in edges.values() for edge in children}
    chosen = frozenset(profiles.chosen)
    reach = {
        root: sum(model in chosen for model in _descend([root], edges, {root: None}))
        for root in by_id.keys() - has_parent
    }
    found: dict[str, Edge | None] = {}
    for root in (*sorted(reach, key=lambda one: (-reach[one], one)), *sorted(by_id)):
        if root not in found:
            found[root] = None
            _descend([root], edges, found)
    return found, list(found)


def _descend(
    layer: list[str], edges: Mapping[str, list[Edge]], found: dict[str, Edge | None]
) -> dict[str, Edge | None]:
    """Place all unplaced descendants of some models, one generation at a time; return the edges that place them."""
    while layer:
        reached: dict[str, list[Edge]] = defaultdict(list)
        for above in layer:
            for edge in edges.get(above, ()):
                if edge.child not in found:
                    reached[edge.child].append(edge)
        found |= {child: min(ways, key=_doubt) for child, ways in sorted(reached.items())}
        layer = list(reached)
    return found


def _doubt(edge: Edge) -> tuple[bool, float, int, str]:
    relation = read_relation(edge.relation)
    return (edge.inferred, -edge.confidence, 0 if relation is None else relation.order, edge.parent)


def _with_others(row: FamilyRow, place: Mapping[str, int]) -> FamilyRow:
    """Return a row with the rows of its other parents added."""
    if row.profile is None:
        return row
    known = {row.profile.id} if row.edge is None else {row.profile.id, row.edge.parent}
    more = [edge for edge in row.profile.parents if edge.parent not in known]
    others = tuple((place[edge.parent], edge) for edge in more if edge.parent in place)
    return replace(row, others=others, unshown=len(more) - len(others))
