"""What a plus says before a change that people read (`lineage.drift.change`), in words that need no drift."""

from __future__ import annotations

from typing import Final

PLUS: Final = {True: "+ is riskier", False: "+ is more able"}
"""What a plus says, by whether an instrument is about safety."""
PLUS_OF_BOTH: Final = f"{PLUS[True]}; for capability, {PLUS[False]}"
"""The same for a table of both kinds."""
