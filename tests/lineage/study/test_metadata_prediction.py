"""Prediction of families that were left out: found where there is something, denied where there is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.statistics.ridge import PENALTIES, predict_left_out
from lineage.study.inputs import StudyFacts, StudyInputs
from lineage.study.metadata import Design, describe
from lineage.study.metadata_prediction import MEMBERS, METADATA, NO_CHANGE, OTHERS, compare_guesses, conclude, guess_all
from lineage.study.told_columns import ToldColumns
from lineage.study.training_facts import TrainingFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.study.metadata_prediction import GuessError
    from tests.lineage.study.conftest import RowMaker


def world(
    row: RowMaker, effect: Callable[[float, float], float], *, seed: int, families: int = 20, noise: float = 2.0
) -> tuple[list[DriftRow], StudyInputs]:
    """Return six derivatives a family; `effect` gives the drift of a learning rate's logarithm and a family's own."""
    random = np.random.default_rng(seed)
    rows: list[DriftRow] = []
    models: dict[str, StudyFacts] = {}
    for family in range(families):
        base, own = f"b{family:02}", float(random.normal())
        models[base] = StudyFacts(parameters=int(10 ** random.uniform(9, 11)))
        for number in range(6):
            model, rate = f"{base}/{number}", float(random.uniform(-6, -3))
            models[model] = StudyFacts(training=TrainingFacts(learning_rate=10**rate))
            delta = effect(rate, own) + float(random.normal(0, noise))
            rows.append(row(model, "x", delta, reference=base, relation="adapter" if number % 2 else "finetune"))
    return rows, StudyInputs(models=models)


def every_row(design: Design) -> NDArray[np.float64]:
    """Return the values of all rows of a design."""
    return design[np.arange(len(design.kind))]


def errors(rows: list[DriftRow], facts: StudyInputs) -> dict[str, GuessError]:
    """Return the errors by guess."""
    return {one.guess: one for one in compare_guesses(rows, facts)}


def test_what_metadata_tell_is_found(row: RowMaker) -> None:
    """Where the learning rate makes the drift, metadata beat no change and the mean of other families."""
    found = errors(*world(row, lambda rate, _: 6 * (rate + 4.5), seed=1))
    assert found[METADATA].is_better
    assert found[METADATA].error < 2.5
    assert found[OTHERS].error > 4
    assert not found[OTHERS].is_better
    assert "metadata beats no change".lower() in conclude(list(found.values())).conclusion.lower()


def test_a_shift_that_all_share_is_the_mean_of_others(row: RowMaker) -> None:
    """Where all families move alike, their mean predicts the one left out, and metadata do so hardly worse."""
    found = errors(*world(row, lambda _, __: 8.0, seed=2))
    assert found[OTHERS].is_better
    assert found[METADATA].is_better
    assert found[METADATA].error < found[OTHERS].error + 0.3
    assert found[NO_CHANGE].gain == 0


def test_what_a_family_has_alone_only_its_members_tell(row: RowMaker) -> None:
    """A family's own shift cannot be predicted from outside; siblings tell of it, and the sentence says both."""
    found = errors(*world(row, lambda _, own: 10 * own, seed=3))
    assert not found[METADATA].is_better
    assert not found[OTHERS].is_better
    assert found[MEMBERS].is_better
    text = conclude(list(found.values())).conclusion
    assert text.startswith("Nothing is shown to beat no change")
    assert "Evaluated siblings would help" in text


def test_noise_is_not_predicted(row: RowMaker) -> None:
    """Where there is nothing, a guess is called better in a few of a hundred worlds at most, and is hardly worse."""
    called, worse = 0, []
    for seed in range(100):
        found = errors(*world(row, lambda _, __: 0.0, seed=100 + seed, families=8))
        called += found[METADATA].is_better or found[OTHERS].is_better
        worse.append(found[METADATA].error - found[NO_CHANGE].error)
    assert called <= 6
    assert np.mean(worse) < 0.3


