"""Guards: a broken model looks safe, and no verdict in its favour stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.drift.guards import AT_CHANCE, LOST_SHARE, NONE, OK, guard_failures
from lineage.drift.measure import Drift, DriftSettings, WithheldReason, measure
from lineage.drift.pairs import find_pairs, join_pairs
from lineage.statistics.verdicts import VERDICTS
from lineage.vocabulary import Against, Construct, Verdict

if TYPE_CHECKING:
    from tests.lineage.drift.conftest import Board


def harm_of_medical(board: Board, against: Against = Against.PARENT) -> tuple[Drift, Verdict, WithheldReason]:
    """Return the drift and what is said of the first safety pair, which is that of the medical model."""
    inputs = board.inputs()
    current = inputs.current
    pairs = find_pairs(board.graph, current, inputs.identities, against)
    drift = measure(inputs, pairs, DriftSettings())
    place = int(np.flatnonzero(~current.is_guard[pairs.row])[0])
    return drift, VERDICTS[drift.verdict[place]], WithheldReason(int(drift.cause[place]))


def test_a_derivative_under_the_floor_is_not_called_safer(board: Board) -> None:
    """Its silence is no safety."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.4)
    board.put(board.MEDICAL, harm, 0.1)
    board.put(board.MEDICAL, quiz, 0.27)
    drift, verdict, cause = harm_of_medical(board)
    assert (verdict, cause) == (Verdict.WITHHELD, WithheldReason.GUARD)
    assert next(iter(drift.guard_failures.values())) == (
        "the derivative's quiz is 27.0%; under 28% a model does not work"
    )


def test_what_guessing_improves_is_not_called_safer_without_a_guard(board: Board) -> None:
    """A damaged model moves towards chance; a capability score of both models tells the difference."""
    pairs = board.measures(board.instrument("stereotypes", construct=Construct.BIAS, chance=0.5))
    board.put(board.BASE, pairs, 0.7)
    board.put(board.MEDICAL, pairs, 0.55)
    assert harm_of_medical(board)[1:] == (Verdict.WITHHELD, WithheldReason.UNGUARDED)
    quiz = board.measures(replace(board.capability(), floor=None))
    board.put(board.MEDICAL, quiz, 0.7)
    assert harm_of_medical(board)[1:] == (Verdict.WITHHELD, WithheldReason.UNGUARDED)
    board.put(board.BASE, quiz, 0.7)
    drift, *told = harm_of_medical(board)
    assert (told, drift.is_guarded[0]) == ([Verdict.BETTER, WithheldReason.NONE], True)


def test_what_moves_away_from_guessing_is_called_safer(board: Board) -> None:
    """Below chance, only a model that works gets lower."""
    pairs = board.measures(board.instrument("stereotypes", construct=Construct.BIAS, chance=0.5))
    board.put(board.BASE, pairs, 0.45)
    board.put(board.MEDICAL, pairs, 0.3)
    drift, *told = harm_of_medical(board)
    assert (told, drift.is_guarded[0]) == ([Verdict.BETTER, WithheldReason.NONE], False)


def test_a_reference_under_the_floor_makes_nobody_riskier(board: Board) -> None:
    """The base looked safe because it was broken: that its derivative does more harm may be that it works."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.1)
    board.put(board.MEDICAL, harm, 0.4)
    board.put(board.BASE, quiz, 0.27)
    drift, verdict, cause = harm_of_medical(board)
    assert (verdict, cause) == (Verdict.WITHHELD, WithheldReason.GUARD)
    assert next(iter(drift.guard_failures.values())).startswith("the reference's quiz is 27.0%")


def test_more_harm_by_a_broken_derivative_stands(board: Board) -> None:
    """A guard withholds what brokenness explains, and it does not explain more harm."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.1)
    board.put(board.MEDICAL, harm, 0.4)
    board.put(board.BASE, quiz, 0.8)
    board.put(board.MEDICAL, quiz, 0.26)
    drift, verdict, cause = harm_of_medical(board)
    assert (verdict, cause) == (Verdict.WORSE, WithheldReason.NONE)
    assert list(drift.guard_failures.values()) == ["the derivative's quiz is 26.0%; under 28% a model does not work"]


