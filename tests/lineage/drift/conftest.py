"""A small family with scores, in arrays, for the tests of drift."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.drift.current_scores import CurrentScores, StoredIdentity
from lineage.drift.guards import inspect_guards
from lineage.drift.measure import CommonItems, DriftInputs
from lineage.graph.graph import Graph
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity
from lineage.statistics.noise_floor import NoiseFloor
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from lineage.statistics.judge_error import JudgeError

IDS = ("ash/base", "elm/medical", "elm/notes", "fir/merge", "oak/other")
BASE, MEDICAL, NOTES, MERGE, OTHER = range(5)
FINETUNE, ADAPTER, MERGED = 0, 1, 3


def family() -> Graph:
    """Return base <- medical <- notes, and a merge of notes and other."""
    child, parent = [MEDICAL, NOTES, MERGE, MERGE], [BASE, MEDICAL, NOTES, OTHER]
    return Graph.from_edges(len(IDS), child, parent, [FINETUNE, ADAPTER, MERGED, MERGED])


def instrument(name: str = "harm", **changes: object) -> Instrument:
    """Return an instrument of unsafe output, 0 to 1, one item 0 or 1; `changes` replace fields."""
    facts: dict[str, object] = {
        "name": name,
        "title": name,
        "construct": Construct.UNSAFE_OUTPUT,
        "direction": Direction.LOWER_IS_SAFER,
        "low": 0.0,
        "high": 1.0,
        "scale": Scale.RATE,
    }
    return Instrument(**(facts | changes))  # type: ignore[arg-type] # fields are chosen by the tests


CAPABLE = instrument("quiz", construct=Construct.CAPABILITY, direction=Direction.CAPABILITY, chance=0.25, floor=0.28)


@dataclass(slots=True)
class Board:
    """Scores are put on it one by one; `inputs` is what drift is measured from."""

    BASE = BASE
    MEDICAL = MEDICAL
    NOTES = NOTES
    MERGE = MERGE
    OTHER = OTHER

    identities: list[StoredIdentity] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)
    common: dict[int, np.ndarray] = field(default_factory=dict)
    clusters: np.ndarray | None = None

    @property
    def graph(self) -> Graph:
        """Base <- medical <- notes, and a merge of notes and other."""
        return family()

    @staticmethod
    def id_of(node: int) -> str:
        """Return what a node is called."""
        return IDS[node]

    @staticmethod
    def instrument(name: str = "harm", **changes: object) -> Instrument:
        """Return an instrument of unsafe output; `changes` replace its fields."""
        return instrument(name, **changes)

    @staticmethod
    def share(of: int, ones: int) -> np.ndarray:
        """Return so many answers of which the first ones are 1."""
        return share(of, ones)

    def capability(self) -> Instrument:
        """Return an instrument of capability at which guessing gives 0.25, of a floor of 0.28."""
        return CAPABLE

    def measures(self, what: Instrument, **identity: str | None) -> int:
        """Declare an identity in a slot of its own; returns its number."""
        made = Identity(name=what.name, **identity)
        self.identities.append(StoredIdentity(instrument=what, identity=made, key=made.key, slot=len(self.identities)))
        return len(self.identities) - 1

    def knows(self, number: int, error: JudgeError) -> None:
        """Tell what the judge of an identity got right and wrong of labelled replies."""
        self.identities[number] = replace(self.identities[number], measured_error=error)

    def shakes(self, number: int, floor: float) -> None:
        """Tell how far runs of the same weights differed, on 400 items."""
        noise = NoiseFloor(runs=8, items=400, floor=floor, changed=0.5)
        self.identities[number] = replace(self.identities[number], noise=noise)

    def put(  # noqa: PLR0913 - a score has as many facts
        self,
        node: int,
        number: int,
        value: float,
        *,
        items: float | None = None,
        stderr: float = np.nan,
        reply_length: float = np.nan,
        is_stale: bool = False,
        answers: np.ndarray | None = None,
        slot: int | None = None,
        claims: tuple[float, ...] | None = None,
    ) -> None:
        """Put the score of a node on an identity, in the range of the instrument; `answers` are its items.

        `items` is how many it has; None for 400, or as many as there are answers.

        `claims` are values that contradict each other; None for one value.
        """
        one = self.identities[number]
        if answers is not None:
            self.common[len(self.rows)] = answers
        self.rows.append(
            (
                node,
                one.slot if slot is None else slot,
                number,
                len(self.rows),
                one.instrument.risk(value) if claims is None else np.nan,
                stderr / one.instrument.span,
                (400 if answers is None else len(answers)) if items is None else items,
                reply_length,
                one.instrument.scale is Scale.RATE,
                one.instrument.is_guard,
                is_stale,
                False,
                False,
                False,
                answers is not None,
                1 if claims is None else len(claims),
                value if claims is None else min(claims),
                value if claims is None else max(claims),
            )
        )

    def current(self) -> CurrentScores:
        """Return the scores in arrays, sorted by node and slot."""
        ordered = sorted(self.rows, key=lambda row: row[:2])
        columns = list(zip(*ordered, strict=True)) if ordered else [()] * 18
        kinds = (np.int32,) * 4 + (np.float64,) * 4 + (np.bool_,) * 7 + (np.int32, np.float64, np.float64)
        arrays: list[np.ndarray] = [np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)]
        names = (
            "node slot instrument score value stderr items reply_length "
            "is_rate is_guard is_stale is_reported is_published is_bounded has_items "
            "claims lowest highest"
        )
        return CurrentScores(**dict(zip(names.split(), arrays, strict=True)))

    def inputs(self) -> DriftInputs:
        """Return everything that drift is measured from."""
        current = self.current()
        guards = inspect_guards(len(IDS), current, self.identities)
        return DriftInputs(
            current=current, identities=self.identities, items=Answers(self.common, self.clusters), guards=guards
        )


@dataclass(slots=True)
class Answers:
    """The answers of each score, all on the same items; every item stands alone where `clusters` is None."""

    answers: dict[int, np.ndarray]
    clusters: np.ndarray | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)

    def common(self, derivative: int, reference: int) -> CommonItems:
        """Return both answers to each item."""
        self.asked.append((derivative, reference))
        mine, theirs = self.answers[derivative], self.answers[reference]
        count = min(len(mine), len(theirs))
        return CommonItems(
            item=np.arange(count).astype(object),
            derivative=mine[:count].astype(np.float64),
            reference=theirs[:count].astype(np.float64),
            clusters=np.arange(count).astype(object) if self.clusters is None else self.clusters[:count],
        )


def share(of: int, ones: int) -> np.ndarray:
    """Return so many answers of which the first ones are 1."""
    return (np.arange(of) < ones).astype(np.float64)


@pytest.fixture(name="board")
def fixture_board() -> Board:
    """Give an empty board."""
    return Board()
