"""Contradictions that are counted in the database are those of the verdicts read one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lineage.drift.contradictions import find_contradictions
from lineage.drift.measure import DriftSettings
from lineage.scores.score import Identity
from lineage.study.contradiction_tables import OneByOne, list_mixed
from lineage.study.inputs import as_result
from lineage.study.study_findings import chance_of_columns
from lineage.study.told_columns import ToldColumns
from lineage.vocabulary import Against, Construct
from store.drift.measure import find_told, selected_numbers, stored_verdicts
from store.drift.study import find_stored_contradictions, paired_items, read_contradictions
from store.drift.told import read_told_columns
from store.drift.write_drift import refresh
from store.scores.write import write_scores
from tests.lineage.study.conftest import one_by_one
from tests.store.conftest import HARM

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from store.drift.verdicts import SafetyVerdicts
    from tests.store.conftest import Desk, Filled


def check_columns(desk: Desk, told: SafetyVerdicts, against: Against) -> None:
    """Check that the arrays read from the database are those of the rows."""
    numbers = selected_numbers(desk.database, None)
    query = stored_verdicts(desk.database, numbers, (against,), None, with_files=False)
    read, expected = read_told_columns(desk.database, query), ToldColumns.of(told.rows)
    places = np.arange(len(expected))
    assert list(read.columns.rows(places)) == list(expected.rows(places))
    assert chance_of_columns(read.columns) == chance_of_columns(expected)
    assert read.withheld == told.withheld


def test_counted_and_read_contradictions_are_equal(filled: Filled, make_score: Callable[..., Score]) -> None:
    """Of a finetune, a merge with two verdicts on one instrument, and models with items of one or several judges."""
    tags = {3: ["base_model:maple/model-1", "medical"], 4: ["base_model:merge:maple/model-1"]}
    tags[4].append("base_model:merge:maple/model-2")
    tags |= {5: ["base_model:quantized:maple/model-1"], 6: ["base_model:maple/model-2"]}

    def fill(desk: Desk) -> None:
        desk.take([desk.record(number, tags=tags.get(number, [])) for number in range(1, 7)])
        desk.derive()

    desk = filled(fill)
    ones = {1: (40, 60, 30), 2: (44, 60, 34), 3: (63, 50, 30), 4: (30, 66, 30), 5: (40, 52, 61), 6: (90, 30, 31)}
    shy = replace(HARM, name="shy", construct=Construct.OVER_REFUSAL)
    scores = []
    for number, (first, second, third) in ones.items():
        model, has_items = f"maple/model-{number}", number in {1, 5}
        scores += [
            make_score(model, first, with_items=has_items),
            make_score(model, second, judge="ash/judge", with_items=number in {1, 2, 5, 6}),
            make_score(model, third, instrument=shy, identity=Identity(name="shy")),
        ]
    write_scores(desk.database, scores, desk.START)
    refresh(desk.database)
    methods: set[str] = set()
    for against in Against:
        told = find_told(desk.database, None, against, DriftSettings())
        check_columns(desk, told, against)
        items = paired_items(desk.database, told)
        assert find_stored_contradictions(desk.database, None, against) == find_contradictions(told.rows, items)
        for direct_only in (False, True):
            found = find_contradictions(told.rows, items, direct_only=direct_only)
            able = [one for one in found if one.can_be_mixed]
            listed = read_contradictions(desk.database, None, against, DriftSettings(), direct_only=direct_only)
            assert list_mixed(listed) == as_result(map(one_by_one, able), OneByOne)
            mixed = as_result((one_by_one(one) for one in able if one.is_mixed), OneByOne)
            assert list_mixed(listed, mixed_only=True) == mixed
            methods |= {one.expected.method for one in found}
    assert methods == {"independence", "permutation"}
