"""JSON lines, node-link and Cytoscape JSON: valid by the strictest reading, and exact."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.exports.graph_rows import GraphRows
from lineage.exports.json_graphs import render_cytoscape, render_lines, render_node_link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Make = Callable[..., GraphRows]
    Render = Callable[[GraphRows], Iterable[str]]

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)


def refuse(word: str) -> None:
    """Refuse NaN and infinity, which Python reads and JSON does not have."""
    raise AssertionError(word)


def read(render: Render, graph: GraphRows) -> Any:  # noqa: ANN401 -- what JSON holds
    """Return the document of a graph, read strictly."""
    return json.loads("".join(render(graph)).encode("ascii"), parse_constant=refuse)


def test_networkx_reads_node_link(hostile: GraphRows, hostile_ids: tuple[str, ...]) -> None:
    """The defaults of networkx read the document, and every id is as it was."""
    graph = nx.node_link_graph(read(render_node_link, hostile))
    assert graph.is_directed()
    assert list(graph) == list(hostile_ids)
    assert list(graph.edges) == list(pairwise(hostile_ids))
    assert graph.nodes[hostile_ids[0]]["license"] == hostile_ids[0]


def test_networkx_reads_cytoscape(hostile: GraphRows, hostile_ids: tuple[str, ...]) -> None:
    """In networkx nodes are named by their ids, and no attribute replaces an id."""
    graph = nx.cytoscape_graph(read(render_cytoscape, hostile))
    assert list(graph) == list(hostile_ids)
    assert [graph.nodes[one]["id"] for one in graph] == list(hostile_ids)
    assert list(graph.edges) == list(pairwise(hostile_ids))


def test_cytoscape_elements_have_ids_of_their_own(make_graph: Make) -> None:
    """A node's id and name are the model's, and an edge has an id that no model has."""
    elements = read(render_cytoscape, make_graph(["oak/a", "oak/b"], [("oak/a", "oak/b")]))["elements"]
    assert [(one["data"]["id"], one["data"]["name"]) for one in elements["nodes"]] == [("oak/a",) * 2, ("oak/b",) * 2]
    (edge,) = (one["data"] for one in elements["edges"])
    assert (edge["id"], edge["source"], edge["target"]) == ("edge 0", "oak/a", "oak/b")


def test_names_for_people_hide_nothing(make_graph: Make) -> None:
    """The name in Cytoscape has no bidi control; the id is exact."""
    (node,) = read(render_cytoscape, make_graph(["na\u202egnp.exe"]))["elements"]["nodes"]
    assert node["data"]["id"] == "na\u202egnp.exe"
    assert node["data"]["name"] == "na\ufffdgnp.exe"


def test_no_number_is_left_out(make_graph: Make) -> None:
    """What JSON has no number for is left out, as null is."""
    edges = [{"parent": "a", "child": "b", "confidence": number} for number in (math.nan, math.inf, 0.5)]
    document = read(render_node_link, make_graph(["a", "b"], edges))
    assert [one.get("confidence") for one in document["edges"]] == [None, None, 0.5]
    assert "license" not in document["nodes"][0]


def test_a_line_is_a_model_or_an_edge(hostile: GraphRows, hostile_ids: tuple[str, ...]) -> None:
    """JSON lines hold one object a line, however many line ends the names have."""
    lines = "".join(render_lines(hostile)).splitlines()
    objects = [json.loads(line, parse_constant=refuse) for line in lines]
    assert [one["id"] for one in objects if one["kind"] == "model"] == list(hostile_ids)
    assert [one["child"] for one in objects if one["kind"] == "edge"] == list(hostile_ids[1:])


@pytest.mark.parametrize("render", [render_node_link, render_cytoscape])
def test_an_empty_graph_is_a_document(render: Render, make_graph: Make) -> None:
    """Of no models there is a document without elements."""
    document = read(render, make_graph([]))
    elements = document.get("elements", document)
    assert (elements["nodes"], elements["edges"]) == ([], [])


@given(st.lists(ANY_TEXT, unique=True, max_size=5))
def test_any_ids_come_back(ids: list[str]) -> None:
    """Whatever models are called, node-link JSON has them exactly."""
    rows = [(one, *[None] * 22) for one in ids]
    graph = GraphRows(title="*", model_count=len(ids), edge_count=0, models=lambda: rows, edges=list)
    assert [one["id"] for one in read(render_node_link, graph)["nodes"]] == ids
