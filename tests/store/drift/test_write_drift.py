"""Drift is measured in blocks of models, and is the same whatever their size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.drift.write_drift import refresh
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from lineage.scores.score import Score
    from tests.store.conftest import Desk, Filled


def test_blocks_of_any_size_give_the_same_drift(
    filled: Filled, make_score: Callable[..., Score], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a chain, a merge and two files; models come in the order of their names, then the files."""
    tags = {2: ["base_model:maple/model-1"], 3: ["base_model:maple/model-2"], 5: ["base_model:adapter:maple/model-3"]}
    tags[4] = ["base_model:merge:maple/model-1", "base_model:merge:maple/model-2"]

    def fill(desk: Desk) -> None:
        desk.take([desk.record(number, tags=tags.get(number, [])) for number in range(1, 6)])
        desk.derive()

    desk = filled(fill)
    ones = {"1": 40, "2": 90, "3": 60, "4": 20, "5": 61, "2:Q2_K": 95, "4:Q2_K": 70}
    scores = [make_score(f"maple/model-{name}", count) for name, count in ones.items() if name != "3"]
    write_scores(desk.database, [*scores, make_score("maple/model-3", 60, judge="ash/judge")], desk.START)
    refresh(desk.database)
    asked = "select * from hub.drift where against = 'scored_ancestor' order by rowid"
    whole = desk.rows(asked)
    assert [row[0] for row in whole][-2:] == ["maple/model-2:Q2_K", "maple/model-4:Q2_K"]
    monkeypatch.setattr("store.drift.write_drift.BLOCK", 1)
    refresh(desk.database)
    assert desk.rows(asked) == whole
