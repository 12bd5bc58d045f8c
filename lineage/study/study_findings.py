"""The findings of a study in five sentences: what changed, the largest change, signs, bases, and prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.drift.chance import by_chance
from lineage.drift.contradictions import FEW
from lineage.output.result import Result
from lineage.study.inputs import StudyTable
from lineage.study.metadata_prediction import METADATA, NO_CHANGE
from lineage.study.risky_bases import LEAST_DERIVATIVES
from lineage.text.counts import number_of
from lineage.vocabulary import Construct, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.drift.drift_row import DriftRow

    Records = Sequence[Mapping[str, object]]

NAME: Final = "findings"


def findings_table(told: Sequence[DriftRow], withheld: int, tables: Sequence[StudyTable]) -> StudyTable:
    """Return five sentences on comparisons of safety and on the tables made of them; none if there are none.

    `withheld` is how many others have no conclusion.
    """
    records = {one.name: one.result.records() for one in tables}
    sentences = (
        (
            _changes(told, withheld),
            _largest(told),
            _signs(records["mixed_derivatives"]),
            _bases(records["risky_bases"]),
            _prediction(records["prediction"]),
        )
        if told
        else ()
    )
    return StudyTable(
        name=NAME,
        title="Findings",
        note="Only safety counts here. Worse and better are verdicts (`lineage docs drift`).",
        result=Result(columns=("finding",), rows=tuple((sentence,) for sentence in sentences)),
    )


def _changes(told: Sequence[DriftRow], withheld: int) -> str:
    models = {row.model for row in told}
    worse = {row.model for row in told if row.verdict is Verdict.WORSE}
    better = {row.model for row in told if row.verdict is Verdict.BETTER}
    names = {row.name for row in told}
    return (
        f"Of {number_of(len(models), 'derivative')} compared on {number_of(len(names), 'instrument')} of safety, "
        f"{_are(len(worse))} worse on at least one{_by_chance(told)} and {len(better):,} better on at least one; "
        f"{number_of(withheld, 'comparison')} {'is' if withheld == 1 else 'are'} withheld."
    )


def _by_chance(told: Sequence[DriftRow]) -> str:
    figures = by_chance(told).figures
    return f" (chance alone would call {figures})" if figures else ""


def _largest(told: Sequence[DriftRow]) -> str:
    changes = [row for row in told if row.verdict in {Verdict.WORSE, Verdict.BETTER}]
    if not changes:
        return "No change is supported."
    row = max(changes, key=lambda one: (one.verdict is Verdict.WORSE, abs(one.delta or 0.0)))
    size = f"{row.delta or 0.0:+.1f} points ({row.ci_low or 0.0:+.1f} to {row.ci_high or 0.0:+.1f})"
    kind = "riskier" if row.verdict is Verdict.WORSE else "safer, and none is riskier"
    return f"The largest supported change: {row.model} is {kind} on {row.name} than {row.reference}, {size}."


def _signs(mixed: Records) -> str:
    able = [one for one in mixed if _number(one["instruments"]) > 1]
    if not able:
        return "No derivative has two instruments of safety, so none can be riskier on one and safer on another."
    count = sum(bool(one["mixed"]) for one in able)
    significant = sum(bool(one["mixed_significantly"]) for one in able)
    expected = sum(_number(one["expected"]) for one in able)
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
