"""The table of engines: what a device is measured on, who is left out and why, and what a row says."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.engines.case_runs import Case, CaseRun
from benchmarks.runner import ALONE, _figures, _runs, read_options

CASES = [Case(name=name, task=Path("grove_letters.yaml"), models=(Path("base"),)) for name in ALONE]


def test_a_gpu_is_measured_on_large_models_within_its_seconds() -> None:
    """What is not said follows the device; what is said stands."""
    options = read_options(["--device", "cuda"])
    assert (options.sizes, options.items, options.dtype) == (("1.5B", "8B"), 200, "bfloat16")
    assert (options.seconds, options.cases) == (400, list(ALONE))
    assert read_options(["--device", "cuda:0", "--items", "9", "--cases", "letters"]).cases == ["letters"]
    assert (read_options([]).sizes, read_options([]).cases) == (("0.3M", "8M"), None)


@pytest.mark.skipif(find_spec("sglang") is not None, reason="SGLang is installed")
def test_an_engine_that_is_not_there_says_so_in_every_row() -> None:
    """Its rows stand in the table with the reason, and the other engines are not held up."""
    options = read_options([])
    found = list(_runs("sglang (lm-eval)", CASES, options, float("inf")))
    assert found == ["the package sglang is not installed"] * len(CASES)


def test_nothing_begins_after_the_last_second() -> None:
    """No engine is started once its time is over."""
    options = read_options(["--device", "cuda"])
    assert list(_runs("vllm", CASES, options, float("-inf"))) == ["400 s have passed (--seconds)"] * 3


def test_a_row_compares_with_the_reference() -> None:
    """Items within the rounding are equal, a goal is that of `transformers`, and a GPU's seconds are of the wall."""
    first = CaseRun(values={"base": [0.25, 0.5]}, wall_seconds=8.0, cpu_seconds=1.0, peak_mb=20.0)
    ours = CaseRun(values={"base": [0.26, 0.9]}, wall_seconds=2.0, cpu_seconds=4.0, peak_mb=10.0)
    options = read_options(["--device", "cuda"])
    row = _figures(CASES[0], "transformers", ours, first, options)
    assert row == ["1 of 2", "0.4", 2.0, 4.0, 1.0, 10.0, 4.0, 3.0, "yes"]
    assert _figures(CASES[0], "vllm", ours, first, options)[-2:] == [None, None]
    assert _figures(CASES[0], "transformers", ours, first, read_options(["--dtype", "float32"]))[6:] == [
        0.25,
        3.0,
        "no",
    ]
