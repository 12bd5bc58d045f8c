"""Seconds spent in functions of a module, or in kinds of torch's operations, taken while the real caller runs them."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

Seconds = dict[str, tuple[float, float]]
PARTS: Final = ("products", "attention", "head", "elementwise")
PRODUCTS: Final = frozenset({"aten::mm", "aten::addmm", "aten::bmm"})
SIDE: Final = 2048
TRIES: Final = 5


@contextmanager
def stopwatches(module: ModuleType, names: Sequence[str]) -> Iterator[Seconds]:
    """Time every call of the module's functions while the block runs: wall and CPU seconds of each, summed, by name."""
    spent: Seconds = dict.fromkeys(names, (0.0, 0.0))
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(module, name, _timed(getattr(module, name), name, spent)))
        yield spent


def clock() -> tuple[float, float]:
    """Return wall and CPU seconds from some fixed beginning."""
    return time.perf_counter(), time.process_time()


def since(start: tuple[float, float]) -> tuple[float, float]:
    """Return wall and CPU seconds since an earlier `clock()`."""
    wall, cpu = clock()
    return wall - start[0], cpu - start[1]


@dataclass(slots=True, kw_only=True)
class Shares:
    """Seconds of a processor by `PARTS` of torch's operations and of the whole process; the head's products in 1e9.

    The profiler tells wall time, which is turned into that of the processor by the ratio of both over the whole block.
    """

    cpu_seconds: float = 0.0
    head_gflop: float = 0.0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))


def matrix_rate(dtype: str) -> float:
    """Return how many 1e9 operations a second a product of two large square matrices does, the best of several."""
    import torch

    one, two = (torch.randn(SIDE, SIDE).to(getattr(torch, dtype)) for _ in range(2))
    spent = []
    for _ in range(TRIES):
        start = time.process_time()
        one @ two
        spent.append(time.process_time() - start)
    return 2e-9 * SIDE**3 / min(spent)


@contextmanager
def measured_shares(vocabulary: int) -> Iterator[Shares]:
    """Fill the shares when the block ends; what has an axis as long as the vocabulary belongs to the head."""
    from torch.profiler import ProfilerActivity, profile

    found = Shares()
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True, with_flops=True) as profiler:
        start = clock()
        yield found
        wall_seconds, found.cpu_seconds = since(start)
    ratio = found.cpu_seconds / wall_seconds
    for event in profiler.key_averages(group_by_input_shape=True):
        part = _part_of(event, vocabulary)
        found.seconds[part] += event.self_cpu_time_total / 1e6 * ratio
        if part == "head" and event.key in PRODUCTS:
            found.head_gflop += event.flops / 1e9


def _timed(function: Callable[..., Any], name: str, spent: Seconds) -> Callable[..., Any]:
    @wraps(function)
    def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 -- it stands for any function
        start = clock()
        try:
            return function(*arguments, **named)
        finally:
            wall, cpu = since(start)
            spent[name] = (spent[name][0] + wall, spent[name][1] + cpu)

    return timed


def _part_of(event: Any, vocabulary: int) -> str:  # noqa: ANN401 -- torch does not type it
    if any(vocabulary in shape for shape in event.input_shapes if isinstance(shape, list | tuple)):
        return "head"
    if event.key in PRODUCTS:
        return "products"
    return "attention" if "scaled_dot_product" in event.key else "elementwise"
