"""What selectors name in a database: each method, reach with its generations, both ways of reaching, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.selectors.records import Group, NamedModel, Selector, SelectorError, SelectorTerm, render
from store.derive import graph_cache
from store.derive.graph_tables import write_nodes
from store.derive.model_names import NoSuchModel
from store.queries.models import list_models
from store.queries.select import select

if TYPE_CHECKING:
    from store.database import Database
    from store.derive.graph_cache import StoredGraph
    from tests.store.conftest import Desk, Filled

FAMILY = {
    1: ["legal"],
    2: ["base_model:finetune:maple/model-1"],
    3: ["base_model:adapter:maple/model-2"],
    4: ["base_model:merge:maple/model-3", "base_model:merge:maple/model-5"],
    5: ["base_model:maple/lost"],
    6: ["dataset:elm/notes", "biology"],
}


def fill(desk: Desk) -> None:
    """Store a chain of four, a merge with a child of a missing parent, and one that is alone."""
    extras: dict[int, dict[str, object]] = {
        2: {"library_name": "peft", "evalResults": [{}]},
        3: {"id": "elm/model-3", "cardData": {"license": "MIT"}},
        6: {"id": "Elm/medical-bert-6"},
    }
    texts = {number: [tag.replace("maple/model-3", "elm/model-3") for tag in tags] for number, tags in FAMILY.items()}
    desk.take([desk.record(number, tags=tags, **extras.get(number, {})) for number, tags in texts.items()])
    desk.derive()


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give a chain of four, a merge with a child of a missing parent, and one that is alone."""
    return filled(fill)


def numbers(desk: Desk, selector: str) -> str:
    """Return the last characters of the ids that a selector names, `t` for maple/lost."""
    ids = [str(row[0]) for row in desk.rows("select id from hub.nodes order by nid")]
    return "".join(sorted(ids[number][-1] for number in select(desk.database, selector).tolist()))


CASES = {
    "maple/model-1": "1",
    "MAPLE/Model-1": "1",
    "maple/model-1+": "1234",
    "maple/model-1+1": "12",
    "maple/model-1+0": "1",
    "+maple/model-4": "12345t",
    "1+maple/model-4": "345",
    "1+maple/model-2+1": "123",
    "*": "123456t",
    "+*": "123456t",
    "org:MAPLE": "1245t",
    "org:elm": "36",
    "relation:merge": "4",
    "relation:merge+": "4",
    "library:PEFT": "2",
    "license:mit": "3",
    "status:missing": "t",
    "status:missing+": "45t",
    "tag:Biology": "6",
    "dataset:notes": "6",
    "dataset:elm/notes": "6",
    "domain:medical": "6",
    "domain:legal": "",
    "domain:legal@0": "1",
    "domain:legal@0.4+1": "12",
    "domain:legal@0.41": "",
    "scored": "2",
    "unscored": "13456t",
    "declared": "2345",
    "undeclared": "16t",
    "org:maple,undeclared": "1t",
    "org:elm,domain:medical maple/model-1": "16",
}


def test_a_selector_names_models(family: Desk) -> None:
    """Each method, word, reach and combination finds what it says."""
    assert {selector: numbers(family, selector) for selector in CASES} == CASES


