"""Models that declare no base, labelled by reading: what each was made from, and how sure the labeller is.

The head of `labels/undeclared_parents.csv` has the meaning of its columns and how the models were drawn.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.truth import is_namesake

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LABELS: Final = Path(__file__).resolve().parents[1] / "labels" / "undeclared_parents.csv"
UNKNOWN: Final = "?"
MERGE: Final = "merge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One labelled model; `parent` is an id, `merge`, `?` where a reader cannot tell, or empty for a root."""

    model: str
    parent: str
    stratum: str
    half: str
    is_sure: bool

    @property
    def is_root(self) -> bool:
        """Whether it was made from nothing that is on the Hub."""
        return not self.parent

    @property
    def has_parent(self) -> bool:
        """Whether its one parent is known."""
        return self.parent not in ("", UNKNOWN, MERGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The edges of a database by child: parents with the relation to each."""

    parents: Mapping[str, Mapping[str, str]]

    def judge(self, label: Label, guess: str) -> str:
        """Return what a parent that was found is beside the label.

        `exact`; `copy`: a quantized copy or an upload under the same name; `ancestor`: further up than the label;
        `root`: the label is a root; `wrong`; or `unjudged`, where the label names no single parent.
        """
        if label.is_root:
            return "root"
        if not label.has_parent:
            return "unjudged"
        if guess == label.parent:
            return "exact"
        if is_namesake(guess, label.parent) or self.parents.get(guess, {}).get(label.parent) == "quantized":
            return "copy"
        return "ancestor" if guess in self._above(label.parent) else "wrong"

    def _above(self, model: str) -> Collection[str]:
        found: set[str] = set()
        waiting = [model]
        while waiting:
            for parent in self.parents.get(waiting.pop(), {}):
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return found


def read_labels(path: Path = LABELS) -> tuple[Label, ...]:
    """Return the labels of a file, without its head."""
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return tuple(
        Label(
            model=row["model"],
            parent=row["parent"],
            stratum=row["stratum"],
            half=row["half"],
            is_sure=row["sure"] == "yes",
        )
        for row in csv.DictReader(lines)
    )
