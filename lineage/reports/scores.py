"""The scores behind everything else: value, error, and the run and commit they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.reports.blocks import Heading, Paragraph, TableBlock
from lineage.reports.formatting import UNKNOWN, count, revision
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts
    from lineage.scores.score import StoredScore

SHORT_RUN: Final = 12
NARROW: Final = 10.0
"""Ranges up to this size show values to about a hundredth of a point; wider ones need fewer digits."""
FINE, COARSE = 4, 2


def list_scores(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield, for the appendix, the current scores of every model and of the ancestors that it is compared with."""
    yield Heading(words="Scores", level=3)
    yield Paragraph(
        words="Of several scores of a model on an instrument this is the one that speaks for it. Values are in the "
        "instrument's own range, and the interval is that of the value alone. Values that contradict each other are "
        "all listed, and none speaks for the model. The scores of single files of a repository follow its own. "
        "Differences under Drift are of these values, in hundredths of the range. What a source did not tell is "
        "unknown."
    )
    compared = {row.reference for one in profiles for row in one.drift_against(facts.against) if row.reference}
    others = sorted(compared.intersection(profiles.by_id).difference(profiles.chosen))
    yield TableBlock(
        caption="Every score that stands, of these models and of the ancestors that they are compared with",
        columns=(
            "model",
            "instrument",
            "identity",
            "value",
            "95 % interval",
            "range",
            "items",
            "state",
            "run",
            "measured",
            "revision",
            "from",
        ),
        rows=tuple(
            _row(model, score)
            for model in (*profiles.chosen, *others)
            for score in (*profiles[model].scores, *profiles[model].file_scores)
            if score.is_standing
        ),
        numbers=frozenset({"value", "95 % interval", "range", "items"}),
        nothing="No model here has a score.",
    )


def _row(model: str, score: StoredScore) -> tuple[str, ...]:
    between = score.interval
    digits = FINE if score.high - score.low <= NARROW else COARSE
    return (
        plain(f"{model}{score.variant}"),
        plain(score.label, None),
        plain(score.instrument),
        f"{score.value:.{digits}f}",
        UNKNOWN if between is None else f"{between[0]:.{digits}f} to {between[1]:.{digits}f}",
        f"{score.low:g} to {score.high:g}",
        count(score.items),
        score.state,
        plain(score.run)[:SHORT_RUN],
        UNKNOWN if score.measured_at is None else f"{score.measured_at:%Y-%m-%d}",
        revision(score.revision),
        plain(score.origin_in_words),
    )
