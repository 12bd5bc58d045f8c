"""Which models stand in a figure, and under which parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from lineage.figures.family_rows import family_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.profile import Profiles
    from tests.lineage.conftest import Album

EDGES = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29), st.booleans()), max_size=60)


def drawn(album: Album, edges: list[tuple[int, int, bool]], queued: set[int]) -> Profiles:
    """Return models 0 to 29 with edges from child to parent, some of them queued."""
    for number in range(30):
        parents = {parent: inferred for child, parent, inferred in edges if child == number != parent}
        plans = (album.planned(),) if number in queued else ()
        told = tuple(album.parent(f"m/{one}", inferred=inferred) for one, inferred in sorted(parents.items()))
        album.add(f"m/{number}", *told, planned=plans)
    return album.profiles()


@given(edges=EDGES, queued=st.sets(st.integers(0, 29), max_size=5), most=st.integers(1, 40))
def test_every_model_stands_once_or_is_counted(
    make_album: Callable[[], Album], edges: list[tuple[int, int, bool]], queued: set[int], most: int
) -> None:
    """Whatever the edges, cycles too: a row hangs under an earlier row of its parent, and children add up."""
    profiles = drawn(make_album(), edges, queued)
    rows = family_rows(profiles, most)
    shown = [row.profile.id for row in rows if row.profile is not None]
    assert len(shown) == len(set(shown))
    for place, row in enumerate(rows):
        if row.above is not None:
            assert row.above < place
            assert row.depth == rows[row.above].depth + 1
        if row.profile is not None and row.above is not None:
            above = rows[row.above].profile
            assert above is not None
            assert row.edge is not None
            assert row.edge.parent == above.id
        if row.profile is not None:
            parents = {edge.parent for edge in row.profile.parents} - {row.profile.id}
            assert len(parents) == len(row.others) + row.unshown + (row.edge is not None)
    if most >= 30:
        assert len(shown) == 30


@given(edges=EDGES, queued=st.sets(st.integers(0, 29), max_size=3))
def test_a_page_is_not_exceeded_but_for_one_long_way(
    make_album: Callable[[], Album], edges: list[tuple[int, int, bool]], queued: set[int]
) -> None:
    """The first model always stands with its whole way; then rows stay within the page, but for a fold."""
    rows = family_rows(drawn(make_album(), edges, queued), 12)
    deepest = max(row.depth for row in rows)
    assert len(rows) <= max(12, 2 * (deepest + 1)) + 1


def test_the_root_of_the_most_takes_all_below(album: Album) -> None:
    """A merge hangs in the family that was asked for; the other parent, not asked for, has no row of its own."""
    album.add("z/base").add("a/other")
    album.add("z/child", album.parent("z/base")).add("z/merge", album.parent("a/other"), album.parent("z/child"))
    rows = family_rows(album.profiles("z/base", "z/child", "z/merge"))
    assert [row.profile and row.profile.id for row in rows] == ["z/base", "z/child", "z/merge"]
    assert [row.unshown for row in rows] == [0, 0, 1]


def test_ancestors_lead_to_a_model_that_was_asked_for(album: Album) -> None:
    """A model alone stands under what it comes from."""
    album.add("z/base").add("z/child", album.parent("z/base")).add("z/grandchild", album.parent("z/child"))
    rows = family_rows(album.profiles("z/grandchild"))
    assert [(row.profile and row.profile.id, row.depth) for row in rows] == [
        ("z/base", 0),
        ("z/child", 1),
        ("z/grandchild", 2),
    ]
