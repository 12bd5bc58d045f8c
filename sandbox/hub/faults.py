"""Faults that a sandbox Hub can be told to show: a spec, read once, and the dice that decide request by request.

A spec is parts between commas: `NAME=CHANCE` with a chance from 0 to 1 per request (a bare NAME means 1),
`504>250=0.1` for a status only where the request's `limit` is above 250 (a missing limit counts as 1000),
`expand:KEY=CHANCE` for one key.

| name | what the client meets |
|---|---|
| `408` `429` `500` `502` `503` `504` | that status; 429 keeps its `r` (no quota); from 502 on in HTML |
| `html` | status 200 with an HTML page in place of the answer |
| `drop` | the connection closed before any byte, or amid the headers |
| `truncate` | a body shorter than its Content-Length, then the connection closed |
| `garbage` | status 200, a body cut in half whose length is told rightly |
| `slow` | the answer after `delay` seconds; comes on top of any other |
| `expand` | every `expand` refused with 400 |
| `expand:KEY` | an `expand` of this key refused with 400 |
| `cursor` | a cursor refused with 400 although the Hub issued it |
| `nohandmade` | takes no chance: cursors carry a seal, one without the right seal is refused with 400 |
| `delay=SECONDS` | how slow `slow` is; 0.05 unless told |
| `seed=NUMBER` | what the dice start from; 0 unless told |

At most one of the faults above `slow` strikes a request. Over one connection the same seed strikes the same requests.
"""

from __future__ import annotations

import math
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.hub.expand import EXPANDABLE

if TYPE_CHECKING:
    from collections.abc import Collection

STATUSES = ("408", "429", "500", "502", "503", "504")
_BREAKAGES = (*STATUSES, "html", "drop", "truncate", "garbage")
_CHANCES = (*_BREAKAGES, "slow", "expand", "cursor")
KNOWN = (*_CHANCES, "STATUS>LIMIT", "expand:KEY", "nohandmade", "delay", "seed")

_PART = re.compile(r"(?P<name>[a-z0-9]+)(?:>(?P<above>\d+)|:(?P<key>[\w-]+))?(?:=(?P<value>[^=]+))?")


class FaultSpecError(ValueError):
    """A part of a fault spec that has no meaning."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(f"fault {part!r}: {reason}; known are {', '.join(KNOWN)}")
        self.part = part
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """How likely a fault is, 0 to 1; `above` is the `limit` over which it applies, `key` its `expand` value."""

    name: str
    chance: float
    above: int | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """A fault spec, parsed."""

    chances: tuple[Chance, ...] = ()
    only_issued_cursors: bool = False
    delay_seconds: float = 0.05
    seed: int = 0


class Dice:
    """The random draws of one server."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)

    def breakage(self, limit: int) -> str | None:
        """Return the fault that breaks a request with this `limit`, or None."""
        struck = [
            chance.name
            for chance in self.faults.chances
            if chance.name in _BREAKAGES and (chance.above is None or limit > chance.above) and self._strikes(chance)
        ]
        return struck[0] if struck else None

    def is_slow(self) -> bool:
        """Return whether the response is delayed."""
        return self._any_strikes("slow")

    def refuses_cursor(self) -> bool:
        """Return whether a good cursor is refused."""
        return self._any_strikes("cursor")

    def refuses_expand(self, keys: Collection[str]) -> bool:
        """Return whether an `expand` of these known keys is refused."""
        return any(
            self._strikes(chance)
            for chance in self.faults.chances
            if chance.name == "expand" and (chance.key is None or chance.key in keys)
        )

    def is_heads(self) -> bool:
        """Return true half of the time."""
        return self._random.random() < 0.5  # noqa: PLR2004 -- a half

    def _any_strikes(self, name: str) -> bool:
        return any(self._strikes(chance) for chance in self.faults.chances if chance.name == name)

    def _strikes(self, chance: Chance) -> bool:
        return self._random.random() < chance.chance


def parse_faults(spec: str) -> Faults:
    """Parse a spec. Raises FaultSpecError, a ValueError, that names the part and the known names."""
    chances: list[Chance] = []
    settings: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in spec.split(","))):
        found = _PART.fullmatch(part)
        if found is None:
            raise FaultSpecError(part, "not of the form NAME=CHANCE")
        name, above, key, value = found["name"], found["above"], found["key"], found["value"]
        if name in ("nohandmade", "delay", "seed") and above is None and key is None:
            settings[name] = _setting(part, name, value)
        else:
            chances.append(_chance(part, name, above, key, value))
    return Faults(
        chances=tuple(chances),
        only_issued_cursors="nohandmade" in settings,
        delay_seconds=settings.get("delay", 0.05),
        seed=int(settings.get("seed", 0)),
    )


def _chance(part: str, name: str, above: str | None, key: str | None, value: str | None) -> Chance:
    if name not in _CHANCES:
        raise FaultSpecError(part, "no such fault")
    if above is not None and name not in STATUSES:
        raise FaultSpecError(part, "only a status depends on the limit")
    if key is not None and (name != "expand" or key not in EXPANDABLE):
        raise FaultSpecError(
            part, f"no key to expand; there are {', '.join(EXPANDABLE)}" if name == "expand" else "no key"
        )
    chance = 1.0 if value is None else _number(part, value)
    if not 0 <= chance <= 1:
        raise FaultSpecError(part, "a chance is from 0 to 1")
    return Chance(name=name, chance=chance, above=None if above is None else int(above), key=key)


def _setting(part: str, name: str, value: str | None) -> float:
    if (name == "nohandmade") != (value is None):
        raise FaultSpecError(part, "nohandmade takes no value, delay and seed need one")
    number = 1.0 if value is None else _number(part, value)
    if number < 0 or (name == "seed" and number != int(number)):
        raise FaultSpecError(part, "delay is seconds from 0, seed a whole number from 0")
    return number


def _number(part: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError as exc:
        raise FaultSpecError(part, "not a number") from exc
    if not math.isfinite(number):
        raise FaultSpecError(part, "not a finite number")
    return number
