"""Correcting the graph from the command line: said, kept, told, and undone."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs


def test_an_edge_is_rejected_added_and_listed(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """Each answer says what was done; the list has every word, and `tree` and `sql` follow."""
    db = tmp_path / "own.duckdb"
    shutil.copy(crawled, db)
    listed = lineage("edge", "list", "--db", str(db))
    assert listed.code == 1
    assert "nothing was corrected yet" in listed.err
    query = "select child, parent from edges where not inferred and parent_status = 'present' order by all limit 1"
    ((child, parent),) = (
        (row["child"], row["parent"])
        for row in json.loads(lineage("sql", query, "--db", str(db), "--format", "json").out)
    )
    rejected = lineage("edge", "reject", child, parent, "--note", "a copied card", "--db", str(db))
    assert (rejected.code, rejected.out) == (0, f"rejected: {child} was not made from {parent}\n")
    assert "a copied card" in lineage("show", child, "--db", str(db)).out
    added = lineage("edge", "add", child, parent, "--relation", "merge", "--later", "--db", str(db))
    assert (added.code, added.out) == (0, f"added: {child} was made from {parent}\n")
    assert "lineage resolve" in lineage("show", child, "--db", str(db)).err
    rows = json.loads(lineage("edge", "list", "--db", str(db), "--format", "json").out)
    assert [(row["verdict"], row["is_last_word"]) for row in rows] == [("add", True), ("reject", False)]


def test_words_of_ones_own_are_kept_or_missed(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """A correction computes domains by the words that are given with it; that others were there before is said."""
    db, words = tmp_path / "own.duckdb", tmp_path / "words.yaml"
    shutil.copy(crawled, db)
    words.write_text("medical:\n  names:\n    strong: [apnea net]\n")
    edges = json.loads(lineage("sql", "select child, parent from edges", "--db", str(db), "--format", "json").out)
    pair = (edges[0]["child"], edges[0]["parent"])
    assert lineage("resolve", "--lexicon", str(words), "--db", str(db)).code == 0
    kept = lineage("edge", "reject", *pair, "--lexicon", str(words), "--db", str(db))
    assert (kept.code, kept.err) == (0, "")
    lost = lineage("edge", "add", *pair, "--db", str(db))
    assert lost.code == 0
    assert "domains were computed with another lexicon" in lost.err
    assert lineage("edge", "reject", *pair, "--db", str(db)).err == ""


def test_a_command_tells_that_it_judges_by_other_words(lineage: Runs, own_db: Path, hub: str, tmp_path: Path) -> None:
    """Who gave their own words once and forgets them is told before the domains change."""
    words, place = tmp_path / "words.yaml", ("--db", str(own_db))
    words.write_text("medical:\n  names:\n    strong: [apnea net]\n")
    for command in (("resolve",), ("crawl", "--all", "--endpoint", hub)):
        assert (
            "domains were computed with another lexicon" not in lineage("resolve", "--lexicon", str(words), *place).err
        )
        assert "domains were computed with another lexicon" in lineage(*command, *place).err
        assert "domains were computed with another lexicon" not in lineage(*command, *place).err


def test_what_cannot_be_corrected_is_said(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """An unknown model, and a database that is not there, which is not made either."""
    db = tmp_path / "own.duckdb"
    shutil.copy(crawled, db)
    unknown = lineage("edge", "add", "no/body", "no/base", "--db", str(db))
    assert unknown.code == 1
    assert "no/body" in unknown.err
    missing = tmp_path / "none.duckdb"
    assert lineage("edge", "add", "a/b", "a/c", "--db", str(missing)).code == 3
    assert not missing.exists()
