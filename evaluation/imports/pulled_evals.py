"""Import what projects publish as data sets of scores: only what is new there, and each part whole or not at all.

A part is a record of Every Eval Ever with its samples, or all responses to a benchmark of OpenEval
(`crawler.published_evals`). Parts are downloaded, read and stored some at a time, the scores of all these and the note
which files they are from in one transaction: a pull that is killed goes on behind the last. A part that cannot be read
is refused with its file and place, and nothing of it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Literal

from crawler.published_evals import fetch_parts
from evaluation.errors import ImportRefused
from evaluation.imports import every_eval_ever, openeval
from evaluation.imports.interface import Skipped
from lineage.errors import LineageError
from lineage.scores.score import digest
from lineage.text.plain import plain
from store.scores.pulled_files import PulledFile, known_files, wanted_models, write_pulled
from store.scores.write import OtherDirection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from crawler.hub.dataset_repo import DatasetRepository
    from crawler.published_evals import EvalsListing, EvalsPart
    from evaluation.imports.interface import ImportSettings
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score
    from store.database import Database
    from store.scores.pulled_files import KnownFile

PartOutcome = Literal["imported", "known", "unknown_model", "no_instrument", "refused", "wanted"]
PARTS_AT_ONCE: Final = 64
BYTES_AT_ONCE: Final = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PullSettings:
    """Which models' scores are wanted, and how they are read.

    Those of all models in the database, or of those that the selector matches; with `all_models` of any name.
    """

    imports: ImportSettings
    selector: str | None = None
    all_models: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """What became of a part: how many of its scores were new or known, with how many items, and what was left out.

    A part is `wanted` where it would be read (a dry run), `known` if it was read before and is unchanged, of an
    `unknown_model` if the database does not have it or it was not asked for, and has `no_instrument` if it is about a
    benchmark that the catalogue does not have. `reason` is why it was refused.
    """

    part: EvalsPart
    outcome: PartOutcome
    new: int = 0
    known: int = 0
    items: int = 0
    skipped: tuple[Skipped, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReadPart:
    part: EvalsPart
    scores: tuple[Score, ...]
    skipped: tuple[Skipped, ...]
    left_models: tuple[str, ...]


class _ModelFilter:
    """Decides for each name once whether its scores are wanted."""

    def __init__(self, database: Database, wanted: PullSettings) -> None:
        self._database = database
        self._wanted = wanted
        self._known: dict[str, bool] = {}

    def is_wanted(self, name: str) -> bool:
        if name not in self._known:
            self._known[name] = self._wanted.all_models or bool(
                wanted_models(self._database, [name], self._wanted.selector)
            )
        return self._known[name]

    def left_out(self) -> tuple[str, ...]:
        """Return the names that were asked about and are not wanted."""
        return tuple(sorted(name for name, is_wanted in self._known.items() if not is_wanted))


def sort_parts(database: Database, listing: EvalsListing, wanted: PullSettings) -> Iterator[PullResult]:
    """Yield what would become of each part, before anything of it is downloaded; those to be read are `wanted`."""
    before = known_files(database, listing.source.dataset)
    names = {part.model for part in listing.parts if part.model is not None}
    names |= {name for known in before.values() for name in known.left_models}
    models = frozenset(names) if wanted.all_models else wanted_models(database, names, wanted.selector)
    reading = reading_of(wanted.imports.catalogue)
    for part in listing.parts:
        if part.model is not None and part.model not in models:
            yield PullResult(part=part, outcome="unknown_model")
        elif part.model is None and not openeval.is_measured(wanted.imports.catalogue, part.benchmark):
            yield PullResult(part=part, outcome="no_instrument")
        elif part.refusal is not None:
            yield PullResult(part=part, outcome="refused", reason=part.refusal)
        elif _is_known(part, before, reading, models):
            yield PullResult(part=part, outcome="known")
        else:
            yield PullResult(part=part, outcome="wanted")


def pull_parts(
    database: Database,
    repo: DatasetRepository,
    listing: EvalsListing,
    parts: Iterable[EvalsPart],
    wanted: PullSettings,
    at: datetime,
) -> Iterator[PullResult]:
    """Download parts, import them, and yield what became of each once it is stored. Raises HubError.

    Drift is not measured here: `store.drift.write_drift.refresh` does it.
    """
    for some in _together(parts):
        read: list[_ReadPart] = []
        for part, places in zip(some, fetch_parts(repo, listing.commit, some), strict=True):
            try:
                read.append(_read(database, listing, part, places, wanted))
            except (LineageError, OSError) as error:
                yield PullResult(part=part, outcome="refused", reason=_said(error, part, places))
        yield from _store(database, listing, read, wanted, at)


def reading_of(catalogue: Catalogue) -> str:
    """Return what a file is read with: a hash of our version and of what the catalogue recognises, in which range."""
    told = sorted(
        repr((one.name, one.low, one.high, one.direction.value, sorted(one.tasks), one.reported)) for one in catalogue
    )
    return digest([version("hub-lineage"), told])


def _is_known(part: EvalsPart, before: dict[str, KnownFile], reading: str, models: frozenset[str]) -> bool:
    """Return whether all files of a part were read as they are, and would give nothing else now."""
    known = [before.get(file.path) for file in part.files]
    return all(
        one is not None and (one.hash, one.reading) == (file.hash, reading) and one.left_models.isdisjoint(models)
        for one, file in zip(known, part.files, strict=True)
    )


def _together(parts: Iterable[EvalsPart]) -> Iterator[list[EvalsPart]]:
    some: list[EvalsPart] = []
    for part in parts:
        if some and (len(some) == PARTS_AT_ONCE or sum(one.size_bytes for one in (*some, part)) > BYTES_AT_ONCE):
            yield some
            some = []
        some.append(part)
    if some:
        yield some


def _read(
    database: Database, listing: EvalsListing, part: EvalsPart, places: list[Path] | Exception, wanted: PullSettings
) -> _ReadPart:
    """Read a part and leave out the scores of models that are not wanted. Raises what reading raises."""
    if isinstance(places, Exception):
        raise places
    origin = plain(f"{listing.source.dataset} {part.name}", None)
    imports, models = replace(wanted.imports, origin=origin), _ModelFilter(database, wanted)
    if part.model is None:
        found = openeval.read_together(places, imports, models.is_wanted)
    else:
        found = every_eval_ever.read(places[0], imports)
    scores = tuple(score for score in found.scores if models.is_wanted(score.model))
    left = models.left_out()
    reason = "the database has no such model, or it was not asked for; --all-models imports it all the same"
    unknown = tuple(Skipped(what=plain(f"{origin}: {name}"), reason=reason) for name in left)
    return _ReadPart(
        part=part,
        scores=scores,
        skipped=(*found.skipped, *unknown),
        left_models=left,
    )


def _store(
    database: Database, listing: EvalsListing, read: Sequence[_ReadPart], wanted: PullSettings, at: datetime
) -> Iterator[PullResult]:
    """Store parts in one transaction; where an instrument has another meaning here, each in one of its own."""
    if not read:
        return
    reading = reading_of(wanted.imports.catalogue)
    files = [file for one in read for file in _files(listing, one, reading)]
    try:
        new, _ = write_pulled(database, [score for one in read for score in one.scores], files, at)
    except OtherDirection as error:
        if len(read) == 1:
            yield PullResult(part=read[0].part, outcome="refused", reason=str(error))
            return
        for one in read:
            yield from _store(database, listing, [one], wanted, at)
        return
    fresh = {score.run: score for score in new}
    for one in read:
        mine = [fresh.pop(run) for run in {score.run for score in one.scores} if run in fresh]
        yield PullResult(
            part=one.part,
            outcome="imported",
            new=len(mine),
            known=len(one.scores) - len(mine),
            items=sum(len(score.item_scores) for score in mine if score.item_scores is not None),
            skipped=one.skipped,
        )


def _files(listing: EvalsListing, read: _ReadPart, reading: str) -> Iterator[PulledFile]:
    for file in read.part.files:
        yield PulledFile(
            dataset=listing.source.dataset,
            path=file.path,
            revision=listing.commit,
            hash=file.hash,
            size_bytes=file.size_bytes,
            licence=listing.licence,
            origin=plain(f"{listing.source.dataset} {read.part.name}", None),
            reading=reading,
            scores=len(read.scores),
            left_out=len(read.skipped),
            left_models=read.left_models,
        )


def _said(error: Exception, part: EvalsPart, places: list[Path] | Exception) -> str:
    """Return why a part was refused; the file is called what the data set calls it, not where it lies here."""
    if not isinstance(error, ImportRefused):
        return plain(str(error), None)
    names = dict(zip(places, part.files, strict=False)) if isinstance(places, list) else {}
    named = names[error.path].path if error.path in names else part.files[0].path
    return plain(": ".join(one for one in (named, error.place, error.problem) if one), None)
