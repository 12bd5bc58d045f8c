"""A figure of a family: colour for supported verdicts alone, states told apart, hostile text, and what fits a page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from lineage.figures.family import draw_family
from lineage.figures.palette import RISKIER, SAFER
from lineage.figures.svg import KEY
from lineage.vocabulary import Construct, Direction, Verdict

if TYPE_CHECKING:
    from lineage.figures.svg import Figure
    from lineage.profile import Profiles
    from tests.lineage.conftest import Album

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "oak/</text><script>alert(1)</script>",
    'oak/"onload="x',
    "oak/\u202egnp.exe",
    "oak/\x00\x1b[31mred\ud800",
    f"oak/{KEY}t",
    "oak/" + "long" * 100,
    "oak/&lt;&#0;]]>",
)


def parsed(figure: Figure) -> ET.Element:
    """Return the figure as a tree; raises where it is not well-formed."""
    return ET.fromstring(figure.svg)  # noqa: S314 - our own text


def words(figure: Figure) -> list[str]:
    """Return every text that is drawn."""
    return ["".join(one.itertext()) for one in parsed(figure).iter(f"{SVG}text")]


def body(figure: Figure) -> str:
    """Return the figure without its legend, which has every colour."""
    return figure.svg[: figure.svg.index(">adapter<")]


def test_every_state_reads_without_colour(family: Profiles) -> None:
    """Arrows and signs, an equal sign, a question mark, and words tell the cells apart."""
    drawn = words(draw_family(family))
    legend = drawn.index("finetune")
    cells = drawn[:legend]
    for told in ("▲ +12", "▼ −6.0", "= +0.4", "+2.1 ?", "withheld", "31", "stale 31", "queued"):  # noqa: RUF001 - as it is drawn
        assert cells.count(told) == 1, told


@pytest.mark.parametrize("verdict", [Verdict.EQUIVALENT, Verdict.UNDECIDED, Verdict.WITHHELD])
def test_what_is_not_supported_has_no_colour(album: Album, verdict: Verdict) -> None:
    """However great the difference, only worse and better are coloured."""
    album.add("maple/base").add(
        "oak/a", album.parent("maple/base"), scores=(album.score(),), drift=(album.drift("oak/a", verdict, 40.0),)
    )
    drawn = body(draw_family(album.profiles()))
    assert not any(colour in drawn for colour in (*RISKIER, *SAFER))


def test_colour_follows_the_sign_of_a_supported_verdict(family: Profiles) -> None:
    """Worse is on the scale of the riskier, by its size; better on that of the safer."""
    drawn = body(draw_family(family))
    assert (RISKIER[2] in drawn, SAFER[1] in drawn) == (True, True)
    assert sum(drawn.count(colour) for colour in RISKIER) == sum(drawn.count(colour) for colour in SAFER) == 2


def test_a_model_that_moved_both_ways_is_half_and_half(album: Album) -> None:
    """One mark has both colours."""
    drift = (
        album.drift("oak/a", Verdict.WORSE, 6.0),
        album.drift("oak/a", Verdict.BETTER, -6.0, name="bias"),
    )
    album.add("maple/base").add(
        "oak/a", album.parent("maple/base"), scores=(album.score(), album.score("bias")), drift=drift
    )
    drawn = body(draw_family(album.profiles()))
    assert "clipPath" in drawn
    assert drawn.count(RISKIER[1]) == drawn.count(SAFER[1]) == 2


def test_capability_is_framed_and_leaves_the_mark_alone(album: Album) -> None:
    """A supported change of capability is no change of safety: neither its cell nor the mark is filled."""
    told: dict[str, Any] = {"construct": Construct.CAPABILITY, "direction": Direction.CAPABILITY}
    drift = (album.drift("oak/a", Verdict.WORSE, 12.0, "sums", **told),)
    scores = (album.score("sums", **told),)
    album.add("maple/base").add("oak/a", album.parent("maple/base"), scores=scores, drift=drift)
    drawn = body(draw_family(album.profiles()))
    assert [colour for colour in (*RISKIER, *SAFER) if f'fill="{colour}"' in drawn] == []
    assert f'stroke="{RISKIER[2]}"' in drawn
    assert "+ is more able" in drawn
    assert "▼ −12" in drawn  # noqa: RUF001 - as it is drawn


def test_inferred_edges_are_dashed_and_say_how_sure(family: Profiles) -> None:
    """The line and the name tell it; a declared edge is a whole line."""
    figure = draw_family(family)
    assert "oak/guess (inferred 61%)" in words(figure)
    branches = next(one for one in parsed(figure).iter(f"{SVG}g") if one.get("fill") == "none")
    assert sorted({one.get("stroke-dasharray") or "" for one in branches}) == ["", "3 2.5"]


def test_a_model_that_is_not_there_says_so(family: Profiles) -> None:
    """Its status stands beside its name."""
    assert "oak/none (deleted)" in words(draw_family(family))


def test_parents_that_have_no_line_are_counted(album: Album) -> None:
    """A merge of many hangs under one of them; arcs lead to others where they are few."""
    names = [f"oak/part-{number}" for number in range(5)]
    for name in names:
        album.add(name)
    album.add("oak/two", *(album.parent(name, "merge") for name in names[:2]))
    album.add("oak/five", *(album.parent(name, "merge") for name in names))
    drawn = words(draw_family(album.profiles()))
    assert "oak/five (+4 parents)" in drawn
    assert "oak/two" in drawn


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(album: Album, name: str) -> None:
    """The figure parses, runs nothing, hides nothing, and no id is doubled."""
    parent = album.parent("maple/base")
    album.add("maple/base").add(
        name, parent, scores=(album.score(name),), drift=(album.drift(name, Verdict.WORSE, 9.0, name),)
    )
    figure = draw_family(album.profiles(), title=name)
    tree = parsed(figure)
    tags = {one.tag.removeprefix(SVG) for one in tree.iter()}
    assert tags <= {"svg", "title", "desc", "defs", "pattern", "clipPath", "g", "path", "rect", "circle", "text"}
    assert not any(key.startswith("on") or "href" in key for one in tree.iter() for key in one.attrib)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", figure.svg
    )
    ids = [one.get("id") for one in tree.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert max(map(len, words(figure))) < 200


def test_who_cannot_see_it_is_told(family: Profiles) -> None:
    """Title and description are named by the image, and say the supported changes."""
    figure = draw_family(family)
    tree = parsed(figure)
    named = [one.text for one in tree if one.get("id") in (tree.get("aria-labelledby") or "").split()]
    assert named == [figure.title, figure.description]
    assert (
        figure.description
        == "Supported changes: oak/worse +12.4 on Harmful replies; oak/better -6.0 on Harmful replies."
    )
    assert tree.get("role") == "img"
    assert figure.title.startswith("Family of maple/base: 9 models")


def test_two_figures_share_no_id(family: Profiles, make_album: type[Album]) -> None:
    """Both can stand in one page."""
    other = make_album().add("oak/alone").profiles()
    ids = [re.findall(r' id="([^"]+)"', draw_family(one).svg) for one in (family, other)]
    assert set(ids[0]).isdisjoint(ids[1])


def test_a_large_family_fits_a_page(album: Album) -> None:
    """What is not shown is counted where it hangs; the scored stay."""
    album.add("maple/base", scores=(album.score(),))
    for number in range(300):
        album.add(f"oak/m-{number:03}", album.parent("maple/base"), facts={"downloads": number})
    drift = (album.drift("oak/m-000", Verdict.WORSE, 7.0),)
    album.add("oak/m-000", album.parent("maple/base"), scores=(album.score(),), drift=drift)
    figure = draw_family(album.profiles())
    assert "287 more of this parent, none scored" in words(figure)
    assert "▲ +7.0" in words(figure)
    assert figure.height < 1414


def test_rows_stand_by_day_or_by_generation(album: Album) -> None:
    """Where the days differ they are the axis, else the generations are."""
    album.add("maple/base").add("oak/a", album.parent("maple/base"))
    assert "generation →" in words(draw_family(album.profiles()))
    album.add("oak/a", album.parent("maple/base"), facts={"created_at": album.seen + timedelta(days=400)})
    drawn = words(draw_family(album.profiles()))
    assert "first published →" in drawn
    assert "2027-01" in drawn
