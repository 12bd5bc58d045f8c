"""Replays of published figures: a leaderboard's pairs and broken models, fine-tunes of 2023, refusal thresholds."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from statistics import median

import pytest

from lineage.drift.drift_row import DriftRow
from lineage.study.persistence import measure_persistence
from lineage.study.refusal import Shift, compare_refusals
from lineage.vocabulary import Construct, Direction, Verdict

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "drift-replays"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no drift-replays")
TRUTHFULQA, HELLASWAG = "TruthfulQA(0-shot)", "HellaSwag(10-shot)"
QUESTIONS = 817
MEANS = "taleef_mean_asr_vs_overrefusal.csv"


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a file of the replays."""
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def unpaired_z(before: float, after: float, items: int) -> float:
    """Return z of two shares (points) of separate samples of one size, each with its own variance."""
    variance = (before * (100 - before) + after * (100 - after)) / items
    return (after - before) / math.sqrt(variance)


def test_broken_models_look_truthful() -> None:
    """90 of 1,291 models that hardly beat chance at HellaSwag have a median TruthfulQA of 48.6 against 44.9 of all."""
    models = read("open_llm_leaderboard_20230904.csv")
    broken = [float(one[TRUTHFULQA]) for one in models if float(one[HELLASWAG]) < 28]
    assert (len(models), len(broken)) == (1291, 90)
    assert median(broken) == pytest.approx(48.6)
    assert median(float(one[TRUTHFULQA]) for one in models) == pytest.approx(44.9)


def test_half_of_the_pairs_are_undecided() -> None:
    """55 of 110: |z| of two separate samples of 817, each with its own variance, is at most 1.96.

    Wald's 95 % interval is the same statement. Eight pairs stand twice in the file, two of them undecided: of those
    that differ it is 53 of 102.
    """
    pairs = read("open_llm_leaderboard_20230904_namepairs.csv")
    scores = [(float(one["truthfulqa_mc2_base"]), float(one["truthfulqa_mc2_deriv"])) for one in pairs]
    undecided = [abs(unpaired_z(*both, QUESTIONS)) <= 1.96 for both in scores]
    assert (len(pairs), sum(undecided)) == (110, 55)
    names = {(one["base"], one["derivative"]): flag for one, flag in zip(pairs, undecided, strict=True)}
    assert (len(names), sum(names.values())) == (102, 53)


def test_the_base_tells_of_the_score_and_hardly_of_the_drift() -> None:
    """Over 102 pairs of 24 bases: rank correlation 0.63 with the score, -0.15 with the drift, whose interval holds 0.

    Taking the base's score for the derivative's errs by 5.1 points; a line learned from other bases by 4.7.
    """
    pairs = read("open_llm_leaderboard_20230904_namepairs.csv")
    rows = {(one["base"], one["derivative"]): leaderboard_row(one) for one in pairs}
    (found,) = measure_persistence(rows.values())
    assert (found.derivatives, found.bases) == (102, 24)
    assert found.score_spearman == pytest.approx(0.627, abs=1e-3)
    assert found.drift_spearman == pytest.approx(-0.150, abs=1e-3)
    assert found.drift_spearman_low is not None
    assert found.drift_spearman_high is not None
    assert found.drift_spearman_low < 0 < found.drift_spearman_high
    assert found.no_change_error == pytest.approx(5.14, abs=0.01)
    assert found.line_error == pytest.approx(4.75, abs=0.01)


def leaderboard_row(one: dict[str, str]) -> DriftRow:
    """Return a pair as a row; truthfulness is safer where it is higher."""
    before, after = 100 - float(one["truthfulqa_mc2_base"]), 100 - float(one["truthfulqa_mc2_deriv"])
    return DriftRow(
        model=one["derivative"],
        instrument="truthfulqa_mc2",
        name="truthfulqa_mc2",
        construct=Construct.TRUTHFULNESS,
        direction=Direction.HIGHER_IS_SAFER,
        verdict=Verdict.UNDECIDED,
        reference=one["base"],
        root=one["base"],
        reference_value=before,
        value=after,
        delta=after - before,
        items=QUESTIONS,
    )


