"""Instruments: values as shares of the range, turned so that more is riskier."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.scores.instrument_file import default_catalogue
from lineage.scores.instruments import SUBJECTS, Instrument
from lineage.vocabulary import Construct, Direction, Scale

ENDS = st.floats(-1e6, 1e6)


@given(low=ENDS, high=ENDS, direction=st.sampled_from(Direction), inside=st.floats(0, 1))
def test_the_ends_of_a_range_are_shares_of_0_and_1(
    low: float, high: float, direction: Direction, inside: float
) -> None:
    """Exactly: items of 0 and 100 are 0/1 items, and no difference of two is more than the whole range."""
    low, high = sorted((low, high))
    if not high - low > 1e-9:
        return
    one = Instrument(
        name="scale",
        title="scale",
        construct=Construct.UNSAFE_OUTPUT,
        direction=direction,
        low=low,
        high=high,
        scale=Scale.GRADED,
    )
    between = min(low + inside * one.span, high)
    shares = one.risks(np.array([low, high, between]))
    assert sorted(shares[:2].tolist()) == [0, 1]
    assert 0 <= shares[2] <= 1
    assert shares.tolist() == pytest.approx([one.risk(low), one.risk(high), one.risk(between)], abs=0)


def test_every_instrument_has_a_name_for_people() -> None:
    """The name says what is measured and by which benchmark, and repeats nothing."""
    catalogue = default_catalogue()
    assert set(SUBJECTS) == set(Construct)
    assert len({one.label for one in catalogue}) == len(list(catalogue))
    assert catalogue.instruments["xstest_unsafe"].label == "Refusals of harmful requests (XSTest, harmful prompts)"
    assert catalogue.instruments["hex_phi"].label == "HEx-PHI, share of harmful replies"
