"""The findings of a check of the environment: one per item, with advice on what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from lineage.output.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable


class FindingState(StrEnum):
    """The state of an item: `note` works with limitations; `problem` keeps something from working."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The finding about one item; `advice` says what to do, and is empty if there is nothing to do."""

    about: str
    state: FindingState
    found: str
    advice: str = ""


def as_result(findings: Iterable[Finding]) -> Result:
    """Return findings as rows, in the order given."""
    rows = tuple((item.about, item.state.value, item.found, item.advice or None) for item in findings)
    return Result(columns=("about", "state", "found", "advice"), rows=rows)


def is_sound(findings: Iterable[Finding]) -> bool:
    """Return whether no finding is a problem."""
    return all(item.state is not FindingState.PROBLEM for item in findings)
