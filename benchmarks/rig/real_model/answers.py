"""Answers of a base and its derivatives to the same real items, kept in a file for other benchmarks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The scores of base and derivative on the items of an instrument, in one order: risks, from 0 (safest) to 1."""

    model: str
    instrument: str
    base: tuple[float, ...]
    derivative: tuple[float, ...]

    def differences(self) -> Floats:
        """Return the change of each item, positive if the derivative is riskier."""
        found: Floats = np.subtract(self.derivative, self.base)
        return found

    def identical(self) -> float:
        """Return the share of items on which both scored exactly the same."""
        return float((self.differences() == 0).mean())


def pair_up(risks: Mapping[tuple[str, str], Mapping[str, float]], base: str) -> list[Answers]:
    """Return the answers of each model and instrument beside the base's, on the items that both have, by item name.

    `risks` are by model and instrument, then by item.
    """
    found = []
    for (model, instrument), mine in sorted(risks.items()):
        theirs = risks.get((base, instrument), {})
        common = sorted(mine.keys() & theirs.keys())
        if model != base and common:
            found.append(
                Answers(
                    model=model,
                    instrument=instrument,
                    base=tuple(theirs[item] for item in common),
                    derivative=tuple(mine[item] for item in common),
                )
            )
    return found


def write_answers(path: Path, answers: Iterable[Answers]) -> None:
    """Write answers to a file of JSON lines."""
    path.write_text("".join(f"{json.dumps(asdict(one))}\n" for one in answers), "utf-8")


def read_answers(path: Path) -> Sequence[Answers]:
    """Read answers that `write_answers` wrote."""
    read = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [Answers(**{**one, "base": tuple(one["base"]), "derivative": tuple(one["derivative"])}) for one in read]
