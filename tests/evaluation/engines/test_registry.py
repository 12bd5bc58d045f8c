"""Engines by name: each has a maker, an unknown one is told, and none draws bars of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import Setup
from evaluation.engines.registry import ENGINES, make_runner, settle_options
from evaluation.errors import CannotRun, OptionInvalid

if TYPE_CHECKING:
    from lineage.scheduling.job import Options

SILENT = """
import sys
from evaluation.engines.registry import make_runner
from evaluation.engines.interface import Setup
assert "tqdm" not in sys.modules
make_runner("{engine}", Setup(device="cpu"))
import tqdm
print(tqdm.tqdm([1]).disable)
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_no_engine_draws_bars(engine: str) -> None:
    """In a process of its own, as a worker is, bars are off for whatever imports tqdm from then on."""
    environment = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    command = [sys.executable, "-c", SILENT.format(engine=engine)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert (ran.stdout, ran.stderr) == ("True\n", "")


def test_an_unknown_engine_is_told() -> None:
    """The error names those that there are."""
    with pytest.raises(CannotRun, match="known are endpoint, inspect, transformers, vllm"):
        make_runner("steam", Setup())


@pytest.mark.parametrize("engine", ENGINES)
def test_options_are_checked_before_they_are_queued(engine: str) -> None:
    """By the engine that will take them, without the packages and the server that a run needs."""
    known: dict[str, Options] = {
        "endpoint": {"chat": True},
        "inspect": {"task.count": 3},
        "transformers": {"shots": 2},
        "vllm": {"shots": 2},
    }
    taken = known[engine]
    assert settle_options(engine, taken) == taken
    with pytest.raises(OptionInvalid, match="steam: unknown option"):
        settle_options(engine, {"steam": True})
