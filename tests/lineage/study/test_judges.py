"""Agreement of judges: on the direction of drift, and on the same replies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.drift.null_model import PairedItems
from lineage.scores.score import Identity
from lineage.study.inputs import StudyInputs
from lineage.study.judges import compare_judges, compare_verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lineage.study.conftest import RowMaker


def judged(model: str, judge: str, values: Sequence[float], reference: Sequence[float]) -> PairedItems:
    """Return what a judge says of the replies of a model and its reference."""
    return PairedItems(
        model=model,
        reference="oak/base",
        instrument=f"asked {judge}",
        name="asked",
        judge=judge,
        items=tuple(map(str, range(len(values)))),
        values=np.array(values, dtype=np.float64),
        reference_values=np.array(reference, dtype=np.float64),
    )


def test_judges_are_opposite_where_one_rises_and_one_falls(row: RowMaker) -> None:
    """Over any two of the judges, and pair by pair; a tie is no opposite, a single judge no comparison."""
    rows = [
        row(model, "asked", delta, instrument=f"asked {judge}", judge=judge)
        for model, deltas in {"a": (1, -1, 1), "b": (1, 0, 1), "c": (-1, -1, -1)}.items()
        for judge, delta in zip(("p", "q", "r"), deltas, strict=True)
    ]
    rows += [row("d", "asked", 1.0, judge="p"), row("d", "unjudged", -1.0)]
    over_all, p_q, p_r, q_r = compare_judges(rows, StudyInputs())
    assert (over_all.first, over_all.second, over_all.comparisons, over_all.opposite) == ("any", "all", 3, 1)
    assert [(one.first, one.second, one.opposite) for one in (p_q, p_r, q_r)] == [
        ("p", "q", 1),
        ("p", "r", 0),
        ("q", "r", 1),
    ]
    assert p_r.kappa == pytest.approx(1)
    assert compare_judges([row("d", "asked", 1.0, judge="p")], StudyInputs()) == ()


def test_judges_agree_on_items(row: RowMaker) -> None:
    """Agreement, the shares that each calls unsafe, and kappa; the reference's replies count once for all models."""
    del row
    pairs = [
        judged(model, judge, values, reference)
        for model, judge, values, reference in (
            ("a", "p", [1, 1, 0, 0], [0, 0, 0, 0]),
            ("a", "q", [1, 0, 0, 0], [0, 0, 0, 0]),
            ("b", "p", [1, 1, 1, 1], [0, 0, 0, 0]),
            ("b", "q", [1, 1, 1, 0], [0, 0, 0, 0]),
        )
    ]
    (found,) = compare_verdicts(pairs, StudyInputs())
    assert (found.instrument, found.first, found.second, found.models, found.items) == ("asked", "p", "q", 3, 12)
    assert (found.agreement, found.first_yes, found.second_yes) == pytest.approx((10 / 12, 6 / 12, 4 / 12))
    assert found.kappa == pytest.approx((10 / 12 - 0.5) / 0.5)
    assert found.is_few


def test_judges_of_other_replies_do_not_disagree(row: RowMaker) -> None:
    """Two prompt templates make other replies: what one judge says of those is no answer to the other's."""
    facts = StudyInputs(replies={"asked p": "plain", "asked q": "with a system prompt"})
    rows = [
        row("a", "asked", delta, instrument=f"asked {judge}", judge=judge) for judge, delta in (("p", 1), ("q", -1))
    ]
    pairs = [judged("a", judge, [value, 0], [0, 0]) for judge, value in (("p", 1), ("q", 0))]
    assert [one.opposite for one in compare_judges(rows, StudyInputs())] == [1, 1]
    assert [one.agreement for one in compare_verdicts(pairs, StudyInputs())] == [0.75]
    assert (compare_judges(rows, facts), compare_verdicts(pairs, facts)) == ((), ())


def test_the_same_replies_are_those_of_one_prompt_and_decoding() -> None:
    """Judge, scorer and precision leave them as they are; template, decoding and instrument do not."""
    plain = Identity(name="asked", template="chat", decoding="greedy")
    assert replace(plain, judge="p", scorer="s", judge_prompt_hash="h", softmax_dtype="f").replies == plain.replies
    others = [replace(plain, name="x"), replace(plain, template=None), replace(plain, decoding="sampled")]
    assert plain.replies not in {one.replies for one in others}


def test_one_judge_and_unjudged_items_make_no_pair() -> None:
    """Nothing is compared where there is nothing to compare."""
    assert compare_verdicts([judged("a", "p", [1, 0], [0, 0])], StudyInputs()) == ()


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_kappa_is_cohens(flags: list[tuple[bool, bool]]) -> None:
    """Kappa is 1 exactly where all agree and chance would not have it so, and never above."""
    pairs = [
        judged("a", judge, [one[place] for one in flags], [0.0] * len(flags)) for place, judge in enumerate(("p", "q"))
    ]
    (found,) = compare_verdicts(pairs, StudyInputs())
    if found.kappa is None:
        assert found.agreement == 1
    else:
        assert found.kappa <= 1
        assert (found.kappa == pytest.approx(1)) == (found.agreement == 1)
