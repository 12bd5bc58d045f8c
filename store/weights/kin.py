"""Close readings of relatives: which are wanted, and what they found, kept beside the comparisons of origin."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, cast

from lineage.crawl_records import WantedKinship, WeightFile
from lineage.parents.relations import MERGE_TAGS
from lineage.vocabulary import Relation
from lineage.weights.mixture import FEWEST_PARENTS, UnfitMixture
from store.lent_columns import as_columns
from store.weights.readings import collect_above

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lineage.crawl_records import NamedModels
    from lineage.weights.kinship_findings import KinVerdict, RelativeKinship, RelativeMixture
    from store.database import Database, Row

MOST_NEAR: Final = 3
"""Relatives that a model without a parent is read closely with: its base is most often the nearest."""
MOST_PARENTS: Final = 6
CLOSE_VERDICTS: Final = ("same origin", "rounded")
"""Of identical files a close reading would say nothing new."""
_READABLE: Final = ".safetensors"
FINDING_COLUMNS: Final = ("model", "relative", "number", "finding", "figure", "reason")
CHANGE_COLUMNS: Final = ("model", "relative", "role", "layer", "numbers", "equal_share", "change")
MIXTURE_COLUMNS: Final = (
    "model", "parent", "is_base", "weight", "copied_share", "verdict", "residual", "rounding", "reason",
)  # fmt: skip
SUMMARY_COLUMNS: Final = ("model", "relative", "summary")


def list_wanted_kin(database: Database, models: NamedModels) -> tuple[WantedKinship, ...]:
    """Return what is worth a close reading of some models and all above them, and had none at these commits.

    Those that are compared with the same relative follow each other.
    """
    collect_above(database, models)
    database.run("weights/collect_related", verdicts=list(CLOSE_VERDICTS), ending=_READABLE)
    files = {
        str(model): WeightFile(model=str(model), sha=cast("str | None", sha), path=str(path))
        for model, sha, path in database.run("weights/files").rows
    }
    relatives: dict[str, list[str]] = {}
    for model, relative in database.run("weights/kin_pairs", most=MOST_NEAR).rows:
        relatives.setdefault(str(model), []).append(str(relative))
    mixtures = dict(_mixtures(database, files))
    wanted = [
        WantedKinship(
            model=files[model],
            relatives=tuple(files[name] for name in relatives.get(model, ())),
            parents=tuple(files[name] for name in parents),
            base=files[base] if base else None,
        )
        for model in dict.fromkeys((*relatives, *mixtures))
        for parents, base in (mixtures.get(model, ((), None)),)
    ]
    return tuple(sorted(wanted, key=lambda one: (one.files[1].model, one.model.model)))


def _mixtures(
    database: Database, files: Mapping[str, WeightFile]
) -> Iterator[tuple[str, tuple[tuple[str, ...], str | None]]]:
    """Yield models that are to be weighed, with the parents, and their base, None if it is not known."""
    weighed: dict[str, set[str]] = {}
    for model, parent, _ in database.run("weights/mixture_parents").rows:
        weighed.setdefault(str(model), set()).add(str(parent))
    rows = database.run("weights/mixture_candidates", merge=Relation.MERGE, tags=sorted(MERGE_TAGS)).rows
    for model, group in groupby(rows, key=itemgetter(0)):
        parents, base = choose_parents(list(group), set(files))
        if len(parents) >= FEWEST_PARENTS and weighed.get(str(model)) != {*parents, *((base,) if base else ())}:
            yield str(model), (parents, base)


def choose_parents(candidates: Sequence[Row], readable: set[str]) -> tuple[tuple[str, ...], str | None]:
    """Return the parents that a model is weighed with, and the base that all of them were made from, if that is read.

    The oldest parent comes first. `candidates` are the relatives of the model, the nearest first: its id, theirs,
    whether it declares them, whether they are merges, their own parents, and when they were made, or None. Two that it
    declares go before those that it does not; of these, merges are left out where there are others enough, since they
    are mixtures of their parents. The base itself is no parent.
    """
    told = [row for row in candidates if row[0] not in cast("list[str]", row[4])]
    groups = ([row for row in told if row[2]], [row for row in told if not row[3]])
    rows = next((group for group in groups if len(group) >= FEWEST_PARENTS), told)[: MOST_PARENTS + 1]
    aged = sorted(rows, key=lambda row: (row[5] is None, row[5] or datetime.max.replace(tzinfo=UTC), row[1]))
    chosen = [(str(row[1]), set(cast("list[str]", row[4]))) for row in aged]
    above = set().union(*(parents for _, parents in chosen)) & readable
    base = min((one for one in above if all(one in {name, *parents} for name, parents in chosen)), default=None)
    return tuple(name for name, _ in chosen if name != base), base


def keep_kin(database: Database, found: Sequence[KinVerdict], *, now: datetime) -> None:
    """Keep what close readings found; the caller holds the transaction."""
    kinships = [kinship for verdict in found for kinship in verdict.kinships]
    mixtures = [verdict.mixture for verdict in found if verdict.mixture]
    summaries = [(one.model, one.relative, one.summary) for one in kinships]
    with (
        database.columns("lent_findings", **as_columns(FINDING_COLUMNS, _finding_rows(kinships))),
        database.columns("lent_changes", **as_columns(CHANGE_COLUMNS, _change_rows(kinships))),
        database.columns("lent_summaries", **as_columns(SUMMARY_COLUMNS, summaries)),
        database.columns("lent_mixtures", **as_columns(MIXTURE_COLUMNS, _mixture_rows(mixtures))),
    ):
        database.run("weights/add_findings", now=now)
        database.run("weights/add_changes")
        database.run("weights/say_findings")
        database.run("weights/drop_weighed")
        database.run("weights/add_mixtures", now=now)


def _finding_rows(kinships: Iterable[RelativeKinship]) -> Iterator[Row]:
    for kinship in kinships:
        for number, finding in enumerate(kinship.findings, 1):
            yield (kinship.model, kinship.relative, number, finding.kind, finding.number, finding.reason)


def _change_rows(kinships: Iterable[RelativeKinship]) -> Iterator[Row]:
    for kinship in kinships:
        for one in kinship.modules:
            yield (kinship.model, kinship.relative, one.role, one.layer, one.numbers, one.equal_share, one.change)


def _mixture_rows(mixtures: Iterable[RelativeMixture]) -> Iterator[Row]:
    for mixture in mixtures:
        fit = mixture.fit
        names = [*((name, False) for name in mixture.parents), *(((mixture.base, True),) if mixture.base else ())]
        if isinstance(fit, UnfitMixture):
            for name, is_base in names:
                yield (mixture.model, name, is_base, None, None, "not fitted", None, None, fit.reason)
            continue
        is_told = fit.kind == "mixture"
        weights = (*fit.weights, fit.base_weight)
        copied = (*(fit.copied or (None,) * len(mixture.parents)), None)
        for (name, is_base), weight, share in zip(names, weights, copied, strict=False):
            told = round(weight, 4) + 0.0 if is_told and weight is not None else None
            yield (mixture.model, name, is_base, told, share, fit.kind, fit.residual, fit.rounding, None)
