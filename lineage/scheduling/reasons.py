"""The reason for a job in words, from the numbers that chose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NEAR: Final = 3
"""Edges within which a measured ancestor is mentioned."""
_THOUSAND, _MINUTE, _HOUR, _DAY = 1_000.0, 60.0, 3_600.0, 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonFacts:
    """The numbers behind a pick.

    `exposure` is the downloads of the last 30 days of the model and all its derivatives, `derivatives` the number of
    these. `distance` is the number of edges up to the nearest ancestor with a score on the instrument, or None if there
    is none. `cut` is the share, 0 to 1, of the weighted variance of its tree on the instrument that measuring is
    expected to remove. `gain` is the weighted variance that it removes anywhere, and `weight` that of the model.
    `domain` is None outside all domains; `is_stale` is true if an earlier score is of other files, `is_disputed` if its
    published values contradict each other, `is_for_others` if nobody asked for the model itself, which is run for what
    it tells about its derivatives; `parameters_guessed` if its size is unknown. `correction` is the factor by which
    `runs` measured runs correct the guessed seconds of its items.
    """

    exposure: int
    derivatives: int
    distance: int | None
    cut: float
    gain: float
    weight: float
    seconds: float
    domain: str | None = None
    is_stale: bool = False
    is_disputed: bool = False
    is_for_others: bool = False
    parameters_guessed: bool = False
    correction: float = 1.0
    runs: int = 0


def reason_of(facts: ReasonFacts, instrument: str) -> str:
    """Return the reason in a sentence: who uses it, what is known near it, what is learnt, how long it takes."""
    below = f" with {count_of(facts.derivatives, 'derivative')}" if facts.derivatives else ""
    parts = [f"{rounded(facts.exposure)} downloads{below}"]
    if facts.domain is not None:
        parts.append(facts.domain)
    if facts.is_for_others:
        parts.append("run for what it shows about its derivatives")
    if facts.is_stale:
        parts.append("its score belongs to earlier files")
    if facts.is_disputed:
        parts.append("its published values contradict each other")
    parts += [_ancestor(facts.distance), f"cuts {_percent(facts.cut)} of the family's uncertainty on {instrument}"]
    parts.append(f"about {time_of(facts.seconds)}" + (" if its size is usual" if facts.parameters_guessed else ""))
    if told := corrected(facts.correction, facts.runs):
        parts.append(f"items at {told}")
    return ", ".join(parts)


def corrected(correction: float, runs: int) -> str | None:
    """Return how measured runs correct a guessed time, such as `2.3 times the guess`.

    None if they do not, in two digits.
    """
    told = f"{correction:.2g}"
    return None if told == "1" else f"{told} times the guess after {count_of(runs, 'measured run')}"


def guard_reason(guard: str, instrument: str, seconds: float) -> str:
    """Return why a guard is run beside an instrument."""
    return f"guard of {instrument}: a score counts only if the model works at {guard}, about {time_of(seconds)}"


def time_of(seconds: float) -> str:
    """Return a time as people say it: `45 s`, `4 min`, `2.5 h`, `3.1 days`."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s" if seconds >= 1 else "1 s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h" if seconds < _DAY else f"{seconds / _DAY:.1f} days"


def rounded(count: int) -> str:
    """Return a count with at most three digits: `950`, `4.1k`, `412k`, `1.3M`."""
    value, unit = float(count), ""
    for larger in ("k", "M", "G", "T"):
        if value < _THOUSAND - 0.5:
            break
        value, unit = value / _THOUSAND, larger
    return f"{value:.1f}{unit}" if unit and value < 10 - 0.05 else f"{value:.0f}{unit}"


def count_of(count: int, one: str, many: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _ancestor(distance: int | None) -> str:
    if distance is None or distance > NEAR:
        return f"no measured ancestor within {NEAR} edges"
    return f"nearest measured ancestor {count_of(distance, 'edge')} up"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share >= 0.01 else "under 1%"  # noqa: PLR2004 - a hundredth
