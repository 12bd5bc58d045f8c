"""Drift in rows and sentences: what a person reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.drift.measure import DriftSettings, measure
from lineage.drift.pairs import find_pairs
from lineage.drift.table import RESULT_COLUMNS, Naming, as_result, as_sections, drift_rows
from lineage.vocabulary import Against, Construct, Direction, Verdict

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.drift.conftest import Board


DOMAINS = {"elm/medical": ["medical"]}


def rows_of(
    board: Board, against: Against = Against.SCORED_ANCESTOR, doubts: dict[int, float] | None = None
) -> list[DriftRow]:
    """Return the rows of everything on the board."""
    inputs, settings = board.inputs(), DriftSettings()
    pairs = find_pairs(board.graph, inputs.current, inputs.identities, against)
    drift = measure(inputs, pairs, settings)
    naming = Naming(id_of=board.id_of, root_of=lambda _: "ash/base", domains=DOMAINS, doubts=doubts or {})
    return list(drift_rows(drift, inputs, naming, settings))


def test_a_change_is_told_in_points_with_its_grounds(board: Board) -> None:
    """The sentence has size, ancestor, interval, q, test and number of items."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.3)
    (row,) = rows_of(board)
    assert (row.model, row.reference, row.verdict, row.relation) == (
        "elm/medical",
        "ash/base",
        Verdict.WORSE,
        "finetune",
    )
    assert row.delta == pytest.approx(20.0)
    assert row.domains == ("medical",)
    assert row.reason.startswith("riskier by 20.0 points than ash/base (+14.")
    assert "q < 0.001; unpaired z on 400 items)" in row.reason


def test_agreement_on_every_item_is_a_finding(board: Board) -> None:
    """Of 256 items none changed: within the margin, with the exact bound; of 40 the bound is beyond it, and is told."""
    many, few = board.measures(board.instrument()), board.measures(board.instrument("few", construct=Construct.BIAS))
    for node in (board.BASE, board.MEDICAL):
        board.put(node, many, 0.25, answers=board.share(256, 64))
        board.put(node, few, 0.25, answers=board.share(40, 10))
    same, short = rows_of(board)
    bound = 100 * (1 - 0.05 ** (1 / 256))
    assert (same.verdict, short.verdict) == (Verdict.EQUIVALENT, Verdict.UNDECIDED)
    told = f"no item of 256 differs from ash/base; at most {bound:.2f}% of all items do, within 3.0 points ("
    assert same.reason.startswith(told)
    assert "at most 7.22% of all items do, which is not shown to be within 3.0 points" in short.reason


def test_equivalence_shows_the_q_that_it_stands_on(board: Board) -> None:
    """The row has p and q of a change of the margin or more, and the sentence gives that q, not that of no change."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.4, items=20_000)
    board.put(board.MEDICAL, number, 0.404, items=20_000)
    (row,) = rows_of(board)
    assert row.verdict is Verdict.EQUIVALENT
    assert row.p_equivalence == row.q_equivalence == row.q_of_verdict
    assert row.q_equivalence is not None
    assert row.q_equivalence < 0.05 < (row.q_value or 0)
    assert "; q < 0.001 of a change of 3.0 points or more; unpaired z on 20,000 items)" in row.reason


def test_what_is_corrected_and_what_is_not_is_told(board: Board) -> None:
    """Of two tests on one pair, each q is corrected over both, and the interval beside it says that it is not."""
    for name, value in (("harm", 0.15), ("risk", 0.30)):
        number = board.measures(board.instrument(name))
        board.put(board.BASE, number, 0.1)
        board.put(board.MEDICAL, number, value)
    rows = rows_of(board)
    assert [row.tests for row in rows] == [2, 2]
    assert (rows[1].q_value or 0) == pytest.approx(2 * (rows[1].p_value or 0))
    assert all((row.q_equivalence or 0) >= (row.p_equivalence or 1) for row in rows)
    assert all(
        re.search(r"\([+-][\d.]+ to [+-][\d.]+, not corrected; q [=<] [\d.]+ over 2 tests; ", row.reason)
        for row in rows
    )


@pytest.mark.parametrize(("answered", "told"), [(400, None), (130, "270 more items were answered by one of the two")])
def test_items_of_one_side_alone_are_counted(board: Board, answered: int, told: str | None) -> None:
    """A verdict on what is left of the items says so, and how many others were left out."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.4, answers=board.share(400, 160))
    board.put(board.MEDICAL, number, 0.6, answers=board.share(answered, 90))
    (row,) = rows_of(board)
    assert (row.items, row.left_out) == (answered, 400 - answered)
    assert told in row.reason if told else "more items" not in row.reason


def test_what_is_safer_without_a_guard_says_so(board: Board) -> None:
    """No capability score stands beside it, and the reader is told."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.3)
    board.put(board.MEDICAL, number, 0.1)
    (row,) = rows_of(board)
    assert (row.verdict, row.guard) == (Verdict.BETTER, "none")
    assert row.reason.startswith("safer by 20.0 points")
    assert "not guarded: no capability score of both models shows that this one still works" in row.reason


def test_undecided_says_what_would_have_been_found(board: Board) -> None:
    """The minimum detectable effect is part of the answer."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.40)
    board.put(board.MEDICAL, number, 0.41)
    (row,) = rows_of(board)
    assert row.verdict is Verdict.UNDECIDED
    assert row.minimum_detectable == pytest.approx(9.7, abs=0.2)
    assert f"{row.minimum_detectable:.1f} points would have been detected with 80 % power" in row.reason


