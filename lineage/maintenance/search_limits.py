"""Defaults of a repair, apart from what uses them, so that `--help` prints them without loading numpy."""

from __future__ import annotations

from typing import Final

MOST_ITEMS: Final = 1500
"""The most items that a search runs."""
ITEMS_OF_EACH: Final = 240
"""The most items of one instrument that a recipe is judged by in a search; the confirmation runs all of its half."""
