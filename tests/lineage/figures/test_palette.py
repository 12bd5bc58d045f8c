"""The palette of kinds and steps, as people with the common kinds of colour blindness see it."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.figures.palette import KINDS, KINDS_IN_DARK, RAMP, RAMP_IN_DARK

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIGHT = {
    "usual": np.eye(3),
    "protan": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "deutan": np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]]),
    "tritan": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
}
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB."""
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def lab(colour: str, sight: str) -> NDArray[np.float64]:
    """Return a colour in CIELAB, as somebody sees it."""
    share = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(XYZ @ np.clip(SIGHT[sight] @ linear, 0.001, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kinds", [KINDS, KINDS_IN_DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_kinds_differ_for_everybody(kinds: tuple[str, ...], sight: str) -> None:
    """Every two kinds are at least 15 apart in CIELAB; 2 is the least that can be told."""
    assert len(kinds) == 8
    least = min(float(np.linalg.norm(lab(one, sight) - lab(other, sight))) for one, other in combinations(kinds, 2))
    assert least >= 15


@pytest.mark.parametrize("sight", SIGHT)
def test_steps_go_from_faint_to_strong(sight: str) -> None:
    """Each step is darker than the one before in the light theme, and lighter in the dark one."""
    for ramp, sign in ((RAMP, -1), (RAMP_IN_DARK, 1)):
        assert all(sign * (lab(after, sight)[0] - lab(before, sight)[0]) > 6 for before, after in pairwise(ramp))
