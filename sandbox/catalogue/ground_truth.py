"""The truth about each model, computed from the drafts: its own domains, and those it inherits from ancestors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.catalogue.draft import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sandbox.catalogue.draft import Basis, Domain, Draft

_DOMAINS: tuple[Domain, ...] = ("medical", "legal", "financial")


def truths(drafts: Iterable[Draft]) -> dict[str, Truth]:
    """Return the truth of every draft by id."""
    known = {draft.id: draft for draft in drafts}
    return {draft.id: _truth(draft, known) for draft in known.values()}


def _truth(draft: Draft, known: Mapping[str, Draft]) -> Truth:
    reached: set[Domain] = {domain for ancestor in _ancestors(draft, known) for domain in ancestor.own}
    bases: dict[Domain, Basis] = {}
    for domain in _DOMAINS:
        if domain in draft.own:
            bases[domain] = "own"
        elif domain in reached:
            bases[domain] = "inherited"
    return Truth(
        id=draft.id,
        domains=tuple(bases.items()),
        parents=draft.parents,
        evidence=draft.evidence,
        signals=draft.signals,
        oddity=draft.oddity,
    )


def _ancestors(draft: Draft, known: Mapping[str, Draft]) -> list[Draft]:
    reached: dict[str, Draft] = {}
    waiting = [parent for parent, _ in draft.parents]
    while waiting:
        parent = known.get(waiting.pop())
        if parent is not None and parent.id not in reached:
            reached[parent.id] = parent
            waiting.extend(each for each, _ in parent.parents)
    return list(reached.values())
