"""Correcting the graph from the command line: said, kept, told, and undone."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

from store.connect import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs


def test_an_edge_is_rejected_added_and_listed(lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """Each answer says what was done; the list has every word, and `tree` and `sql` follow."""
    db = tmp_path / "own.duckdb"
    shutil.copy(crawled, db)
    listed = lineage("edge", "list", "--db", str(db))
    assert listed.code == 1
    assert "there are no corrections yet" in listed.err
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


def test_a_lexicon_of_ones_own_is_kept_until_another_is_named(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """A command without a lexicon judges by the file that was named last; an empty file leads back to what ships."""
    words, nothing, place = tmp_path / "words.yaml", tmp_path / "nothing.yaml", ("--db", str(own_db))
    words.write_text("zoology:\n  title: Zoology\n  names:\n    strong: [apnea net]\n")
    nothing.write_text("# nothing\n")
    edges = json.loads(lineage("sql", "select child, parent from edges", *place, "--format", "json").out)
    pair = (edges[0]["child"], edges[0]["parent"])
    assert lineage("resolve", "--lexicon", str(words), *place).code == 0
    for command in (("edge", "reject", *pair), ("edge", "add", *pair), ("resolve",)):
        ran = lineage(*command, *place)
        assert (ran.code, "lexicon" in ran.err) == (0, False)
        assert "no domain" not in lineage("models", "--domain", "zoology", *place).err
    assert lineage("resolve", "--lexicon", str(nothing), *place).code == 0
    gone = lineage("models", "--domain", "zoology", *place)
    assert (gone.code, "there is no domain 'zoology'" in gone.err) == (2, True)


def test_the_vendor_facts_are_the_users_choice(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """One's own file is used beside what ships, alone, or not at all; a fault or a missing file changes nothing."""
    place = ("--db", str(own_db))
    child = json.loads(
        lineage("sql", "from models where id not in (select child from edges)", *place, "--format", "json").out
    )[0]["id"]
    mine, broken = tmp_path / "mine.csv", tmp_path / "broken.csv"
    heading = "model,parent,relation,source,place,checked"
    mine.write_text(f"{heading}\n{child},maple/own-base,finetune,https://maple.example/paper,section 2,2026-03-01\n")
    broken.write_text("nothing\n")
    counted = "select (select count(*) from curated), count(*) from edges where parent = 'maple/own-base'"

    def facts() -> tuple[int, int]:
        found, own = lineage("sql", counted, *place, "--format", "csv").out.splitlines()[1].split(",")
        return int(found), int(own)

    shipped, _ = facts()
    for files, expected in (((mine,), (1, 1)), (("shipped", mine), (shipped + 1, 1)), (("none",), (0, 0))):
        chosen = [word for one in files for word in ("--curated", str(one))]
        assert lineage("resolve", *chosen, *place).code == 0
        assert facts() == expected
        assert lineage("resolve", *place).code == 0
        assert facts() == expected
    assert lineage("resolve", "--curated", str(broken), *place).code == 2
    missing = lineage("resolve", "--curated", str(tmp_path / "no.csv"), *place)
    assert (missing.code, "cannot be read" in missing.err) == (2, True)
    assert facts() == (0, 0)
    assert lineage("resolve", "--curated", "shipped", *place).code == 0
    assert facts() == (shipped, 0)


def test_a_command_tells_that_the_lexicon_has_changed(lineage: Runs, own_db: Path, hub: str) -> None:
    """Where what ships is another than when domains were computed, that is said before they change."""
    told = "the lexicon has changed since the domains were computed"
    for command in (("resolve",), ("crawl", "--all", "--endpoint", hub)):
        with closing(open_database(own_db, "write")) as database:
            database.migrate("update hub.derived set value = 'another' where name = 'graph'")
        assert told in lineage(*command, "--db", str(own_db)).err
        assert told not in lineage(*command, "--db", str(own_db)).err


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
