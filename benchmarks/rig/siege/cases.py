"""One case of the siege and its outcome, determined by its seed alone, so that it can be repeated."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case: of a kind, under a number; `folder` is its own, `shared` that of all cases of the run."""

    kind: str
    number: int
    seed: int
    folder: Path
    shared: Path

    @property
    def chance(self) -> random.Random:
        """Return this case's random generator, at its start."""
        return random.Random(f"{self.seed} {self.kind} {self.number}")


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The outcome of a case: events by name, and what did not hold; `broken` should stay empty."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def check(self, *, holds: bool, otherwise: str) -> None:
        """Record what does not hold."""
        if not holds:
            self.broken.append(otherwise)
