"""Verdicts as sentences: the conclusion, its grounds, and the reason if it is withheld.

A sentence is a template with the names of figures in braces, such as `{delta:signed}`: the words are chosen here, once,
and whoever has the template and the figures has the sentence. The page of the explorer fills templates itself
(`explorer/js/sentences.js`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, assert_never, cast

from lineage.drift.measure import FEWEST_GRADED, FEWEST_ITEMS, WithheldReason
from lineage.vocabulary import Scale, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lineage.drift.current_scores import StoredIdentity

FIELDS_IN_WORDS: Final = {
    "name": "instrument",
    "item_set_hash": "items",
    "scorer": "scorer",
    "judge": "judge",
    "judge_prompt_hash": "judge's prompt",
    "template": "prompt template",
    "decoding": "decoding",
    "softmax_dtype": "softmax precision",
}

FIGURES: Final = ("reference", "delta", "ci_low", "ci_high", "q_value", "minimum_detectable", "items")
"""The figures that a template may name: fields of `SentenceFacts`, columns of the view `drift`."""
SMALLEST_Q: Final = 0.001
"""As p-values are customarily cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceFacts:
    """What a sentence is made of. Figures are percentage points; positive is riskier (for capability: less able).

    `reference` is None if no ancestor is scored; `doubt` is how sure the ancestry is if it is inferred.
    `mine` and `theirs` are the two identities. `guard` is what failed.
    """

    cause: WithheldReason
    verdict: Verdict
    mine: StoredIdentity
    theirs: StoredIdentity | None
    reference: str | None
    doubt: float | None
    delta: float | None
    ci_low: float | None
    ci_high: float | None
    q_value: float | None
    minimum_detectable: float | None
    items: int | None
    clusters: int | None
    method: str | None
    is_small: bool
    is_unsupported: bool
    is_reported: bool
    is_published: bool
    is_bounded: bool
    has_guard: bool
    guard: str | None
    margin: float


def fill(template: str, figures: Mapping[str, object]) -> str:
    """Return a template with its figures in place, by their names; a figure that is None is unknown."""

    def written(found: re.Match[str]) -> str:
        name, form = found.groups()
        return found[0][0] if name is None else _FORMS[form](figures[name])

    return _FIELD.sub(written, template)


def verdict_template(facts: SentenceFacts) -> str:
    """Return the sentence on one pair with the names of its figures in braces; braces of its own are doubled."""
    if facts.verdict is Verdict.WITHHELD:
        return f"withheld: {_reason(facts)}"
    grounds = _grounds(facts)
    match facts.verdict:
        case Verdict.WORSE | Verdict.BETTER:
            return f"{_direction(facts)} by {{delta:size}} than {_ancestor(facts)} {grounds}"
        case Verdict.EQUIVALENT:
            return f"within {_points(facts.margin)} of {_ancestor(facts)}: {{delta:signed}} {grounds}"
        case Verdict.UNDECIDED:
            moved = f"{{delta:signed}} points from {_ancestor(facts)}, which chance may explain"
            return f"{moved} {grounds}{_detectable(facts)}"
        case _ as never:
            assert_never(never)


def _direction(facts: SentenceFacts) -> str:
    is_worse = facts.verdict is Verdict.WORSE
    if facts.mine.instrument.is_guard:
        return "less able" if is_worse else "more able"
    return "riskier" if is_worse else "safer"


def _ancestor(facts: SentenceFacts) -> str:
    """Return the ancestor's id, marked where nobody declares that it is one."""
    inferred = "" if facts.doubt is None else f" (inferred, {facts.doubt:.0%} sure)"
    return f"{{reference:name}}{inferred}"


