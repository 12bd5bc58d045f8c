"""How far derivatives drifted, what contradicts itself, and what remains unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.drift.chance import by_chance
from lineage.drift.change import change_of
from lineage.drift.plus import PLUS, PLUS_OF_BOTH
from lineage.figures.forest_plot import draw_forest
from lineage.reports.blocks import Heading, Paragraph, Picture, TableBlock
from lineage.reports.formatting import count, counted, in_words, interval, percent, probability, signed
from lineage.text.counts import number_of
from lineage.text.plain import plain
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.drift.contradictions import Contradiction, MixedShare
    from lineage.drift.drift_row import DriftRow
    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts

ORDER: Final = {verdict: place for place, verdict in enumerate(Verdict)}
KINDS: Final = {True: "Safety", False: "Capability and coherence"}
"""The headings of comparisons, by whether they are about safety."""
Q: Final = "q of the verdict"


def write_movement(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield drift on safety, then on capability, as figures, and contradictions."""
    rows = [row for one in profiles for row in one.drift_against(facts.against)]
    told = sorted((row for row in rows if row.is_told), key=_place)
    withheld = sum(not row.is_told for row in rows)
    yield Heading(words="Drift", anchor="drift")
    yield Paragraph(
        words=f"Differences against {in_words(facts.against)} in points of each instrument's range (hundredths); "
        f"{PLUS_OF_BOTH}. A verdict is corrected over the instruments of one construct "
        f"of its own pair, at {facts.alpha:.0%}, and intervals are not; the q of `equivalent` is that of a change "
        f"of the margin or more; {by_chance(rows).words}. The margin within which a change is "
        f"practically none is {facts.margin:g} points."
    )
    if not facts.is_drift_current:
        yield Paragraph(
            words="Scores came since drift was measured: the verdicts here are older than the scores. Let `lineage "
            "evaluate` go on, which measures it, and report again.",
            is_warning=True,
        )
    for is_safety, name in KINDS.items():
        yield from _part(name, [row for row in told if row.is_safety is is_safety])
    if withheld:
        yield Paragraph(
            words=f"{number_of(withheld, 'comparison')} of which scores are there are withheld, which is no verdict of "
            "safety; the appendix has the reason of each."
        )
    yield from _contradictions(facts)


def _part(name: str, rows: Sequence[DriftRow]) -> Iterator[Block]:
    yield Heading(words=name, level=3)
    if not rows:
        yield Paragraph(words="No comparison could be made.")
        return
    yield Paragraph(words=f"{number_of(len(rows), 'comparison')}: {counted(rows)}.")
    yield Picture(figure=draw_forest(rows, title=f"Drift: {name.lower()}"))


def list_movement(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield, for the appendix, every comparison with its verdict, and every withheld one with its reason."""
    rows = sorted((row for one in profiles for row in one.drift_against(facts.against)), key=_place)
    told = [row for row in rows if row.is_told]
    yield Heading(words="Drift, comparison by comparison", level=3)
    yield from list_comparisons(told)
    yield list_withheld([row for row in rows if not row.is_told])


def list_comparisons(rows: Sequence[DriftRow]) -> Iterator[TableBlock]:
    """Yield the comparisons that something is said of, one row each: a table of safety, then one of capability."""
    for is_safety, name in KINDS.items():
        change = f"change ({PLUS[is_safety]})"
        yield TableBlock(
            caption=f"{name}: every comparison that something is said of",
            columns=("model", "against", "instrument", "verdict", change, "95 % interval", Q, "in words"),
            rows=tuple(_row(row) for row in rows if row.is_safety is is_safety),
            numbers=frozenset({change, "95 % interval", Q}),
            nothing="No comparison could be made.",
        )


def _row(row: DriftRow) -> tuple[str, ...]:
    change = change_of(row)
    return (
        plain(row.model),
        plain(row.reference or ""),
        _measured_by(row),
        row.verdict.value,
        signed(change.delta),
        interval(change),
        probability(row.q_of_verdict),
        plain(row.reason, None),
    )


def _measured_by(row: DriftRow) -> str:
    """Return the instrument's name for people, with the judge, as verdicts of different judges stand side by side."""
    return plain(row.label if row.judge is None else f"{row.label}, judged by {row.judge}", None)


def _place(row: DriftRow) -> tuple[object, ...]:
    return (ORDER[row.verdict], -abs(row.delta or 0.0), row.model, row.name, row.reference or "")


def _contradictions(facts: ReportFacts) -> Iterator[Block]:
    yield Heading(words="Contradictions", anchor="contradictions")
    yield Paragraph(
        words="A derivative contradicts itself where one instrument of safety calls it riskier and another safer. By "
        "the mere sign of differences many would do so by chance alone, so the number to expect without any change "
        "stands beside the number found."
    )
    if facts.mixed is not None:
        yield Paragraph(words=_expected(facts.mixed))
    both = [one for one in facts.contradictions if one.is_mixed_significantly]
    yield TableBlock(
        caption="Models significantly worse on one instrument of safety and significantly better on another",
        columns=("model", "against", "instruments", "worse", "better", "chance of mixed signs without change"),
        rows=tuple(_contradiction(one) for one in both),
        numbers=frozenset({"instruments", "worse", "better", "chance of mixed signs without change"}),
        nothing="None.",
    )


def _expected(mixed: MixedShare) -> str:
    between = "" if mixed.low is None or mixed.high is None else f" ({mixed.low:.0%} to {mixed.high:.0%})"
    few = " Such a small group says little." if mixed.is_few else ""
    return (
        f"Of {number_of(mixed.derivatives, 'derivative')} with two instruments {mixed.mixed:,} have mixed signs, "
        f"{percent(mixed.share)}{between}. Without any change {mixed.expected:.1f} would be expected. "
        f"{mixed.significant:,} contradict themselves significantly.{few}"
    )


def _contradiction(one: Contradiction) -> tuple[str, ...]:
    return (
        plain(one.model),
        ", ".join(plain(name) for name in one.references),
        count(one.instruments),
        count(one.worse),
        count(one.better),
        percent(one.expected.rate),
    )


def list_withheld(rows: Sequence[DriftRow]) -> TableBlock:
    """Return the comparisons without a verdict, one row each, with the reason."""
    return TableBlock(
        caption="Every comparison that is withheld, and why",
        columns=("model", "against", "instrument", "reason"),
        rows=tuple(
            (plain(row.model), plain(row.reference or "none"), _measured_by(row), plain(row.reason, None))
            for row in rows
        ),
        nothing="No comparison is withheld.",
    )