def test_changes_of_2023_are_recomputed() -> None:
    """34 changes, each the difference of two values; one printed as +4.67 is wrong.

    Its score went from 1.00 to 4.67 on a scale from 1 to 5, where nothing can change by more than 4; it is 3.67. The
    file leaves that row out: its largest change of a score is 3.69, that of a rate 95.6 points.
    """
    rows = read("qi2023_finetuning_safety.csv")
    deltas = [(one["metric"], round(float(one["derivative_value"]) - float(one["base_value"]), 2)) for one in rows]
    scores = [delta for metric, delta in deltas if metric == "harmfulness_score_1to5"]
    rates = [delta for metric, delta in deltas if metric != "harmfulness_score_1to5"]
    assert (len(rates), len(scores)) == (23, 11)
    assert (min(scores), max(scores)) == (0.56, 3.69)
    assert (min(rates), max(rates)) == (5.2, 95.6)
    assert not any(one["derivative_value"] == "4.67" for one in rows)


def refusal_rows(one: dict[str, str], base: dict[str, str]) -> list[DriftRow]:
    """Return a derivative's toxic acceptances and over-refusals against its base, from counts."""
    asked = {
        "toxic": (Construct.UNSAFE_OUTPUT, "toxic_acceptances", "toxic_n"),
        "hard": (Construct.OVER_REFUSAL, "hard1k_rejections", "hard1k_n"),
    }
    rows = []
    for name, (construct, count, items) in asked.items():
        before, after = (100 * int(each[count]) / int(each[items]) for each in (base, one))
        rows.append(
            DriftRow(
                model=f"{one['model_family']}/{one['config']}",
                instrument=name,
                name=name,
                construct=construct,
                direction=Direction.LOWER_IS_SAFER,
                verdict=Verdict.UNDECIDED,
                reference=f"{one['model_family']}/base",
                root=f"{one['model_family']}/base",
                reference_value=before,
                value=after,
                delta=after - before,
                items=min(int(each[items]) for each in (base, one)),
            )
        )
    return rows


def test_a_moved_threshold_is_told_from_a_loss_of_safety() -> None:
    """Gemma-2's full fine-tune accepts 8.5 % of toxic requests, not 1.7 %, and refuses 43.5 % of hard ones, not 83.9 %.

    Its threshold moved towards answering, and it tells the two apart no worse than before. Of 15 derivatives one does,
    Qwen-2.5's full fine-tune, which accepts more toxic requests and refuses more harmless ones.
    """
    counts = read("taleef_orbench.csv")
    bases = {one["model_family"]: one for one in counts if one["config"] == "base_fp16"}
    tuned = [one for one in counts if one["config"] != "base_fp16"]
    found = {
        pair.model: pair
        for pair in compare_refusals(row for one in tuned for row in refusal_rows(one, bases[one["model_family"]]))
    }
    assert len(found) == 15
    gemma = found["gemma2/fft"]
    rates = gemma.unsafe_before, gemma.unsafe_after, gemma.over_refusal_before, gemma.over_refusal_after
    assert [round(one, 1) for one in rates] == [1.7, 8.5, 83.9, 43.5]
    assert gemma.threshold_shift is Shift.MORE_ANSWERS
    assert gemma.discrimination > 0
    lost = [model for model, pair in found.items() if pair.discrimination_shift is Shift.SAFETY_LOST]
    assert lost == ["qwen25/fft"]
    assert sum(pair.threshold_shift is not Shift.UNDECIDED for pair in found.values()) == 9


def test_attacks_succeed_where_refusals_fall() -> None:
    """Of 15 derivatives, attack success rises and over-refusal falls in 7 and 9 by two judges, the reverse in 3 and 5.

    The third judge calls nothing an over-refusal: side by side it says nothing.
    """
    cells = {(one["evaluator"], one["model_family"], one["config"]): one for one in read(MEANS)}
    found: dict[str, list[tuple[int, int]]] = {}
    for (judge, family, config), one in cells.items():
        if config.startswith("base"):
            continue
        base = cells[judge, family, "base_4bit" if config == "qlora" else "base_fp16"]
        change = [float(one[name]) - float(base[name]) for name in ("mean_ASR", "ORR")]
        found.setdefault(judge, []).append(((change[0] > 0) - (change[0] < 0), (change[1] > 0) - (change[1] < 0)))
    counts = {judge: (signs.count((1, -1)), signs.count((-1, 1))) for judge, signs in found.items()}
    assert counts == {"GPT-4o-mini": (7, 3), "Llama-2-13b-cls": (9, 5), "LlamaGuard-3": (0, 0)}
    assert {one["ORR"] for one in cells.values() if one["evaluator"] == "LlamaGuard-3"} == {"0.0"}
