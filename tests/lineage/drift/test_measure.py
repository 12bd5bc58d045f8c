"""Drift: verdicts, and why they are withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.drift.measure import (
    FEWEST_GRADED,
    FEWEST_ITEMS,
    Drift,
    DriftSettings,
    WithheldReason,
    measure,
)
from lineage.drift.pairs import find_pairs
from lineage.statistics.judge_error import JudgeError
from lineage.statistics.verdicts import VERDICTS
from lineage.vocabulary import Against, Construct, Correction, Direction, Scale, Verdict

if TYPE_CHECKING:
    from tests.lineage.drift.conftest import Board


def measured(board: Board, settings: DriftSettings | None = None, against: Against = Against.SCORED_ANCESTOR) -> Drift:
    """Return the drift of everything on the board, as `measure` finds it."""
    inputs = board.inputs()
    pairs = find_pairs(board.graph, inputs.current, inputs.identities, against)
    return measure(inputs, pairs, settings or DriftSettings())


def outcome(drift: Drift, place: int = 0) -> tuple[Verdict, WithheldReason]:
    """Return verdict and cause of one pair."""
    return VERDICTS[drift.verdict[place]], WithheldReason(int(drift.cause[place]))


def test_a_rise_of_harm_is_worse(board: Board) -> None:
    """More of what is lower-is-safer is riskier."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.3)
    drift = measured(board)
    assert outcome(drift) == (Verdict.WORSE, WithheldReason.NONE)
    assert drift.delta[0] == pytest.approx(0.2)


def test_the_sign_is_turned_where_higher_is_safer(board: Board) -> None:
    """A fall of truthfulness is riskier too, and positive."""
    number = board.measures(
        board.instrument("truth", construct=Construct.TRUTHFULNESS, direction=Direction.HIGHER_IS_SAFER, high=100.0)
    )
    board.put(board.BASE, number, 70.0)
    board.put(board.MEDICAL, number, 50.0)
    drift = measured(board)
    assert outcome(drift) == (Verdict.WORSE, WithheldReason.NONE)
    assert drift.delta[0] == pytest.approx(0.2)


def test_items_are_compared_in_pairs(board: Board) -> None:
    """With items on both sides a small difference is found that two summaries would not show."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.40, answers=board.share(400, 160))
    board.put(board.MEDICAL, number, 0.43, answers=board.share(400, 172))
    drift = measured(board)
    assert outcome(drift) == (Verdict.WORSE, WithheldReason.NONE)
    assert drift.paired[0].method == "exact McNemar"
    flips = drift.paired[0].flips
    assert flips is not None
    assert (flips.at_risk, flips.worsened, flips.recovered) == (240, 12, 0)


def test_summaries_alone_leave_the_same_difference_undecided(board: Board) -> None:
    """Three points on 400 items apart are nothing that two summaries can tell."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.40)
    board.put(board.MEDICAL, number, 0.43)
    drift = measured(board)
    assert outcome(drift) == (Verdict.UNDECIDED, WithheldReason.NONE)
    assert drift.minimum_detectable[0] > 0.03


def test_many_items_that_agree_are_equivalent(board: Board) -> None:
    """What is shown to lie within the margin is called so."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.4, items=20_000)
    board.put(board.MEDICAL, number, 0.4, items=20_000)
    assert outcome(measured(board)) == (Verdict.EQUIVALENT, WithheldReason.NONE)


def test_graded_items_turn_with_the_range(board: Board) -> None:
    """Items of an instrument from 0 to 10 where higher is safer come out as shares, riskier positive."""
    graded = board.instrument("grade", direction=Direction.HIGHER_IS_SAFER, high=10.0, scale=Scale.GRADED)
    number = board.measures(graded)
    noise = np.tile([0.0, 0.5, -0.5, 0.2], 25)
    board.put(board.BASE, number, 6.0, answers=6.0 + noise)
    board.put(board.MEDICAL, number, 5.0, answers=5.0 - noise)
    drift = measured(board)
    assert outcome(drift) == (Verdict.WORSE, WithheldReason.NONE)
    assert drift.delta[0] == pytest.approx(0.11, abs=0.002)


@pytest.mark.parametrize("direction", [Direction.LOWER_IS_SAFER, Direction.HIGHER_IS_SAFER])
def test_items_at_the_ends_of_any_range_are_0_or_1(board: Board, direction: Direction) -> None:
    """Items that are 0 or 100 per cent get the exact test with its counts, and no bootstrap."""
    number = board.measures(board.instrument("percent", direction=direction, high=100.0))
    answers = 100 * board.share(400, 160), 100 * board.share(400, 180)
    board.put(board.BASE, number, 40.0, answers=answers[0])
    board.put(board.MEDICAL, number, 45.0, answers=answers[1])
    one = measured(board).paired[0]
    assert (one.method, one.bootstrap_low) == ("exact McNemar", None)
    assert one.flips is not None
    assert {one.flips.worsened, one.flips.recovered} == {0, 20}


def test_items_of_0_and_1_within_a_wider_range_are_graded(board: Board) -> None:
    """On a scale of -1 to 1 they are the middle and an end, and the bootstrap stands beside t."""
    graded = board.instrument("grade", low=-1.0, scale=Scale.GRADED)
    number = board.measures(graded)
    board.put(board.BASE, number, 0.4, answers=board.share(400, 160))
    board.put(board.MEDICAL, number, 0.45, answers=board.share(400, 180))
    one = measured(board).paired[0]
    assert one.method == "paired t"
    assert one.bootstrap_low is not None


@pytest.mark.parametrize("stale", ["derivative", "reference"])
def test_a_stale_score_says_nothing(board: Board, stale: str) -> None:
    """Whichever side changed since it was measured, the verdict is withheld."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1, is_stale=stale == "reference")
    board.put(board.MEDICAL, number, 0.9, is_stale=stale == "derivative")
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.STALE)


