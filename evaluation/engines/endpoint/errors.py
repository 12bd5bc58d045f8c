"""What can go wrong between us and a server of models.

EvaluationError
├── NotServed              a job goes back to the queue
│   ├── EndpointAway       nobody answers, or not in time, or the answer breaks off, however often it is tried
│   ├── KeyRefused         the key is missing, malformed, or not accepted
│   └── ModelNotServed     the server serves other models
├── AnswerUnusable         an answer is too large, or lacks what was asked for; trying again can help
└── CannotRun
    ├── EndpointRefused    the server refuses a request for good (a status of 4xx)
    └── NoLikelihoods      the server does not give the log-probabilities of a prompt

No message holds a key, a header, a query, or what was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.errors import CannotRun, EvaluationError, NotServed
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

SHOWN_MODELS = 5
LONGEST_REASON = 300


class EndpointAway(NotServed):
    """A server does not answer."""

    hint = "what was done is kept; run the command again when the server is back"

    def __init__(self, origin: str, reason: str, attempts: int) -> None:
        """Say which server, why, and how often it was tried."""
        super().__init__(plain(f"{origin} does not answer ({attempts} attempts): {reason}", LONGEST_REASON))
        self.origin, self.reason, self.attempts = origin, reason, attempts


class EndpointRefused(CannotRun):
    """A server refuses a request for good."""

    def __init__(self, origin: str, path: str, status: int, reason: str) -> None:
        """Say which server, what was asked for, its status, and its own words."""
        super().__init__(origin, f"refuses {path} ({status}){': ' if reason else ''}{reason}")
        self.path, self.status, self.said = path, status, reason


class KeyRefused(NotServed):
    """The key of a server is missing, malformed, or not accepted."""

    exit_code = 2

    def __init__(self, variable: str | None, reason: str) -> None:
        """Say which environment variable holds the key, or None for no key, and what is wrong."""
        where = "a request without a key" if variable is None else f"the key in {variable}"
        way_out = (
            "name the environment variable that holds the key" if variable is None else f"set {variable} to a valid key"
        )
        super().__init__(plain(f"{where}: {reason}", LONGEST_REASON))
        self.hint = way_out
        self.variable = variable


class AnswerUnusable(EvaluationError):
    """An answer of a server cannot be used."""

    def __init__(self, origin: str, path: str, problem: str) -> None:
        """Say which server, what was asked for, and what is wrong with the answer."""
        super().__init__(plain(f"{origin}, {path}: {problem}", LONGEST_REASON))
        self.origin, self.path, self.problem = origin, path, problem


class ModelNotServed(NotServed):
    """A server serves other models."""

    hint = "name the model as the server does"
    is_away = False

    def __init__(self, model: str, served: Sequence[str]) -> None:
        """Say which model, and some of those that there are."""
        shown = ", ".join(served[:SHOWN_MODELS]) + (", ..." if len(served) > SHOWN_MODELS else "")
        super().__init__(plain(f"{model}: the server does not serve it; it serves {shown}", LONGEST_REASON))
        self.model = model


class NoLikelihoods(CannotRun):
    """A server does not give the log-probabilities of a prompt."""

    def __init__(self, model: str, reason: str) -> None:
        """Say which model, and what the server gives instead."""
        hint = (
            "use a server that tells log-probabilities on /v1/completions (vLLM, llama.cpp), or a task that generates"
        )
        super().__init__(model, f"the server gives no log-probabilities of a prompt: {reason}", hint)
        self.found = reason
