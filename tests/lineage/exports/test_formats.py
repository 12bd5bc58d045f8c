"""The registry of formats: whole, without doubles, and listed where somebody asks for what is not there."""

from __future__ import annotations

import pytest

from lineage.exports.formats import FORMATS, UnknownFormat, find_format, format_of_file, list_formats


def test_names_are_unique() -> None:
    """No two formats share a name."""
    assert len({one.name for one in FORMATS}) == len(FORMATS)


def test_every_format_says_what_it_loses() -> None:
    """Each has a purpose, a loss, an ending with its dot and a media type."""
    for one in FORMATS:
        assert one.purpose, one.name
        assert one.loses, one.name
        assert one.ending.startswith("."), one.name
        assert one.media_type.count("/") == 1, one.name


def test_every_format_is_found_by_its_name() -> None:
    """A name leads to its format, in any capitals."""
    assert [find_format(one.name.upper()) for one in FORMATS] == list(FORMATS)


def test_an_unknown_format_lists_those_that_are_known() -> None:
    """Whoever asks for another is told every format with what it loses."""
    with pytest.raises(UnknownFormat) as caught:
        find_format("xlsx")
    assert all(f"{one.name:<9} loses {one.loses}" in str(caught.value) for one in FORMATS)


@pytest.mark.parametrize(
    ("name", "expected"), [("family.GEXF", "gexf"), ("a.b.json", "json"), ("models.csv", "csv"), ("tree.nwk", "newick")]
)
def test_a_file_says_its_format(name: str, expected: str) -> None:
    """The ending of a file leads to the format."""
    found = format_of_file(name)
    assert found is not None
    assert found.name == expected


def test_a_file_may_say_nothing() -> None:
    """An unknown ending leads to no format."""
    assert format_of_file("family.xlsx") is None


def test_the_list_has_a_row_a_format() -> None:
    """What is listed has every format, with its limit and what it needs where there are such."""
    rows = {str(row["format"]): row for row in list_formats().records()}
    assert list(rows) == [one.name for one in FORMATS]
    assert rows["mermaid"]["limit"] == "500 edges"
    assert rows["arrow"]["needs"] == "hub-lineage[arrow]"
    assert rows["parquet"]["ending"] == "folder of *.parquet"
