"""Verdicts as sentences: the conclusion, its grounds, and the reason if it is withheld.

A sentence is a template with the names of figures in braces, such as `{delta:signed}`. The words are chosen once, here,
and the template with the figures gives the sentence. The explorer page fills templates itself
(`explorer/js/sentences.js`). Differences have the sign for people (`change.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, assert_never, cast

from lineage.drift.change import change_of, signed
from lineage.drift.drift_row import GUARDS
from lineage.drift.measure import FEWEST_GRADED, FEWEST_ITEMS, WithheldReason
from lineage.parents.origin import Origin
from lineage.vocabulary import Correction, Scale, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lineage.drift.current_scores import StoredIdentity
    from lineage.drift.drift_row import DriftRow
    from lineage.drift.measure import Drift, DriftInputs
    from lineage.statistics.comparison import Comparison

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

FIGURES: Final = ("reference", "delta", "ci_low", "ci_high", "q_value", "q_equivalence", "minimum_detectable", "items")
"""The figures that a template may name: fields of `DriftRow`, columns of the view `drift`."""
UNGUARDED: Final = "no capability score of both models shows that this one still works; hellaswag on both would tell"
PAIR: Final = 2
SMALLEST_Q: Final = 0.001
"""The customary limit below which p-values are not written out."""


def fill(template: str, figures: Mapping[str, object]) -> str:
    """Return a template with its figures filled in by name; a figure that is None is unknown."""

    def written(found: re.Match[str]) -> str:
        name, form = found.groups()
        return found[0][0] if name is None else _FORMS[form](figures[name])

    return _FIELD.sub(written, template)


def figures_of(row: DriftRow) -> dict[str, object]:
    """Return the figures that the templates name, differences in the sign for people."""
    change = change_of(row)
    differences = {"delta": change.delta, "ci_low": change.low, "ci_high": change.high}
    return {name: getattr(row, name) for name in FIGURES} | differences


def named_figures(template: str) -> frozenset[str]:
    """Return the names of the figures in a template."""
    return frozenset(name for name, _ in _FIELD.findall(template) if name)


def fill_all(template: str, figures: Mapping[str, Sequence[object]], count: int) -> list[str]:
    """Return a template filled in for `count` rows; `figures` has a column for each of its figures."""
    forms = [(name, form) for name, form in _FIELD.findall(template) if name]
    text = _FIELD.sub(lambda found: "%s" if found[1] else found[0][0], template.replace("%", "%%"))
    columns = [map(_FORMS[form], figures[name]) for name, form in forms]
    return [text % row for row in zip(*columns, strict=True)] if forms else [text % ()] * count


def verdict_template(row: DriftRow, drift: Drift, inputs: DriftInputs, place: int) -> str:
    """Return the sentence on the pair at `place` with the names of its figures in braces; literal braces are doubled.

    `row` is the row of the pair, still without its sentence.
    """
    if row.verdict is Verdict.WITHHELD:
        return f"withheld: {_reason(row, drift, inputs, place)}"
    grounds = f"({'; '.join(_grounds(row, drift, inputs, place))})"
    if (agreement := _agreement(row, drift.paired.get(place))) is not None:
        return f"{agreement} {grounds}"
    match row.verdict:
        case Verdict.WORSE | Verdict.BETTER:
            return f"{_direction(row)} by {{delta:size}} than {_ancestor(row)} {grounds}"
        case Verdict.EQUIVALENT:
            return f"within {_points(row.margin)} of {_ancestor(row)}: {{delta:signed}} {grounds}"
        case Verdict.UNDECIDED:
            if drift.is_noise[place]:
                return f"{{delta:signed}} points from {_ancestor(row)}, which is no finding {grounds}"
            moved = f"{{delta:signed}} points from {_ancestor(row)}, which chance may explain"
            return f"{moved} {grounds}{_detectable(row)}"
        case _ as never:
            assert_never(never)


def _agreement(row: DriftRow, paired: Comparison | None) -> str | None:
    """Return the sentence on two models that agree on every common item, or None if they do not."""
    if paired is None or not paired.is_agreement:
        return None
    told = (
        f"no item of {{items:count}} differs from {_ancestor(row)}; at most {paired.most_changed:.2%} of all items do"
    )
    if row.verdict is Verdict.EQUIVALENT:
        return f"{told}, within {_points(row.margin)}"
    return f"{told}, which is not shown to be within {_points(row.margin)}"


def _direction(row: DriftRow) -> str:
    is_worse = row.verdict is Verdict.WORSE
    if row.construct in GUARDS:
        return "less able" if is_worse else "more able"
    return "riskier" if is_worse else "safer"


def _ancestor(row: DriftRow) -> str:
    """Return the ancestor's id, marked if the ancestry is not declared, or if it is probably no base itself."""
    inferred = "" if row.lineage_confidence is None else f" (inferred, {sure_in_words(row.lineage_confidence)} sure)"
    origin = Origin(
        model=row.reference or "",
        likely_parent=row.reference_likely_parent,
        confidence=row.reference_likely_confidence,
    )
    made = f" (itself {_literal(origin.words)})" if origin.is_likely_derivative else ""
    return f"{{reference:name}}{inferred}{made}"


