"""Verdicts in columns say the same as in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.measure import DriftSettings, measure
from lineage.drift.pairs import find_pairs, join_pairs
from lineage.drift.table import Naming, drift_rows
from lineage.drift.verdict_columns import NO_COUNT, DriftColumns, drift_columns
from lineage.output.result import known
from lineage.parents.origin import Origin
from lineage.statistics.judge_error import JudgeError
from lineage.vocabulary import Against, Correction, Scale
from tests.lineage.drift.conftest import CAPABLE, IDS, Board, instrument

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow

ORIGINS = {"ash/base": Origin(model="ash/base", likely_parent="{yew}/100% old", confidence=0.71)}
INSTRUMENTS = (
    (instrument(), None, None),
    (instrument(), "ash-judge", None),
    (instrument(), "elm-judge", JudgeError(found=90, positives=100, false=9, negatives=100)),
    (instrument(), "fir-judge", JudgeError(found=5, positives=10, false=5, negatives=10)),
    (CAPABLE, None, None),
    (instrument("graded", scale=Scale.GRADED, high=100.0), None, None),
)


def draw_board(random: np.random.Generator) -> Board:
    """Put scores of every kind on a board."""
    board = Board()
    for what, judge, error in INSTRUMENTS:
        number = board.measures(what, judge=judge)
        if error is not None:
            board.knows(number, error)
        if random.random() < 0.3:
            board.shakes(number, float(random.choice([0.0, 0.02, 0.2])))
        for node in range(len(IDS)):
            if random.random() < 0.25:
                continue
            top = what.high
            board.put(
                node,
                number,
                float(random.choice([0.05, 0.31, 0.35, 0.4, 0.9])) * top,
                items=float(random.choice([9, 40, 400, np.nan])),
                stderr=0.02 * top if what.scale is Scale.GRADED else np.nan,
                reply_length=float(random.choice([10, 100, np.nan])),
                is_stale=bool(random.random() < 0.1),
                answers=board.share(40, int(random.integers(1, 20))) if random.random() < 0.2 else None,
                claims=(0.1 * top, 0.4 * top) if random.random() < 0.1 else None,
            )
    return board


def as_rows(columns: DriftColumns) -> list[dict[str, object]]:
    """Return columns as one dictionary per pair."""
    lists: dict[str, list[object]] = {"reason": columns.reason.tolist()}
    lists |= {name: [known(value) for value in figures.tolist()] for name, figures in columns.figures.items()}
    for name, counts in columns.counts.items():
        lists[name] = [None if count == NO_COUNT else count for count in counts.tolist()]
    for name, column in columns.texts.items():
        lists[name] = [column.texts[place] or None for place in column.place.tolist()]
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


@given(st.integers(0, 2**32 - 1), st.sampled_from(Correction))
def test_columns_say_what_rows_say(seed: int, correction: Correction) -> None:
    """Figures, guards, templates and sentences, whatever the scores, the lineage and the correction."""
    random = np.random.default_rng(seed)
    board = draw_board(random)
    inputs, settings = board.inputs(), DriftSettings(correction=correction, resamples=20)
    found = [find_pairs(board.graph, inputs.current, inputs.identities, against) for against in Against]
    pairs = join_pairs(found)
    doubts = {place: float(random.choice([0.8, 0.94])) for place in range(len(pairs)) if random.random() < 0.3}
    naming = Naming(id_of=board.id_of, root_of=board.id_of, domains={}, doubts=doubts, origins=ORIGINS)
    drift = measure(inputs, pairs, settings)
    rows: list[DriftRow] = list(drift_rows(drift, inputs, naming, settings))
    told = as_rows(drift_columns(drift, inputs, naming, settings))
    assert told == [{name: getattr(row, name) for name in one} for one, row in zip(told, rows, strict=True)]
