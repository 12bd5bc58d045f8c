"""What is derived from scores: whose they are, which one represents a model, and how far models drifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from lineage.drift.current_scores import CurrentScores, StoredIdentity
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity
from lineage.statistics.judge_error import JudgeError
from lineage.statistics.noise_floor import NoiseFloor
from lineage.vocabulary import SCORE_STATES, Construct, Direction, Scale, ScoreState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from store.database import Database

LABELLED: Final = ("found", "positives", "false", "negatives")
NOISE: Final = ("runs", "items", "floor", "changed")
"""What is known of labelled replies and of noise, in the order of the last columns of `current_scores/instruments`."""
MEASURED: Final = len(LABELLED) + len(NOISE)


def write_current_scores(database: Database) -> None:
    """Link the names in scores to models again, and choose the current score of each model and slot.

    Of several, the one with the best state counts (`lineage.vocabulary`), then one with items, then the latest. Where
    others count as much and state another value, the current score is contradictory and has no value.
    """
    database.run("current_scores/link_names")
    database.run("current_scores/clear_contradictory")
    database.run("current_scores/clear_standing")
    database.run("current_scores/create_counted")
    database.run("current_scores/create_contested")
    database.run("current_scores/insert_standing", states=SCORE_STATES)
    database.run("current_scores/insert_contradictory")
    database.run("current_scores/empty_contested")
    database.run("current_scores/empty_counted")
    database.run("current_scores/mark_contradictory", contradictory=ScoreState.CONTRADICTORY.value)
    database.run("current_scores/forget_fingerprint")
    database.run("current_scores/keep_fingerprint")


def load_current_scores(database: Database, nodes: NDArray[np.int32] | None = None) -> CurrentScores:
    """Return the representative scores of some nodes, or None for all, in arrays.

    To find what the scores of a family are compared with, include its ancestors.
    """
    return _load(database, nodes, size=0, with_files=False)


def load_scored_files(
    database: Database, size: int, nodes: NDArray[np.int32] | None = None
) -> tuple[CurrentScores, tuple[tuple[int, str], ...]]:
    """Return the representative scores of some nodes, or None for all, and of the files of their repositories.

    The files are returned too, each as the node of its repository and its variant. They are nodes of their own in the
    scores, numbered from `size` on in this order.
    """
    current = _load(database, nodes, size=size, with_files=True)
    with database.columns("lent_nodes", nid=_chosen(nodes)):
        rows = database.run("current_scores/files", is_chosen=nodes is not None).rows
    return current, tuple((cast("int", nid), str(variant)) for nid, variant in rows)


def _load(database: Database, nodes: NDArray[np.int32] | None, *, size: int, with_files: bool) -> CurrentScores:
    parameters = {"is_chosen": nodes is not None, "size": size, "with_files": with_files}
    with database.columns("lent_nodes", nid=_chosen(nodes)):
        return CurrentScores(**database.arrays("current_scores/standings", **parameters))


def _chosen(nodes: NDArray[np.int32] | None) -> NDArray[np.int32]:
    return np.zeros(0, dtype=np.int32) if nodes is None else nodes


def load_identities(database: Database) -> tuple[StoredIdentity, ...]:
    """Return every identity in the database; the index of each is its number."""
    return tuple(_identity(cast("tuple[str, ...]", row)) for row in database.run("current_scores/instruments").rows)


def _identity(row: tuple[object, ...]) -> StoredIdentity:
    *declared, item_set, scorer, judge, judge_prompt, template, decoding, dtype, key, slot = row[:-MEASURED]
    instrument = _instrument(declared)
    fields = (item_set, scorer, judge, judge_prompt, template, decoding, dtype)
    names = ("item_set_hash", "scorer", "judge", "judge_prompt_hash", "template", "decoding", "softmax_dtype")
    told = {name: None if value is None else str(value) for name, value in zip(names, fields, strict=True)}
    identity = Identity(name=instrument.name, **told)
    counts = dict(zip(LABELLED, cast("tuple[int, ...]", row[-MEASURED : -len(NOISE)]), strict=True))
    noise = dict(zip(NOISE, cast("tuple[Any, ...]", row[-len(NOISE) :]), strict=True))
    return StoredIdentity(
        instrument=instrument,
        identity=identity,
        key=str(key),
        slot=cast("int", slot),
        measured_error=None if None in counts.values() else JudgeError(**counts),
        noise=None if None in noise.values() else NoiseFloor(**noise),
    )


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
