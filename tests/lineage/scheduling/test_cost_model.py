"""What runs cost: the guess, and what measured runs make of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.scheduling.cost_model import NOISE, PRIOR_FACTOR, CostModel, MeasuredCost, refit
from lineage.scheduling.hardware import Hardware

HARDWARE = Hardware(
    flops_per_second=1e13,
    memory_bytes=40e9,
    download_bytes_per_second=1e8,
    load_bytes_per_second=1e9,
    bytes_per_weight=2,
)


def runs(count: int, level: float, slope: float, offset: float, noise: float = 0.0) -> list[MeasuredCost]:
    """Return runs of two instruments on models of many sizes, whose seconds follow a known law."""
    random = np.random.default_rng(8)
    found = []
    for place in range(count):
        size, name = float(10 ** random.uniform(8, 10.5)), ("harm", "bias")[place % 2]
        guess = float(CostModel(hardware=HARDWARE).item_seconds(name, np.array([size]), 500, 200)[0])
        log = level + slope * np.log(size / 1e9) + (offset if name == "bias" else 0) + random.normal(0, noise)
        found.append(
            MeasuredCost(
                instrument=name, parameters=size, items=500, tokens_per_item=200, seconds=guess * float(np.exp(log))
            )
        )
    return found


def test_the_guess_is_two_operations_a_weight_and_token() -> None:
    """500 items of 200 tokens on a billion weights are 2e14 operations: 20 s at 1e13, and 2 ms an item."""
    assert CostModel(hardware=HARDWARE).item_seconds("harm", np.array([1e9]), 500, 200) == pytest.approx(21.0)
    assert CostModel(hardware=HARDWARE).fetch_seconds(np.array([2e9])) == pytest.approx(22.0)


def test_a_refit_recovers_what_the_runs_follow() -> None:
    """Level, slope and the difference of instruments come back from many noisy runs, and new runs are foretold."""
    fitted = refit(HARDWARE, runs(400, 0.9, -0.15, 0.5, NOISE))
    offsets = dict(fitted.by_instrument)
    assert fitted.slope == pytest.approx(-0.15, abs=0.05)
    assert offsets["bias"] - offsets["harm"] == pytest.approx(0.5, abs=0.1)
    assert fitted.level + offsets["harm"] == pytest.approx(0.9, abs=0.1)
    for run in runs(20, 0.9, -0.15, 0.5):
        told = fitted.item_seconds(run.instrument, np.array([run.parameters]), run.items, run.tokens_per_item)
        assert told == pytest.approx(run.seconds, rel=0.15)


@given(st.integers(0, 30), st.floats(-2, 2))
def test_few_runs_correct_less_and_promise_less(count: int, level: float) -> None:
    """The correction lies between none and what the runs say, and the factor of uncertainty falls with every run."""
    few, more = refit(HARDWARE, runs(count, level, 0, 0)), refit(HARDWARE, runs(count + 2, level, 0, 0))
    told = few.level + dict(few.by_instrument).get("harm", 0.0)
    assert min(0, level) - 1e-9 <= told <= max(0, level) + 1e-9
    assert more.factor(3e9) < few.factor(3e9)
    assert few.runs == count


def test_no_run_is_the_prior() -> None:
    """Without runs nothing is corrected, and the factor is wider than the prior's alone."""
    assert refit(HARDWARE, []) == CostModel(hardware=HARDWARE)
    assert CostModel(hardware=HARDWARE).factor(1e9) > PRIOR_FACTOR


def test_a_run_that_did_nothing_is_refused() -> None:
    """Seconds, items, tokens and weights are above zero."""
    (run,) = runs(1, 0, 0, 0)
    for name in ("seconds", "items", "tokens_per_item", "parameters"):
        with pytest.raises(ValueError, match="above 0"):
            refit(HARDWARE, [replace(run, **{name: 0})])  # type: ignore[arg-type]  # the names are of numbers
