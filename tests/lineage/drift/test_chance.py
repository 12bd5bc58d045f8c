"""How many models of a list chance alone would call worse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from lineage.drift.chance import by_chance, most_by_chance
from lineage.drift.drift_row import DriftRow
from lineage.vocabulary import Construct, Correction, Direction, Verdict


def row(model: str, name: str = "harm", **changes: object) -> DriftRow:
    """Return a tested row; `changes` replace fields."""
    facts: dict[str, object] = {
        "model": model,
        "instrument": name,
        "name": name,
        "construct": Construct.UNSAFE_OUTPUT,
        "direction": Direction.LOWER_IS_SAFER,
        "verdict": Verdict.UNDECIDED,
        "reference": "ash/base",
        "q_value": 0.5,
    }
    return DriftRow(**(facts | changes))  # type: ignore[arg-type] # fields are chosen by the tests


def test_every_construct_of_a_model_may_be_wrong_once() -> None:
    """Two instruments of one construct are one chance of 2.5 %, two constructs are two; what was not tested is none."""
    rows = [row(f"elm/{number}", name) for number in range(120) for name in ("harm", "more")]
    assert by_chance(rows).worse == pytest.approx(3)
    assert by_chance(rows).words == (
        "of 120 models compared, chance alone would call about 3 worse on average, and up to 16 in 19 of 20 such lists"
    )
    more = [row(f"elm/{number}", construct=Construct.BIAS) for number in range(120)]
    assert by_chance([*rows, *more]).worse == pytest.approx(120 * (1 - 0.975**2))
    untested = [row("oak/none", q_value=None)]
    assert by_chance(untested) == by_chance([])
    assert "call fewer than 1 worse" in by_chance(rows[:4]).words


def test_a_correction_over_the_question_labels_itself() -> None:
    """Such a list promises something else, and says so."""
    found = by_chance([row("elm/a", correction=Correction.ASKED), row("elm/b", correction=Correction.ASKED)])
    assert (found.models, found.worse) == (2, None)
    assert "corrected over everything that was asked, 2 models, not over each pair" in found.words


def test_models_that_share_a_reference_share_its_error() -> None:
    """Nineteen of twenty drawn lists stay within the stated number, which is far above that of independent models."""
    rng, models, lists = np.random.default_rng(1), 300, 4_000
    error = rng.standard_normal((lists, 1)) - rng.standard_normal((lists, models))
    found = (error / 2**0.5 < ndtri(0.025)).sum(axis=1)
    one_base = most_by_chance({((1, models),): 1}, 0.025)
    assert (found > one_base).mean() == pytest.approx(0.05, abs=0.015)
    many = most_by_chance({((1, 1),): models}, 0.025)
    assert 2 * many < one_base
    assert many == pytest.approx(binom.ppf(0.95, models, 0.025), abs=1)
