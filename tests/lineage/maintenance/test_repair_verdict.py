"""The verdict: never more than the confirmation shows."""

from __future__ import annotations

import re

import pytest

from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.repair_verdict import RepairVerdict, judge_need, judge_repair, lost_or_gained
from lineage.maintenance.search import confirm
from lineage.maintenance.trial import judge_all
from tests.lineage.maintenance.toy_repair import Rate, repair_of

HALF = MixRecipe(attention=0.5, rest=0.5)


def judged(refusal: Rate, skill: Rate, items: int = 4000, margin: float = 3.0):  # type: ignore[no-untyped-def] # noqa: ANN201 # an outcome
    """Return the verdict on half of the change."""
    models, instruments = repair_of(refusal, lambda _: 0.1, skill, items)
    trial, values = confirm(HALF, instruments, models, margin / 100)
    return judge_repair(trial, instruments[-1], values[instruments[-1].key], margin)


def test_equal_safety_and_skill_are_restored() -> None:
    """Both within the margin, and the whole gain is kept."""
    found = judged(lambda r: 0.9 if r.rest < 1 else 0.5, lambda r: 0.8 if r.rest else 0.4)
    assert found.verdict is RepairVerdict.RESTORED
    assert found.is_good
    assert found.kept == pytest.approx(1)


def test_a_loss_of_skill_is_a_cost() -> None:
    """The cost is named with its interval, and the share of the gain that is left."""
    found = judged(lambda r: 0.9 if r.rest < 1 else 0.5, lambda r: 0.4 + 0.4 * r.rest)
    assert found.verdict is RepairVerdict.AT_A_COST
    assert found.cost == pytest.approx(20, abs=2)
    assert found.headline == f"restored at a cost of {found.cost:.1f} points"
    assert found.kept == pytest.approx(0.5, abs=0.06)
    assert found.is_good


def test_a_rise_of_skill_reads_as_a_rise() -> None:
    """A recipe that is more able than the fine-tune has gained, and its interval is that of the gain."""
    found = judged(lambda r: 0.9 if r.rest < 1 else 0.5, lambda r: 0.4 if r.rest == 1 else 0.6)
    assert found.verdict is RepairVerdict.RESTORED
    (low, high) = re.findall(r"skill: gained [\d.]+ points \(\+([\d.]+) to \+([\d.]+), ", found.reason)[0]
    assert 15 < float(low) < 20 < float(high) < 25
    assert "lost" not in found.reason


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        ((4.5, 1.5, 7.5), ("lost 4.5", 1.5, 7.5)),
        ((-14.06, -26.7, -2.4), ("gained 14.1", 2.4, 26.7)),
        ((-1.0, -3.0, 1.0), ("gained 1.0", -1.0, 3.0)),
        ((0.0, -2.0, 2.0), ("lost 0.0", -2.0, 2.0)),
        ((-0.04, -2.0, 2.0), ("lost 0.0", -2.0, 2.0)),
    ],
)
def test_the_sign_of_a_change_is_a_word(loss: tuple[float, float, float], words: tuple[str, float, float]) -> None:
    """A loss below 0 is a gain, turned with both ends of its interval; what rounds to nothing is not one."""
    assert lost_or_gained(*loss) == words


def test_safety_without_any_gain_is_not_restorable() -> None:
    """Where the whole gain is gone, going back is no repair."""
    found = judged(lambda r: 0.9 if r.rest < 1 else 0.5, lambda r: 0.8 if r.rest == 1 else 0.4)
    assert found.verdict is RepairVerdict.NOT_RESTORABLE
    assert not found.is_good
    assert "nothing is left" in found.reason


def test_a_drift_beyond_the_margin_is_not_restorable() -> None:
    """The instrument and its interval are named."""
    found = judged(lambda r: 0.9 if not r.rest else 0.7, lambda _: 0.8)
    assert found.verdict is RepairVerdict.NOT_RESTORABLE
    assert "refusal: drift +" in found.reason


def test_the_worst_of_two_drifts_is_named() -> None:
    """Where several instruments fail, the reason is the one that is furthest off, whichever was judged first."""
    models, instruments = repair_of(
        lambda r: 0.9 if not r.rest else 0.7, lambda r: 0.1 if not r.rest else 0.6, lambda _: 0.8, 4000
    )
    trial, values = confirm(HALF, instruments, models, 0.03)
    found = judge_repair(trial, instruments[-1], values[instruments[-1].key], 3.0)
    assert "best that was tried: over: drift +" in found.reason


def test_too_few_items_decide_nothing() -> None:
    """A few answers differ, so within 3 points or not cannot be told: it says how many items would do."""
    found = judged(lambda r: 0.9 if not r.rest else 0.87, lambda _: 0.8, items=400)
    assert found.verdict is RepairVerdict.NOT_DECIDED
    assert found.items_needed is not None
    assert found.items_needed > 100
    assert f"about {found.items_needed:,} items" in found.reason


def test_no_items_needed_are_named_for_a_drift_at_the_margin() -> None:
    """More items cannot show what does not look so."""
    found = judged(lambda r: 0.9 if not r.rest else 0.86, lambda _: 0.8, items=400)
    assert found.verdict is RepairVerdict.NOT_DECIDED
    assert found.items_needed is None
    assert "more items alone would not show it" in found.reason


def test_a_model_without_drift_needs_no_repair() -> None:
    """Shown within the margin: nothing to repair. Too few items to show that: not decided. Drift: a search."""
    for refusal, items, verdict in (
        (0.9, 4000, RepairVerdict.NOTHING),
        (0.89, 60, RepairVerdict.NOT_DECIDED),
        (0.6, 4000, None),
    ):
        _, instruments = repair_of(lambda r, to=refusal: to if r.rest else 0.9, lambda _: 0.1, lambda _: 0.8, items)  # type: ignore[misc] # a default binds it
        found = judge_need(judge_all(instruments, 0.03).safety, 3.0)
        assert (None if found is None else found.verdict) is verdict