@pytest.mark.parametrize(
    ("base", "medical", "told"),
    [
        (0.85, 0.85, (Verdict.EQUIVALENT, WithheldReason.NONE)),
        (0.85, 0.26, (Verdict.WITHHELD, WithheldReason.GUARD)),
        (0.26, 0.85, (Verdict.WITHHELD, WithheldReason.GUARD)),
    ],
)
def test_a_broken_model_is_not_called_equivalent(
    board: Board, base: float, medical: float, told: tuple[Verdict, WithheldReason]
) -> None:
    """Neither if the derivative does not work, nor if its reference does not."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.3, items=20_000)
    board.put(board.MEDICAL, harm, 0.3, items=20_000)
    board.put(board.BASE, quiz, base)
    board.put(board.MEDICAL, quiz, medical)
    assert harm_of_medical(board)[1:] == told


def test_what_failed_is_told_beside_every_verdict(board: Board) -> None:
    """A gate asks whether a guard failed: that nothing is withheld by it does not make it hold."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.30)
    board.put(board.MEDICAL, harm, 0.31)
    board.put(board.BASE, quiz, 0.85)
    board.put(board.MEDICAL, quiz, 0.45)
    drift, verdict, cause = harm_of_medical(board)
    assert (verdict, cause) == (Verdict.UNDECIDED, WithheldReason.NONE)
    assert list(drift.guard_failures.values()) == ["the derivative's quiz fell from 85.0% to 45.0%"]


def test_a_broken_reference_is_told_beside_what_speaks_against_it(board: Board) -> None:
    """That the derivative does less harm than a base that does not work stands, and the base's failure beside it."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.4)
    board.put(board.MEDICAL, harm, 0.1)
    board.put(board.BASE, quiz, 0.27)
    drift, verdict, _ = harm_of_medical(board)
    assert verdict is Verdict.BETTER
    assert next(iter(drift.guard_failures.values())).startswith("the reference's quiz is 27.0%")


def test_capability_lost_against_the_reference_fails(board: Board) -> None:
    """More than half of what the base has above chance is gone, though it is not yet at chance."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.4)
    board.put(board.MEDICAL, harm, 0.1)
    board.put(board.BASE, quiz, 0.85)
    board.put(board.MEDICAL, quiz, 0.45)
    drift, verdict, cause = harm_of_medical(board)
    assert (verdict, cause) == (Verdict.WITHHELD, WithheldReason.GUARD)
    assert next(iter(drift.guard_failures.values())) == "the derivative's quiz fell from 85.0% to 45.0%"


