"""DOT, Mermaid and Newick: names cannot leave their quotes, and limits are kept."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.exports import dot, mermaid, newick
from lineage.exports.errors import ExportTooLarge
from lineage.exports.graph_rows import GraphRows
from lineage.exports.safe_names import MARK, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Make = Callable[..., GraphRows]

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
DOT_NAMES = re.compile(r'"((?:[^"\\]|\\.)*)"(?: -> "((?:[^"\\]|\\.)*)")?(?: \[.*\])?;')


def expected_names(ids: tuple[str, ...]) -> list[str]:
    """Return the visible names of ids, by the rule in words: marked and numbered where they had to change."""
    return [
        one if visible(one) == one and MARK not in one else f"{visible(one)}{MARK}{place}"
        for place, one in enumerate(ids)
    ]


def graph_of(ids: list[str], edges: list[tuple[str, str]]) -> GraphRows:
    """Return a graph of ids and of edges that say nothing."""
    rows = [(one, *[None] * 22) for one in ids]
    edge_rows = [(parent, child, "merge", "card", 1.0, False, None, "") for parent, child in edges]
    return GraphRows(
        title="*", model_count=len(ids), edge_count=len(edges), models=lambda: rows, edges=lambda: edge_rows
    )


def dot_names(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the nodes and edges of a DOT document as the language reads its strings: only a quote is escaped there."""
    for line in text.splitlines()[4:-1]:
        statement = DOT_NAMES.fullmatch(line)
        assert statement, line
        yield tuple(name.replace('\\"', '"') for name in statement.groups() if name is not None)


def test_dot_holds_hostile_names(hostile: GraphRows, hostile_ids: tuple[str, ...]) -> None:
    """Every statement is one line with its names in quotes; a backslash is doubled, for labels know escapes."""
    text = "".join(dot.render(hostile))
    found = list(dot_names(text))
    names = [one.replace("\\", "\\\\") for one in expected_names(hostile_ids)]
    assert [one[0] for one in found if len(one) == 1] == names
    assert [one for one in found if len(one) == 2] == list(pairwise(names))
    assert all(character.isprintable() or character == "\n" for character in text)


def test_dot_shows_verdicts_and_inferred_edges(make_graph: Make) -> None:
    """A verdict fills the box, and an inferred edge is dashed."""
    edges = [{"parent": "a/b", "child": "a/c", "relation": "adapter", "inferred": True, "confidence": 0.8}]
    text = "".join(dot.render(make_graph(["a/b", {"id": "a/c", "drift": "worse"}], edges)))
    assert '"a/c" [drift="worse", style=filled, fillcolor="#b9540c", fontcolor="#ffffff"];\n' in text
    assert '[label="adapter", evidence="card", confidence=0.8, style=dashed, inferred=true];\n' in text


def test_mermaid_holds_hostile_names(hostile: GraphRows, hostile_ids: tuple[str, ...]) -> None:
    """Every model and edge is one line, and nothing that Mermaid could take for its own stands in a label."""
    text = "".join(mermaid.render(hostile))
    labels = re.findall(r'^  m\d+\["([^"]*)"\]$', text, re.MULTILINE)
    assert len(labels) == len(hostile_ids)
    decoded = [re.sub(r"#(\d+);", lambda found: chr(int(found[1])), one) for one in labels]
    assert decoded == [visible(one) for one in hostile_ids]
    assert all(set("\"<>&[]{}()|`%=\\'").isdisjoint(one) for one in labels)
    assert len(text.splitlines()) == 1 + hostile.model_count + hostile.edge_count


def test_mermaid_is_what_a_readme_draws(make_graph: Make) -> None:
    """A small graph as it is written, with its verdicts and an inferred edge."""
    models = ["maple/base", {"id": "oak/child-1", "drift": "better"}]
    edges = [{"parent": "maple/base", "child": "oak/child-1", "relation": "adapter", "inferred": True}]
    assert "".join(mermaid.render(make_graph(models, edges))).splitlines() == [
        "flowchart LR",
        '  m0["maple/base"]',
        '  m1["oak/child-1"]',
        '  m0 -. "adapter" .-> m1',
        "  classDef better fill:#2b74b3,color:#ffffff",
        "  class m1 better",
    ]


def test_mermaid_takes_no_name_for_a_list(make_graph: Make) -> None:
    """A name like the first line of a list in Markdown, which Mermaid would not draw, is written as references."""
    assert '["1#46; base"]' in "".join(mermaid.render(make_graph(["1. base"])))
    assert '["#45; base"]' in "".join(mermaid.render(make_graph(["- base"])))


