"""Standing scores in arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.vocabulary import SCORE_STATES
from store.scores.current import load_current_scores

if TYPE_CHECKING:
    from store.database import Database

INSTRUMENTS = """
insert into hub.instruments by name
select unnest([0, 1, 2]) as number, unnest(['a@1', 'b@1', 'c@1']) as instrument, unnest(['a', 'b', 'c']) as name,
    name as title, unnest(['unsafe_output', 'refusal', 'capability']) as construct,
    unnest(['lower_is_safer', 'higher_is_safer', 'capability']) as direction,
    unnest(['rate', 'graded', 'rate']) as scale, unnest([0, 1, 0]) as low, unnest([1, 5, 1]) as high, false as gated,
    unnest([0, 1, 2]) as slot
"""
NAMES = """
insert into hub.scored_names
values (0, 'elm/three', 'elm/three', '', 'elm/three', 3), (1, 'elm/seven', 'elm/seven', '', 'elm/seven', 7)
"""
SCORES = """
insert into hub.scores by name
select unnest([10, 11, 12, 13]) as number, format('run{}', number) as run, unnest([1, 0, 1, 1]) as named,
    unnest([2, 0, 1, 0]) as instrument, unnest([0.9, 0.25, 4, 0.25]) as value,
    unnest([null, null, 0.4, null]) as stderr, unnest([50, 200, null, 200]) as items,
    unnest([true, false, false, false]) as has_items, 'table' as source,
    'here' as origin, unnest([false, false, true, false]) as is_reported,
    unnest(['2026-01-01'::timestamptz, null, null, null]) as measured_at, now() as imported_at, now() as last_read_at
"""
MODELS = """
insert into hub.models by name
select '7' as hub_id, 'elm/seven' as id, 0 as detail, 'present' as status, now() as first_seen_at,
    now() as last_seen_at, 0 as crawl, '{}' as body, '2026-02-01'::timestamptz as last_modified_at
"""

REPORTED_TOO = """
insert into hub.scores by name
select 14 as number, 'run14' as run, 1 as named, 2 as instrument, 0.8 as value, false as has_items, 'table' as source,
    'there' as origin, true as is_reported, now() as imported_at, now() as last_read_at
"""


@pytest.fixture(name="scored")
def fixture_scored(database: Database) -> Database:
    """Return a database with four standing scores of two models, written in no order."""
    for script in (INSTRUMENTS, NAMES, SCORES, MODELS):
        database.migrate(script)
    database.run("current_scores/create_counted")
    database.run("current_scores/create_contested")
    database.run("current_scores/insert_standing", states=SCORE_STATES)
    return database


def test_scores_come_as_risk_by_model_and_slot(scored: Database) -> None:
    """Values are shares of the range of which more is riskier; what is not known is NaN."""
    found = load_current_scores(scored)
    assert list(zip(found.node.tolist(), found.slot.tolist(), strict=True)) == [(3, 0), (7, 0), (7, 1), (7, 2)]
    assert found.value == pytest.approx([0.25, 0.25, 0.25, 0.1])
    assert found.stderr == pytest.approx([np.nan, np.nan, 0.1, np.nan], nan_ok=True)
    assert found.items == pytest.approx([200, 200, np.nan, 50], nan_ok=True)
    assert found.is_rate.tolist() == [True, True, False, True]
    assert found.is_guard.tolist() == [False, False, False, True]
    assert found.is_stale.tolist() == [False, False, False, True]
    assert found.is_reported.tolist() == [False, False, True, False]
    assert found.has_items.tolist() == [False, False, False, True]
    assert found.score.tolist() == [11, 13, 12, 10]
    assert found.instrument.tolist() == [0, 0, 1, 2]


def test_only_the_scores_of_some_models(scored: Database) -> None:
    """Asked about some models, the scores are theirs, in the same order."""
    found = load_current_scores(scored, np.array([7, 5], dtype=np.int32))
    assert found.slot.tolist() == [0, 1, 2]
    assert set(found.node.tolist()) == {7}
    assert len(load_current_scores(scored, np.zeros(0, dtype=np.int32))) == 0


@pytest.mark.parametrize("states", [SCORE_STATES, tuple(reversed(SCORE_STATES))])
def test_one_order_of_states_decides_which_score_speaks_and_what_a_model_counts_as(
    scored: Database, states: tuple[str, ...]
) -> None:
    """Of a stale and a reported score in one slot the first of the order speaks, and the model counts as that."""
    scored.migrate(REPORTED_TOO)
    scored.run("current_scores/clear_standing")
    scored.run("current_scores/create_counted")
    scored.run("current_scores/create_contested")
    scored.run("current_scores/insert_standing", states=states)
    first = min(("reported", "stale"), key=states.index)
    found = load_current_scores(scored, np.array([7], dtype=np.int32))
    place = found.slot.tolist().index(2)
    assert (bool(found.is_stale[place]), bool(found.is_reported[place])) == (first == "stale", first == "reported")
    scored.migrate("delete from hub.standing where nid = 7 and slot != 2")
    with (
        scored.columns("lent_selected", nid=np.array([7], dtype=np.int32)),
        scored.columns("lent_variants", nid=np.zeros(0, dtype=np.int32), variant=np.zeros(0, dtype="U1")),
    ):
        assert scored.run("scores/count_coverage", states=states).rows == ((first, 1),)
