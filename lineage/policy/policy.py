"""A policy as a record: its rules, and temporary exceptions with their reasons."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.statistics.defaults import ALPHA
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from lineage.policy.rules import AnyRule

SHOWN_FAULTS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """An exception: findings of some rules on matching models do not count, up to and including a day."""

    model: str
    rules: tuple[str, ...]
    reason: str
    expires: date
    line: int | None = None

    def covers(self, rule: str, model: str) -> bool:
        """Return whether it applies to a rule and a model, even if it has expired."""
        return rule in self.rules and names_model(self.model, model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy file's content; `source` is its name, `alpha` the rate of false verdicts that comparisons allow."""

    source: str
    title: str
    rules: tuple[AnyRule, ...]
    exemptions: tuple[Exemption, ...] = ()
    alpha: float = ALPHA


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyProblem:
    """A problem at one place of a file: the line, the key, and what is wrong.

    Lines count from 1; None means unknown.
    """

    line: int | None
    place: str | None
    problem: str

    def told(self, source: str) -> str:
        """Return the problem as one line."""
        where = source if self.line is None else f"{source}:{self.line}"
        return plain(f"{where}: {self.problem}" if self.place is None else f"{where}: {self.place} {self.problem}", 600)


class PolicyFault(LineageError):
    """A policy file has faults; the error reports all of them at once."""

    hint = "every rule and key is listed in `lineage docs gates`"
    exit_code = 2

    def __init__(self, source: str, faults: Sequence[PolicyProblem]) -> None:
        """Name the file and its faults, one per line."""
        told = [fault.told(source) for fault in faults[:SHOWN_FAULTS]]
        more = [f"... and {len(faults) - SHOWN_FAULTS:,} more"] if len(faults) > SHOWN_FAULTS else []
        super().__init__("\n".join([*told, *more]))
        self.source = source
        self.faults = tuple(faults)


def names_model(pattern: str, model: str) -> bool:
    """Return whether a pattern, an id or `org/*`, matches a model; case does not matter, as on the Hub."""
    return named_by((pattern,), model)


def named_by(patterns: tuple[str, ...], model: str) -> bool:
    """Return whether any of the patterns matches a model."""
    return bool(patterns) and _matcher(patterns)(model.lower()) is not None


@cache
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(translate(pattern.lower()) for pattern in patterns)).match