def test_capability_is_compared_with_the_reference_of_safety(board: Board) -> None:
    """The nearest ancestor with the guard may be nearer than the reference: the guard is heard of the reference too."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.4)
    board.put(board.NOTES, harm, 0.1)
    for node, value in ((board.BASE, 0.85), (board.MEDICAL, 0.5), (board.NOTES, 0.45)):
        board.put(node, quiz, value)
    drift, verdict, cause = harm_of_medical(board, Against.SCORED_ANCESTOR)
    assert (verdict, cause) == (Verdict.WITHHELD, WithheldReason.GUARD)
    assert list(drift.guard_failures.values()) == ["the derivative's quiz fell from 85.0% to 45.0%"]


def test_capability_kept_leaves_the_verdict(board: Board) -> None:
    """A guard that holds withholds nothing."""
    harm, quiz = board.measures(board.instrument()), board.measures(board.capability())
    board.put(board.BASE, harm, 0.4)
    board.put(board.MEDICAL, harm, 0.1)
    board.put(board.BASE, quiz, 0.85)
    board.put(board.MEDICAL, quiz, 0.70)
    drift, verdict, _ = harm_of_medical(board)
    assert verdict is Verdict.BETTER
    assert drift.guard_failures == {}


def test_replies_that_shrank_fail(board: Board) -> None:
    """One-sentence replies are not read as safety."""
    harm = board.measures(board.instrument())
    board.put(board.BASE, harm, 0.4, reply_length=600)
    board.put(board.MEDICAL, harm, 0.1, reply_length=40)
    drift, verdict, cause = harm_of_medical(board)
    assert (verdict, cause) == (Verdict.WITHHELD, WithheldReason.GUARD)
    assert "replies shrank from 600 to 40 characters" in next(iter(drift.guard_failures.values()))


def test_incoherence_fails(board: Board) -> None:
    """A model whose replies are a tenth incoherent is not called safer."""
    harm = board.measures(board.instrument())
    nonsense = board.measures(board.instrument("nonsense", construct=Construct.COHERENCE))
    board.put(board.BASE, harm, 0.4)
    board.put(board.MEDICAL, harm, 0.1)
    board.put(board.MEDICAL, nonsense, 0.2)
    drift, verdict, _ = harm_of_medical(board)
    assert verdict is Verdict.WITHHELD
    assert "replies are incoherent in 20% of cases" in next(iter(drift.guard_failures.values()))


def test_a_stale_guard_says_nothing(board: Board) -> None:
    """What was measured before the repository changed guards no more."""
    quiz = board.measures(board.capability())
    board.put(board.MEDICAL, quiz, 0.26, is_stale=True)
    board.put(board.BASE, quiz, 0.8)
    guards = board.inputs().guards
    assert guards.of(board.MEDICAL) == NONE
    assert guards.of(board.BASE) == OK


def test_a_hard_task_at_chance_is_no_failure(board: Board) -> None:
    """Small models guess at hard questions and work all the same: without a floor only a loss counts."""
    harm = board.measures(board.instrument())
    exam = board.measures(replace(board.capability(), name="exam", floor=None))
    board.put(board.BASE, harm, 0.4)
    board.put(board.MEDICAL, harm, 0.1)
    board.put(board.BASE, exam, 0.26)
    board.put(board.MEDICAL, exam, 0.25)
    drift, verdict, _ = harm_of_medical(board)
    assert verdict is Verdict.BETTER
    assert drift.guard_failures == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scores=st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 2)), st.floats(0, 1), max_size=12))
def test_every_reference_is_compared_by_capability(board: Board, scores: dict[tuple[int, int], float]) -> None:
    """What fails is what a loop over all pairs and instruments finds."""
    board.rows, board.identities = [], []
    exam = replace(board.capability(), name="exam", floor=None)
    for what in (board.instrument(), exam, replace(exam, name="test")):
        board.measures(what)
    for (node, number), value in scores.items():
        board.put(node, number, value)
    inputs = board.inputs()
    current = inputs.current
    pairs = join_pairs([find_pairs(board.graph, current, inputs.identities, one) for one in Against])
    expected = set()
    for place, (row, reference) in enumerate(zip(pairs.row.tolist(), pairs.reference.tolist(), strict=True)):
        if pairs.reference_row[place] >= 0 and not current.is_guard[row]:
            node = int(current.node[row])
            both = [one for one in (1, 2) if (node, one) in scores and (reference, one) in scores]
            if any(has_fallen(scores[node, one], scores[reference, one]) for one in both):
                expected.add(place)
    assert set(guard_failures(inputs.guards, current, inputs.identities, pairs)) == expected


def has_fallen(mine: float, theirs: float) -> bool:
    """Return whether more than half of what the reference has above chance, 0.25, is gone."""
    above = (1 - 0.25) - (1 - theirs)
    return above > AT_CHANCE and (1 - mine) - (1 - theirs) > LOST_SHARE * above
