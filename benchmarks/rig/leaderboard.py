"""Real scores: a leaderboard of September 2023 joined with the lineage of the Hub of July 2024."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.errors import LineageError
from lineage.prediction.predict import Observations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ROOT: Final = Path(__file__).resolve().parents[2]
LEADERBOARD: Final = _ROOT.parent.joinpath("shared", "data", "drift-replays", "open_llm_leaderboard_20230904.csv")
GUARD: Final = "HellaSwag"
CHANCE: Final = 0.28
"""A share of HellaSwag below this is that of a broken model: chance is 0.25."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """An instrument of the leaderboard: its column, its items, and whether more is safer."""

    name: str
    column: str
    items: int
    is_safer: bool = False


BOARDS: Final = (
    Board(name="TruthfulQA", column="TruthfulQA(0-shot)", items=817, is_safer=True),
    Board(name=GUARD, column="HellaSwag(10-shot)", items=10_042),
    Board(name="ARC", column="ARC(25-shot)", items=1_172),
    Board(name="MMLU", column="MMLU(5-shot)", items=14_042),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The scores of models that the graph knows, by instrument; `rows` of the file, `broken` fail the guard."""

    rows: int
    scores: Mapping[str, Observations]
    broken: frozenset[int]


def join(path: Path, number_of: Callable[[str], int]) -> Joined:
    """Read the leaderboard and find its models; several rows of one model on the same items become their mean."""
    found: dict[str, dict[int, list[float]]] = {board.name: defaultdict(list) for board in BOARDS}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        try:
            node = number_of(row["Model"])
        except LineageError:
            continue
        for board in BOARDS:
            found[board.name][node].append(float(row[board.column]) / 100)
    guard = found[GUARD]
    return Joined(
        rows=len(rows),
        scores={board.name: _observations(board, found[board.name]) for board in BOARDS},
        broken=frozenset(node for node, values in guard.items() if np.mean(values) < CHANCE),
    )


def without(scores: Observations, nodes: frozenset[int]) -> Observations:
    """Leave some nodes out."""
    kept = ~np.isin(scores.node, list(nodes))
    return Observations(node=scores.node[kept], value=scores.value[kept], stderr=scores.stderr[kept])


def _observations(board: Board, values: Mapping[int, list[float]]) -> Observations:
    node = np.array(sorted(values), dtype=np.int32)
    share = np.array([np.mean(values[one]) for one in node.tolist()])
    stderr = np.sqrt(np.maximum(share * (1 - share), 1 / board.items) / board.items)
    return Observations(node=node, value=1 - share if board.is_safer else share, stderr=stderr)