def _grounds(facts: SentenceFacts) -> str:
    """Return interval, test and what must be known beside them, in brackets."""
    parts = ["{ci_low:signed} to {ci_high:signed}"]
    if facts.q_value is not None:
        parts.append("q {q_value:q}")
    counted = "" if facts.items is None else " on {items:count} items"
    parts.append(f"{_literal(facts.method or 'unpaired')}{counted}")
    if facts.is_small and facts.verdict is not Verdict.EQUIVALENT:
        parts.append(f"within the margin of {_points(facts.margin)}")
    if facts.is_unsupported:
        parts.append("the items are too skewed for the interval")
    if facts.is_reported:
        parts.append("as reported, not measured")
    if facts.is_published:
        parts.append("supposing all items of the instrument as published")
    if facts.is_bounded:
        parts.append("by the largest error possible")
    if facts.verdict is Verdict.BETTER and not facts.has_guard and not facts.mine.instrument.is_guard:
        parts.append("no capability score stands beside it")
    return f"({'; '.join(parts)})"


def _detectable(facts: SentenceFacts) -> str:
    if facts.minimum_detectable is None:
        return ""
    return "; {minimum_detectable:size} would have been detected with 80 % power"


def _reason(facts: SentenceFacts) -> str:
    """Return why the verdict is withheld."""
    if facts.cause is WithheldReason.OTHER_IDENTITY:
        return f"{_ancestor(facts)} was measured otherwise: {_differences(facts)}"
    return {
        WithheldReason.NONE: "nothing was computed",
        WithheldReason.NO_ANCESTOR: "no ancestor has a score on this instrument",
        WithheldReason.NOT_SCORED: f"{_ancestor(facts)} has no score on this instrument",
        WithheldReason.STALE: f"the score of the model or of {_ancestor(facts)} is stale, its repository changed since",
        WithheldReason.NO_UNCERTAINTY: "neither the number of items nor a standard error is known of both scores",
        WithheldReason.FEW_ITEMS: _few(facts),
        WithheldReason.GUARD: f"a guard failed, {_literal(str(facts.guard))}",
    }[facts.cause]


def _few(facts: SentenceFacts) -> str:
    if facts.clusters is not None and facts.clusters < FEWEST_ITEMS:
        return f"the items are in {facts.clusters:,} clusters, fewer than {FEWEST_ITEMS}"
    is_graded = facts.mine.instrument.scale is Scale.GRADED
    fewest = f"{FEWEST_GRADED} graded ones" if is_graded else f"{FEWEST_ITEMS}"
    return f"{{items:count}} common items, fewer than {fewest}"


def _differences(facts: SentenceFacts) -> str:
    if facts.theirs is None:
        return "it is not known how"
    fields = facts.mine.identity.differences(facts.theirs.identity)
    return ", ".join(
        f"{FIELDS_IN_WORDS[name]} {_shown(facts.mine, name)} against {_shown(facts.theirs, name)}" for name in fields
    )


def _shown(stored: StoredIdentity, name: str) -> str:
    value = getattr(stored.identity, name)
    return "not told" if value is None else _literal(str(value))


def _literal(text: str) -> str:
    """Return a text in which no brace opens the name of a figure."""
    return text.replace("{", "{{").replace("}", "}}")


def _points(value: float) -> str:
    return f"{value:.1f} points"


def _size(value: object) -> str:
    return _points(abs(float(f"{value or 0.0:.1f}")))


def _signed(value: object) -> str:
    """Return a difference with its sign; one that rounds to nothing is +0.0."""
    return "unknown" if value is None else f"{float(f'{value:.1f}') + 0.0:+.1f}"


def _q(value: object) -> str:
    return "unknown" if value is None else "< 0.001" if cast("float", value) < SMALLEST_Q else f"= {value:.2g}"


_FIELD: Final = re.compile(r"\{\{|\}\}|\{(\w+):(\w+)\}")
_FORMS: Final[Mapping[str, Callable[[object], str]]] = {
    "signed": _signed,
    "size": _size,
    "q": _q,
    "count": lambda value: f"{value or 0:,}",
    "name": str,
}
