"""The runner `inspect`: runs the user's own task with inspect-ai, and reads its log with the importer of logs."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evaluation.catalogue import chosen_catalogue
from evaluation.engines.endpoint.api_key import find_key
from evaluation.engines.inspect.logs import (
    check_arguments,
    check_ended,
    default_folder,
    find_logs,
    find_unfinished,
    remove_if_told,
)
from evaluation.engines.inspect.models import grader_of, subject_of
from evaluation.engines.inspect.options import read_options
from evaluation.engines.inspect.process import InspectRequest
from evaluation.engines.inspect.subprocess import run_process
from evaluation.engines.interface import Batch, ItemResult, RunSummary, Weights
from evaluation.engines.transformers.downloads import Snapshots
from evaluation.engines.transformers.weights_hash import file_hash
from evaluation.errors import CannotRun, ImportRefused
from evaluation.imports import inspect_logs
from evaluation.imports.interface import ImportSettings
from evaluation.json_node import told
from lineage.errors import MissingExtra
from lineage.scores.score import digest
from lineage.scores.task_reference import inspect_task
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.engines.endpoint.api_key import ApiKey
    from evaluation.engines.inspect.models import InspectModel
    from evaluation.engines.inspect.options import InspectOptions
    from evaluation.engines.interface import Setup
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Identity, Score

ENGINE: Final = "inspect"
PACKAGES: Final = ("inspect_ai", "openai")
BATCH: Final = 512
SHOWN_DIGITS: Final = 16
DECLARE: Final = 'the file of instruments names the scorer that counts: tasks = ["inspect:TASK/SCORER"]'
HUB_TOKENS: Final = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


class InspectRunner:
    """Runs tasks of the user's files, each in its own process, one at a time.

    Logs are kept below the setup's `logs`. A run that did not end is resumed; one that did is never used again.
    """

    def __init__(self, setup: Setup, catalogue: Catalogue, snapshots: Snapshots | None = None) -> None:
        self._setup = setup
        self._catalogue = catalogue
        self._snapshots = snapshots or Snapshots()

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield the items that are not done yet when the whole run is over, then the summary.

        Raises MissingExtra, CannotRun (also the kinds of the server, and if the log is refused), InspectFailed,
        EndpointAway, NotFetched.
        """
        began = time.monotonic()
        _need_inspect()
        self._check_declared(spec)
        file = _file_of(spec)
        options = read_options(spec.options)
        subject = subject_of(Weights.of(spec, self._setup.trusted), options, self._setup, self._snapshots)
        log = _InspectRun(spec, file, options, self._setup, subject).make_log()
        score = self._read(log, spec)
        yield from _batches(score, done, time.monotonic() - began)
        yield RunSummary(
            identity=_behind(score.identity, subject.software), weights_hash=subject.weights_hash, engine=_engine(log)
        )

    def _check_declared(self, spec: JobSpec) -> None:
        """Raise CannotRun, before anything is run, where no score of the task could be the instrument's."""
        instrument, (_, name) = self._catalogue.find(spec.instrument), _named(spec)
        start = f"{ENGINE}:{name}/".lower()
        if instrument is None or not any(one.lower().startswith(start) for one in instrument.tasks):
            raise CannotRun(spec.instrument, f"the catalogue does not say that {name} of {ENGINE} measures it", DECLARE)

    def _read(self, log: Path, spec: JobSpec) -> Score:
        """Return the score of the task's instrument in a log; raises CannotRun where there is none, or several."""
        wanted = ImportSettings(catalogue=self._catalogue, model=spec.model, revision=spec.revision)
        try:
            found = inspect_logs.read(log, wanted)
        except ImportRefused as error:  # another run would write the like
            raise CannotRun(spec.definition, f"its log is refused: {error}") from error
        scores = [score for score in found.scores if score.instrument.name == spec.instrument]
        if len(scores) != 1:
            others = [f"{one.identity.scorer} ({one.instrument.name})" for one in found.scores]
            others += [f"{one.what} ({one.reason})" for one in found.skipped]
            raise CannotRun(
                spec.instrument,
                f"{log.name} has {len(scores)} scores for it, and these others: {', '.join(others) or 'none'}",
                f"{DECLARE}; the log is kept, and `lineage scores import` can then read it",
            )
        return scores[0]


def make_runner(setup: Setup) -> InspectRunner:
    """Return a runner for a worker; raises UsageError or InstrumentFault if the file of instruments has an error."""
    return InspectRunner(setup, chosen_catalogue(None if setup.instruments is None else Path(setup.instruments)))


