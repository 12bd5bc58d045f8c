"""Runs of the same weights, one after the other, with other batches and orders: what an engine's noise is made of.

Each run begins with a new runner, because a runner remembers answers. The first runs all items as a job does; the
others run them in parts drawn by chance, which come one after the other, with other sizes of batches.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

import numpy as np

from evaluation.engines.interface import Batch, RunSummary
from evaluation.errors import CannotRun
from lineage.statistics.noise_floor import floor_of_runs
from lineage.vocabulary import EngineName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from evaluation.engines.interface import Runner
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Instrument
    from lineage.scores.score import Identity
    from lineage.statistics.noise_floor import NoiseFloor

SIZES: Final[Mapping[str, tuple[dict[str, int], ...]]] = {
    EngineName.TRANSFORMERS: (
        {},
        {"batch_items": 4, "batch_tokens": 256},
        {"batch_items": 64},
        {"batch_items": 1},
        {"batch_items": 16, "batch_tokens": 2048},
    ),
    EngineName.VLLM: ({}, {"batch_items": 4}, {"batch_items": 64}, {"batch_items": 1}),
    EngineName.ENDPOINT: ({}, {"concurrency": 1}, {"concurrency": 64}, {"concurrency": 4}),
    EngineName.INSPECT: ({}, {"connections": 1}, {"connections": 64}, {"connections": 4}),
}
"""The sizes of batches that runs take in turn, as options of each engine."""
MOST_PARTS: Final = 4


@runtime_checkable
class _Closable(Protocol):
    """A runner that holds something."""

    def close(self) -> None:
        """Free what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedRuns:
    """How far runs of the same weights differed, how they were asked, and what ran them."""

    floor: NoiseFloor
    identity: Identity
    engine: str
    values: tuple[float, ...]


def repeat_runs(
    spec: JobSpec, make: Callable[[], Runner], instrument: Instrument, *, runs: int, seed: int
) -> Iterator[float | RepeatedRuns]:
    """Yield the value of each run, in the range of the instrument, and in the end how far they differed.

    Raises what the runner raises, and CannotRun if runs are asked otherwise or answer other items.
    """
    random = np.random.default_rng(seed)
    sizes = SIZES.get(spec.engine, ({},))
    kept: list[dict[str, float]] = []
    ends: list[RunSummary] = []
    for number in range(runs):
        options = {**spec.options, **sizes[number % len(sizes)]}
        parts = _parts(random, list(kept[0])) if kept else [frozenset[str]()]
        items, end = _run(make(), replace(spec, options=options), parts)
        if kept and (items.keys() != kept[0].keys() or _asked(end) != _asked(ends[0])):
            raise CannotRun(spec.model, "two runs were not asked the same items in the same way")
        kept.append(items)
        ends.append(end)
        yield float(np.mean(list(items.values())))
    names = sorted(kept[0])
    values = [np.array([one[name] for name in names]) for one in kept]
    yield RepeatedRuns(
        floor=floor_of_runs([instrument.risks(one) for one in values]),
        identity=ends[0].identity,
        engine=ends[0].engine,
        values=tuple(float(one.mean()) for one in values),
    )


def _asked(end: RunSummary) -> Identity:
    return replace(end.identity, item_set_hash=None)


def _parts(random: np.random.Generator, items: list[str]) -> list[frozenset[str]]:
    """Return, for each part in which items are run, the items of the other parts."""
    count = int(random.integers(2, MOST_PARTS + 1))
    part = random.integers(0, count, len(items))
    chosen = [{item for item, its in zip(items, part.tolist(), strict=True) if its == one} for one in range(count)]
    return [frozenset(items) - one for one in chosen if one]


def _run(runner: Runner, spec: JobSpec, parts: list[frozenset[str]]) -> tuple[dict[str, float], RunSummary]:
    """Return the value of each item, run in parts, and the end of the last part."""
    items: dict[str, float] = {}
    end: RunSummary | None = None
    try:
        for done in parts:
            for result in runner.run(spec, done):
                if isinstance(result, RunSummary):
                    end = result
                elif isinstance(result, Batch):
                    items.update({one.item: one.value for one in result.items})
    finally:
        if isinstance(runner, _Closable):
            runner.close()
    if end is None or not items:
        raise CannotRun(spec.model, "no item was run")
    return items, end
