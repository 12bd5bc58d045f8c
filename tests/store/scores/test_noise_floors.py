"""Noise floors in the database: once, for all that was measured alike, and in the verdicts on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lineage.drift.measure import DriftSettings
from lineage.scores.score import Identity
from lineage.statistics.noise_floor import NoiseFloor
from lineage.vocabulary import Against
from store.drift.measure import find_drift
from store.drift.write_drift import refresh
from store.scores.noise_floors import write_noise_floor
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled


def floored(desk: Desk, floor: float, template: str | None = None, items: int = 400) -> bool:
    """Store a noise floor, and return whether it is new."""
    return write_noise_floor(
        desk.database,
        Identity(name="harm", template=template, item_set_hash="other items"),
        NoiseFloor(runs=8, items=items, floor=floor, changed=0.1),
        engine="transformers 5",
        model="maple/model-1",
        revision=None,
        measured_at=desk.START,
    )


def test_a_floor_is_in_the_verdicts_on_what_was_measured_alike(
    filled: Filled, make_score: Callable[..., Score]
) -> None:
    """The highest of all counts, also of other items; other templates have none; stored and computed rows are equal."""

    def fill(desk: Desk) -> None:
        desk.take([desk.record(number, tags=["base_model:maple/model-1"] if number == 2 else []) for number in (1, 2)])
        desk.derive()

    desk = filled(fill)
    scores = [
        make_score(f"maple/model-{number}", ones, identity=Identity(name="harm", template=template))
        for number, ones in ((1, 40), (2, 80))
        for template in (None, "chat")
    ]
    write_scores(desk.database, scores, desk.START)
    refresh(desk.database)
    assert floored(desk, 0.02)
    assert not floored(desk, 0.02)
    assert not desk.database.value("drift/is_current")
    refresh(desk.database)
    asked = (desk.database, None, (Against.PARENT,))
    assert sorted(row.verdict.value for row in find_drift(*asked, DriftSettings()).rows) == ["worse", "worse"]
    assert floored(desk, 0.06, items=1_600)
    refresh(desk.database)
    stored, computed = (
        find_drift(*asked, settings).rows for settings in (DriftSettings(), DriftSettings(margin=0.031))
    )
    for rows in (stored, computed):
        told = {row.noise_floor is None: row for row in rows}
        assert told[True].verdict.value == "worse"
        assert told[False].verdict.value == "undecided"
        assert told[False].noise_floor == pytest.approx(12)
        assert "which is no finding" in told[False].reason
        assert "within the noise floor: runs of the same weights differed by up to 12 points" in told[False].reason
    assert desk.rows("select count(*), max(floor) from noise_floors") == [(2, 0.06)]


def test_a_floor_of_nothing_that_is_here_changes_nothing(desk: Desk) -> None:
    """It is kept for scores to come, and drift stays as current as it was."""
    before = desk.database.value("drift/is_current")
    assert floored(desk, 0.01)
    assert desk.database.value("drift/is_current") == before
