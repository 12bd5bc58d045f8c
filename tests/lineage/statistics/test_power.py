"""How much can be found, and how many items that takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from lineage.statistics.power import items_needed, minimum_detectable, paired_deviation


def test_known_figures() -> None:
    """2.8 errors at 5 % and 80 %; 785 items for a tenth of a deviation; 3.24 errors at 90 %."""
    assert minimum_detectable(1.0) == pytest.approx(2.8016, abs=1e-4)
    assert minimum_detectable(1.0, power=0.9) == pytest.approx(3.2415, abs=1e-4)
    assert items_needed(0.1, 1.0) == 785
    assert items_needed(-0.1, 1.0) == 785
    assert paired_deviation(0.25) == 0.5
    assert paired_deviation(0.25, 0.3) == pytest.approx(0.4)


@given(st.floats(0.005, 0.5), st.floats(0.05, 1))
def test_the_items_needed_find_the_effect(effect: float, deviation: float) -> None:
    """With that many items the power is at least what was asked for, with one fewer it is not."""
    items = items_needed(effect, deviation)
    powers = [
        norm.cdf(effect / (deviation / np.sqrt(count)) - norm.ppf(0.975)) for count in (items, items - 1) if count
    ]
    assert powers[0] >= 0.8 - 1e-9
    assert len(powers) == 1 or powers[1] < 0.8


def test_no_number_of_items_finds_nothing() -> None:
    """An effect of 0 is refused."""
    with pytest.raises(ValueError, match="no number of items"):
        items_needed(0, 0.5)