def test_guesses_are_what_they_say(row: RowMaker) -> None:
    """The mean of others leaves the own family out, that of members the model itself; instruments are kept apart."""
    rows = [
        row("a1", "x", 1.0, reference="a"),
        row("a2", "x", 3.0, reference="a"),
        row("b1", "x", 10.0, reference="b"),
        row("b1", "y", 20.0, reference="b"),
        row("c1", "y", 40.0, reference="c"),
    ]
    guesses = guess_all(ToldColumns.of(rows), StudyInputs())
    assert guesses[NO_CHANGE].tolist() == [0] * 5
    assert guesses[OTHERS].tolist() == [10, 10, 2, 40, 20]
    assert guesses[MEMBERS].tolist() == [3, 1, 2, 40, 20]


def test_the_family_left_out_teaches_nothing(row: RowMaker) -> None:
    """Whatever a family's drift is, its own prediction from metadata stays the same."""
    rows, facts = world(row, lambda rate, _: 6 * (rate + 4.5), seed=4, families=6)
    changed = [row(one.model, "x", 99.0, reference="b00") if one.root == "b00" else one for one in rows]
    design = every_row(describe(ToldColumns.of(rows), facts))
    folds = np.unique([str(one.root) for one in rows], return_inverse=True)[1]
    first, second = (
        predict_left_out(design, np.array([one.delta for one in some]), np.ones(len(rows)), folds)
        for some in (rows, changed)
    )
    mine = np.array([one.root for one in rows]) == "b00"
    assert first[mine] == pytest.approx(second[mine], abs=1e-6)
    assert not np.allclose(first[~mine], second[~mine])


def test_left_out_ridge_is_ridge(row: RowMaker) -> None:
    """Predictions equal those of a plain ridge regression fitted to the other folds with one of the penalties."""
    del row
    random = np.random.default_rng(9)
    design, folds = random.normal(size=(60, 3)), np.arange(60) % 6
    weights = random.uniform(0.5, 2, 60)
    target = design @ np.array([3.0, -1.0, 0.0]) + random.normal(size=60)
    predicted = predict_left_out(design, target, weights, folds)
    for fold in range(6):
        train, test = folds != fold, folds == fold
        w = weights[train] / weights[train].sum()
        means = w @ design[train]
        spread = np.sqrt(w @ (design[train] - means) ** 2)
        scaled, centre = (design[train] - means) / spread, float(w @ target[train])
        fits = []
        for penalty in PENALTIES:
            gram = scaled.T @ (scaled * w[:, None]) + penalty * np.eye(3)
            slopes = np.linalg.solve(gram, scaled.T @ (w * (target[train] - centre)))
            fits.append(centre + (design[test] - means) / spread @ slopes)
        assert any(np.allclose(predicted[test], fit, atol=1e-8) for fit in fits)
    assert np.corrcoef(predicted, target)[0, 1] > 0.9


def test_two_families_are_too_few_to_say(row: RowMaker) -> None:
    """Errors stand without intervals, marked, and the sentence says why nothing is said; of one family nothing."""
    rows, facts = world(row, lambda _, __: 8.0, seed=5, families=2)
    found = errors(rows, facts)
    assert all(one.is_few and one.gain_low is None and not one.is_better for one in found.values())
    assert "too few" in conclude(list(found.values())).conclusion
    assert compare_guesses(rows[:6], facts) == ()


def test_nothing_of_the_evaluation_is_in_the_design(row: RowMaker) -> None:
    """Only what was known before: numbers with a column for those not known, and marks that two families share."""
    facts = StudyInputs(
        models={
            "a": StudyFacts(parameters=7_000_000_000),
            "m": StudyFacts(datasets=("oak/one",)),
            "n": StudyFacts(datasets=("oak/one", "oak/two")),
        }
    )
    rows = [
        row("m", "x", 1.0, reference="a", domains=("legal",)),
        row("n", "x", 99.0, reference="b", domains=("medical",)),
        row("o", "y", 5.0, reference="b"),
    ]
    design = describe(ToldColumns.of(rows), facts)
    assert design.columns == (
        "parameters of the base",
        "parameters of the base not known",
        "data set oak/one",
        "instrument x",
    )
    assert every_row(design).tolist() == [
        [pytest.approx(9.845, abs=1e-3), 0, 1, 1],
        [pytest.approx(9.845, abs=1e-3), 1, 1, 1],
        [pytest.approx(9.845, abs=1e-3), 1, 0, 0],
    ]
    assert every_row(describe(ToldColumns.of([]), facts)).shape == (0, 0)
