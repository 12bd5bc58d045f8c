"""The messages between the coordinator and a worker: one JSON line each, and the records that they stand for.

The coordinator sends commands, a worker answers with reports. Any other line means that the other side is not what it
should be, and raises NotUnderstood.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from evaluation.engines.interface import Batch, ItemResult, RunSummary
from evaluation.errors import EvaluationError
from lineage.scheduling.job import JobFailure, JobReturn, JobSpec
from lineage.scores.score import Identity
from lineage.scores.scorer_agreement import ScorerAgreement
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST_LINE: Final = 64 * 1024 * 1024
"""The most bytes of a message; the longest are leases, with the names of all items that are done."""


class NotUnderstood(EvaluationError):
    """A line between coordinator and worker is not a message."""

    def __init__(self, line: str) -> None:
        """Show the beginning of the line."""
        super().__init__(f"no message: {plain(line, 100)!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Jobs to run one after the other, in this order: what each runs, and the items of it that are done already.

    Both are by the number of the job.
    """

    specs: Mapping[int, JobSpec]
    done: Mapping[int, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Run no more items of a job: its outcome is decided."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """The last items are kept: run the next ones. Without it a worker would run ahead of what a kill preserves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted:
    """A worker begins a job; `place` is what it runs on."""

    job: int
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsDone:
    """Some items of a job are done."""

    job: int
    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded:
    """A job ended: with a summary, a failure or a return, or None if it was stopped because its outcome is decided."""

    job: int
    outcome: RunSummary | JobFailure | JobReturn | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """The worker is alive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """All jobs of the lease have ended."""


Command: TypeAlias = Lease | Stop | Acknowledge
Report: TypeAlias = JobStarted | ItemsDone | JobEnded | Heartbeat | Idle


def encode(message: Command | Report) -> str:
    """Return a message as one line; raises ValueError if a number is NaN or infinite."""
    body = {"kind": type(message).__name__} | asdict(message)
    if isinstance(message, JobEnded):
        body["result"] = None if message.outcome is None else type(message.outcome).__name__
    return json.dumps(body, allow_nan=False, default=_listed, separators=(",", ":")) + "\n"


def _listed(value: object) -> list[str]:
    """Return a set as a list, because JSON has no sets."""
    if not isinstance(value, frozenset):
        raise TypeError(f"{type(value).__name__} is not passed between processes")
    return sorted(value)


def decode_command(line: str) -> Command:
    """Return the command in a line; raises NotUnderstood."""
    match _read(line, _COMMANDS):
        case Lease() | Stop() | Acknowledge() as command:
            return command
        case _:
            raise NotUnderstood(line)


def decode_report(line: str) -> Report:
    """Return the report in a line; raises NotUnderstood."""
    match _read(line, _REPORTS):
        case JobStarted() | ItemsDone() | JobEnded() | Heartbeat() | Idle() as report:
            return report
        case _:
            raise NotUnderstood(line)


def _read(line: str, makers: dict[str, Callable[[dict[str, Any]], Command | Report]]) -> Command | Report:
    try:
        body = json.loads(_whole(line))
        return makers[body.pop("kind")](body)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotUnderstood(line) from error


def _whole(line: str) -> str:
    """Return JSON with `?` for each half of a surrogate pair, which libraries may write and no database stores."""
    if "\\ud" not in line:
        return line
    return json.dumps(json.loads(line), ensure_ascii=False).encode(errors="replace").decode()


def _lease(body: dict[str, Any]) -> Lease:
    return Lease(
        specs={int(number): JobSpec(**spec) for number, spec in body["specs"].items()},
        done={int(number): frozenset(map(str, items)) for number, items in body["done"].items()},
    )


def _done(body: dict[str, Any]) -> ItemsDone:
    batch = body["batch"]
    items = tuple(ItemResult(**(one | {"value": float(one["value"])})) for one in batch["items"])
    return ItemsDone(
        job=int(body["job"]), batch=Batch(**(batch | {"items": items, "seconds": float(batch["seconds"])}))
    )


def _ended(body: dict[str, Any]) -> JobEnded:
    outcome: RunSummary | JobFailure | JobReturn | None = None
    match body["result"]:
        case "RunSummary":
            told = body["outcome"]
            calibration = None if told["calibration"] is None else ScorerAgreement(**told["calibration"])
            identity = Identity(**told["identity"])
            outcome = RunSummary(**(told | {"identity": identity, "calibration": calibration}))
        case "JobFailure":
            outcome = JobFailure(**body["outcome"])
        case "JobReturn":
            outcome = JobReturn(**body["outcome"])
        case None:
            pass
        case other:
            raise ValueError(other)
    return JobEnded(job=int(body["job"]), outcome=outcome)


_COMMANDS: Final[dict[str, Callable[[dict[str, Any]], Command | Report]]] = {
    "Lease": _lease,
    "Stop": lambda body: Stop(**body),
    "Acknowledge": lambda body: Acknowledge(**body),
}
_REPORTS: Final[dict[str, Callable[[dict[str, Any]], Command | Report]]] = {
    "JobStarted": lambda body: JobStarted(**body),
    "ItemsDone": _done,
    "JobEnded": _ended,
    "Heartbeat": lambda body: Heartbeat(**body),
    "Idle": lambda body: Idle(**body),
}
