"""How much can be found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from lineage.statistics.power import minimum_detectable


def test_known_figures() -> None:
    """2.8 errors at 5 % and 80 %; 3.24 errors at 90 %; the same of many at once."""
    assert minimum_detectable(1.0) == pytest.approx(2.8016, abs=1e-4)
    assert minimum_detectable(1.0, power=0.9) == pytest.approx(3.2415, abs=1e-4)
    assert minimum_detectable(np.array([1.0, 0.5])).tolist() == pytest.approx([2.8016, 1.4008], abs=1e-4)


@given(st.floats(0.001, 1), st.floats(0.001, 0.2), st.floats(0.5, 0.99))
def test_the_change_is_found_with_that_power(stderr: float, alpha: float, power: float) -> None:
    """The share of estimates around it that the test calls, by the normal distribution alone."""
    change = minimum_detectable(stderr, alpha=alpha, power=power)
    assert norm.sf(norm.isf(alpha / 2), change / stderr) == pytest.approx(power)
