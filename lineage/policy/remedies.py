"""The commands that would supply a missing fact."""

from __future__ import annotations

from functools import cache
from shlex import quote
from typing import TYPE_CHECKING, Final

from lineage.policy.findings import MODEL_MARK
from lineage.scheduling.default_instruments import task_of
from lineage.scores.instrument_file import default_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable

RUN_DIGITS: Final = 12
"""Digits of a run's name that messages show; commands take the first digits of a name."""
CRAWL: Final = f"lineage crawl --models {MODEL_MARK}"
"""Fetches the present record of the model."""


def crawl_of(model: str) -> str:
    """Return the command that fetches the present record of a model, such as an ancestor."""
    return f"lineage crawl --models {quote(model)}"


def evaluation_of(model: str | None, instrument: str | None) -> str:
    """Return the command that measures a model on an instrument; None: the checked model, or what its domain needs."""
    named = MODEL_MARK if model is None else quote(model)
    if instrument is None:
        return f"lineage schedule {named} --queue, then lineage evaluate"
    return f"lineage evaluate {named} {quote(instrument)}" if _can_run(instrument) else "lineage scores import FILE"


def rejection_of(runs: Iterable[str]) -> str:
    """Return the command that rejects the wrong one of several values; `runs` are the first digits of their runs."""
    return f"lineage scores reject RUN, one of {', '.join(dict.fromkeys(runs))}"


@cache
def _can_run(instrument: str) -> bool:
    """Return whether an engine here can run an instrument of the catalogue."""
    found = default_catalogue().find(instrument)
    return found is not None and found.judge is None and task_of(found) is not None
