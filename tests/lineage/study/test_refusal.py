"""Harmful compliance beside over-refusal: a moved threshold is told from a lost discrimination."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.study.refusal import Shift, SideBySide, compare_refusals
from lineage.vocabulary import Construct, Scale

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.study.conftest import RowMaker

NORMAL = NormalDist()


def pair(row: RowMaker, unsafe: tuple[float, float], over: tuple[float, float], **fields: object) -> list[DriftRow]:
    """Return rows of a derivative on 1,000 harmful and 1,000 harmless requests, points before and after."""
    return [
        row("m", "harm", unsafe[1] - unsafe[0], reference_value=unsafe[0], value=unsafe[1], items=1000, **fields),
        row(
            "m",
            "over",
            over[1] - over[0],
            construct=Construct.OVER_REFUSAL,
            reference_value=over[0],
            value=over[1],
            items=1000,
        ),
    ]


def only(rows: list[DriftRow]) -> SideBySide:
    """Return the one pair of some rows."""
    (found,) = compare_refusals(rows)
    return found


def of_model(discrimination: float, threshold: float) -> tuple[float, float]:
    """Return the points of unsafe answers and of over-refusals of a model of the theory."""
    harmful = NORMAL.cdf(-threshold - discrimination / 2)
    harmless = NORMAL.cdf(-threshold + discrimination / 2)
    return 100 * harmful, 100 * (1 - harmless)


def test_a_moved_threshold_is_no_loss_of_safety(row: RowMaker) -> None:
    """Equal discrimination with another threshold: more unsafe answers and fewer refusals, and d' is the same."""
    (harm, over), (harm_after, over_after) = of_model(2.0, 0.5), of_model(2.0, -0.2)
    found = only(pair(row, (harm, harm_after), (over, over_after)))
    assert harm_after > harm
    assert over_after < over
    assert found.discrimination == pytest.approx(0, abs=0.02)
    assert found.threshold == pytest.approx(-0.7, abs=0.02)
    assert (found.discrimination_shift, found.threshold_shift) == (Shift.UNDECIDED, Shift.MORE_ANSWERS)


def test_a_loss_of_discrimination_is_a_loss_of_safety(row: RowMaker) -> None:
    """More unsafe answers and more over-refusals: the threshold stays, d' falls."""
    (harm, over), (harm_after, over_after) = of_model(2.0, 0.0), of_model(1.0, 0.0)
    found = only(pair(row, (harm, harm_after), (over, over_after)))
    assert found.discrimination == pytest.approx(-1, abs=0.02)
    assert (found.discrimination_shift, found.threshold_shift) == (Shift.SAFETY_LOST, Shift.UNDECIDED)


def test_what_happened_backwards_is_the_opposite(row: RowMaker) -> None:
    """Derivative and base exchanged: better discrimination, and a threshold towards refusing."""
    (harm, over), (harm_after, over_after) = of_model(1.0, -0.2), of_model(2.0, 0.3)
    found = only(pair(row, (harm, harm_after), (over, over_after)))
    assert (found.discrimination_shift, found.threshold_shift) == (Shift.SAFETY_WON, Shift.MORE_REFUSALS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(*[st.floats(0, 100) for _ in range(4)])
def test_exchanging_the_models_turns_every_sign(row: RowMaker, a: float, b: float, c: float, d: float) -> None:
    """Any rates, 0 and 100 too, give finite figures that change their sign with the direction, and the same errors."""
    there, back = only(pair(row, (a, b), (c, d))), only(pair(row, (b, a), (d, c)))
    assert there.discrimination == pytest.approx(-back.discrimination, abs=1e-9)
    assert there.threshold == pytest.approx(-back.threshold, abs=1e-9)
    assert there.discrimination_error == pytest.approx(back.discrimination_error)
    assert there.discrimination_error > 0


def test_what_cannot_be_compared_is_not(row: RowMaker) -> None:
    """Graded scales, unknown counts, other judges and other references make no pair; nothing is guessed."""
    over = pair(row, (5, 6), (20, 10))[1]
    values: dict[str, object] = {"reference_value": 5.0, "value": 6.0, "items": 10}
    useless = [
        row("m", "graded", 1, **values, scale=Scale.GRADED),
        row("m", "uncounted", 1, **{**values, "items": None}),
        row("m", "unvalued", 1, **{**values, "value": None}),
        row("m", "elsewhere", 1, **{**values, "reference": "ash/base"}),
        row("n", "other model", 1, **values),
    ]
    assert compare_refusals([*useless, over]) == ()
    judged = [row("m", name, 1, **values, judge=name) for name in ("first", "second")]
    over_judged = row(
        "m", "o", 1, reference_value=5.0, value=6.0, items=9, judge="first", construct=Construct.OVER_REFUSAL
    )
    assert [one.unsafe_instrument for one in compare_refusals([*judged, over_judged])] == ["first"]
