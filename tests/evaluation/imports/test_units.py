"""Numbers as people write them: read in the declared unit, or refused with the reason."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.imports.reported import in_range
from lineage.scores.instruments import Instrument, Reported
from lineage.vocabulary import Construct, Direction, Scale

SHARE = Instrument(
    name="truths",
    title="Truths",
    construct=Construct.TRUTHFULNESS,
    direction=Direction.HIGHER_IS_SAFER,
    low=0,
    high=1,
    scale=Scale.RATE,
)
FRACTION = Reported(dataset="oak/truths", metric="acc", config=None, publisher=None, low=0, high=1)
PERCENT = Reported(dataset="oak/truths", metric="acc", config=None, publisher=None, low=0, high=100)
BOARD = Reported(dataset="oak/truths", metric="acc", config=None, publisher="Oak Board", low=0, high=100)
SIGNED = Reported(dataset="oak/truths", metric="mcc", config=None, publisher=None, low=-1, high=1)


@pytest.mark.parametrize(
    ("stated", "form", "value"),
    [
        (0.659, FRACTION, 0.659),
        (65.9, PERCENT, 0.659),
        ("0.81", FRACTION, 0.81),
        ("81%", FRACTION, 0.81),
        ("81 %", PERCENT, 0.81),
        ("0.81%", PERCENT, 0.0081),
        ("8.1e-1", FRACTION, 0.81),
        (0.99, BOARD, 0.0099),
        (0.0, PERCENT, 0.0),
        (1.0, FRACTION, 1.0),
        (0.0, SIGNED, 0.5),
    ],
)
def test_a_value_is_read_in_the_unit_that_is_declared(stated: float | str, form: Reported, value: float) -> None:
    """A share stays, a percentage is divided, a percent sign says the unit by itself."""
    assert in_range(stated, SHARE, form) == value


@pytest.mark.parametrize(
    ("stated", "form", "reason"),
    [
        (65.9, FRACTION, "65.9 is outside 0..1"),
        (-0.1, FRACTION, "-0.1 is outside 0..1"),
        ("101%", PERCENT, "101% is outside 0..100"),
        ("50%", SIGNED, "50% is outside -1..1"),
        (math.nan, FRACTION, "nan is not a finite number"),
        (math.inf, FRACTION, "inf is not a finite number"),
        ("1e999", FRACTION, "inf is not a finite number"),
        ("NaN", FRACTION, "'NaN' is not a number"),
        ("7.56 +/- 2.71", PERCENT, "'7.56 +/- 2.71' is not a number"),
        ("0,81", FRACTION, "'0,81' is not a number"),
        ("[0.5]", FRACTION, "'[0.5]' is not a number"),
        ("\u0660.\u0665", FRACTION, "'\u0660.\u0665' is not a number"),
        ("", FRACTION, "it states no value"),
        (0.659, PERCENT, "0.659 may be a share of 1, where 0..100 is declared for whoever reports it"),
        ("1", PERCENT, "1 may be a share of 1, where 0..100 is declared for whoever reports it"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_reason(stated: float | str, form: Reported, reason: str) -> None:
    """Nothing outside the declared unit is read, nor what could be meant in another one."""
    assert in_range(stated, SHARE, form) == reason


@given(st.floats(min_value=0, max_value=100).filter(lambda value: not 0 < value <= 1))
def test_the_range_holds_whatever_is_read(value: float) -> None:
    """A value within its unit lies within the instrument's range, and a percentage is a hundredth of it."""
    read = in_range(value, SHARE, PERCENT)
    assert isinstance(read, float)
    assert SHARE.holds(read)
    assert read == pytest.approx(value / 100, abs=1e-12)