def test_capability_is_never_called_safe(board: Board) -> None:
    """Its rows speak of ability."""
    number = board.measures(board.capability())
    board.put(board.BASE, number, 0.8)
    board.put(board.MEDICAL, number, 0.5)
    (row,) = rows_of(board)
    assert row.reason.startswith("less able by 30.0 points")
    assert not row.is_safety


def test_an_inferred_ancestor_is_marked(board: Board) -> None:
    """That nobody declares the ancestor stands in the row and in its sentence."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.3)
    (row,) = rows_of(board, doubts={0: 0.957})
    assert (row.inferred, row.lineage_confidence) == (True, 0.957)
    assert row.reason.startswith("riskier by 20.0 points than ash/base (inferred, 96% sure) (")
    (declared,) = rows_of(board)
    assert (declared.inferred, declared.lineage_confidence) == (False, None)


def test_differing_identities_are_named(board: Board) -> None:
    """Which fields differ, and how, in words."""
    board.put(board.BASE, board.measures(board.instrument(), judge="ash-judge", template="0-shot"), 0.1)
    board.put(board.MEDICAL, board.measures(board.instrument(), judge="fir-judge"), 0.2)
    (row,) = rows_of(board)
    assert row.reason == (
        "withheld: ash/base was measured otherwise: judge fir-judge against ash-judge, "
        "prompt template not told against 0-shot"
    )
    assert (row.delta, row.q_value, row.pairing) == (None, None, None)


@pytest.mark.parametrize(
    ("against", "expected"),
    [
        (Against.PARENT, "withheld: elm/medical has no score on this instrument"),
        (Against.SCORED_ANCESTOR, "withheld: no ancestor has a score on this instrument"),
        (Against.ROOT, "withheld: ash/base has no score on this instrument"),
    ],
)
def test_a_missing_reference_is_told_apart(board: Board, against: Against, expected: str) -> None:
    """Whether one ancestor or all of them were never measured."""
    board.put(board.NOTES, board.measures(board.instrument()), 0.3)
    (row,) = rows_of(board, against)
    assert row.reason == expected


@pytest.mark.parametrize(
    ("base", "medical", "said"),
    [
        ({"items": 9}, {"items": 9}, "9 common items, fewer than 30"),
        ({"is_stale": True}, {}, "the score of the model or of ash/base is stale"),
        ({"items": np.nan}, {"items": np.nan}, "neither the number of items nor a standard error"),
        ({"reply_length": 900}, {"reply_length": 20}, "a guard failed, the derivative's replies shrank"),
    ],
)
def test_what_is_withheld_says_why(board: Board, base: dict[str, float], medical: dict[str, float], said: str) -> None:
    """Each cause has its own words."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.5, **base)  # type: ignore[arg-type] # the cases choose the fields
    board.put(board.MEDICAL, number, 0.1, **medical)  # type: ignore[arg-type] # as above
    (row,) = rows_of(board)
    assert row.verdict is Verdict.WITHHELD
    assert row.reason.startswith(f"withheld: {said}")


def test_a_small_change_that_is_real_says_that_it_is_small(board: Board) -> None:
    """Significant and within the margin are both said."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.40, items=100_000)
    board.put(board.MEDICAL, number, 0.41, items=100_000)
    (row,) = rows_of(board)
    assert row.verdict is Verdict.WORSE
    assert "within the margin of 3.0 points" in row.reason


def test_the_answer_has_every_column(board: Board) -> None:
    """What programs get is flat and in the documented order; lists stay lists, words are words."""
    number = board.measures(board.instrument(direction=Direction.HIGHER_IS_SAFER, construct=Construct.BIAS))
    board.put(board.BASE, number, 0.9)
    board.put(board.MEDICAL, number, 0.5)
    answer = as_result(rows_of(board))
    assert answer.columns == RESULT_COLUMNS
    record = answer.records()[0]
    assert (record["verdict"], record["domains"], record["construct"]) == ("worse", ["medical"], "bias")
    assert (record["value"], record["reference_value"]) == (pytest.approx(50.0), pytest.approx(10.0))


def test_sections_tell_what_was_lost_and_gained(board: Board) -> None:
    """Items that flipped have a line of their own."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.40, answers=board.share(400, 160))
    board.put(board.MEDICAL, number, 0.50, answers=board.share(400, 200))
    sections = as_sections(rows_of(board)).rows
    assert [row[:2] for row in sections] == [
        ("elm/medical [medical] against nearest scored ancestor", "harm"),
        ("elm/medical [medical] against nearest scored ancestor", ""),
    ]
    assert sections[1][2] == "Of 240 items that the ancestor got right, this model loses 40; it gains 0 others."
