"""What a look at the environment finds: one finding a thing, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lineage.output.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable


class FindingState(StrEnum):
    """How a thing stands: `note` works, but less than it could; `problem` keeps something from working."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one thing; `advice` says what to do, empty where there is nothing to do."""

    about: str
    state: FindingState
    found: str
    advice: str = ""


def as_result(findings: Iterable[Finding]) -> Result:
    """Return findings as rows, in their order."""
    rows = tuple((item.about, item.state.value, item.found, item.advice or None) for item in findings)
    return Result(columns=("about", "state", "found", "advice"), rows=rows)


def is_sound(findings: Iterable[Finding]) -> bool:
    """Return whether nothing is a problem."""
    return all(item.state is not FindingState.PROBLEM for item in findings)