def sure_in_words(confidence: float) -> str:
    """Return the confidence of a lineage as sentences write it."""
    return f"{confidence:.0%}"


def _grounds(row: DriftRow, drift: Drift, inputs: DriftInputs, place: int) -> Iterator[str]:
    """Yield the interval, the test and the caveats."""
    current, mine = inputs.current, int(drift.pairs.row[place])
    both = mine, int(drift.pairs.reference_row[place])
    several = (row.tests or 0) > 1
    yield "{ci_low:signed} to {ci_high:signed}" + (", not corrected" if several else "")
    if row.q_value is not None:
        yield f"{_q_of(row)}{_corrected(row)}"
    counted = "" if row.items is None else " on {items:count} items"
    yield f"{_literal(row.method or 'unpaired')}{counted}"
    if row.left_out:
        yield f"{row.left_out:,} more items were answered by one of the two alone and do not count"
    if drift.is_small[place] and row.verdict is not Verdict.EQUIVALENT:
        yield f"within the margin of {_points(row.margin)}, q {{q_equivalence:q}}"
    if drift.is_unsupported[place]:
        yield "the items are too skewed for the interval"
    if row.noise_floor is not None:
        within = "within the noise floor" if drift.is_noise[place] else "noise floor"
        yield f"{within}: runs of the same weights differed by up to {row.noise_floor:.2g} points"
    if any(current.is_reported[at] for at in both):
        yield "as reported, not measured"
    if any(current.is_published[at] for at in both):
        yield "supposing all items of the instrument as published"
    if place not in drift.paired and any(current.is_bounded[at] for at in both):
        yield "by the largest error possible"
    yield from _judge_words(inputs.identities[int(current.instrument[mine])])
    is_safer = row.verdict is Verdict.BETTER and row.construct not in GUARDS
    if is_safer and not drift.is_guarded[place]:
        yield f"not guarded: {UNGUARDED}"


def _q_of(row: DriftRow) -> str:
    """Return the q-value that the verdict stands on, and what it is of where that is not "no change"."""
    if row.verdict is Verdict.EQUIVALENT:
        return f"q {{q_equivalence:q}} of a change of {_points(row.margin)} or more"
    return "q {q_value:q}"


def _corrected(row: DriftRow) -> str:
    """Return what a q-value is corrected over, if it is over more than the comparison itself."""
    if row.correction is not Correction.PAIR:
        return f" over the {row.tests or 0:,} comparisons asked"
    return f" over {row.tests:,} tests" if (row.tests or 0) > 1 else ""


def _judge_words(one: StoredIdentity) -> Iterator[str]:
    """Yield whether the error of the judge is in the interval, if there is a judge, or rules."""
    who, error = _who(one), one.known_error
    if error is not None:
        told = f"recall {error.recall:.0%}, false positives {error.false_positive_rate:.0%}"
        labelled = error.positives + error.negatives
        yield f"{who} error is in the interval: {told} on {labelled:,} labelled replies"
    elif one.is_judged:
        yield f"{who} error is unknown and not in the interval"


def _who(one: StoredIdentity) -> str:
    return "the rules'" if one.identity.judge is None else "the judge's"


def _not_told_apart(one: StoredIdentity) -> str:
    """Return why a judge decides nothing."""
    error = one.known_error
    if error is None:
        return ""
    found = f"{error.found:,} of {error.positives:,} positive ones found"
    false = f"{error.false:,} of {error.negatives:,} negative ones called positive"
    return f"{_who(one)} labelled replies do not show that it tells replies apart: {found}, {false}; label more"


