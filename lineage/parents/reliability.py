"""The reliability of an inferred edge, measured on declared edges that were hidden from the rules.

`benchmarks/reliability.py` writes `reliability.yaml`: the share of right guesses of each rule in each case, and of
combinations of rules that agree. Rules that no data could measure have a judgement there, marked as such.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from math import prod
from typing import TYPE_CHECKING, Final, cast

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.parents.habits import Guess
    from lineage.vocabulary import Relation

LEVELS: Final = (0.98, 0.95, 0.9, 0.85, 0.8, 0.7, 0.5, 0.3, 0.0)
FEW: Final = 20
"""A case with fewer guesses than this is not used by itself: the whole rule's share stands in for it."""
DOUBT: Final = 1.5
"""Wrong guesses added to every case before the first real one: a few right guesses are not certainty."""
OPPOSED: Final = 0.5
LIKELY: Final = 0.5
"""From this confidence on, a suggestion is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRate:
    """The number of guesses of one kind, and how many were right."""

    guesses: int
    right: int

    @property
    def share(self) -> float:
        """The share that was right, slightly lowered for small counts, to four places."""
        return round(self.right / (self.guesses + DOUBT), 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredParent:
    """The parent that the rules infer for a model, with the rules that agree on it and the combination they form."""

    parent: str
    rules: tuple[str, ...]
    combination: str
    confidence: float
    text: str
    relation: Relation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What was measured, by rule and case, by rule as a whole (case ""), and by combination; and what was judged."""

    threshold: float
    cases: Mapping[tuple[str, str], HitRate]
    combinations: Mapping[str, HitRate]
    judged: Mapping[str, float]

    def of(self, rule: str, case: str) -> float:
        """Return how often a rule was right in a case, 0 to 1, or overall if the case is too rare; 0 if unmeasured."""
        measured = self._measured(rule, case) or self._measured(rule, "")
        return measured.share if measured else 0.0

    def _measured(self, rule: str, case: str) -> HitRate | None:
        return _enough(self.cases.get((rule, case)))

    def conclude(self, guesses: Sequence[Guess]) -> InferredParent | None:
        """Weigh the guesses for one model; None if there are none.

        A shape tells the family rather than the parent, so the parent that the other rules name counts, unless less is
        known of it. If it is the only one of that shape, and likely, two independent signs agree.
        """
        found = self._weigh([guess for guess in guesses if guess.rule != "shape"])
        shapes = [guess for guess in guesses if guess.rule == "shape"]
        alone = self._weigh(shapes)
        if found is None or alone is None:
            return found or alone
        if found.parent not in shapes[0].among or found.confidence < LIKELY:
            return max(found, alone, key=lambda one: one.confidence)
        if len(shapes[0].among) > 1:
            return found
        rules = tuple(sorted((*found.rules, "shape")))
        return replace(found, rules=rules, confidence=max(found.confidence, self.judged["same shape"]))

    def _weigh(self, guesses: Sequence[Guess]) -> InferredParent | None:
        """Weigh guesses of rules that name the parent itself.

        Rules that agree reinforce each other in the choice of the parent. The confidence of one rule alone is that of
        its case; else it is the one measured for the combination: which rules agree, how good the best of them is, and
        whether a good one disagrees.
        """
        if not guesses:
            return None
        shares: dict[str, dict[str, float]] = defaultdict(dict)
        for guess in guesses:
            shares[guess.parent][guess.rule] = self.of(guess.rule, guess.case)
        weights = {parent: 1 - prod(1 - share for share in found.values()) for parent, found in shares.items()}
        parent = max(weights, key=lambda one: (weights[one], one))
        best = max(shares[parent].values())
        against = max((max(found.values()) for one, found in shares.items() if one != parent), default=0.0)
        rules = tuple(sorted(shares[parent]))
        combination = f"{' + '.join(rules)}, {_level(best)}{', opposed' if against >= OPPOSED else ''}"
        agreeing = [guess for guess in guesses if guess.parent == parent]
        main = max(agreeing, key=lambda guess: self.of(guess.rule, guess.case))
        is_alone = len(rules) == 1 and against < OPPOSED and self._measured(main.rule, main.case) is not None
        measured = None if is_alone else _enough(self.combinations.get(combination))
        relation = next((guess.relation for guess in agreeing if guess.relation), None)
        return InferredParent(
            parent=parent,
            rules=rules,
            combination=combination,
            confidence=measured.share if measured else best,
            text=main.text,
            relation=relation,
        )


@cache
def default_reliability() -> Reliability:
    """Return the measurements of this release."""
    return read_reliability(files("lineage.parents").joinpath("reliability.yaml").read_text(encoding="utf-8"))


def read_reliability(text: str) -> Reliability:
    """Read the file that the benchmark writes; a file in another form raises whatever parsing it raises."""
    content = cast("dict[str, object]", yaml.safe_load(text))
    cases = cast("dict[str, dict[str, list[int]]]", content["rules"])
    combinations = cast("dict[str, list[int]]", content["combinations"])
    return Reliability(
        threshold=float(cast("float", content["threshold"])),
        cases={
            (rule, case): HitRate(guesses=guesses, right=right)
            for rule, measured in cases.items()
            for case, (guesses, right) in measured.items()
        },
        combinations={
            combination: HitRate(guesses=guesses, right=right) for combination, (guesses, right) in combinations.items()
        },
        judged=cast("dict[str, float]", content["judged"]),
    )


def _enough(measured: HitRate | None) -> HitRate | None:
    """Return what was measured if it is enough to be used."""
    return measured if measured is not None and measured.guesses >= FEW else None


def _level(share: float) -> str:
    return f"{next(level for level in LEVELS if share >= level)}+"
