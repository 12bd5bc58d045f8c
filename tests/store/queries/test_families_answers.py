"""Families, ways and common ancestors out of a database, and what is derived for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.derive.model_names import NoSuchModel
from store.queries.families import list_common, list_families, list_ways
from store.queries.models import show_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.database import Database
    from tests.store.conftest import Desk


def plant(desk: Desk, parents: Mapping[int, list[int]], last: int) -> None:
    """Store models up to a number with their parents, the second by a medical data set, and derive."""
    desk.take(
        [
            desk.record(
                number,
                downloads=10**number,
                tags=[f"base_model:{name(parent)}" for parent in parents.get(number, [])]
                + (["medical", "dataset:medmcqa"] if number == 2 else []),
            )
            for number in range(1, last + 1)
        ]
    )
    desk.derive()


@pytest.fixture(name="woods")
def fixture_woods(desk: Desk) -> Database:
    """Give two families and a merge of both: 3 is of 1, 4 of 2, 5 of 3 and 4, 6 of 5; 7 is alone, 9 was never seen."""
    plant(desk, {3: [1], 4: [2], 5: [3, 4], 6: [5], 8: [9]}, 8)
    return desk.database


def name(number: int) -> str:
    """Return the id of a model."""
    return f"maple/model-{number}"


@pytest.mark.usefixtures("woods")
def test_every_root_and_the_reach_are_derived(desk: Desk) -> None:
    """The views give both roots of what was merged, and count what is below each model once."""
    roots = desk.rows(
        "select * exclude (likely_parent, likely_confidence) from roots "
        "where model in ('maple/model-5', 'maple/model-7') order by all"
    )
    assert roots == [(name(5), name(1), 2, False), (name(5), name(2), 2, False), (name(7), name(7), 0, False)]
    reach = {row[0]: row[1:] for row in desk.rows("from exposure")}
    assert reach[name(1)] == (3, 10**1 + 10**3 + 10**5 + 10**6, 0)
    assert reach[name(6)] == (0, 10**6, 0)
    assert reach[name(9)] == (1, 10**8, 0)
    assert len(reach) == 9


@pytest.mark.usefixtures("woods")
def test_the_numbered_edges_are_the_edges(desk: Desk) -> None:
    """Ids and numbers say the same."""
    numbered = desk.rows(
        "select c.id, p.id from hub.links join hub.nodes c on c.nid = child join hub.nodes p on p.nid = parent"
    )
    assert len(numbered) == 6
    assert sorted(numbered) == sorted(desk.rows("select child, parent from edges"))


def test_families_are_listed_by_size_exposure_or_domain(woods: Database) -> None:
    """Of a merge's two families the nearest root's has it; a domain counts its own models."""
    rows = list_families(woods, domain=None, sort="models", limit=0).rows
    assert [row[:2] for row in rows] == [(name(1), 4), (name(2), 2), (name(9), 2)]
    assert list_families(woods, domain=None, sort="exposure", limit=1).rows[0][0] == name(9)
    assert list_families(woods, domain=None, sort="generations", limit=1).rows[0][:4:3] == (name(1), 3)
    medical = list_families(woods, domain="medical", sort="models", limit=0)
    assert {row[0]: row[2] for row in medical.rows} == {name(2): 2, name(1): 2}
    assert list_families(woods, domain="legal", sort="models", limit=0).rows == ()


def test_ways_lead_straight_or_over_an_ancestor_with_their_evidence(woods: Database) -> None:
    """Each step says whether it goes up or down and what the edge rests on."""
    answer, are_more = list_ways(woods, name(6), name(2), limit=0)
    assert not are_more
    steps = [(1, 0, None, name(6)), (1, 1, "up", name(5)), (1, 2, "up", name(4)), (1, 3, "up", name(2))]
    assert [row[:4] for row in answer.rows] == steps
    assert [row[4] for row in answer.rows] == [None, "finetune", "merge", "finetune"]
    assert {row[5] for row in answer.rows[1:]} == {"tag"}
    assert [row[2:4] for row in list_ways(woods, name(1), name(3), limit=0)[0].rows][1] == ("down", name(3))
    assert list_ways(woods, name(1), name(2), limit=5)[0].rows == ()


def test_more_ways_than_asked_for_are_said_to_be_there(desk: Desk) -> None:
    """A diamond has two ways; one is shown where one is asked for."""
    plant(desk, {2: [1], 3: [1], 4: [2, 3]}, 4)
    answer, are_more = list_ways(desk.database, name(4), name(1), limit=1)
    assert ({row[0] for row in answer.rows}, are_more) == ({1}, True)
    answer, are_more = list_ways(desk.database, name(4), name(1), limit=2)
    assert ({row[0] for row in answer.rows}, are_more) == ({1, 2}, False)


def test_common_ancestors_have_their_distances(woods: Database) -> None:
    """Distances are in the order of the question; a model is its own ancestor."""
    assert [row[:2] for row in list_common(woods, [name(6), name(3)]).rows] == [(name(3), [2, 0])]
    assert [row[:2] for row in list_common(woods, [name(5), name(6)]).rows] == [(name(5), [0, 1])]
    assert list_common(woods, [name(1), name(2)]).rows == ()


def test_an_unknown_model_is_said_to_be_unknown(woods: Database) -> None:
    """Both questions name the model that is not there."""
    with pytest.raises(NoSuchModel):
        list_ways(woods, name(1), "maple/nobody", limit=1)
    with pytest.raises(NoSuchModel):
        list_common(woods, ["maple/nobody", name(1)])


def test_show_has_every_root_and_the_exposure(woods: Database) -> None:
    """A merge shows its other roots with their distances, and what is below it."""
    shown = {(row[0], row[1]): row[2] for row in show_model(woods, name(5)).rows}
    assert shown["family", "root"] == name(1)
    assert shown["family", "other roots"] == f"{name(2)} (2)"
    assert shown["family", "derivatives, all generations"] == "1"
    assert shown["family", "downloads with theirs"] == str(10**5 + 10**6)