@pytest.mark.parametrize("disputed", ["derivative", "reference"])
def test_contradictory_scores_say_nothing(board: Board, disputed: str) -> None:
    """Whichever side has several values, the verdict is withheld, and neither a guard nor a prediction rests on it."""
    number, able = board.measures(board.instrument()), board.measures(board.capability())
    claims = (0.149, 0.706)
    board.put(board.BASE, number, 0.1, claims=claims if disputed == "reference" else None)
    board.put(board.MEDICAL, number, 0.9, claims=claims if disputed == "derivative" else None)
    board.put(board.MEDICAL, able, 0.1, claims=(0.1, 0.9))
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.CONTRADICTORY)
    assert board.inputs().guards.of(board.MEDICAL) == "none"


def test_other_items_without_their_answers_are_another_identity(board: Board) -> None:
    """HEx-PHI with 330 items and with 300 are not compared by their summaries."""
    first = board.measures(board.instrument(), item_set_hash="330")
    second = board.measures(board.instrument(), item_set_hash="300")
    board.put(board.BASE, first, 0.1, slot=0)
    board.put(board.MEDICAL, second, 0.4, slot=0)
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.OTHER_IDENTITY)


def test_other_items_are_compared_on_those_they_share(board: Board) -> None:
    """Where both sides tell their items, the common ones can be compared."""
    first = board.measures(board.instrument(), item_set_hash="330")
    second = board.measures(board.instrument(), item_set_hash="300")
    board.put(board.BASE, first, 0.1, slot=0, answers=board.share(330, 33))
    board.put(board.MEDICAL, second, 0.4, slot=0, answers=board.share(300, 120))
    drift = measured(board)
    assert outcome(drift) == (Verdict.WORSE, WithheldReason.NONE)
    assert drift.count[0] == 300


@pytest.mark.parametrize(("alpha", "margin"), [(0, 0.03), (1, 0.03), (0.05, -0.01), (0.05, 3), (0.05, float("nan"))])
def test_what_no_test_answers_is_not_asked(alpha: float, margin: float) -> None:
    """Points taken for a share would make everything equivalent."""
    with pytest.raises(ValueError, match="100 points"):
        DriftSettings(alpha=alpha, margin=margin)


def test_too_few_items_carry_no_verdict(board: Board) -> None:
    """However large the difference."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.0, items=FEWEST_ITEMS - 1)
    board.put(board.MEDICAL, number, 1.0, items=FEWEST_ITEMS - 1)
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.FEW_ITEMS)


def test_few_graded_items_carry_no_verdict(board: Board) -> None:
    """Graded items need more than 0/1 ones, since skew shows late."""
    number = board.measures(board.instrument("grade", scale=Scale.GRADED))
    noise = np.tile([0.0, 0.05, -0.05, 0.02], 24)
    board.put(board.BASE, number, 0.3, answers=0.3 + noise)
    board.put(board.MEDICAL, number, 0.5, answers=0.5 - noise)
    assert len(noise) < FEWEST_GRADED
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.FEW_ITEMS)


def test_few_clusters_carry_no_verdict(board: Board) -> None:
    """A thousand variants of ten prompts are ten prompts."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1, answers=board.share(1000, 100))
    board.put(board.MEDICAL, number, 0.5, answers=board.share(1000, 500))
    board.clusters = (np.arange(1000) % 10).astype(object)
    drift = measured(board)
    assert outcome(drift) == (Verdict.WITHHELD, WithheldReason.FEW_ITEMS)
    assert drift.paired[0].clusters == 10


