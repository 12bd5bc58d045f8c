"""`lineage export` as its user runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import networkx as nx
import pytest

from lineage.exports.formats import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs


@pytest.mark.parametrize("arguments", [("--formats",), ("--format", "list")])
def test_the_formats_are_listed(lineage: Runs, arguments: tuple[str, ...]) -> None:
    """Both ways of asking list every format with what it loses, and need no database."""
    ran = lineage("export", *arguments)
    assert ran.code == 0
    assert all(one.name in ran.out and one.loses in ran.out for one in FORMATS)


def test_an_unknown_format_is_told_the_known_ones(lineage: Runs) -> None:
    """A wrong format is wrong usage, and the message lists the formats with what each loses."""
    ran = lineage("export", "--format", "xlsx", "-o", "-")
    assert ran.code == 2
    assert all(one.loses in ran.err for one in FORMATS)


def test_a_file_says_its_format_by_its_ending(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """Without --format the ending decides; what was written is said on stderr, and stdout stays empty."""
    target = tmp_path / "medical.graphml"
    ran = lineage("export", "domain:medical", "-o", str(target), "--db", str(crawled))
    assert (ran.code, ran.out) == (0, "")
    graph = nx.read_graphml(target)
    assert f"wrote {len(graph):,} models and {graph.number_of_edges():,} edges among them to {target}" in ran.err


def test_text_goes_to_stdout(lineage: Runs, crawled: Path) -> None:
    """With -o - the answer is on stdout and nothing else is."""
    ran = lineage("export", "domain:legal", "--format", "jsonl", "-o", "-", "--db", str(crawled))
    assert ran.code == 0
    kinds = [json.loads(line)["kind"] for line in ran.out.splitlines()]
    assert set(kinds) == {"model", "edge"}


def test_one_table_is_a_file(lineage: Runs, crawled: Path) -> None:
    """One table of a format of tables is one file, which may be stdout where it is text."""
    ran = lineage("export", "--format", "csv", "--table", "edges", "-o", "-", "--db", str(crawled))
    assert ran.code == 0
    assert ran.out.startswith("parent,child,relation,evidence,confidence,inferred,rule,declared_as\n")


def test_nothing_chosen_ends_with_one(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """An empty export is written and said, with the exit code of a search that found nothing."""
    ran = lineage("export", "library:none", "-o", str(tmp_path / "a.json"), "--db", str(crawled))
    assert ran.code == 1
    assert "no model matches" in ran.err


def test_mermaid_says_what_to_do_instead(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """Too many edges for Mermaid are refused with the limit, the figure and what to ask for."""
    ran = lineage("export", "-o", str(tmp_path / "a.mmd"), "--db", str(crawled))
    assert ran.code == 1
    assert "mermaid holds at most 500 edges" in ran.err
    assert "org/name+1" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the output"),
        (("-o", "family.xlsx"), "name the --format"),
        (("-o", "-"), "name the --format"),
        (("--format", "parquet", "-o", "-"), "parquet cannot go to stdout"),
        (("--format", "csv", "-o", "-"), "one --table at a time"),
        (("--format", "gexf", "--table", "models", "-o", "a.gexf"), "gexf has no tables"),
        (("--format", "json", "-o", "no/such/folder/a.json"), "its folder does not exist"),
    ],
)
def test_what_does_not_go_together_is_said(lineage: Runs, arguments: tuple[str, ...], message: str) -> None:
    """Options that contradict each other or lead nowhere are wrong usage."""
    ran = lineage("export", *arguments)
    assert ran.code == 2
    assert message in ran.err