def _detectable(row: DriftRow) -> str:
    if row.minimum_detectable is None:
        return ""
    return "; {minimum_detectable:size} would have been detected with 80 % power"


def _reason(row: DriftRow, drift: Drift, inputs: DriftInputs, place: int) -> str:
    """Return why the verdict is withheld."""
    cause = WithheldReason(int(drift.cause[place]))
    mine = inputs.identities[int(inputs.current.instrument[drift.pairs.row[place]])]
    if cause is WithheldReason.OTHER_IDENTITY:
        return f"{_ancestor(row)} was measured otherwise: {_differences(drift, inputs, place)}"
    if cause is WithheldReason.CONTRADICTORY:
        return _contradiction(row, drift, inputs, place)
    return {
        WithheldReason.NONE: "nothing was computed",
        WithheldReason.NO_ANCESTOR: "no ancestor has a score on this instrument",
        WithheldReason.DENIED: f"weights contradict that it was made from {_ancestor(row)}; no other parent is known",
        WithheldReason.NOT_SCORED: f"{_ancestor(row)} has no score on this instrument",
        WithheldReason.STALE: f"the score of the model or of {_ancestor(row)} is stale, its repository changed since",
        WithheldReason.NO_UNCERTAINTY: "neither the number of items nor a standard error is known of both scores",
        WithheldReason.FEW_ITEMS: _few(row, drift.paired.get(place)),
        WithheldReason.UNGUARDED: f"{{delta:signed}} points from {_ancestor(row)}, but by this instrument a model that "
        f"guesses looks safer too, and {UNGUARDED}",
        WithheldReason.JUDGE: _not_told_apart(mine),
        WithheldReason.GUARD: f"a guard failed, {_literal(str(row.guard))}",
    }[cause]


def _contradiction(row: DriftRow, drift: Drift, inputs: DriftInputs, place: int) -> str:
    """Return which values are published of the model or its ancestor, and how a person gets past them."""
    current, pairs = inputs.current, drift.pairs
    sides = ((int(pairs.row[place]), "the model"), (int(pairs.reference_row[place]), _ancestor(row)))
    told = [
        published_values(int(current.claims[at]), float(current.lowest[at]), float(current.highest[at]), whose)
        for at, whose in sides
        if current.is_contradictory[at]
    ]
    return f"{' and '.join(told)}; measure it, or reject a value with `lineage scores reject`"


def published_values(claims: int, lowest: float, highest: float, whose: str) -> str:
    """Return the values that are published of a model and contradict each other, in the instrument's unit."""
    if claims == PAIR:
        return f"two published values of {whose}: {lowest:.6g} and {highest:.6g}"
    return f"{claims} published values of {whose}, from {lowest:.6g} to {highest:.6g}"


def _few(row: DriftRow, paired: Comparison | None) -> str:
    clusters = None if paired is None else paired.clusters
    if clusters is not None and clusters < FEWEST_ITEMS:
        return f"the items are in {clusters:,} clusters, fewer than {FEWEST_ITEMS}"
    fewest = f"{FEWEST_GRADED} graded ones" if row.scale is Scale.GRADED else f"{FEWEST_ITEMS}"
    return f"{{items:count}} common items, fewer than {fewest}"


def _differences(drift: Drift, inputs: DriftInputs, place: int) -> str:
    """Return how the identities of the two scores differ."""
    instrument, pairs = inputs.current.instrument, drift.pairs
    mine, theirs = (inputs.identities[int(instrument[rows[place]])] for rows in (pairs.row, pairs.reference_row))
    fields = mine.identity.differences(theirs.identity)
    return ", ".join(f"{FIELDS_IN_WORDS[name]} {_shown(mine, name)} against {_shown(theirs, name)}" for name in fields)


def _shown(stored: StoredIdentity, name: str) -> str:
    value = getattr(stored.identity, name)
    return "not told" if value is None else _literal(str(value))


def _literal(text: str) -> str:
    """Return a text with its braces escaped, so that none opens the name of a figure."""
    return text.replace("{", "{{").replace("}", "}}")


def _points(value: float) -> str:
    return f"{value:.1f} points"


def _size(value: object) -> str:
    return _points(abs(float(f"{value or 0.0:.1f}")))


def _signed(value: object) -> str:
    return "unknown" if value is None else signed(cast("float", value))


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
