"""The options of a task of lm-evaluation-harness that every engine knows which runs models here."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, TypeVar

from evaluation.engines.options import Value, check_types
from evaluation.errors import OptionInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

DTYPES: Final = ("float32", "bfloat16", "float16", "float64")
LEAST: Final = {"shots": 0, "batch_items": 1, "batch_tokens": 1}
FEWEST_ITEMS: Final = 16
MOST_ITEMS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOptions:
    """How a task is run; None leaves it to the task, or to what is best on the machine.

    `metric` is `NAME` or `NAME,FILTER` where the catalogue does not say which is the instrument's. `shots` are examples
    in the prompt, `system` a system prompt, `chat` puts the prompt into the model's own template. `batch_items` is how
    many items come at once. `random_order` runs items in the order of their hashes, over all tasks of a group, the same
    for every model whatever they hold, so that stopping early is sound; else the longest of each task come first, which
    is faster.
    """

    metric: str | None = None
    shots: int | None = None
    system: str | None = None
    chat: bool = False
    dtype: str | None = None
    batch_items: int | None = None
    random_order: bool = False


_Options = TypeVar("_Options", bound=TaskOptions)


def read_as(form: type[_Options], given: Mapping[str, Value]) -> _Options:
    """Return options as the record of an engine.

    Raises OptionInvalid for an unknown name, another type or a value out of range.
    """
    kinds = {"metric": str, "system": str, "dtype": str, "chat": bool, "random_order": bool}
    known = check_types(given, {one.name: kinds.get(one.name, int) for one in fields(form)})
    for name, least in LEAST.items():
        if name in known and int(known[name]) < least:
            raise OptionInvalid(name, f"must be {least} or more, not {known[name]}")
    if known.get("dtype") not in {None, *DTYPES}:
        raise OptionInvalid("dtype", f"must be one of {', '.join(DTYPES)}, not {known['dtype']}")
    return form(**known)  # type: ignore[arg-type]  # each was checked above
