"""The hash of a database's content: what changes it, and what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database
from store.drift.write_drift import refresh
from store.ingest.crawl_store import DuckDBCrawlStore
from store.outputs.fingerprint import FORM, STATEMENTS, fingerprint
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.scores.score import Score
    from store.database import Database
    from tests.store.conftest import Desk

    Make = Callable[..., Score]
    Open = Callable[[Database, DuckDBCrawlStore], Desk]

RECORDS = [{}, {"tags": ["base_model:maple/model-0", "medical"]}, {"tags": ["base_model:adapter:maple/model-1"]}]


def filled(desk: Desk, make_score: Make, order: int = 1) -> Desk:
    """Store three records and two scores, in one order or the other."""
    records = [desk.record(number, **fields) for number, fields in enumerate(RECORDS)]
    desk.take(records[::order])
    desk.derive()
    scores = [make_score(f"maple/model-{number}", ones, with_items=True) for number, ones in enumerate((40, 90))]
    write_scores(desk.database, scores[::order], desk.START)
    refresh(desk.database)
    return desk


def test_content_has_one_hash_whatever_its_order(desk: Desk, make_score: Make, open_desk: Open, tmp_path: Path) -> None:
    """Two databases that were filled in another order say the same, and have the same hash."""
    first = fingerprint(filled(desk, make_score).database)
    other = open_database(tmp_path / "other.duckdb")
    with DuckDBCrawlStore(other) as store:
        assert fingerprint(filled(open_desk(other, store), make_score, order=-1).database) == first
    other.close()
    assert len(first.hash) == 64
    assert {one.name: one.facts for one in first.parts if one.facts} == {
        "domains": 1,
        "drift": 3,
        "edges": 2,
        "evidence": 2,
        "instruments": 1,
        "lexicon_domains": 3,
        "models": 3,
        "scores": 2,
    }


def test_the_hash_of_a_content_stays_what_it_is(desk: Desk, make_score: Make) -> None:
    """What one version hashed another finds again: where this fails, the form of hashing needs another number."""
    tables = {one.name: one.hash[:16] for one in fingerprint(filled(desk, make_score).database).parts}
    assert (FORM, tables["models"], tables["edges"], tables["evidence"]) == (
        "lineage content 6",
        "3e31f059ff176d81",
        "d5d21df964bd281e",
        "9ceda82235b23379",
    )


def test_looking_again_changes_nothing(desk: Desk, make_score: Make) -> None:
    """A crawl that finds what is known already, later, leaves the hash as it was."""
    before = fingerprint(filled(desk, make_score).database)
    desk.take([desk.record(number, **fields) for number, fields in enumerate(RECORDS)], day=9)
    desk.derive(day=9)
    write_scores(desk.database, [make_score("maple/model-0", 40, with_items=True)], desk.START + timedelta(days=9))
    refresh(desk.database)
    assert fingerprint(desk.database) == before


@pytest.mark.parametrize(
    ("change", "tables"),
    [
        ("update hub.models set license = 'gpl' where id = 'maple/model-0'", {"models"}),
        ("update hub.models set body = '{}' where id = 'maple/model-0'", {"models"}),
        ("update hub.edges set relation = 'merge'", {"edges"}),
        ("delete from hub.evidence", {"evidence"}),
        ("update hub.scores set value = value + 1e-9", {"scores"}),
        ("update hub.items set value = 1 - value where item = 'item 7'", {"scores"}),
        ("update hub.drift set verdict = 'better'", {"drift"}),
        ("insert into hub.gone values ('a/b', 'deleted', 'x', 1, now())", {"gone"}),
        ("insert into hub.problems values ('a', 'b', 'c', 'd', 'e', 1)", {"problems"}),
        (
            "insert into hub.weight_files by name select 'a' as model, false as refused, now() as read_at, 1 as crawl",
            {"weight_files"},
        ),
        (
            (
                "insert into hub.weight_matrices by name select 'a' as model, 0 as number, 'w' as name, "
                "'F32' as dtype, 8 as matrix_rows, 8 as columns, 8 as kept_columns, "
                "'F32' as kept_as, 'x'::blob as content, 'y'::blob as products"
            ),
            {"weight_matrices"},
        ),
        (
            (
                "insert into hub.weight_pairs by name select 'a' as a, 'b' as b, 'open' as verdict, "
                "false as contradicts, '' as reason, now() as compared_at"
            ),
            {"weight_pairs"},
        ),
        ("insert into hub.weight_findings values ('a', 'b', 1, 'equal', 1, '', now())", {"weight_findings"}),
        ("insert into hub.weight_changes values ('a', 'b', 'query', 1, 64, 0, 0.1)", {"weight_changes"}),
        (
            "insert into hub.weight_mixtures values ('a', 'b', false, 1, null, 'mixture', 0, 0, null, now())",
            {"weight_mixtures"},
        ),
        ("update hub.models set last_seen_at = now(), first_seen_at = now()", set()),
        ("update hub.scores set imported_at = now()", set()),
        ("update hub.crawls set requests = 99", set()),
    ],
)
def test_what_is_said_is_hashed(desk: Desk, make_score: Make, change: str, tables: set[str]) -> None:
    """A change of a record, an edge, an item or a verdict shows in its table; when it was looked at does not."""
    before = fingerprint(filled(desk, make_score).database)
    desk.database._connection.execute(change)
    after = fingerprint(desk.database)
    changed = {one.name for one, other in zip(before.parts, after.parts, strict=True) if one != other}
    assert changed == tables
    assert (before.hash != after.hash) is bool(tables)


def test_rows_cannot_be_moved_between_fields(desk: Desk, make_score: Make) -> None:
    """Null, an empty text and a text that looks like another field's are told apart."""
    filled(desk, make_score)
    hashes = set()
    for value in ("null", "''", "'null'", "'\"x\"'"):
        desk.database._connection.execute(f"update hub.models set license = {value}")  # noqa: S608 -- ours
        hashes.add(fingerprint(desk.database).hash)
    assert len(hashes) == 4


def test_every_table_that_says_something_is_hashed(desk: Desk) -> None:
    """A new table is either hashed or known to be left out."""
    tables = {str(row[0]) for row in desk.rows("select table_name from duckdb_tables() where schema_name = 'hub'")}
    hashed = {name.partition("/")[2] for name in STATEMENTS}
    within = {"affected", "items", "scored_names", "score_rejections"}
    when = {"crawls", "walks", "history", "status_changes", "derived", "changed", "migrations", "pulled_files"}
    numbers = {
        "nodes",
        "links",
        "standing",
        "contradictory",
        "families",
        "other_roots",
        "reach",
        "declarations",
        "resolutions",
        "curated",
        "file_names",
        "likely_parents",
        "contradicted_edges",
        "counts",
    }
    learned = {"bases", "habits", "copy_names"}
    worked = {
        "jobs",
        "job_items",
        "job_replies",
        "replies",
        "rescored",
        "attempts",
        "queue",
        "interventions",
        "trial_items",
    }
    assert tables - hashed == within | when | numbers | learned | worked
