"""Scores that projects publish as data sets on the Hub: what there is to import, and the files of it.

Every Eval Ever keeps its records in `evaleval/EEE_datastore`, one JSON file for each run of a model, with its samples
beside it where they were published: `data/BENCHMARK/OWNER/MODEL/UUID.json` and `UUID_samples.jsonl`. Of that we are
sure: the project's own gate checks these paths (evaleval/every_eval_ever at 076ff86, datastore-gate.md), and a reader
of the data set lists them so. That older samples are called `UUID.jsonl` is from the schema's README, not from the data
set. The `flat` tree repeats the same records up to June 2026, and `viewer_parquets` are cut at 100 rows: neither is
read. OWNER and MODEL are mostly the two parts of the Hub's id, in any capitals; only the record itself says which model
it is about.

OpenEval keeps tables as parquet in `human-centered-eval/OpenEval`: `response/BENCHMARK-00000-of-00004.parquet`, and
`bench` and `item` beside them. The names of the folders and columns are those that Every Eval Ever's own adapter reads
(adapters/openeval/adapter.py), the names of the files by benchmark those that the README of a study states; the data
set itself could not be reached. Its older files were `response/train-00000-of-00013.parquet`, of all benchmarks: these
are passed over, as no part of them is whole. The data set seems to have moved to `Open-Eval-Commons/OpenEval`; the Hub
leads from an old name to the new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from crawler.daemon_pool import DaemonPool
from crawler.publishing import NothingPublished
from lineage.errors import LineageError
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from crawler.hub.dataset_repo import DatasetFile, DatasetRepository

LARGEST_RECORD: Final = 64 << 20
LARGEST_SAMPLES: Final = 2 << 30
CONNECTIONS: Final = 8
_NAME: Final = r"[^/\\\x00-\x1f\x7f<>:\"|?*.][^/\\\x00-\x1f\x7f<>:\"|?*]{0,199}"
_BENCHMARK: Final = re.compile(_NAME)
_RECORD: Final = re.compile(
    rf"data/(?P<benchmark>{_NAME})/(?P<model>{_NAME}/{_NAME})/(?P<stem>[\w.-]{{1,200}}?)(?:_samples)?\.(?P<kind>jsonl?)",
    re.ASCII,
)
_RESPONSES: Final = re.compile(
    r"response/(?P<benchmark>[\w.+-]{1,200})-(?P<number>\d{5})-of-(?P<count>\d{5})\.parquet", re.ASCII
)
_ALL_BENCHMARKS: Final = "train"


class NoBenchmark(LineageError):
    """A data set of scores has no benchmark of a name."""

    exit_code = 1
    hint = "`lineage pull evals --dry-run` lists the benchmarks, by the names that the data sets have for them"

    def __init__(self, dataset: str, benchmark: str) -> None:
        super().__init__(plain(f"{dataset} has no benchmark {benchmark!r}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalsSource:
    """A data set of scores: its name in commands, which is that of its form, its id, and the folder that is read."""

    name: str
    dataset: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalsPart:
    """What is imported whole or not at all: a record with its samples, or all responses to a benchmark.

    `name` is the same at every commit. `model` is what the path says, None where one part is about many models. The
    first file is the one to read, the others belong to it. `refusal` is why it is not fetched, None if it can be.
    """

    name: str
    benchmark: str
    model: str | None
    files: tuple[DatasetFile, ...]
    refusal: str | None = None

    @property
    def size_bytes(self) -> int:
        """The bytes of all its files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalsListing:
    """What a data set of scores holds at a commit; `passed_over` counts the files that have no path of this form.

    `licence` is None if the data set states none.
    """

    source: EvalsSource
    commit: str
    licence: str | None
    parts: tuple[EvalsPart, ...]
    passed_over: int


EVERY_EVAL_EVER: Final = EvalsSource(name="every-eval-ever", dataset="evaleval/EEE_datastore", folder="data")
OPENEVAL: Final = EvalsSource(name="openeval", dataset="human-centered-eval/OpenEval", folder="response")
SOURCES: Final = {source.name: source for source in (EVERY_EVAL_EVER, OPENEVAL)}


