"""Default levels for verdicts, which every command, rule and record uses unless told otherwise.

They are separate from the tests that use them so that `--help` can print them without loading numpy.
"""

from __future__ import annotations

from typing import Final

ALPHA: Final = 0.05
"""The accepted share of false verdicts."""
POWER: Final = 0.8
"""The probability with which a minimum detectable difference would be found."""
DEFAULT_MARGIN_POINTS: Final = 3.0
"""A difference within this many percentage points of an instrument's range counts as practically none: a judgement."""
DEFAULT_MARGIN: Final = DEFAULT_MARGIN_POINTS / 100
"""The same margin as a fraction of the range, for the tests."""