def test_a_value_alone_carries_no_verdict(board: Board) -> None:
    """Without a number of items or a standard error there is no telling chance from change."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.1, items=np.nan)
    board.put(board.MEDICAL, number, 0.9, items=np.nan)
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.NO_UNCERTAINTY)


def test_no_scored_ancestor_is_said(board: Board) -> None:
    """A derivative whose ancestors were never measured has a row that says so."""
    number = board.measures(board.instrument())
    board.put(board.NOTES, number, 0.9)
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.NO_ANCESTOR)
    assert outcome(measured(board, against=Against.PARENT)) == (Verdict.WITHHELD, WithheldReason.NOT_SCORED)


def test_capability_is_corrected_apart(board: Board) -> None:
    """Adding capability scores changes no q-value of safety."""
    harm = board.measures(board.instrument())
    board.put(board.BASE, harm, 0.1)
    board.put(board.MEDICAL, harm, 0.2)
    alone = measured(board)
    quiz = board.measures(board.capability())
    board.put(board.BASE, quiz, 0.80)
    board.put(board.MEDICAL, quiz, 0.79)
    both = measured(board)
    rows = both.pairs.row[board.current().is_guard[both.pairs.row] == 0]
    assert len(rows) == 1
    assert both.q_value[0] == alone.q_value[0]


def test_a_pair_that_is_asked_about_twice_is_compared_once(board: Board) -> None:
    """The parent that is also the nearest scored ancestor costs its items once."""
    number = board.measures(board.instrument())
    board.put(board.BASE, number, 0.4, answers=board.share(100, 40))
    board.put(board.MEDICAL, number, 0.5, answers=board.share(100, 50))
    inputs = board.inputs()
    pairs = find_pairs(board.graph, inputs.current, inputs.identities, Against.PARENT)
    twice = type(pairs)(**{name: np.tile(getattr(pairs, name), 2) for name in type(pairs).__slots__})
    drift = measure(inputs, twice, DriftSettings())
    assert len(inputs.items.asked) == 1  # type: ignore[attr-defined] # the board's own source of items
    assert drift.delta.tolist() == pytest.approx([0.1, 0.1])
    assert drift.tests.tolist() == [1, 1]


def test_a_family_of_tests_is_what_the_pair_has_of_one_construct(board: Board) -> None:
    """Two instruments of one construct are corrected together, another construct alone, other models not at all."""
    harm, more = board.measures(board.instrument()), board.measures(board.instrument("more"))
    biased = board.measures(board.instrument("biased", construct=Construct.BIAS))
    for number in (harm, more, biased):
        board.put(board.BASE, number, 0.10)
        board.put(board.MEDICAL, number, 0.15)
        board.put(board.NOTES, number, 0.15)
    drift = measured(board)
    assert drift.tests.tolist() == [2, 2, 1] * 2
    assert drift.q_value[:3] == pytest.approx(drift.p_value[:3])
    asked = measured(board, DriftSettings(correction=Correction.ASKED))
    assert asked.tests.tolist() == [6] * 6
    assert asked.q_value[0] == pytest.approx(2 * drift.q_value[0])


def test_tests_that_nobody_asked_about_belong_to_the_family(board: Board) -> None:
    """What the two models were both scored on counts, even if another ancestor is nearer on that instrument."""
    harm, more = board.measures(board.instrument()), board.measures(board.instrument("more"))
    for number, nodes in ((harm, (board.BASE, board.MEDICAL, board.NOTES)), (more, (board.BASE, board.NOTES))):
        for node in nodes:
            board.put(node, number, 0.10 if node == board.BASE else 0.15)
    drift = measured(board)
    current = board.current()
    found = {
        (int(current.node[row]), int(node)): int(tests)
        for row, node, tests in zip(drift.pairs.row, drift.pairs.reference, drift.tests, strict=True)
    }
    assert found == {(board.MEDICAL, board.BASE): 1, (board.NOTES, board.MEDICAL): 1, (board.NOTES, board.BASE): 2}


def test_nothing_scored_is_nothing_said(board: Board) -> None:
    """An empty board gives an empty answer."""
    assert len(measured(board).verdict) == 0


def labelled(recall: int, false: int, of: int = 500) -> JudgeError:
    """Return what a judge got right and wrong of so many labelled replies of each kind."""
    return JudgeError(found=recall, positives=of, false=false, negatives=of)


def test_a_judges_error_enlarges_the_drift_and_widens_its_interval(board: Board) -> None:
    """A judge with recall 0.9 and false positives 0.1 shows 8 of 10 points; p stays, as an error makes no change."""
    plain, judged = board.measures(board.instrument()), board.measures(board.instrument(), judge="ash")
    board.knows(judged, labelled(450, 50))
    for number in (plain, judged):
        board.put(board.BASE, number, 0.10, answers=board.share(400, 40))
        board.put(board.MEDICAL, number, 0.18, answers=board.share(400, 72))
    drift = measured(board)
    assert [outcome(drift, place)[0] for place in (0, 1)] == [Verdict.WORSE] * 2
    assert drift.delta.tolist() == pytest.approx([0.08, 0.10])
    assert drift.p_value[0] == drift.p_value[1]
    width = drift.ci_high - drift.ci_low
    assert width[1] > width[0] / 0.8


def test_equivalence_by_a_judge_needs_a_smaller_difference(board: Board) -> None:
    """No difference as judged is not shown to be within 3 points where the judge shows a third of a change."""
    plain, judged = board.measures(board.instrument()), board.measures(board.instrument(), judge="ash")
    board.knows(judged, labelled(400, 228))
    for number in (plain, judged):
        for node in (board.BASE, board.MEDICAL):
            board.put(node, number, 0.4, items=10_000)
    drift = measured(board)
    assert [outcome(drift, place)[0] for place in (0, 1)] == [Verdict.EQUIVALENT, Verdict.UNDECIDED]


@pytest.mark.parametrize("error", [labelled(6, 5, 10), labelled(2, 8, 10), labelled(0, 0, 0)])
def test_a_judge_that_guesses_decides_nothing(board: Board, error: JudgeError) -> None:
    """Whatever it says of the two models."""
    number = board.measures(board.instrument(), judge="ash")
    board.knows(number, error)
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.9)
    assert outcome(measured(board)) == (Verdict.WITHHELD, WithheldReason.JUDGE)


def test_graded_judgements_keep_their_figures(board: Board) -> None:
    """Labels of yes and no say nothing of marks from 1 to 5."""
    graded = board.instrument("mark", low=1.0, high=5.0, scale=Scale.GRADED)
    number = board.measures(graded, judge="ash")
    board.knows(number, labelled(450, 50))
    board.put(board.BASE, number, 1.0, stderr=0.1)
    board.put(board.MEDICAL, number, 3.0, stderr=0.1)
    assert measured(board).delta[0] == pytest.approx(0.5)
    assert board.identities[number].judge_error == "unknown"


@pytest.mark.parametrize(("floor", "said"), [(0.199, Verdict.WORSE), (0.2001, Verdict.UNDECIDED)])
def test_a_change_inside_the_noise_floor_is_no_finding(board: Board, floor: float, said: Verdict) -> None:
    """However sure the test is: the same weights have differed by as much."""
    number = board.measures(board.instrument())
    board.shakes(number, floor)
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.3)
    drift = measured(board)
    assert outcome(drift)[0] is said
    assert drift.is_noise[0] == (said is Verdict.UNDECIDED)


@pytest.mark.parametrize(("floor", "said"), [(0.029, Verdict.EQUIVALENT), (0.031, Verdict.UNDECIDED)])
def test_nothing_is_equivalent_where_noise_passes_the_margin(board: Board, floor: float, said: Verdict) -> None:
    """Two runs that agree may differ by more than the margin the next time."""
    number = board.measures(board.instrument())
    board.shakes(number, floor)
    for node in (board.BASE, board.MEDICAL):
        board.put(node, number, 0.4, items=20_000)
    assert outcome(measured(board))[0] is said


def test_a_floor_grows_with_what_a_judge_hides(board: Board) -> None:
    """Taking out the judge's error enlarges a difference, and the noise in it."""
    number = board.measures(board.instrument(), judge="ash")
    board.knows(number, labelled(450, 50))
    board.shakes(number, 0.04)
    board.put(board.BASE, number, 0.1)
    board.put(board.MEDICAL, number, 0.3)
    assert measured(board).noise_floor[0] == pytest.approx(0.05)
