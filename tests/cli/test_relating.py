"""The commands that look across the graph: families, ways between models, and what they have in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

Row = dict[str, Any]


@pytest.fixture
def run(lineage: Runs, crawled: Path) -> Callable[..., Ran]:
    """Give a function that runs a command on the crawled database."""
    return lambda *arguments: lineage(*arguments, "--db", str(crawled))


@pytest.fixture
def ask(run: Callable[..., Ran]) -> Callable[..., list[Row]]:
    """Give a function that returns the rows of a command that finds something."""

    def asked(*arguments: str) -> list[Row]:
        ran = run(*arguments, "--format", "json")
        assert (ran.code, ran.err) == (0, "")
        rows: list[Row] = json.loads(ran.out)
        return rows

    return asked


@pytest.fixture
def edge(ask: Callable[..., list[Row]]) -> Row:
    """Give an edge of the model with the most derivatives."""
    query = (
        "select parent, child, relation from edges "
        "order by count(*) over (partition by parent) desc, parent, child limit 1"
    )
    return ask("sql", query)[0]


def test_families_agree_with_the_views(ask: Callable[..., list[Row]]) -> None:
    """The largest comes first, and its figures are those that SQL gives."""
    rows = ask("families", "--limit", "3")
    expected = ask(
        "sql",
        "select root, count(*) as models, max(depth) as generations, exposure from families "
        "inner join exposure on exposure.model = root group by root, exposure having models > 1 "
        "order by models desc, root limit 3",
    )
    assert [{key: row[key] for key in ("root", "models", "generations", "exposure")} for row in rows] == expected
    assert ask("families", "--sort", "exposure", "--limit", "1")[0]["exposure"] == max(
        row["exposure"] for row in ask("families", "--limit", "0")
    )


def test_families_of_a_domain_have_models_of_it(ask: Callable[..., list[Row]]) -> None:
    """With a domain every family has at least one, and the one with most comes first."""
    rows = ask("families", "--domain", "legal", "--limit", "0")
    counts = [row["of_domain"] for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] >= 1


def test_a_way_between_parent_and_child_is_one_step(ask: Callable[..., list[Row]], edge: Row) -> None:
    """Up it is the parent, down the child, with the relation of the edge."""
    up, down = ask("path", edge["child"], edge["parent"]), ask("path", edge["parent"], edge["child"])
    assert [(row["move"], row["id"]) for row in up] == [(None, edge["child"]), ("up", edge["parent"])]
    assert [(row["move"], row["id"]) for row in down] == [(None, edge["parent"]), ("down", edge["child"])]
    assert up[1]["relation"] == down[1]["relation"] == edge["relation"]


def test_a_parent_is_the_common_ancestor_of_itself_and_its_child(ask: Callable[..., list[Row]], edge: Row) -> None:
    """A model is its own ancestor."""
    (row,) = ask("path", "--common", edge["parent"], edge["child"])
    assert (row["id"], row["distances"]) == (edge["parent"], [0, 1])


def test_two_siblings_are_shown_with_their_common_ancestor(
    run: Callable[..., Ran], ask: Callable[..., list[Row]]
) -> None:
    """Where neither descends from the other, their nearest common ancestors follow; of three, only these."""
    (pair,) = ask(
        "sql",
        "select parent, list(child order by child)[:3] as children from edges group by parent "
        "having count(*) > 2 order by parent limit 1",
    )
    first, second, third = pair["children"]
    paths, common = run("path", first, second).out.split("\nnearest common ancestors\n")
    assert first in paths
    assert pair["parent"] in common
    assert pair["parent"] in {row["id"] for row in ask("path", first, second, third)}
    assert "nearest common ancestors" not in run("path", first, pair["parent"]).out


def test_models_that_are_not_related_exit_with_1(run: Callable[..., Ran], ask: Callable[..., list[Row]]) -> None:
    """The answer is no: nothing on stdout but the header, a sentence on stderr."""
    first, second = (row["root"] for row in ask("sql", "select distinct root from families order by root limit 2"))
    path, common = run("path", first, second), run("path", "--common", first, second)
    assert (path.code, common.code) == (1, 1)
    assert "no path between them is known in this database" in path.err
    assert "no common ancestor is known" in common.err


def test_more_ways_than_asked_for_are_said(run: Callable[..., Ran], ask: Callable[..., list[Row]]) -> None:
    """Where merges make several ways, `--limit 1` shows one of them and says that there are more."""
    rows = ask(
        "sql",
        "select a.child, b.parent from edges a inner join edges b on b.child = a.parent where not exists "
        "(from edges c where c.child = a.child and c.parent = b.parent) and a.child <> b.parent "
        "group by all having count(*) > 1 order by all limit 1",
    )
    if not rows:
        pytest.skip("no merge of siblings in the catalogue")
    ran = run("path", rows[0]["child"], rows[0]["parent"], "--limit", "1")
    assert ran.code == 0
    assert "more paths of this length" in ran.err


def test_one_model_alone_is_wrong_usage(run: Callable[..., Ran]) -> None:
    """A path needs two."""
    ran = run("path", "maple/one")
    assert ran.code == 2
    assert "two models or more" in ran.err


def test_an_unknown_model_is_said(run: Callable[..., Ran], edge: Row) -> None:
    """A name that leads nowhere exits with 1 and names the nearest."""
    ran = run("path", edge["child"], "maple/nobody-at-all")
    assert ran.code == 1
    assert "maple/nobody-at-all" in ran.err
