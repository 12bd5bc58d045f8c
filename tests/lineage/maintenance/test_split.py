"""The halves of an instrument's items."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineage.maintenance.split import Half, split_items

CLUSTERS = st.dictionaries(st.text(max_size=8), st.text(max_size=3), max_size=40)


@given(CLUSTERS)
def test_halves_hold_all_items_and_divide_no_cluster(clusters: dict[str, str]) -> None:
    """Every item is in exactly one half, the clusters differ by one at most, and the order of the input is nothing."""
    split = split_items(clusters)
    assert sorted(split.items(Half.BOTH)) == sorted(clusters)
    halves = [{clusters[item] for item in split.items(half)} for half in (Half.SEARCH, Half.CONFIRMATION)]
    assert halves[0].isdisjoint(halves[1])
    assert len(halves[0]) - len(halves[1]) in {0, 1}
    assert split_items(dict(reversed(clusters.items()))) == split


def test_the_order_of_a_half_mixes_clusters() -> None:
    """Items of one cluster do not follow each other: a sequential test wants them in random order."""
    split = split_items({f"{number:03}": f"cluster {number // 50}" for number in range(200)})
    assert len(split.search) == 100
    first = {int(item) // 50 for item in split.search[:20]}
    assert len(first) == 2
    assert list(split.search) != sorted(split.search)


def test_the_split_of_given_items_never_changes() -> None:
    """Halves of stored trials stay those of later runs."""
    assert split_items({name: name for name in "abcdef"}).search == ("f", "d", "b")
