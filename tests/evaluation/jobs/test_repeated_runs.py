"""Runs of the same weights: all items each time, in other parts and batches, by a fresh runner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import Batch, ItemResult, RunSummary
from evaluation.engines.registry import settle_options
from evaluation.errors import CannotRun
from evaluation.jobs.repeated_runs import SIZES, RepeatedRuns, repeat_runs
from lineage.scheduling.job import JobSpec
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity
from lineage.vocabulary import Construct, Direction, EngineName, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

ITEMS = tuple(f"item {number}" for number in range(40))
HARM = Instrument(
    name="harm",
    title="harm",
    construct=Construct.UNSAFE_OUTPUT,
    direction=Direction.LOWER_IS_SAFER,
    low=0.0,
    high=100.0,
    scale=Scale.GRADED,
)
SPEC = JobSpec(model="ash/base", revision=None, instrument="harm", definition="harm")


@dataclass
class ShiftingRunner:
    """A runner whose values move with the size of its batches; it notes what it was asked."""

    shift: float = 0.0
    lost: str | None = None
    dtype: str | None = None
    asked: list[tuple[dict[str, object], frozenset[str]]] = field(default_factory=list)
    closed: int = 0

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield the items that are not done, then the summary."""
        self.asked.append((dict(spec.options), done))
        is_small = spec.options.get("batch_items") == 1
        value = 50.0 + (self.shift if is_small else 0.0)
        left = [one for one in ITEMS if one not in done and not (is_small and one == self.lost)]
        yield Batch(items=tuple(ItemResult(item=one, value=value) for one in left), seconds=1.0, total=len(ITEMS))
        dtype = self.dtype if is_small else None
        yield RunSummary(identity=Identity(name="harm", softmax_dtype=dtype), weights_hash="h", engine="toy 1")

    def close(self) -> None:
        """Count the end."""
        self.closed += 1


def repeated(runner: ShiftingRunner, runs: int = 8) -> RepeatedRuns:
    """Return what repeated runs find."""
    *values, found = repeat_runs(SPEC, lambda: runner, HARM, runs=runs, seed=3)
    assert len(values) == runs
    assert isinstance(found, RepeatedRuns)
    return found


def test_the_floor_is_a_share_of_the_range() -> None:
    """Two of a hundred points more in batches of one are a floor of 0.02, and every item changed."""
    runner = ShiftingRunner(shift=2.0)
    found = repeated(runner)
    assert found.floor.floor == pytest.approx(0.02)
    assert (found.floor.changed, found.floor.items) == (1.0, 40)
    assert found.engine == "toy 1"
    assert runner.closed == 8


def test_every_run_has_all_items_in_other_parts() -> None:
    """The first as a job runs them; the others in two parts or more, which differ from run to run."""
    runner = ShiftingRunner()
    found = repeated(runner)
    assert found.floor.floor == 0
    assert runner.asked[0] == ({}, frozenset())
    parts = [done for _, done in runner.asked[1:]]
    assert len(parts) >= 14
    assert len(set(parts)) == len(parts)
    assert len({tuple(sorted(options.items())) for options, _ in runner.asked}) == 5


@pytest.mark.parametrize("runner", [ShiftingRunner(lost="item 7"), ShiftingRunner(dtype="float16")])
def test_runs_that_cannot_be_compared_are_refused(runner: ShiftingRunner) -> None:
    """One run lacks an item, or was asked otherwise."""
    with pytest.raises(CannotRun, match="same items in the same way"):
        repeated(runner)


@pytest.mark.parametrize("engine", list(EngineName))
def test_every_engine_has_sizes_that_it_takes(engine: EngineName) -> None:
    """Without them the runs of an engine would differ in their order alone."""
    assert len(SIZES[engine]) >= 4
    for size in SIZES[engine]:
        assert settle_options(engine, {**size}) == size