def test_a_selector_builds_no_graph_twice(family: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The family of one model is found in the arrays beside the database, without reading all edges again."""
    assert numbers(family, "maple/model-1+") == "1234"

    def refuse(_: object) -> StoredGraph:
        raise AssertionError

    monkeypatch.setattr(graph_cache, "_build", refuse)
    assert numbers(family, "+maple/model-2+,org:maple domain:medical+") == "1246"


def test_what_is_inferred_can_be_left_out(family: Desk) -> None:
    """Behind `declared:` no inferred edge leads up or down, nor is one a relation; elsewhere all count."""
    family.database._connection.execute("update hub.edges set inferred = true where child = 'elm/model-3'")
    with family.database.transaction():
        write_nodes(family.database)
    found = {
        "maple/model-1+": "1234",
        "declared:maple/model-1+": "12",
        "declared:+maple/model-4": "345t",
        "declared:1+maple/model-4": "345",
        "+maple/model-4,declared:+maple/model-2": "12",
        "relation:adapter": "3",
        "declared:relation:adapter": "",
        "declared:relation:merge+": "4",
        "declared:status:missing+": "45t",
        "declared": "245",
    }
    assert {selector: numbers(family, selector) for selector in found} == found


def test_a_former_name_selects(family: Desk) -> None:
    """A renamed model is found by its old name."""
    family.take([family.record(1, id="maple/risen-1")], day=2)
    family.derive(day=3)
    assert numbers(family, "maple/model-1+") == "1234"


def test_an_unknown_id_is_said_with_the_nearest(family: Desk) -> None:
    """A wrong id is no empty answer; a method that finds nothing is."""
    with pytest.raises(NoSuchModel) as caught:
        select(family.database, "org:elm maple/modle-1+")
    assert "maple/model-1" in caught.value.nearest
    with pytest.raises(SelectorError):
        select(family.database, "maple/model-1++")


def test_a_listing_takes_selector_and_filters(family: Desk) -> None:
    """`models` lists what the selector names and every filter lets pass; without a selector, all."""
    filters = dict.fromkeys(
        ["domain", "basis", "confidence", "author", "library", "license", "status", "search", "undeclared", "unscored"]
    )
    listed = list_models(
        family.database, limit=0, sort="created", selector="maple/model-1+", relation="adapter", **filters
    )
    assert [row[0] for row in listed.rows] == ["elm/model-3"]
    assert listed.columns[0] == "id"
    everything = list_models(family.database, limit=0, sort="created", relation=None, **filters)
    assert len(everything.rows) == 7


CLEAR_NODES = "delete from hub.nodes"
CLEAR_EDGES = "delete from hub.edges"
CLEAR_LINKS = "delete from hub.links"
ADD_LINK = "insert into hub.links values (?, ?, 0, ?, 1)"
ADD_NODES = """
insert into hub.nodes by name
select range as nid, 'm/' || range as id, range as hub_id, 'present' as status from range(8)
"""
ADD_EDGE = """
insert into hub.edges by name
select
    ? as child, ? as parent, 'finetune' as relation, 'tag' as evidence, 1 as confidence, 'exact' as resolution,
    'tag' as relation_reason, timestamp '2026-03-01' as first_seen_at, timestamp '2026-03-01' as last_seen_at,
    ? as inferred
"""
EDGES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=16, unique=True
)  # one row each, as in `edges`
INFERRED = st.lists(st.booleans(), min_size=16, max_size=16)


@given(edges=EDGES, start=st.sets(st.integers(0, 7), max_size=3), generations=st.none() | st.integers(0, 4))
def test_reach_is_what_walking_reaches(edges: list[tuple[int, int]], start: set[int], generations: int | None) -> None:
    """Reach over random graphs with cycles is what a plain walk finds, both ways."""
    graph = Graph.from_edges(8, [child for child, _ in edges], [parent for _, parent in edges])
    for is_up in (True, False):
        seen = set(start)
        for _ in range(8 if generations is None else generations):
            seen |= {parent if is_up else child for child, parent in edges if (child if is_up else parent) in seen}
        assert graph.reach(sorted(start), is_up=is_up, generations=generations).tolist() == sorted(seen)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    edges=EDGES,
    inferred=INFERRED,
    term=st.builds(
        SelectorTerm,
        atom=st.integers(0, 7).map(lambda start: NamedModel(id=f"m/{start}")),
        ancestors=st.none() | st.integers(0, 4),
        descendants=st.none() | st.integers(0, 4),
        declared_only=st.booleans(),
    ),
)
def test_reach_of_selectors_is_that_of_the_edges(
    database: Database, edges: list[tuple[int, int]], inferred: list[bool], term: SelectorTerm
) -> None:
    """On random families with cycles a selector finds what a graph of the same edges does, declared ones alone too."""
    with database.transaction():
        for text in (CLEAR_NODES, CLEAR_EDGES, CLEAR_LINKS, ADD_NODES):
            database._connection.execute(text)
        for (child, parent), is_inferred in zip(edges, inferred, strict=False):
            database._connection.execute(ADD_EDGE, [f"m/{child}", f"m/{parent}", is_inferred])
            database._connection.execute(ADD_LINK, [child, parent, is_inferred])
    followed = [
        edge for edge, is_inferred in zip(edges, inferred, strict=False) if not (term.declared_only and is_inferred)
    ]
    graph = Graph.from_edges(8, [child for child, _ in followed], [parent for _, parent in followed])
    assert isinstance(term.atom, NamedModel)
    start = int(term.atom.id.removeprefix("m/"))
    expected = {
        *graph.reach([start], is_up=True, generations=term.ancestors).tolist(),
        *graph.reach([start], is_up=False, generations=term.descendants).tolist(),
    }
    found = select(database, render(Selector(groups=(Group(terms=(term,)),))))
    assert found.tolist() == sorted(expected)