def test_mermaid_refuses_too_many_characters(make_graph: Make) -> None:
    """More than 50,000 characters are refused with the way out, because no page draws them."""
    with pytest.raises(ExportTooLarge, match="50,000 characters") as caught:
        list(mermaid.render(make_graph(["a" * 49_990])))
    assert "--no-inferred" in caught.value.hint


def read_newick(text: str) -> dict[str, str | None]:
    """Return the parent of each name of a tree, or None for a root; written anew from the grammar, with a stack."""
    tokens = re.findall(r"'(?:[^']|'')*'|[(),;]|:[0-9]+|[^(),:;'\s][^(),:;']*", text)
    assert "".join(tokens) == text.rstrip("\n")
    parents: dict[str, str | None] = {}
    levels: list[list[str]] = [[]]
    finished: list[str] = []
    for part in tokens:
        if part == "(":
            levels.append([])
        elif part == ")":
            finished = levels.pop()
        elif part[0] not in ",:;":
            name = part[1:-1].replace("''", "'") if part.startswith("'") else part
            assert name not in parents
            parents[name] = None
            parents |= dict.fromkeys(finished, name)
            finished = []
            levels[-1].append(name)
    return parents


def test_newick_holds_hostile_names(hostile: GraphRows, hostile_ids: tuple[str, ...]) -> None:
    """Names are quoted with quotes doubled, inner ones too, and the chain of models is the tree."""
    names = expected_names(hostile_ids)
    assert read_newick("".join(newick.render(hostile))) == dict(zip(names, [None, *names], strict=False))


def test_newick_keeps_the_surest_parent_of_a_merge(make_graph: Make) -> None:
    """Of several parents a declared one is kept before an inferred one, then the surest, then the first."""
    edges = [
        {"parent": "a", "child": "m", "inferred": True, "confidence": 1.0},
        {"parent": "b", "child": "m", "confidence": 0.9},
        {"parent": "c", "child": "m", "confidence": 0.9},
    ]
    assert "".join(newick.render(make_graph(["a", "b", "c", "m"], edges))) == "(a:1,(m:1)b:1,c:1);\n"


def test_newick_has_one_root(make_graph: Make) -> None:
    """A family is a tree under its own root, and a cycle is cut at its first model."""
    assert "".join(newick.render(make_graph(["a", "b", "c"], [("a", "b"), ("a", "c")]))) == "(b:1,c:1)a;\n"
    assert "".join(newick.render(make_graph(["a", "b"], [("a", "b"), ("b", "a")]))) == "(b:1)a;\n"
    assert "".join(newick.render(make_graph(["a"], [("a", "a")]))) == "a;\n"
    assert "".join(newick.render(make_graph([]))) == "();\n"


def test_newick_is_not_bound_by_depth() -> None:
    """A chain of 20,000 models is written, which recursion could not."""
    ids = [f"m{number}" for number in range(20_000)]
    text = "".join(newick.render(graph_of(ids, list(pairwise(ids)))))
    assert text.endswith("m1:1)m0;\n")


@given(
    st.lists(ANY_TEXT, unique=True, min_size=1, max_size=7), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)))
)
def test_any_tree_comes_back(ids: list[str], pairs: list[tuple[int, int]]) -> None:
    """Every model is in the tree once, below a parent that it has; only cycles lose an edge."""
    places = list(dict.fromkeys((a % len(ids), b % len(ids)) for a, b in pairs))
    found = read_newick("".join(newick.render(graph_of(ids, [(ids[a], ids[b]) for a, b in places]))))
    names = expected_names(tuple(ids))
    assert sorted(found) == sorted(names)
    edges = {(names[a], names[b]) for a, b in places}
    assert all((parent, child) in edges for child, parent in found.items() if parent is not None)
    acyclic = all(a < b for a, b in places)
    if acyclic:
        has_parent = {b for _, b in places}
        assert {child for child, parent in found.items() if parent is not None} == {names[b] for b in has_parent}


@given(st.lists(ANY_TEXT.filter(bool), unique=True, max_size=6))
def test_any_names_stay_in_their_quotes(ids: list[str]) -> None:
    """DOT has every model as one name on one line, distinct from the others."""
    found = list(dot_names("".join(dot.render(graph_of(ids, [])))))
    assert found == [(one.replace("\\", "\\\\"),) for one in expected_names(tuple(ids))]