def list_evals(
    repo: DatasetRepository,
    source: EvalsSource,
    revision: str | None,
    benchmarks: Collection[str] = (),
    *,
    with_items: bool = True,
) -> EvalsListing:
    """Return what a data set holds at a revision, by default the newest, of some benchmarks or of all for none.

    Without items the samples beside records are left out. Raises NothingPublished, NoBenchmark and HubError.
    """
    version = repo.version(revision, with_files=False)
    if version is None:
        raise NothingPublished(f"there is no data set {repo.dataset} at {repo.endpoint}")
    folders = [source.folder]
    if benchmarks and source is EVERY_EVAL_EVER:
        named = sorted(name for name in set(benchmarks) if _BENCHMARK.fullmatch(name))
        folders = [f"{source.folder}/{name}" for name in named]
    files = [file for folder in folders for file in repo.below(folder, version.commit)]
    parts = _records(files, with_items=with_items) if source is EVERY_EVAL_EVER else _responses(files)
    known = sum(len(part.files) for part in parts)
    if benchmarks:
        parts = [part for part in parts if part.benchmark in benchmarks]
        if missing := sorted(set(benchmarks) - {part.benchmark for part in parts}):
            raise NoBenchmark(repo.dataset, missing[0])
    passed_over = len(files) - known if with_items else sum(_RECORD.fullmatch(file.path) is None for file in files)
    return EvalsListing(
        source=source, commit=version.commit, licence=version.licence, parts=tuple(parts), passed_over=passed_over
    )


def fetch_parts(repo: DatasetRepository, commit: str, parts: Sequence[EvalsPart]) -> list[list[Path] | Exception]:
    """Download the files of some parts, several at a time; return their places, or for a part that failed why.

    Every file has the hash that the Hub lists for it. What arrived is kept by huggingface_hub, so that nothing is
    fetched twice. An error that concerns all files, such as no connection, is raised.
    """
    from crawler.errors import AccessDenied, BadRequest, BrokenBody
    from crawler.hub.dataset_repo import FileAltered, without_bars

    def fetch(part: EvalsPart) -> list[Path] | Exception:
        try:
            return [repo.download_whole(file, commit) for file in part.files]
        except (FileAltered, BadRequest, BrokenBody, AccessDenied) as error:
            return error

    with without_bars(), DaemonPool(min(CONNECTIONS, len(parts)), name="evals") as pool:
        return pool.each(fetch, parts)


def _records(files: Iterable[DatasetFile], *, with_items: bool) -> list[EvalsPart]:
    """Return the records of Every Eval Ever with their samples; samples without a record are a part of their own."""
    found: dict[tuple[str, str, str], dict[str, DatasetFile]] = {}
    for file in files:
        if (path := _RECORD.fullmatch(file.path)) is not None:
            found.setdefault((path["benchmark"], path["model"], path["stem"]), {})[path["kind"]] = file
    parts = []
    for (benchmark, model, _), kinds in sorted(found.items()):
        wanted = [kinds[kind] for kind in ("json", "jsonl") if kind in kinds and (with_items or kind == "json")]
        if wanted:
            part = EvalsPart(name=wanted[0].path, benchmark=benchmark, model=model, files=tuple(wanted))
            parts.append(_bounded(part, (LARGEST_RECORD, LARGEST_SAMPLES)))
    return parts


def _responses(files: Iterable[DatasetFile]) -> list[EvalsPart]:
    """Return the responses of OpenEval by benchmark; a benchmark of which a file is missing is refused."""
    named = [(path, file) for file in files if (path := _RESPONSES.fullmatch(file.path)) is not None]
    named = [(path, file) for path, file in named if path["benchmark"] != _ALL_BENCHMARKS]
    named.sort(key=lambda one: (one[0]["benchmark"], one[0]["number"]))
    parts = []
    for benchmark, group in groupby(named, key=lambda one: one[0]["benchmark"]):
        members = list(group)
        part = EvalsPart(
            name=f"response/{benchmark}", benchmark=benchmark, model=None, files=tuple(file for _, file in members)
        )
        numbers = [(int(path["number"]), int(path["count"])) for path, _ in members]
        if numbers != [(number, len(members)) for number in range(len(members))]:
            part = replace(part, refusal="its files are not all there, by their numbers")
        parts.append(_bounded(part, (LARGEST_SAMPLES,)))
    return parts


def _bounded(part: EvalsPart, limits: tuple[int, ...]) -> EvalsPart:
    """Return a part, with the reason where one of its files is larger than it may be; the last limit holds for all."""
    for number, file in enumerate(part.files):
        most = limits[min(number, len(limits) - 1)] if file.path.endswith((".json", ".parquet")) else limits[-1]
        if file.size_bytes > most:
            reason = f"{file.path.rpartition('/')[2]} has {file.size_bytes:,} bytes, more than {most:,}"
            return replace(part, refusal=reason)
    return part
