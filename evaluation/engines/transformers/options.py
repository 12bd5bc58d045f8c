"""The options of a task that the transformers runner knows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Mapping

DTYPES: Final = ("float32", "bfloat16", "float16", "float64")
LEAST: Final = {"shots": 0, "batch_items": 1, "batch_tokens": 1}
FEWEST_ITEMS: Final = 16
MOST_ITEMS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersOptions:
    """How a task is run; None leaves it to the task, or to what is best on the machine.

    `metric` is `NAME` or `NAME,FILTER` where the catalogue does not say which is the instrument's. `shots` are examples
    in the prompt, `system` a system prompt, `chat` puts the prompt into the model's own template. `batch_items` is how
    many items come at once, `batch_tokens` how many tokens go to the model at once. `random_order` runs items in the
    order of their hashes, over all tasks of a group, the same for every model whatever they hold, so that stopping
    early is sound; else the longest of each task come first, which is faster.
    """

    metric: str | None = None
    shots: int | None = None
    system: str | None = None
    chat: bool = False
    dtype: str | None = None
    batch_items: int | None = None
    batch_tokens: int | None = None
    random_order: bool = False


def read_options(given: Mapping[str, str | int | float | bool]) -> TransformersOptions:
    """Return the options of a task. Raises CannotRun for one that is not known, of another type or out of range."""
    kinds = {"metric": str, "system": str, "dtype": str, "chat": bool, "random_order": bool}
    known = {field.name for field in fields(TransformersOptions)}
    for name, value in given.items():
        if name not in known:
            raise CannotRun("options", f"{name} is not known; there are {', '.join(sorted(known))}")
        kind = kinds.get(name, int)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise CannotRun("options", f"{name} must be of type {kind.__name__}")
        if name in LEAST and int(value) < LEAST[name]:
            raise CannotRun("options", f"{name} must be {LEAST[name]} or more, not {value}")
    if given.get("dtype") not in {None, *DTYPES}:
        raise CannotRun("options", f"dtype must be one of {', '.join(DTYPES)}, not {given['dtype']}")
    return TransformersOptions(**given)  # type: ignore[arg-type]  # each was checked above
