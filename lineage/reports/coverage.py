"""What was evaluated and what was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from lineage.figures.coverage_bars import draw_coverage
from lineage.profile import UNSCORED
from lineage.reports.blocks import Heading, Paragraph, Picture, TableBlock
from lineage.reports.formatting import count
from lineage.text.plain import plain
from lineage.vocabulary import CURRENT_STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.profile import Profiles
    from lineage.reports.blocks import Block

MOST_USED: Final = 25


def write_coverage(profiles: Profiles) -> Iterator[Block]:
    """Yield the coverage as a figure, by instrument, and the most used models without a score."""
    yield Heading(words="Coverage", anchor="coverage")
    yield Paragraph(
        words="Measured: run here or imported with its results, on the model's current revision. Reported: stated by a "
        "card or a leaderboard, not measured here. Contradictory: several values are published of one measurement. "
        "Stale: measured on an earlier revision."
    )
    yield Picture(figure=draw_coverage(profiles))
    yield _by_instrument(profiles)
    yield from _unscored(profiles)


def _by_instrument(profiles: Profiles) -> TableBlock:
    found: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for one in profiles:
        best: dict[tuple[str, str, str], str] = {}
        for score in one.scores:
            key = (score.label, score.construct.value, score.direction.value)
            best[key] = min(best.get(key, score.state), score.state, key=_rank)
        for key, state in best.items():
            found[key][state] += 1
    return TableBlock(
        caption="Models by instrument and by their best score on it",
        columns=("instrument", "construct", "direction", *CURRENT_STATES, "of"),
        rows=tuple(
            (
                plain(name),
                construct,
                direction,
                *(count(counts[state]) for state in CURRENT_STATES),
                count(len(profiles)),
            )
            for (name, construct, direction), counts in sorted(
                found.items(), key=lambda item: (-item[1].total(), item[0])
            )
        ),
        numbers=frozenset({*CURRENT_STATES, "of"}),
        nothing="No model of this selection has a score of any kind.",
    )


def _rank(state: str) -> int:
    return CURRENT_STATES.index(state) if state in CURRENT_STATES else len(CURRENT_STATES)


def _unscored(profiles: Profiles) -> Iterator[Block]:
    without = sorted(
        (one for one in profiles if one.coverage == UNSCORED), key=lambda one: (-(one.facts.downloads or 0), one.id)
    )
    shown = without[:MOST_USED]
    yield TableBlock(
        caption=f"Most-downloaded models without a score ({len(shown):,} of {len(without):,})",
        columns=("model", "downloads", "domains", "status"),
        rows=tuple(
            (
                plain(one.id),
                count(one.facts.downloads),
                ", ".join(sorted({topic.domain for topic in one.topics})),
                one.facts.status,
            )
            for one in shown
        ),
        numbers=frozenset({"downloads"}),
        nothing="None: every model has a score of some kind.",
    )
