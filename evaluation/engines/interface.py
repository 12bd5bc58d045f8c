"""Work and its results, as they pass between the queue, the workers and the runners, on this machine or on others.

A task is one model on one instrument. Its result comes in batches of items, so that whoever is killed loses one batch,
and ends with what makes the score comparable. Everything here turns into JSON and back, since it crosses processes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.scores.score import Identity
    from lineage.scores.scorer_agreement import ScorerAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Where the weights of a model come from: a repository of the Hub at one commit, or a folder of this machine.

    `base` is what an adapter is attached to, or None for a model of its own. `trusts_remote_code` is true only where
    the user passed the flag for this model.
    """

    model: str
    revision: str | None
    folder: str | None = None
    base: Weights | None = None
    trusts_remote_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One model on one instrument. `instrument` is a name of the catalogue, `definition` what an engine runs for it.

    `definition` is a name of lm-evaluation-harness, a path of a YAML file of it, or what else an engine runs (Inspect
    `FILE.py@TASK`); `limit` runs so many items at most, or None for all; `options` are the runner's own, such as a
    batch size.
    """

    job: int
    weights: Weights
    instrument: str
    definition: str
    engine: str = "transformers"
    limit: int | None = None
    options: dict[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """The score of one item, in the instrument's range.

    `reply_length` is characters, or None where none was written.
    """

    item: str
    value: float
    cluster: str | None = None
    reply_length: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items that are done. `seconds` is what they cost, loading not counted, `total` how many items the task has.

    `total` is None while that is unknown. `tokens` are those that the model ran for them, what they have in common
    once; None where the engine does not count them.
    """

    items: tuple[ItemResult, ...]
    seconds: float
    total: int | None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A task is done: what identifies its score, the hash of the weights that were run, and the engine's own name.

    `is_stopped_early` says that the items were not all run because the outcome was decided. `calibration` is how the
    judge or the rules agree with people, or None for scorers that need none; `left_out` counts items without a verdict.
    """

    identity: Identity
    weights_hash: str
    engine: str
    is_stopped_early: bool = False
    calibration: ScorerAgreement | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A task cannot be done: why, with the traceback; `is_final` where trying again cannot help."""

    reason: str
    traceback: str
    is_final: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How an engine is set up on one worker. `device` is cpu, cuda or auto; `threads` is None for as many as there are.

    `endpoint_url` is where an OpenAI-compatible server answers, of the engines `endpoint` and `inspect`. `instruments`
    is a file that declares more instruments than the catalogue has, or None for none; `logs` the folder of the logs
    that Inspect writes, or None for the usual one. `cache_gb` is how many GiB of downloaded models the engine
    `transformers` keeps on the disk at most, or None for no bound; `batching` is how it batches replies: static,
    continuous, or auto for continuous on cuda alone.
    """

    device: str = "auto"
    threads: int | None = None
    endpoint_url: str | None = None
    instruments: str | None = None
    logs: str | None = None
    cache_gb: float | None = None
    batching: str = "auto"

    @property
    def place(self) -> str:
        """Return what it runs on, as attempts keep it: a device, or a server's address without user and query."""
        if not self.endpoint_url:
            return self.device
        scheme, mark, rest = re.split("[?#]", self.endpoint_url)[0].rpartition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


@runtime_checkable
class FetchesAhead(Protocol):
    """A runner that can download what the next task needs while this one runs."""

    def fetch_ahead(self, weights: Weights) -> None:
        """Begin to download, and return at once."""


class Runner(Protocol):
    """Runs tasks; keeps loaded what the next one may need."""

    def run(self, task: Task, done: frozenset[str]) -> Iterator[Batch | Finished]:
        """Yield batches of the items that are not done yet, then what finishes the task.

        Raises evaluation.errors.CannotRun where the model or the task cannot be run at all.
        """
