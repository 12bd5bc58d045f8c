"""What repairs were tried: every item that a recipe answered, and every recipe with its drift and its decision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lineage.scores.score import digest
from lineage.vocabulary import QUEUE_SOURCE
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from lineage.maintenance.recipes import MixRecipe
    from lineage.maintenance.trial import RecipeTrial
    from lineage.scheduling.job import JobSpec
    from store.database import Database

TRIAL_COLUMNS: Final = (
    "model",
    "revision",
    "base",
    "base_revision",
    "unsafe",
    "unsafe_revision",
    "recipe",
    "attention",
    "rest",
    "safety_vector",
    "half",
    "instrument",
    "is_capability",
    "drift",
    "low",
    "high",
    "margin",
    "items",
    "items_total",
    "decision",
    "is_chosen",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairSubject:
    """What is repaired: a model and its base, each at a commit, and a model without the base's safety, or None."""

    model: str
    revision: str | None
    base: str
    base_revision: str | None
    unsafe: str | None = None
    unsafe_revision: str | None = None

    def key(self, recipe: MixRecipe, asked: str) -> str:
        """Return what names the items of a recipe on an instrument; `asked` is its identity and how it was run."""
        unsafe = (self.unsafe, self.unsafe_revision) if recipe.safety else (None, None)
        shares = [repr(share) for share in (recipe.attention, recipe.rest, recipe.safety)]
        return digest([self.model, self.revision, self.base, self.base_revision, *unsafe, *shares, asked])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """The items of a run: values and clusters by item; an item without a cluster has its own name."""

    run: str
    instrument: str
    values: Mapping[str, float]
    clusters: Mapping[str, str]


def find_common_runs(database: Database, base: JobSpec, model: JobSpec) -> tuple[StoredRun, StoredRun] | None:
    """Return the runs of two models on the instrument of their jobs, of one identity and with items; None if none are.

    The runs of the jobs themselves come first, then others that were measured here, then the latest. Of jobs with
    options only their own count, since options change what is asked.
    """
    bases, models = (
        [
            (str(run), str(instrument))
            for run, instrument in database.run(
                "maintenance/find_runs",
                model=spec.model,
                revision=spec.revision,
                name=spec.instrument,
                source=QUEUE_SOURCE,
                key=spec.key,
                is_only=bool(spec.options),
            ).rows
        ]
        for spec in (base, model)
    )
    for run, instrument in bases:
        mine = next((one for one, other in models if other == instrument), None)
        if mine is not None:
            return _run(database, run, instrument), _run(database, mine, instrument)
    return None


def kept_values(database: Database, trial: str) -> dict[str, float]:
    """Return the values that a recipe has on an instrument, by item."""
    return {str(item): cast("float", value) for item, value in database.run("maintenance/list_items", trial=trial).rows}


def keep_values(database: Database, trial: str, values: Mapping[str, float]) -> None:
    """Keep the values of some items, in one transaction."""
    rows = [(item, value, None, -1) for item, value in values.items()]
    with (
        database.transaction(),
        database.columns("lent_items", **as_columns(("item", "value", "cluster", "reply_length"), rows)),
    ):
        database.run("maintenance/add_items", trial=trial)


def write_trials(
    database: Database,
    subject: RepairSubject,
    trials: Iterable[RecipeTrial],
    chosen: MixRecipe | None,
    margin: float,
    at: datetime,
) -> None:
    """Replace the trials of a model, base and margin (in points) by those of a search that ended."""
    rows = [row for trial in trials for row in _rows(subject, trial, chosen, margin)]
    with database.transaction():
        database.run("maintenance/drop_trials", model=subject.model, base=subject.base, margin=margin)
        with database.columns("lent_trials", **as_columns(TRIAL_COLUMNS, rows)):
            database.run("maintenance/add_trials", at=at)


def _rows(
    subject: RepairSubject, trial: RecipeTrial, chosen: MixRecipe | None, margin: float
) -> list[tuple[object, ...]]:
    recipe = trial.recipe
    unsafe = (subject.unsafe, subject.unsafe_revision) if recipe.safety else (None, None)
    return [
        (
            subject.model,
            subject.revision,
            subject.base,
            subject.base_revision,
            *unsafe,
            recipe.kind.value,
            recipe.attention,
            recipe.rest,
            recipe.safety,
            trial.half.value,
            one.key,
            one.is_capability,
            *(figure if math.isfinite(figure) else None for figure in (one.drift, one.low, one.high)),
            margin,
            one.items,
            one.items_total,
            one.verdict.value,
            recipe == chosen,
        )
        for one in trial.drifts
    ]


def _run(database: Database, run: str, instrument: str) -> StoredRun:
    rows = database.run("maintenance/list_run_items", run=run).rows
    return StoredRun(
        run=run,
        instrument=instrument,
        values={str(item): cast("float", value) for item, value, _ in rows},
        clusters={str(item): str(item if cluster is None else cluster) for item, _, cluster in rows},
    )
