"""Noise floors in the database: how far runs of the same weights differed, for what was measured alike."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final, cast

from lineage.scores.score import digest
from store.lent_columns import as_columns
from store.scores.write import forget_drift

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.scores.score import Identity
    from lineage.statistics.noise_floor import NoiseFloor
    from store.database import Database

ALIKE: Final = ("name", "scorer", "judge", "judge_prompt_hash", "template", "decoding", "softmax_dtype")
"""The parts of an identity that scores share with a noise floor that counts for them: all but the items."""
FLOOR_COLUMNS: Final = (
    "measurement",
    *ALIKE,
    "engine",
    "model",
    "revision",
    "runs",
    "items",
    "floor",
    "changed",
)


def write_noise_floor(
    database: Database,
    identity: Identity,
    floor: NoiseFloor,
    *,
    engine: str,
    model: str,
    revision: str | None,
    measured_at: datetime,
) -> bool:
    """Store a noise floor and return whether it is new.

    Verdicts on what was measured alike follow from it, so they go until drift is measured again.
    """
    told = (*(getattr(identity, name) for name in ALIKE), engine, model, revision, *asdict(floor).values())
    row = (digest(told), *told)
    with database.transaction(), database.columns("lent_noise_floors", **as_columns(FLOOR_COLUMNS, [row])):
        is_new = bool(database.run("scores/add_noise_floor", measured_at=measured_at).rows)
        if is_new and (scored := database.run("scores/scored_alike").rows):
            forget_drift(database, [cast("int", named) for (named,) in scored])
    return is_new
