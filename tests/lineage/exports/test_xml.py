"""GraphML and GEXF: well-formed whatever the names are, and read alike by every reader of the ecosystem."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import igraph
import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lineage.exports import gexf, graphml
from lineage.exports.graph_rows import GraphRows
from lineage.exports.safe_names import MARK
from lineage.exports.xml_text import possible, xml_text
from lineage.exports.xml_values import BATCH

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., GraphRows]

FORMATS = (graphml, gexf)
READERS = Path(__file__).resolve().parents[3] / ".readers" / "node_modules"
SCRIPT = Path(__file__).with_name("read_gexf.cjs")
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)


def encoded(text: str) -> bytes:
    """Return a document as it is written to a file; raises UnicodeEncodeError where it has a lone surrogate."""
    return text.encode()


def document(module: Any, graph: GraphRows) -> bytes:  # noqa: ANN401 -- a module
    """Return the whole document of a graph."""
    return encoded("".join(module.render(graph)))


def as_networkx(module: Any, content: bytes) -> nx.Graph[str]:  # noqa: ANN401 -- a module
    """Read a document with networkx."""
    read = nx.read_graphml if module is graphml else nx.read_gexf
    return read(io.BytesIO(content))


def with_graphology(content: bytes, folder: Path) -> dict[str, Any]:
    """Read a GEXF document with the reader of Gephi Lite; skips where it is not installed, but not in CI."""
    node = shutil.which("node")
    missing = [name for name in ("graphology", "graphology-gexf") if not (READERS / name).is_dir()]
    if node is None or missing:
        why = f"{' and '.join(missing) or 'node'} is missing: .ci/run installs it"
        assert "CI" not in os.environ, why
        pytest.skip(why)
    path = folder / "graph.gexf"
    path.write_bytes(content)
    environment = {"NODE_PATH": str(READERS), "PATH": os.environ["PATH"]}
    run = subprocess.run([node, SCRIPT, path], env=environment, check=True, capture_output=True, text=True)
    read: dict[str, Any] = json.loads(run.stdout)
    return read


def expected_names(ids: tuple[str, ...]) -> list[str]:
    """Return the names that hostile ids have in XML, by the rule in words: mended, marked and numbered."""
    return [
        one if possible(one) == one and MARK not in one else f"{possible(one)}{MARK}{place}"
        for place, one in enumerate(ids)
    ]


@pytest.mark.parametrize("module", FORMATS)
def test_hostile_names_are_well_formed(module: Any, hostile: GraphRows) -> None:  # noqa: ANN401 -- a module
    """A strict parser that knows no mercy reads the document, which has as many elements as there are models."""
    root = etree.fromstring(document(module, hostile), etree.XMLParser(recover=False))
    assert len(root.findall(".//{*}node")) == hostile.model_count
    assert len(root.findall(".//{*}edge")) == hostile.edge_count


@pytest.mark.parametrize("module", FORMATS)
def test_networkx_reads_hostile_names(
    module: Any,  # noqa: ANN401 -- a module
    hostile: GraphRows,
    hostile_ids: tuple[str, ...],
) -> None:
    """In networkx every model has its name, in order, and every edge is there."""
    graph = as_networkx(module, document(module, hostile))
    names = expected_names(hostile_ids)
    assert list(graph) == names
    assert set(graph.edges) == set(pairwise(names))
    assert len(set(names)) == len(names)


def test_igraph_reads_hostile_names(hostile: GraphRows, hostile_ids: tuple[str, ...], tmp_path: Path) -> None:
    """In igraph every model has its name, numbers are numbers, and an ampersand of an id stays a reference."""
    path = tmp_path / "graph.graphml"
    path.write_bytes(document(graphml, hostile))
    graph = igraph.Graph.Read_GraphML(str(path))
    assert [one.replace("&#38;", "&") for one in graph.vs["id"]] == expected_names(hostile_ids)
    assert graph.ecount() == hostile.edge_count
    assert graph.es["confidence"] == [0.97] * hostile.edge_count


def test_graphology_reads_hostile_names(hostile: GraphRows, hostile_ids: tuple[str, ...], tmp_path: Path) -> None:
    """The reader of Gephi Lite has every model under its name, and every edge from parent to child."""
    read = with_graphology(document(gexf, hostile), tmp_path)
    names = expected_names(hostile_ids)
    assert [one["key"] for one in read["nodes"]] == names
    assert [(one["source"], one["target"]) for one in read["edges"]] == list(pairwise(names))


def test_graphology_reads_colours_sizes_and_types(make_graph: Make, tmp_path: Path) -> None:
    """Colour, size and label are what Gephi draws, and attributes have the types of their columns."""
    models = [
        {"id": "maple/base", "downloads": 5, "derivatives": 99},
        {"id": "oak/child", "drift": "worse", "worse": 2, "downloads": 7, "derivatives": 0},
    ]
    edges = [{"parent": "maple/base", "child": "oak/child", "relation": "adapter", "inferred": True}]
    read = with_graphology(document(gexf, make_graph(models, edges)), tmp_path)
    base, child = (one["attributes"] for one in read["nodes"])
    assert (base["label"], base["downloads"], base["size"]) == ("maple/base", 5, 16)
    assert (child["color"], child["drift"], child["size"]) == ("rgb(185,84,12)", "worse", 4)
    edge = read["edges"][0]["attributes"]
    assert (edge["relation"], edge["confidence"], edge["inferred"]) == ("adapter", 0.97, True)


@pytest.mark.parametrize("module", FORMATS)
def test_values_keep_their_types(module: Any, make_graph: Make) -> None:  # noqa: ANN401 -- a module
    """Whole numbers, numbers, flags and texts come back as such; what is None is left out, a zero is not."""
    models = [
        {"id": "maple/base", "downloads": 0, "parameters": 7_000_000_000, "domains": ["legal", "medical"]},
        {"id": "oak/child", "license": "1", "downloads": None},
    ]
    edges = [{"parent": "maple/base", "child": "oak/child", "confidence": 1.0, "inferred": True}]
    graph = as_networkx(module, document(module, make_graph(models, edges)))
    base, child = graph.nodes["maple/base"], graph.nodes["oak/child"]
    assert (base["downloads"], base["parameters"], base["domains"]) == (0, 7_000_000_000, "legal; medical")
    assert "downloads" not in child
    assert child["license"] == "1"
    edge = graph.edges["maple/base", "oak/child"]
    assert edge["confidence"] == 1.0
    assert edge["inferred"] is True
    assert edge["relation"] == "finetune"


@pytest.mark.parametrize("module", FORMATS)
def test_no_number_is_no_fault(module: Any, make_graph: Make) -> None:  # noqa: ANN401 -- a module
    """What is no number is written as XML Schema writes it, and read as what it is."""
    edges = [{"parent": "a", "child": "b", "confidence": math.nan}, {"parent": "b", "child": "a", "confidence": 1}]
    graph = as_networkx(module, document(module, make_graph(["a", "b"], edges)))
    assert math.isnan(graph.edges["a", "b"]["confidence"])
    assert graph.edges["b", "a"]["confidence"] == 1


def test_gexf_uses_no_name_that_means_something(make_graph: Make) -> None:
    """No attribute is called as GEXF calls parts of its own, which readers would take for the part."""
    root = etree.fromstring(document(gexf, make_graph(["a"])))
    titles = {one.get("title") for one in root.iter("{*}attribute")}
    assert titles.isdisjoint({"id", "label", "type", "kind", "weight", "source", "target", "color", "size"})
    assert len(titles) == len(list(root.iter("{*}attribute")))


@pytest.mark.parametrize("module", FORMATS)
def test_labels_show_no_hidden_characters(module: Any, make_graph: Make) -> None:  # noqa: ANN401 -- a module
    """The id is kept, and the label that people see has no bidi control that could turn it around."""
    name = "maple/na\u202egnp.exe"
    graph = as_networkx(module, document(module, make_graph([name])))
    assert list(graph) == [name]
    assert graph.nodes[name]["label"] == "maple/na\ufffdgnp.exe"


@pytest.mark.parametrize("module", FORMATS)
def test_more_rows_than_are_written_at_once(module: Any, make_graph: Make) -> None:  # noqa: ANN401 -- a module
    """Batches join without a gap: every model and edge is there once, numbered on, with its own values."""
    ids = [f"m{number}\x01" for number in range(2 * BATCH + 1)]
    models = [{"id": one, "likes": number or None} for number, one in enumerate(ids)]
    graph = as_networkx(module, document(module, make_graph(models, list(pairwise(ids)))))
    assert list(graph) == [f"m{number}{MARK}{MARK}{number}" for number in range(len(ids))]
    assert [graph.nodes[one].get("likes") for one in graph] == [None, *range(1, len(ids))]
    if module is gexf:
        assert {graph.edges[edge]["id"] for edge in graph.edges} == {str(number) for number in range(len(ids) - 1)}


@given(ANY_TEXT)
def test_any_text_survives_xml(text: str) -> None:
    """A parser reads back every text, in an element as in quotes, but for what no XML can hold."""
    root = etree.fromstring(encoded(f'<a b="{xml_text(text)}">{xml_text(text)}</a>'))
    assert root.get("b") == possible(text)
    assert (root.text or "") == possible(text)


@given(st.lists(ANY_TEXT, unique=True, max_size=6))
def test_any_ids_stay_distinct(ids: list[str]) -> None:
    """Models with different ids are different nodes, and their edges lead to them, whatever they are called."""
    rows = [(one, *[None] * 22) for one in ids]
    edges = [(one, other, "merge", "card", 1.0, False, None, one) for one, other in pairwise(ids)]
    graph = GraphRows(title="*", model_count=len(ids), edge_count=len(edges), models=lambda: rows, edges=lambda: edges)
    for module in FORMATS:
        read = as_networkx(module, document(module, graph))
        names = expected_names(tuple(ids))
        assert list(read) == names
        assert set(read.edges) == set(pairwise(names))
