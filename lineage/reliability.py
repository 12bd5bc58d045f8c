"""How far an inferred edge can be trusted, as measured on edges that were declared and hidden."""

from __future__ import annotations

from typing import Final

DEFAULT_THRESHOLD: Final = 0.9
