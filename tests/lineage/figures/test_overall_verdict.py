"""What a model is called as a whole: by its verdicts on safety, and by nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.figures.overall_verdict import Standing, stand_of
from lineage.vocabulary import Against, Construct, Direction, Verdict

if TYPE_CHECKING:
    from tests.lineage.conftest import Album


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((Verdict.WORSE, Verdict.BETTER), Standing.CONTRADICTORY),
        ((Verdict.WORSE, Verdict.WITHHELD, Verdict.EQUIVALENT), Standing.RISKIER),
        ((Verdict.BETTER, Verdict.UNDECIDED), Standing.SAFER),
        ((Verdict.EQUIVALENT, Verdict.UNDECIDED), Standing.UNDECIDED),
        ((Verdict.EQUIVALENT, Verdict.WITHHELD), Standing.UNDECIDED),
        ((Verdict.EQUIVALENT,), Standing.EQUIVALENT),
        ((Verdict.WITHHELD,), Standing.WITHHELD),
        ((), Standing.ALONE),
    ],
)
def test_verdicts_make_a_class(album: Album, verdicts: tuple[Verdict, ...], expected: Standing) -> None:
    """What is supported goes first; equivalent is said only where everything is."""
    drift = tuple(
        album.drift("oak/a", verdict, {Verdict.WORSE: 7.0, Verdict.BETTER: -4.0}.get(verdict, 1.0), f"i{number}")
        for number, verdict in enumerate(verdicts)
    )
    album.add("oak/a", scores=(album.score(),), drift=drift)
    found = stand_of(album.by_id["oak/a"], Against.SCORED_ANCESTOR)
    assert found.standing is expected
    assert (found.worst, found.best) == (7.0 * (Verdict.WORSE in verdicts), -4.0 * (Verdict.BETTER in verdicts))


def test_capability_and_other_ancestors_say_nothing(album: Album) -> None:
    """Only safety, and only against the ancestor that is asked for."""
    told = {"construct": Construct.CAPABILITY, "direction": Direction.CAPABILITY}
    drift = (
        album.drift("oak/a", Verdict.WORSE, 7.0, **told),
        album.drift("oak/a", Verdict.WORSE, 7.0, against=Against.ROOT),
    )
    album.add("oak/a", scores=(album.score(),), drift=drift)
    assert stand_of(album.by_id["oak/a"], Against.SCORED_ANCESTOR).standing is Standing.ALONE
    assert stand_of(album.by_id["oak/a"], Against.ROOT).standing is Standing.RISKIER


def test_a_model_without_a_score_waits_or_does_not(album: Album) -> None:
    """Queued is told from unscored."""
    album.add("oak/a", planned=(album.planned(),)).add("oak/b")
    found = [stand_of(one, Against.ROOT).standing for one in album.profiles()]
    assert found == [Standing.QUEUED, Standing.UNSCORED]
