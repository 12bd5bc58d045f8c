"""Writing scores to the database: all or nothing, and each once, however often it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.errors import UsageError
from lineage.scores.variant import split_variant
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from lineage.scores.instruments import Instrument
    from lineage.scores.score import Identity, ItemScores, Score
    from store.database import Database

INSTRUMENT_COLUMNS: Final = (
    "number",
    "instrument",
    "name",
    "title",
    "construct",
    "direction",
    "scale",
    "low",
    "high",
    "chance",
    "floor",
    "published_items",
    "items",
    "item_set_hash",
    "scorer",
    "judge",
    "judge_prompt_hash",
    "template",
    "decoding",
    "softmax_dtype",
    "licence",
    "source",
    "gated",
    "slot",
)
NAME_COLUMNS: Final = ("number", "named", "repository", "variant")
SCORE_COLUMNS: Final = (
    "number",
    "run",
    "named",
    "instrument",
    "revision",
    "value",
    "stderr",
    "items",
    "has_items",
    "reply_length",
    "source",
    "origin",
    "run_name",
    "is_reported",
    "measured_at",
)


class OtherDirection(UsageError):
    """An instrument is stored with another construct or direction."""

    hint = "give it another name in the --instruments file"

    def __init__(self, name: str, known: tuple[str, str], declared: tuple[str, str]) -> None:
        """Name the instrument, its definition here, and the one declared with the scores."""
        super().__init__(
            f"{name} is {' and '.join(known)} in this database, but is declared as {' and '.join(declared)}"
        )
        self.name = name


def write_scores(
    database: Database, scores: Iterable[Score], imported_at: datetime
) -> tuple[tuple[Score, ...], tuple[Score, ...]]:
    """Store scores in one transaction; return the new ones, and those whose run was stored already.

    A run that comes twice counts once. Drift is not measured here: `store.drift.measure.refresh` does that. Until
    then the models, and what descends from them, have no verdict.
    """
    with database.transaction():
        return write_scores_within(database, scores, imported_at)


def write_scores_within(
    database: Database, scores: Iterable[Score], imported_at: datetime
) -> tuple[tuple[Score, ...], tuple[Score, ...]]:
    """Store scores as `write_scores` does, within the caller's transaction."""
    distinct = {score.run: score for score in scores}
    with database.columns("lent_runs", **as_columns(("run",), ((run,) for run in distinct))):
        known = {row[0] for row in database.run("scores/known_runs").rows}
        if known:
            database.run("scores/read_again", last_read_at=imported_at)
    fresh = [(run, score) for run, score in distinct.items() if run not in known]
    if fresh:
        _add(database, fresh, imported_at)
    return tuple(score for _, score in fresh), tuple(score for run, score in distinct.items() if run in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """An identity in the database: its number, and the range in which its values are stored."""

    number: int
    slot: int
    low: float
    high: float

    def ratio(self, declared: Instrument) -> float:
        """Return the number of our units in one unit of the declared instrument."""
        return (self.high - self.low) / declared.span

    def converted(self, declared: Instrument, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values of the declared instrument in our unit; unchanged if the ranges are equal."""
        if (declared.low, declared.high) == (self.low, self.high):
            return values
        shares = (values - declared.low) / declared.span  # first, so that the ends of the ranges match
        return self.low + shares * (self.high - self.low)


def _add(database: Database, fresh: Sequence[tuple[str, Score]], imported_at: datetime) -> None:
    instrument, slot, _, number = cast("tuple[int, int, int, int]", database.run("scores/next_numbers").rows[0])
    scores = [score for _, score in fresh]
    instruments = _number_instruments(database, scores, instrument, slot)
    names = number_names(database, [score.model for score in scores])
    rows = []
    for place, (run, score) in enumerate(fresh, start=number):
        known = instruments[score.identity.key]
        rows.append((place, run, names[score.model], known.number, *_facts(score, known)))
        if score.item_scores is not None:
            _add_items(database, place, score.item_scores, known.converted(score.instrument, score.item_scores.values))
    with database.columns("lent_scores", **as_columns(SCORE_COLUMNS, rows)):
        database.run("scores/add_scores", imported_at=imported_at)
    forget_drift(database, names.values())


def forget_drift(database: Database, named: Iterable[int]) -> None:
    """Delete the verdicts that new scores of these named models may change, until drift is measured again.

    They are those on the models and on all that descends from them, so that no verdict is older than its scores.
    """
    database.run("drift/forget_drift", named=sorted(named))
    database.run("queue/set_drift_current", is_current=False)


def _facts(score: Score, known: _Known) -> tuple[object, ...]:
    """Return a score's own fields, in the order of the columns and the unit of the database."""
    ratio = known.ratio(score.instrument)
    return (
        score.revision,
        float(known.converted(score.instrument, np.array([score.value]))[0]),
        None if score.stderr is None else float(score.stderr) * ratio,
        score.items,
        score.item_scores is not None,
        _mean_length(score.item_scores),
        score.source,
        score.origin,
        score.run_name,
        score.is_reported,
        score.measured_at,
    )


def _mean_length(items: ItemScores | None) -> float | None:
    if items is None or items.reply_lengths is None:
        return None
    known = items.reply_lengths[items.reply_lengths >= 0]
    return float(known.mean()) if len(known) else None


def _number_instruments(database: Database, scores: Sequence[Score], number: int, slot: int) -> dict[str, _Known]:
    """Give every identity a number, and one slot to identities that differ only in their items.

    Raises OtherDirection if an instrument is known here under another construct or direction.
    """
    known, declared = _known_instruments(database)
    rows: list[tuple[object, ...]] = []
    slots = {(*key[:-1],): cast("int", key[-1]) for key in database.run("scores/list_slots").rows}
    for score in scores:
        instrument, identity = score.instrument, score.identity
        if declared.setdefault(instrument.name, _meaning(instrument)) != _meaning(instrument):
            raise OtherDirection(instrument.name, declared[instrument.name], _meaning(instrument))
        if identity.key in known:
            continue
        mine = slots.setdefault(_slot_key(identity), slot + len(rows))
        known[identity.key] = _Known(number=number + len(rows), slot=mine, low=instrument.low, high=instrument.high)
        rows.append((number + len(rows), *_declared(score), mine))
    if rows:
        with database.columns("lent_instruments", **as_columns(INSTRUMENT_COLUMNS, rows)):
            database.run("scores/add_instruments")
    return known


def _known_instruments(database: Database) -> tuple[dict[str, _Known], dict[str, tuple[str, str]]]:
    """Return what is in the database: identities by key, and construct and direction by name of instrument."""
    known: dict[str, _Known] = {}
    meanings: dict[str, tuple[str, str]] = {}
    for key, name, construct, direction, *facts in database.run("scores/known_instruments").rows:
        number, slot, low, high = cast("tuple[int, int, float, float]", tuple(facts))
        known[str(key)] = _Known(number=number, slot=slot, low=low, high=high)
        meanings[str(name)] = (str(construct), str(direction))
    return known, meanings


def _meaning(instrument: Instrument) -> tuple[str, str]:
    return instrument.construct.value, instrument.direction.value


def _slot_key(identity: Identity) -> tuple[object, ...]:
    return (
        identity.name,
        identity.scorer,
        identity.judge,
        identity.judge_prompt_hash,
        identity.template,
        identity.decoding,
        identity.softmax_dtype,
    )


def _declared(score: Score) -> tuple[object, ...]:
    """Return the declaration of a score's instrument and identity, in the order of the columns."""
    instrument, identity = score.instrument, score.identity
    return (
        identity.key,
        instrument.name,
        instrument.title,
        instrument.construct.value,
        instrument.direction.value,
        instrument.scale.value,
        instrument.low,
        instrument.high,
        instrument.chance,
        instrument.floor,
        instrument.items,
        score.items,
        identity.item_set_hash,
        identity.scorer,
        identity.judge,
        identity.judge_prompt_hash,
        identity.template,
        identity.decoding,
        identity.softmax_dtype,
        instrument.licence,
        instrument.source,
        instrument.gated,
    )


def number_names(database: Database, names: Sequence[str]) -> dict[str, int]:
    """Give every model name a number, and return them all, within the caller's transaction."""
    wanted = sorted(set(names))
    number = cast("int", database.run("scores/next_numbers").rows[0][2])
    with database.columns("lent_scored_names", **as_columns(("named",), ((name,) for name in wanted))):
        known = {str(name): cast("int", at) for name, at in database.run("scores/known_names").rows}
    fresh = [name for name in wanted if name not in known]
    known |= {name: place for place, name in enumerate(fresh, start=number)}
    if fresh:
        parts = [(known[name], name, split_variant(name)) for name in fresh]
        rows = ((number, name, part.repository, part.variant) for number, name, part in parts)
        with database.columns("lent_scored_names", **as_columns(NAME_COLUMNS, rows)):
            database.run("scores/add_names")
    return known


def _add_items(database: Database, score: int, items: ItemScores, values: NDArray[np.float64]) -> None:
    count = len(items)
    clusters = np.full(count, None, dtype=object) if items.clusters is None else np.array(items.clusters, dtype=object)
    lengths = np.full(count, -1, dtype=np.int32) if items.reply_lengths is None else items.reply_lengths
    with database.columns(
        "lent_items",
        item=np.array(items.items, dtype=object),
        value=np.asarray(values, dtype=np.float64),
        cluster=clusters,
        reply_length=np.asarray(lengths, dtype=np.int32),
    ):
        database.run("scores/add_items", score=score)
