"""Published results of real fine-tunes: the shares of contradictions and of undecided pairs that follow from them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.statistics.multiplicity import q_values
from lineage.statistics.summaries import Summaries, compare_summaries
from lineage.statistics.verdicts import CODES, decide
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from lineage.statistics.comparison import Comparisons

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "drift-replays"
BASES = {"fft": "base_fp16", "lora": "base_fp16", "qlora": "base_4bit"}
ITEMS = {"HarmBench": 400, "JBB": 100}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the published results do not lie beside the repository")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a published table."""
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def grid(suffix: str) -> tuple[Comparisons, np.ndarray]:
    """Return the comparisons of every cell of attacks, sets and judges, and the number of each one's derivative."""
    cells = [
        (cell["model_family"], way, float(cell[way + suffix]), float(cell[base]), ITEMS[cell["dataset"]])
        for cell in rows("taleef_controlled_cells_3judge.csv")
        for way, base in BASES.items()
    ]
    names = sorted({cell[:2] for cell in cells})
    new, old, items = (np.array([float(cell[at]) for cell in cells]) for at in (2, 3, 4))
    sides = (Summaries.of(value / 100, items=items, is_rate=True) for value in (new, old))
    return compare_summaries(*sides), np.array([names.index(cell[:2]) for cell in cells])


def mixed(is_worse: np.ndarray, is_better: np.ndarray, derivative: np.ndarray) -> int:
    """Count the derivatives that are worse in one cell and better in another."""
    return len(set(derivative[is_worse].tolist()) & set(derivative[is_better].tolist()))


@pytest.mark.parametrize(("suffix", "plain", "significant"), [("", 11, 3), ("_orig", 9, 4)])
def test_contradictions_of_the_controlled_fine_tunes(suffix: str, plain: int, significant: int) -> None:
    """Of fifteen derivatives, so many are mixed by sign alone, and so few where both signs are significant."""
    found, derivative = grid(suffix)
    assert derivative.max() == 14
    assert mixed(found.delta > 0, found.delta < 0, derivative) == plain
    is_change = found.p_value <= 0.05
    assert mixed(is_change & (found.delta > 0), is_change & (found.delta < 0), derivative) == significant
    codes = decide(found, q_values(found.p_value), q_values(found.p_equivalence))
    assert mixed(codes == CODES[Verdict.WORSE], codes == CODES[Verdict.BETTER], derivative) == 3


def test_half_of_the_leaderboards_pairs_are_undecided() -> None:
    """At 817 items 55 of 110 pairs do not differ significantly, and none is equivalent within three points."""
    pairs = rows("open_llm_leaderboard_20230904_namepairs.csv")
    new, old = (
        np.array([1 - float(pair[f"truthfulqa_mc2_{side}"]) / 100 for pair in pairs]) for side in ("deriv", "base")
    )
    sides = (Summaries.of(value, stderr=np.sqrt(value * (1 - value) / 817), is_rate=False) for value in (new, old))
    found = compare_summaries(*sides)
    assert (len(found), int((found.p_value > 0.05).sum())) == (110, 55)
    codes = decide(found, q_values(found.p_value), q_values(found.p_equivalence))
    assert int((codes == CODES[Verdict.UNDECIDED]).sum()) == 59
    assert not (codes == CODES[Verdict.EQUIVALENT]).any()
