"""The forest plot and the bars of coverage: what they count, and what they say without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from lineage.figures.coverage_bars import draw_coverage
from lineage.figures.forest_plot import draw_forest
from lineage.vocabulary import Construct, Direction, Verdict

if TYPE_CHECKING:
    from lineage.figures.svg import Figure
    from lineage.profile import Profiles
    from tests.lineage.conftest import Album

SVG = "{http://www.w3.org/2000/svg}"


def words(figure: Figure) -> list[str]:
    """Return every text that is drawn."""
    tree = ET.fromstring(figure.svg)  # noqa: S314 - our own text
    return ["".join(one.itertext()) for one in tree.iter(f"{SVG}text")]


def test_intervals_stand_by_size_with_their_verdicts(album: Album) -> None:
    """The worst first; figures and verdict are words, and what is withheld is counted, not drawn."""
    rows = [
        album.drift("oak/better", Verdict.BETTER, -6.0),
        album.drift("oak/worse", Verdict.WORSE, 12.4),
        album.drift("oak/withheld", Verdict.WITHHELD, None),
    ]
    drawn = words(draw_forest(rows))
    assert [one for one in drawn if one.startswith("oak/")] == ["oak/worse", "oak/better"]
    assert "+12 (+10 to +14)" in drawn
    assert {"← safer", "riskier →", "worse", "better"} <= set(drawn)
    assert drawn[1] == "2 comparisons in points, + is riskier; 1 withheld"


def test_supported_changes_stay_where_not_all_fit(album: Album) -> None:
    """A small supported change comes before a great undecided one; the rest is counted."""
    rows = [album.drift(f"oak/u-{number}", Verdict.UNDECIDED, 20.0 + number) for number in range(9)]
    drawn = words(draw_forest([*rows, album.drift("oak/small", Verdict.WORSE, 1.0)], most_rows=3))
    assert [one for one in drawn if one.startswith("oak/")] == ["oak/u-8", "oak/u-7", "oak/small"]
    assert "7 smaller ones not shown" in drawn[1]


def test_capability_is_called_by_its_name(album: Album) -> None:
    """Of capability nothing is riskier."""
    told = {"construct": Construct.CAPABILITY, "direction": Direction.CAPABILITY}
    drawn = words(draw_forest([album.drift("oak/a", Verdict.WORSE, 5.0, "sums", **told)]))
    assert {"← less able", "more able →", "−5.0 (−7.0 to −3.0)"} <= set(drawn)  # noqa: RUF001 - as it is drawn
    assert words(draw_forest([]))[1].startswith("0 comparisons")


def test_bars_count_every_model_once(family: Profiles) -> None:
    """In all and by instrument: the best state of each model."""
    figure = draw_coverage(family)
    assert figure.description == (
        "all instruments: 6 measured, 1 stale, 1 queued, 1 unscored; "
        "Harmful replies: 6 measured, 1 stale, 1 queued, 1 unscored"
    )
    drawn = words(figure)
    assert {"6 measured", "1 queued", "7 scored", "7 of 9 models have a score (77.8%)"} <= set(drawn)
