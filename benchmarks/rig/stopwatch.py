"""Seconds spent in functions of a module, taken while the real caller runs them."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

Seconds = dict[str, tuple[float, float]]


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
