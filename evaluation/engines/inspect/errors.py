"""What can go wrong with a run of Inspect.

EvaluationError
├── InspectFailed     the run did not end well this time, so that trying again can help
└── CannotRun
    └── OptionUnusable    an option of a task has no such name or value

No message holds a key: what a run says is shown without those it was given.
"""

from __future__ import annotations

from typing import Final

from evaluation.errors import CannotRun, EvaluationError
from lineage.text.plain import plain

LONGEST_REASON: Final = 600


class InspectFailed(EvaluationError):
    """A run of Inspect did not end well."""

    hint = "the log is kept; `inspect view` shows it"

    def __init__(self, task: str, reason: str) -> None:
        """Say which task, and what the run said."""
        super().__init__(plain(f"{task}: {reason}", LONGEST_REASON))
        self.task, self.reason = task, reason


class OptionUnusable(CannotRun):
    """An option of a task has no such name or value."""

    exit_code = 2

    def __init__(self, name: str, problem: str) -> None:
        """Say which option, and what is wrong with it."""
        super().__init__(name, problem, "`lineage docs evaluating` lists the options")
