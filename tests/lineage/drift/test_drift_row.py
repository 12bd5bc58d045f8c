"""Rows of drift: what counts as told, as safety and as a direction, and which row speaks for an instrument."""

from __future__ import annotations

import pytest

from lineage.drift.drift_row import DriftRow, by_model, told_of_safety
from lineage.vocabulary import Construct, Direction, Verdict


def row(model: str, name: str, delta: float | None, **fields: object) -> DriftRow:
    """Return a row of an instrument of unsafe output, or whatever the fields say."""
    facts: dict[str, object] = {
        "model": model,
        "instrument": f"{name}@1",
        "name": name,
        "construct": Construct.UNSAFE_OUTPUT,
        "direction": Direction.LOWER_IS_SAFER,
        "verdict": Verdict.WITHHELD if delta is None else Verdict.UNDECIDED,
        "reference": "oak/base",
        "delta": delta,
    }
    return DriftRow(**{**facts, **fields})  # type: ignore[arg-type] # the fields are those of the record


@pytest.mark.parametrize(("delta", "sign"), [(2.0, 1), (-0.1, -1), (0.0, 0), (None, 0)])
def test_a_difference_has_the_sign_of_its_direction(delta: float | None, sign: int) -> None:
    """However small it is, riskier is 1 and safer is -1; an exact tie has none, nor what is not told."""
    assert row("oak/one", "prompts", delta).sign == sign


def test_capability_and_what_is_withheld_say_nothing_of_safety() -> None:
    """Guards never enter, nor a difference whose guard failed; unsafe output itself can be had alone."""
    rows = [
        row("oak/one", "prompts", 1.0),
        row("oak/one", "quiz", 1.0, construct=Construct.CAPABILITY, direction=Direction.CAPABILITY),
        row("oak/one", "sense", 1.0, construct=Construct.COHERENCE),
        row("oak/one", "refusals", 1.0, construct=Construct.OVER_REFUSAL),
        row("oak/one", "broken", -9.0, verdict=Verdict.WITHHELD),
        row("oak/one", "missing", None),
    ]
    assert [found.name for found in told_of_safety(rows)] == ["prompts", "refusals"]
    assert [found.name for found in told_of_safety(rows, direct_only=True)] == ["prompts"]


def test_a_model_is_compared_with_one_ancestor_where_it_can_be() -> None:
    """Of several parents that one counts which most rows have, even where another is nearer."""
    rows = [
        row("oak/merge", "a", 1.0, reference="oak/left", distance=1),
        row("oak/merge", "a", -1.0, reference="oak/right", distance=2),
        row("oak/merge", "b", 2.0, reference="oak/right", distance=2),
        row("ash/other", "a", 3.0),
    ]
    found = by_model(rows)
    assert list(found) == ["ash/other", "oak/merge"]
    assert [(one.name, one.reference) for one in found["oak/merge"]] == [("a", "oak/right"), ("b", "oak/right")]


def test_of_equally_common_ancestors_the_nearest_counts() -> None:
    """Then distance decides, then the name."""
    rows = [row("oak/merge", "a", 1.0, reference=name, distance=far) for name, far in (("c", 2), ("b", 1), ("a", 2))]
    assert [one.reference for one in by_model(rows)["oak/merge"]] == ["b"]
    assert by_model(rows[::-1]) == by_model(rows)
