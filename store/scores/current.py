"""What is derived from scores: whose they are, which one represents a model, and how far models drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.drift.current_scores import CurrentScores, StoredIdentity
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity
from lineage.vocabulary import SCORE_STATES, Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from store.database import Database


def write_current_scores(database: Database) -> None:
    """Link the names in scores to models again, and choose the current score of each model and slot.

    Of several, the one with the best state counts (`lineage.vocabulary`), then one with items, then the latest.
    """
    database.run("current_scores/link_names")
    database.run("current_scores/clear_standing")
    database.run("current_scores/insert_standing", states=SCORE_STATES)


def load_current_scores(database: Database, nodes: NDArray[np.int32] | None = None) -> CurrentScores:
    """Return the representative scores of some nodes, or None for all, in arrays.

    To find what the scores of a family are compared with, include its ancestors.
    """
    chosen = np.zeros(0, dtype=np.int32) if nodes is None else nodes
    with database.columns("lent_nodes", nid=chosen):
        return CurrentScores(**database.arrays("current_scores/standings", is_chosen=nodes is not None))


def load_identities(database: Database) -> tuple[StoredIdentity, ...]:
    """Return every identity in the database; the index of each is its number."""
    return tuple(_identity(cast("tuple[str, ...]", row)) for row in database.run("current_scores/instruments").rows)


def _identity(row: tuple[object, ...]) -> StoredIdentity:
    *declared, item_set, scorer, judge, judge_prompt, template, decoding, dtype, key, slot = row
    instrument = _instrument(declared)
    fields = (item_set, scorer, judge, judge_prompt, template, decoding, dtype)
    names = ("item_set_hash", "scorer", "judge", "judge_prompt_hash", "template", "decoding", "softmax_dtype")
    told = {name: None if value is None else str(value) for name, value in zip(names, fields, strict=True)}
    identity = Identity(name=instrument.name, **told)
    return StoredIdentity(instrument=instrument, identity=identity, key=str(key), slot=cast("int", slot))


def _instrument(declared: Sequence[object]) -> Instrument:
    name, title, construct, direction, scale, low, high, chance, floor, items, licence, source, gated = declared
    return Instrument(
        name=str(name),
        title=str(title),
        construct=Construct(str(construct)),
        direction=Direction(str(direction)),
        scale=Scale(str(scale)),
        low=cast("float", low),
        high=cast("float", high),
        chance=cast("float | None", chance),
        floor=cast("float | None", floor),
        items=cast("int | None", items),
        licence=cast("str | None", licence),
        source=cast("str | None", source),
        gated=bool(gated),
    )
