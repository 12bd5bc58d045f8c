"""The seldom used settings of `lineage evaluate`, written as `--set NAME=VALUE`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError
from lineage.text.suggest import perhaps
from lineage.vocabulary import BatchingName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DEFAULT_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSettings:
    """What a worker may use, and when a job is given up.

    `threads` 0 is as many as there are; `memory_mib` (address space) and `cache_gb` (downloaded models on the disk)
    0 is no limit; `gpus_per_worker` (on a Ray cluster) None is 1 on cuda and 0 elsewhere; `logs` None is the usual
    folder of Inspect's logs; `replies` says whether replies are kept with their items.
    """

    threads: int = 0
    memory_mib: int = 0
    cache_gb: float = 0
    batching: BatchingName = BatchingName.AUTO
    gpus_per_worker: float | None = None
    attempts: int = DEFAULT_ATTEMPTS
    logs: Path | None = None
    replies: bool = True


def read_settings(words: Iterable[str]) -> EvaluateSettings:
    """Return the settings that words such as `threads=2` make; raises UsageError for any other word."""
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name not in _READERS:
            raise UsageError(
                f"--set {word!r}: expected {' or '.join(f'{one}=VALUE' for one in _READERS)}{perhaps(name, _READERS)}"
            )
        if (key := name.replace("-", "_")) in found:
            raise UsageError(f"--set {name} is given twice")
        try:
            found[key] = _READERS[name](value)
        except ValueError as error:
            raise UsageError(f"--set {word!r}: {error}") from error
    return EvaluateSettings(**found)  # type: ignore[arg-type] # each reader returns its field's type


def _count(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text) if text.isdecimal() else -1
        if value < least:
            raise ValueError(f"{text!r} is not a whole number of at least {least}")
        return value

    return read


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{text!r} is not a number of at least 0")
    return value


def _batching(text: str) -> BatchingName:
    if text not in frozenset(BatchingName):
        raise ValueError(f"{text!r} is not one of {', '.join(BatchingName)}")
    return BatchingName(text)


def _switch(text: str) -> bool:
    if text not in {"on", "off"}:
        raise ValueError(f"{text!r} is not on or off")
    return text == "on"


_READERS: Final[dict[str, Callable[[str], object]]] = {
    "threads": _count(0),
    "memory-mib": _count(0),
    "cache-gb": _amount,
    "batching": _batching,
    "gpus-per-worker": _amount,
    "attempts": _count(1),
    "logs": Path,
    "replies": _switch,
}