@dataclass(frozen=True, slots=True)
class _InspectRun:
    """One run: a task, the user's file, its options, the setup of the worker, and the model."""

    spec: JobSpec
    file: Path
    options: InspectOptions
    setup: Setup
    subject: InspectModel

    def make_log(self) -> Path:
        """Run the task in a process and return the log that it wrote, which says that the run ended well."""
        grader = grader_of(self.options, self.setup)
        folder = self._folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = set(find_logs(folder))
        keys = (*self.subject.keys, *(grader.keys if grader else ()), *_hub_tokens())
        variables = {**self.subject.variables, **(grader.variables if grader else {})}
        request = self._request(folder, None if grader is None else grader.name)
        try:
            run_process(request, variables, keys, self.options.run_seconds)
        finally:
            written = [log for log in find_logs(folder) if log not in before]
            for log in find_logs(folder):  # of an attempt that was killed too
                remove_if_told(log, self.spec.definition, keys)
        if not written:
            raise CannotRun(self.spec.definition, "Inspect wrote no log")
        check_ended(written[-1], self.spec.definition, keys)
        check_arguments(written[-1], self.spec.definition, self.options.of_task)
        return written[-1]

    def _request(self, folder: Path, grader: str | None) -> InspectRequest:
        spec, unfinished = self.spec, find_unfinished(folder)
        return InspectRequest(
            task=self.spec.definition,
            model=self.subject.name,
            folder=str(folder),
            arguments=self.subject.arguments,
            grader=grader,
            limit=self.spec.item_limit,
            settings=self.options.settings(),
            of_task=self.options.of_task,
            about={"model": spec.model, "revision": spec.revision, "instrument": self.spec.instrument},
            unfinished=None if unfinished is None else str(unfinished),
        )

    def _folder(self) -> Path:
        """Return the folder for the logs of this job alone: another file, commit, server or option has another."""
        spec = self.spec
        what = [spec.model, spec.revision, spec.folder, self.setup.endpoint_url]
        how = [spec.definition, file_hash(self.file), spec.item_limit, sorted(spec.options.items())]
        root = Path(self.setup.logs) if self.setup.logs else default_folder()
        return root.resolve() / digest([*what, *how])


def _file_of(spec: JobSpec) -> Path:
    """Return the file of a task; raises CannotRun where it is not there."""
    file = Path(_named(spec)[0])
    if not file.is_file():
        raise CannotRun(spec.definition, "there is no such file")
    return file


def _named(spec: JobSpec) -> tuple[str, str]:
    """Return the file that a task's definition names, and the task in it; raises CannotRun where it names none."""
    named = inspect_task(spec.definition)
    if named is None:
        raise CannotRun(spec.definition, "Inspect runs a task from a file of yours", "write it as FILE.py@TASK")
    return named


def _batches(score: Score, done: frozenset[str], seconds: float) -> Iterator[Batch]:
    """Yield the items of a score that are not done; `seconds` is what all of them took."""
    items = score.item_scores
    if items is None:
        return
    lengths = items.reply_lengths
    results = [
        ItemResult(
            item=item,
            value=float(items.values[place]),
            reply_length=None if lengths is None or lengths[place] < 0 else int(lengths[place]),
        )
        for place, item in enumerate(items.items)
        if item not in done
    ]
    for start in range(0, len(results), BATCH):
        part = tuple(results[start : start + BATCH])
        yield Batch(items=part, seconds=seconds * len(part) / len(results), total=len(items))


def _behind(identity: Identity, software: str | None) -> Identity:
    """Return the identity of a score behind a server: two servers, or versions, are two ways to ask."""
    if software is None:
        return identity
    template = identity.template or "{}"
    told_before = json.loads(template) if template.startswith("{") else {"template": template}
    return replace(identity, template=told(told_before | {"server": software}))


def _engine(log: Path) -> str:
    return f"{ENGINE} {version('inspect-ai')}, log {plain(log.name)} sha256:{file_hash(log)[:SHOWN_DIGITS]}"


def _need_inspect() -> None:
    if any(find_spec(package) is None for package in PACKAGES):
        raise MissingExtra("inspect", "the engine inspect")


def _hub_tokens() -> tuple[ApiKey, ...]:
    """Return the Hub's tokens of the environment, which the task may use, so that no log keeps one."""
    found = (find_key(name) for name in HUB_TOKENS if os.environ.get(name))
    return tuple(key for key in found if key is not None)
