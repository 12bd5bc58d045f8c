"""Models that a rule cannot tell apart: one of them is tested under a stand-in name, and the result holds for all.

Most models on the Hub have no score, no parent, and a record of which only licence and status count; thousands of them
give the same result but for their name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Final, assert_never
from uuid import uuid4

import numpy as np

from lineage.parents.edge import Edge
from lineage.policy.facts import StandIn
from lineage.policy.policy import named_by
from lineage.policy.rules import (
    ApprovedBases,
    Comparing,
    DeclaredParents,
    Guarded,
    Licences,
    Measured,
    NoPickle,
    NotGated,
    ParentsPresent,
    Present,
    Seen,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import NDArray

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.rules import AnyRule

    Numbers = NDArray[np.int64]

STAND_IN: Final = f"{uuid4().hex}/stand-in"
"""The name under which one model is tested for all that are alike: no record or policy can hold it, because each run
draws it.

No output quotes, escapes or hides any of its characters, nor any character of a name that `_ORDINARY` matches; so a
text that was made with it is turned into a model's own by replacing it.
"""
_ORDINARY: Final = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[\w.-]+)?", re.ASCII)
_said_by: Final = attrgetter(*(one.name for one in fields(Edge) if one.name != "child"))


@dataclass(frozen=True, slots=True)
class _Kinds:
    """The kind of each model; of each kind the place of its first model, and whether it is of that model alone."""

    of: Numbers
    firsts: Numbers
    is_own: NDArray[np.bool_]


class AlikeModels:
    """Some models, by what rules look at: a kind of models are those which a rule cannot tell apart."""

    def __init__(self, facts: PolicyFacts) -> None:
        """Compare the models of these facts."""
        self._facts = facts
        self._odd = frozenset(model for model in facts.models if not _ORDINARY.fullmatch(model) or facts.denied(model))

    def kinds(self, rule: AnyRule) -> tuple[Numbers, list[tuple[str, PolicyFacts]]]:
        """Return the kind of each model to a rule, and for each kind whom to test: the name, and the facts about it.

        The name is STAND_IN for models that are alike, whichever and however many they are.
        """
        seen, models = self._seen_by(rule), self._facts.models
        tested = [
            self._tested(models[place], is_own=is_own)
            for place, is_own in zip(seen.firsts.tolist(), seen.is_own.tolist(), strict=True)
        ]
        bases = rule.bases if isinstance(rule, Comparing | DeclaredParents | ApprovedBases) else ()
        named = [place for place, model in enumerate(models) if named_by(bases, model)] if bases else []
        kinds = seen.of.copy()
        kinds[named] = np.arange(len(tested), len(tested) + len(named))
        return kinds, [*tested, *((models[place], self._facts) for place in named)]

    def _tested(self, model: str, *, is_own: bool) -> tuple[str, PolicyFacts]:
        facts = self._facts
        if is_own:
            return model, facts
        edges = tuple(replace(edge, child=STAND_IN) for edge in facts.parents(model))
        return STAND_IN, replace(facts, stand_in=StandIn(name=STAND_IN, record=facts.records.get(model), edges=edges))

    def _seen_by(self, rule: AnyRule) -> _Kinds:
        match rule:
            case Measured() | Guarded():
                return self._by_scores
            case Comparing():
                return self._by_comparisons
            case DeclaredParents() | ParentsPresent() | ApprovedBases():
                return self._by_lineage
            case Licences():
                return self._by_both if rule.ancestors or rule.looser else self._by_record
            case NotGated():
                return self._by_both if rule.ancestors else self._by_record
            case Present() | Seen() | NoPickle():
                return self._by_record
            case _ as never:
                assert_never(never)

    @cached_property
    def _by_record(self) -> _Kinds:
        known, odd = self._facts.records, self._odd
        return _numbered([model if model in odd else id(known.get(model)) for model in self._facts.models])

    @cached_property
    def _by_lineage(self) -> _Kinds:
        """What is above a model follows from its edges, except for one that may be above itself."""
        edges = self._facts.edges
        above = self._odd.union(edge.parent for some in edges.values() for edge in some)
        return _numbered(
            [
                0
                if not (theirs := edges.get(model)) and model not in self._odd
                else model
                if model in above
                else tuple(map(_said_by, theirs or ()))
                for model in self._facts.models
            ]
        )

    @cached_property
    def _by_both(self) -> _Kinds:
        record, lineage = self._by_record, self._by_lineage
        pairs, firsts, of = np.unique(
            record.of * len(lineage.firsts) + lineage.of, return_index=True, return_inverse=True
        )
        is_own = record.is_own[pairs // len(lineage.firsts)] | lineage.is_own[pairs % len(lineage.firsts)]
        return _Kinds(of, firsts, is_own)

    @cached_property
    def _by_scores(self) -> _Kinds:
        scored = self._scored
        return _numbered([model if model in scored else 0 for model in self._facts.models])

    @cached_property
    def _by_comparisons(self) -> _Kinds:
        """Of a model without a score it counts whether it has a parent."""
        scored, edges = self._scored, self._facts.edges
        return _numbered([model if model in scored else int(bool(edges.get(model))) for model in self._facts.models])

    @cached_property
    def _scored(self) -> frozenset[str]:
        return self._odd.union(self._facts.scores, *self._facts.drift.values())


def _numbered(keys: Iterable[Hashable]) -> _Kinds:
    """Return kinds by the keys of the models; a text is the name of a model that is like no other."""
    numbers: dict[Hashable, int] = {}
    kinds = np.fromiter((numbers.setdefault(key, len(numbers)) for key in keys), dtype=np.int64)
    firsts = np.unique(kinds, return_index=True)[1]
    is_own = np.fromiter((isinstance(key, str) for key in numbers), dtype=bool, count=len(numbers))
    return _Kinds(kinds, firsts, is_own)
