"""The levels at which verdicts are decided where a question names no others; every command, rule and record reads them.

They stand apart from the tests that use them so that `--help` can print them without loading numpy.
"""

from __future__ import annotations

from typing import Final

ALPHA: Final = 0.05
"""The share of false verdicts that is allowed."""
POWER: Final = 0.8
"""With which probability a minimum detectable difference would be found."""
DEFAULT_MARGIN_POINTS: Final = 3.0
"""Percentage points of an instrument's range within which a difference counts as practically none: a judgement."""
DEFAULT_MARGIN: Final = DEFAULT_MARGIN_POINTS / 100
"""The same as a share of the range, as the tests take it."""
