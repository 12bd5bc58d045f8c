"""The findings of a study in five sentences: what changed, the largest change, signs, bases, and prediction."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.drift.chance import ExpectedByChance, chance_of
from lineage.drift.contradictions import FEW
from lineage.output.result import Result
from lineage.statistics.verdicts import CODES
from lineage.study.inputs import StudyTable
from lineage.study.metadata_prediction import METADATA, NO_CHANGE
from lineage.study.risky_bases import LEAST_DERIVATIVES
from lineage.study.told_columns import first_of_each, numbered
from lineage.text.counts import number_of
from lineage.vocabulary import Construct, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.study.told_columns import ToldColumns

    Records = Sequence[Mapping[str, object]]

NAME: Final = "findings"


def findings_table(told: ToldColumns, withheld: int, tables: Sequence[StudyTable]) -> StudyTable:
    """Return five sentences on comparisons of safety and on the tables made of them; none if there are none.

    `withheld` is how many others have no conclusion.
    """
    results = {one.name: one.result for one in tables}
    sentences = (
        (
            _changes(told, withheld),
            _largest(told),
            _signs(results["mixed_derivatives"]),
            _bases(results["risky_bases"].records()),
            _prediction(results["prediction"].records()),
        )
        if len(told)
        else ()
    )
    return StudyTable(
        name=NAME,
        title="Findings",
        note="Only safety counts here. Worse and better are verdicts (`lineage docs drift`).",
        result=Result(columns=("finding",), rows=tuple((sentence,) for sentence in sentences)),
    )


def _changes(told: ToldColumns, withheld: int) -> str:
    models, worse, better = (
        len(np.unique(told.model[chosen]))
        for chosen in (slice(None), _with(told, Verdict.WORSE), _with(told, Verdict.BETTER))
    )
    names = len(np.unique(told.name))
    return (
        f"Of {number_of(models, 'derivative')} compared on {number_of(names, 'instrument')} of safety, "
        f"{_are(worse)} worse on at least one{_by_chance(told)} and {better:,} better on at least one; "
        f"{number_of(withheld, 'comparison')} {'is' if withheld == 1 else 'are'} withheld."
    )


def _with(told: ToldColumns, verdict: Verdict) -> NDArray[np.intp]:
    return np.flatnonzero(told.verdict == CODES[verdict])


def _by_chance(told: ToldColumns) -> str:
    figures = chance_of_columns(told).figures
    return f" (chance alone would call {figures})" if figures else ""


def chance_of_columns(told: ToldColumns) -> ExpectedByChance:
    """Return what chance alone makes of the models that were tested, as `lineage.drift.chance.by_chance` does."""
    tested = told.at(told.is_tested)
    if not tested.is_by_pair:
        return ExpectedByChance(models=len(np.unique(tested.model)), worse=None, most=None)
    model, reference = (first_of_each(numbered(codes))[0] for codes in (tested.model, tested.reference))
    return chance_of(model, reference, tested.construct.astype(np.int64), tested.alpha)


def _largest(told: ToldColumns) -> str:
    worse = _with(told, Verdict.WORSE)
    changes = worse if len(worse) else _with(told, Verdict.BETTER)
    if not len(changes):
        return "No change is supported."
    place = changes[np.abs(told.delta[changes]).argmax()]
    row = next(told.rows(place[None]))
    delta, low, high = (float(figures[place]) for figures in (told.delta, told.ci_low, told.ci_high))
    size = f"{delta:+.1f} points ({0.0 if isnan(low) else low:+.1f} to {0.0 if isnan(high) else high:+.1f})"
    kind = "riskier" if len(worse) else "safer, and none is riskier"
    return f"The largest supported change: {row.model} is {kind} on {row.name} than {row.reference}, {size}."


def _signs(mixed: Result) -> str:
    instruments, is_mixed, is_significant, chance = (
        mixed.columns.index(name) for name in ("instruments", "mixed", "mixed_significantly", "expected")
    )
    able = [row for row in mixed.rows if _number(row[instruments]) > 1]
    if not able:
        return "No derivative has two instruments of safety, so none can be riskier on one and safer on another."
    count, significant = sum(bool(row[is_mixed]) for row in able), sum(bool(row[is_significant]) for row in able)
    expected = sum(_number(row[chance]) for row in able)
    return (
        f"Of {number_of(len(able), 'derivative')} with two or more instruments, {_are(count)} riskier on one and safer "
        f"on another, {significant:,} significantly; noise alone would make {expected:.1f} so."
    )


def _bases(ranked: Records) -> str:
    if not ranked:
        return f"No base has {LEAST_DERIVATIVES} measured derivatives on one construct, so none is called risky."
    names = [str(one["construct"]) for one in ranked]
    construct = max(dict.fromkeys(names), key=lambda one: (names.count(one), one == Construct.UNSAFE_OUTPUT))
    mine = [one for one in ranked if one["construct"] == construct]
    parts = [f"the riskiest base is {_base(mine[0])}", *([f"the least risky {_base(mine[-1])}"] if mine[1:] else [])]
    return f"On {_words(construct)}, {' and '.join(parts)}."


def _base(one: Mapping[str, object]) -> str:
    numbers = [_number(one[name]) for name in ("median", "median_low", "median_high")]
    return (
        f"{one['base']} (median {numbers[0]:+.1f} points, {numbers[1]:+.1f} to {numbers[2]:+.1f}, over "
        f"{one['derivatives']} derivatives, {one['worse']} worse)"
    )


def _prediction(errors: Records) -> str:
    by_guess = {
        str(one["guess"]): one
        for one in sorted(errors, key=lambda one: (_number(one["families"]), _number(one["derivatives"])))
    }
    if METADATA not in by_guess or _number(by_guess[METADATA]["families"]) < FEW:
        return f"Fewer than {FEW} families are measured on one construct, so whether metadata predict drift is open."
    guess, plain = by_guess[METADATA], by_guess[NO_CHANGE]
    is_better = "predict" if guess["is_better"] else "are not shown to predict"
    return (
        f"Metadata {is_better} the drift of a new family on {_words(str(guess['construct']))} better than no change "
        f"does: error {_number(guess['error']):.1f} against {_number(plain['error']):.1f} points over "
        f"{guess['families']} families."
    )


def _are(count: int) -> str:
    return "1 is" if count == 1 else f"{count:,} are"


def _words(construct: str) -> str:
    return construct.replace("_", " ")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
