"""What `lineage pull evals` does: list what is published, import what is new, say what became of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from evaluation.catalogue import chosen_catalogue, with_stored
from lineage.errors import LineageError, UsageError
from lineage.output.result import Result
from lineage.text.plain import plain
from lineage.vocabulary import Format
from store.commands.opening import changing, now
from store.commands.printing import print_result, say
from store.commands.progress_line import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from crawler.hub.dataset_repo import DatasetRepository
    from crawler.published_evals import EvalsListing
    from evaluation.imports.pulled_evals import PullResult, PullSettings
    from store.database import Database

COLUMNS: Final = (
    *("dataset", "revision", "licence", "benchmark", "file", "outcome"),
    *("new", "known", "items", "left_out", "size_bytes", "reason"),
)
OUTCOMES: Final = ("wanted", "imported", "known", "unknown_model", "no_instrument", "refused")
REASONS_SHOWN: Final = 10


class EvalsName(StrEnum):
    """The projects whose published scores can be pulled, by the names of their formats."""

    EVERY_EVAL_EVER = "every-eval-ever"
    OPENEVAL = "openeval"


class PartsRefused(LineageError):
    """Some published files were refused."""

    hint = "the others were imported; the same command reads these again"

    def __init__(self, refused: int, parts: int) -> None:
        """Take how many were refused, and of how many that were to be read."""
        super().__init__(f"{refused:,} of {parts:,} files were refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalsOptions:
    """What a user asks for: from where, of which benchmarks and models, with items or without, or only listed."""

    projects: tuple[EvalsName, ...]
    revision: str | None
    benchmarks: frozenset[str]
    selector: str | None
    all_models: bool
    with_items: bool
    is_dry: bool
    instruments: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pulled:
    listing: EvalsListing
    results: tuple[PullResult, ...]


def check_options(options: EvalsOptions) -> None:
    """Raise UsageError for options that contradict each other."""
    if options.all_models and options.selector is not None:
        raise UsageError("--models chooses among the models of the database, --all-models takes all: give one of them")
    if options.revision is not None and len(options.projects) != 1:
        raise UsageError("--revision names a commit of one data set: say which with --from")


def pull_evals(options: EvalsOptions, endpoint: str, db: Path, output: Format) -> int:
    """Pull, print the answer, and return the exit code: 1 if nothing of what is published was for a known model.

    Raises UsageError, NoDatabase, HubError, and PartsRefused at the end.
    """
    check_options(options)
    with changing(db) as database:
        pulled = list(_pull_all(database, options, endpoint))
    results = [result for one in pulled for result in one.results]
    if output is Format.TABLE:
        print_result(_summary(pulled), output)
    else:
        print_result(Result(columns=COLUMNS, rows=tuple(_rows(pulled))), output)
    _tell_left_out(results)
    counted = Counter(result.outcome for result in results)
    if counted["refused"]:
        raise PartsRefused(counted["refused"], counted["refused"] + counted["imported"] + counted["wanted"])
    if counted["unknown_model"] + counted["no_instrument"] == len(results):
        say("nothing there is about a model and an instrument that are known here; --all-models imports any model's")
        return 1
    return 0


def _pull_all(database: Database, options: EvalsOptions, endpoint: str) -> Iterator[_Pulled]:
    from crawler.hub.dataset_repo import DatasetRepository
    from crawler.published_evals import SOURCES, list_evals
    from evaluation.imports.interface import ImportSettings
    from evaluation.imports.pulled_evals import PullSettings

    catalogue = with_stored(chosen_catalogue(options.instruments), database)
    wanted = PullSettings(
        imports=ImportSettings(catalogue=catalogue), selector=options.selector, all_models=options.all_models
    )
    for project in options.projects:
        source = SOURCES[project]
        repo = DatasetRepository(dataset=source.dataset, endpoint=endpoint)
        say(f"listing {source.dataset}")
        listing = list_evals(repo, source, options.revision, options.benchmarks, with_items=options.with_items)
        yield _Pulled(listing=listing, results=tuple(_pull(database, repo, listing, wanted, is_dry=options.is_dry)))


def _pull(
    database: Database, repo: DatasetRepository, listing: EvalsListing, wanted: PullSettings, *, is_dry: bool
) -> Iterator[PullResult]:
    """Yield what became of each part of one data set; drift is measured at the end, whatever ended it."""
    from evaluation.imports.pulled_evals import pull_parts, sort_parts
    from store.drift.write_drift import refresh

    sorted_parts = list(sort_parts(database, listing, wanted))
    to_read = [result.part for result in sorted_parts if result.outcome == "wanted"]
    _tell_listing(listing, sorted_parts)
    if is_dry:
        yield from sorted_parts
        return
    yield from (result for result in sorted_parts if result.outcome != "wanted")
    size = sum(part.size_bytes for part in to_read)
    done = read_bytes = 0
    try:
        with ProgressLine(every_seconds=30) as line:
            for result in pull_parts(database, repo, listing, to_read, wanted, now()):
                done, read_bytes = done + 1, read_bytes + result.part.size_bytes
                line.draw(f"{done:,} of {len(to_read):,} files", share=read_bytes / size if size else None)
                yield result
    finally:
        if not database.value("drift/is_current"):
            say("linking scores to models and measuring drift")
            refresh(database)


def _tell_listing(listing: EvalsListing, parts: Sequence[PullResult]) -> None:
    """Say what a data set is, under which licence, and how much of it is to be read."""
    licence = listing.licence or "no licence is stated; ask its makers before you publish what comes from it"
    say(plain(f"{listing.source.dataset}@{listing.commit[:12]}, licence: {licence}", None))
    counted = Counter(result.outcome for result in parts)
    size = sum(result.part.size_bytes for result in parts if result.outcome == "wanted")
    told = [f"{counted['wanted']:,} files to read ({size:,} bytes)", f"{counted['known']:,} unchanged"]
    if counted["unknown_model"]:
        told.append(f"{counted['unknown_model']:,} of models that are not in the database or not asked for")
    if counted["no_instrument"]:
        told.append(f"{counted['no_instrument']:,} of benchmarks that no instrument measures")
    if listing.passed_over:
        told.append(f"{listing.passed_over:,} with paths of another form")
    say("; ".join(told))


def _summary(pulled: Sequence[_Pulled]) -> Result:
    """Return one row per benchmark."""
    columns = ("dataset", "benchmark", "files", "size_bytes", *OUTCOMES, "new", "items", "left_out")
    rows = []
    for one in pulled:
        benchmarks = sorted({result.part.benchmark for result in one.results})
        for benchmark in benchmarks:
            mine = [result for result in one.results if result.part.benchmark == benchmark]
            counted = Counter(result.outcome for result in mine)
            read = sum(result.part.size_bytes for result in mine if result.outcome in {"wanted", "imported"})
            rows.append(
                (
                    *(one.listing.source.dataset, plain(benchmark, None), len(mine), read),
                    *(counted[outcome] for outcome in OUTCOMES),
                    *(sum(result.new for result in mine), sum(result.items for result in mine)),
                    sum(len(result.skipped) for result in mine),
                )
            )
    return Result(columns=columns, rows=tuple(rows))


def _rows(pulled: Sequence[_Pulled]) -> Iterator[tuple[object, ...]]:
    """Yield one row per part, behind it one for each result in it that was left out, with the reason."""
    for one in pulled:
        listing = one.listing
        for result in one.results:
            part = result.part
            facts = (listing.source.dataset, listing.commit, listing.licence, part.benchmark, part.name)
            counts = (result.new, result.known, result.items, len(result.skipped))
            yield (*facts, result.outcome, *counts, part.size_bytes, result.reason)
            for skipped in result.skipped:
                yield (*facts, "left_out", *(None,) * 5, f"{skipped.what}: {skipped.reason}")


def _tell_left_out(results: Sequence[PullResult]) -> None:
    """Say on stderr what was refused, each, and what was left out, grouped by reason with an example."""
    for result in results:
        if result.reason is not None:
            say(plain(f"refused: {result.reason}", None))
    reasons: dict[str, list[str]] = {}
    for skipped in (one for result in results for one in result.skipped):
        reasons.setdefault(skipped.reason.partition(": ")[0], []).append(f"{skipped.what}: {skipped.reason}")
    ranked = sorted(reasons.items(), key=lambda entry: -len(entry[1]))
    for reason, told in ranked[:REASONS_SHOWN]:
        say(plain(f"  left out {len(told):,}: {reason}, such as {told[0].removesuffix(f': {reason}')}", None))
    if len(ranked) > REASONS_SHOWN:
        say(f"  and {sum(len(told) for _, told in ranked[REASONS_SHOWN:]):,} more for other reasons")
