"""Watching: the same crawl repeated, with what each round found as events, until it is stopped.

Between two rounds, models that the Hub's own events name are looked at.

A round that fails, without a network or because another process holds the database, is reported and the next one
follows in its turn: only a usage error ends a watch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

from lineage.errors import LineageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from crawler.hub_events import ToldModels

    Notice: TypeAlias = Mapping[str, object]

SHORTEST_SECONDS: Final = 60
LONGEST_SECONDS: Final = 30 * 86_400
POSTED_AT_ONCE: Final = 200
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_EVERY: Final = re.compile(r"([0-9]{1,7})\s*([smhd])")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFinished:
    """A round is over: what it found, oldest first; `models` are those that were told of between two rounds."""

    round_number: int
    notices: Sequence[Notice]
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundFailed:
    """A round could not be finished, or a post not be delivered; the watch goes on."""

    round_number: int
    reason: str


WatchEvent: TypeAlias = RoundFinished | RoundFailed


def read_every(text: str) -> int:
    """Return an interval such as `90s`, `30m`, `6h` or `1d` in seconds: from a minute to 30 days. Raises UsageError."""
    found = _EVERY.fullmatch(text.strip().lower())
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise UsageError(f"--every {text[:40]!r} is not an interval between 1m and 30d, such as 30m, 6h or 1d")
    return seconds


def watch(
    look: Callable[[tuple[str, ...]], Sequence[Notice]],
    *,
    wait: Callable[[float], ToldModels | None],
    every_seconds: float,
    rounds: int | None = None,
    post: Callable[[Mapping[str, object]], str | None] | None = None,
) -> Iterator[WatchEvent]:
    """Look, wait, and look again: so many rounds, or for ever; yields what each round found and what failed.

    `look` runs a crawl, of some models or, without any, of everything that is watched, and returns what it found, which
    is yielded before it is posted. The interval that `wait` receives does not include the time of the round; it returns
    models to look at before the interval is over, or None when it is. The failure of the only round is raised.
    """
    for number in count(1):
        yield from _round(look, number, (), post, is_only=rounds == 1)
        if number == rounds:
            return
        left = every_seconds
        while (told := wait(left)) is not None:
            yield from _round(look, number, told.models, post)
            left = told.seconds_left


def _round(
    look: Callable[[tuple[str, ...]], Sequence[Notice]],
    number: int,
    models: tuple[str, ...],
    post: Callable[[Mapping[str, object]], str | None] | None,
    *,
    is_only: bool = False,
) -> Iterator[WatchEvent]:
    """Look once, and yield what was found or what failed."""
    try:
        notices = look(models)
    except UsageError:
        raise
    except LineageError as error:
        if is_only:
            raise
        yield RoundFailed(round_number=number, reason=str(error))
        return
    yield RoundFinished(round_number=number, notices=notices, models=models)
    for start in range(0, len(notices) if post else 0, POSTED_AT_ONCE):
        reason = post(message(notices[start : start + POSTED_AT_ONCE])) if post else None
        if reason is not None:
            yield RoundFailed(round_number=number, reason=reason)


def message(notices: Sequence[Notice]) -> dict[str, object]:
    """Return what is posted: `changes` as they are printed, and `text`, lines for chat rooms."""
    return {"text": "\n".join(_line(notice) for notice in notices), "changes": list(notices)}


def _line(notice: Notice) -> str:
    """Return a notice as a line of text."""
    known = [f"{key} {value}" for key in ("made_of", "before", "after") if (value := notice.get(key))]
    return f"{notice['kind']}: {notice['model']}" + (f" ({', '.join(known)})" if known else "")
