"""What an engine implements, and the results that it yields while it runs a job.

Results come in batches of items, so that a killed worker loses one batch, and end with what makes the score comparable.
They turn into JSON and back, since they cross processes.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from lineage.vocabulary import RUN_HERE, EngineName

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from lineage.scheduling.job import JobSpec
    from lineage.scores.score import Identity
    from lineage.scores.scorer_agreement import ScorerAgreement


LONGEST_REPLY: Final = 20_000
"""The most characters that are kept of a reply."""


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

    @classmethod
    def of(cls, spec: JobSpec, trusted: Container[str] = ()) -> Weights:
        """Return the weights that a job runs; `trusted` are the models whose own code may run."""
        base = None
        if spec.base is not None:
            is_trusted = spec.base in trusted
            base = cls(
                model=spec.base,
                revision=spec.base_revision,
                folder=spec.base_folder,
                trusts_remote_code=is_trusted,
            )
        is_trusted = spec.model in trusted
        return cls(
            model=spec.model,
            revision=spec.revision,
            folder=spec.folder,
            base=base,
            trusts_remote_code=is_trusted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """The score of one item, in the range of the instrument.

    `reply_length` is in characters, or None if there is no reply. `reply` is what is kept of it (`kept_reply`), a
    stranger's text, or None where the engine hands on no replies.
    """

    item: str
    value: float
    cluster: str | None = None
    reply_length: int | None = None
    reply: str | None = None


def kept_reply(text: str) -> str:
    """Return what is kept of a reply: its first characters, as text that every database stores."""
    return text[:LONGEST_REPLY].encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Items that are done: `seconds` is what they took without loading, `total` the number of items of the task.

    `total` is None while it is unknown. `tokens` are those that the model ran for them, counting shared ones once; None
    if the engine does not count them.
    """

    items: tuple[ItemResult, ...]
    seconds: float
    total: int | None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """The end of a run: what identifies its score, the hash of the weights that ran, and the name of the engine.

    `is_stopped_early` is true if not all items were run because the outcome was decided. `calibration` is how the judge
    or the rules agree with people, or None for scorers that need none; `left_out` counts items without a verdict.
    """

    identity: Identity
    weights_hash: str
    engine: str
    is_stopped_early: bool = False
    calibration: ScorerAgreement | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """How an engine is set up on one worker. `device` is cpu, cuda or auto; `threads` is None for all.

    `endpoint_url` is the address of an OpenAI-compatible server, for the engines `endpoint` and `inspect`.
    `instruments` is a file that declares more instruments than the catalogue has, or None; `logs` the folder for
    Inspect's logs, or None for the usual one. `cache_gb` is how many GiB of downloaded models the engine `transformers`
    keeps on the disk at most, or None for no limit; `batching` is how it batches replies: static, continuous, or auto
    for continuous on cuda only. `trusted` are the models whose own code may run.
    """

    device: str = "auto"
    threads: int | None = None
    endpoint_url: str | None = None
    instruments: str | None = None
    logs: str | None = None
    cache_gb: float | None = None
    batching: str = "auto"
    trusted: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Return the setup as JSON, for a worker in another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Setup:
        """Return the setup that `as_json` wrote; a missing field has its default."""
        told = json.loads(text)
        return cls(**(told | {"trusted": tuple(told.get("trusted", ()))}))

    def place_of(self, spec: JobSpec) -> str:
        """Return what a job runs on, as attempts record it: a device, or a server's address without user and query.

        A job of the engine `endpoint` may name a server of its own; those that run files here use none.
        """
        own = spec.options.get("url") if spec.engine == EngineName.ENDPOINT else None
        url = str(own) if own else self.endpoint_url
        if not url or spec.engine in RUN_HERE:
            return self.device
        scheme, mark, rest = re.split("[?#]", url)[0].rpartition("://")
        host, slash, path = rest.partition("/")
        return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"


@runtime_checkable
class FetchesAhead(Protocol):
    """A runner that can download what the next job needs while this one runs."""

    def fetch_ahead(self, spec: JobSpec) -> None:
        """Begin to download, and return at once."""


class Runner(Protocol):
    """Runs jobs, and keeps loaded what the next one may need."""

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield batches of the items that are not done yet, then the summary of the run.

        Raises evaluation.errors.CannotRun where the model or the task cannot be run at all.
        """
