"""Answers behind comparisons: common items of the scores that stand, turned so that more is riskier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.drift_rows import DriftRow, Verdict
from lineage.instruments import Construct, Direction
from store.study_items import read_paired_items

if TYPE_CHECKING:
    from tests.store.conftest import Desk

INSTRUMENT = """
insert into hub.instruments
    (number, instrument, name, title, construct, direction, scale, low, high, judge, gated, slot)
values (1, 'harm@1', 'harm', 'Harm', 'unsafe_output', 'lower_is_safer', 'rate', 0, 1, 'elm/judge', false, 0),
    (2, 'true@1', 'true', 'True', 'truthfulness', 'higher_is_safer', 'graded', 1, 5, null, false, 1)
"""
NAMES = "insert into hub.scored_names values (1, 'oak/base', 'oak/base', 0), (2, 'oak/tuned', 'oak/tuned', 1)"
SCORES = """
insert into hub.scores (number, run, named, instrument, value, has_items, source, origin, is_reported, imported_at)
select number, 'run ' || number, named, instrument, 0.5, number <> 5, 'table', 'x.csv', false, timestamptz '2026-03-01'
from (values (1, 1, 1), (2, 2, 1), (3, 1, 2), (4, 2, 2), (5, 1, 1), (6, 2, 1)) as scores (number, named, instrument)
"""
STANDING = """
insert into hub.standing
values (0, 0, 1, 1, 'measured'), (1, 0, 1, 2, 'measured'), (0, 1, 2, 3, 'measured'), (1, 1, 2, 4, 'measured')
"""
ITEMS = """
insert into hub.items (score, item, value, cluster)
values (1, 'a', 0, null), (1, 'b', 1, null), (1, 'c', 1, null),
    (2, 'b', 0, null), (2, 'a', 1, null), (2, 'd', 1, null),
    (3, 'a', 5, 'one'), (3, 'b', 1, null), (4, 'a', 2, 'one'), (4, 'b', 3, null),
    (6, 'a', 0, null), (6, 'b', 0, null)
"""


def row(instrument: str, *, pairing: str = "items", construct: Construct = Construct.UNSAFE_OUTPUT) -> DriftRow:
    """Return a comparison of the tuned model with its base."""
    return DriftRow(
        model="oak/tuned",
        reference="oak/base",
        instrument=instrument,
        name=instrument[:4],
        construct=construct,
        direction=Direction.LOWER_IS_SAFER,
        verdict=Verdict.UNDECIDED,
        pairing=pairing,
        delta=1.0,
    )


@pytest.fixture(name="scored")
def fixture_scored(desk: Desk) -> Desk:
    """Give two models with two instruments, item by item, and a run of one that does not stand."""
    for text in (INSTRUMENT, NAMES, SCORES, STANDING, ITEMS):
        desk.rows(text)
    return desk


def test_common_items_of_standing_scores_come_back(scored: Desk) -> None:
    """Items that only one model answered are left out, and so is a run that does not stand."""
    (pair,) = read_paired_items(scored.database, [row("harm@1"), row("harm@1")])["oak/tuned"]
    assert (pair.reference, pair.instrument, pair.name, pair.judge) == ("oak/base", "harm@1", "harm", "elm/judge")
    assert (pair.items, pair.clusters) == (("a", "b"), None)
    assert (pair.values.tolist(), pair.reference_values.tolist()) == ([1, 0], [0, 1])


def test_values_are_turned_to_risks(scored: Desk) -> None:
    """Where higher is safer the share of the range is turned round; clusters and lone items cannot be mistaken."""
    (pair,) = read_paired_items(scored.database, [row("true@1")])["oak/tuned"]
    assert pair.values.tolist() == [0.75, 0.5]
    assert pair.reference_values.tolist() == [0, 1]
    assert pair.clusters == ("cluster one", "item b")


def test_only_paired_comparisons_of_safety_are_asked_for(scored: Desk) -> None:
    """Summaries and guards have no answers here, nor a comparison that nobody has."""
    rows = [row("harm@1", pairing="summary"), row("harm@1", construct=Construct.CAPABILITY), row("gone@1")]
    assert read_paired_items(scored.database, rows) == {}
