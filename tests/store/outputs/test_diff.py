"""What differs between two databases: every kind of difference, and the laws of comparing."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.vocabulary import DifferenceName
from store.connect import open_database
from store.database import Database
from store.drift.write_drift import refresh
from store.errors import NoDatabase, NotOurDatabase
from store.ingest.crawl_store import DuckDBCrawlStore
from store.outputs.diff import NOWHERE, VERDICTS, compare, prepare
from store.outputs.snapshots import make_snapshot
from store.scores.write import write_scores
from store.statements import statement, statement_names

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from tests.store.conftest import Desk, LaterSchema

    Make = Callable[..., Score]
    Open = Callable[[Database, DuckDBCrawlStore], Desk]

NOW = datetime(2026, 3, 4, tzinfo=UTC)
COMPARED = [name for name in statement_names() if name.startswith("diff/")]
CHANGES = {
    DifferenceName.MODEL_NEW: "insert into hub.models select * replace ('x' as hub_id, 'oak/new' as id) "
    "from hub.models where id = 'maple/model-0'",
    DifferenceName.MODEL_GONE: "delete from hub.models where id = 'maple/model-3'",
    DifferenceName.RECREATED: "update hub.models set hub_id = 'another' where id = 'maple/model-3'",
    DifferenceName.STATUS: "update hub.models set status = 'deleted' where id = 'maple/model-0'",
    DifferenceName.LICENCE: "update hub.models set license = 'gpl' where id = 'maple/model-1'",
    DifferenceName.REVISION: "update hub.models set sha = 'f00' where id = 'maple/model-2'",
    DifferenceName.EDGE_NEW: "insert into hub.edges select * replace ('elm/other' as parent) from hub.edges "
    "where child = 'maple/model-1'",
    DifferenceName.EDGE_GONE: "delete from hub.edges where child = 'maple/model-2'",
    DifferenceName.RELATION: "update hub.edges set relation = 'merge' where child = 'maple/model-1'",
    DifferenceName.EVIDENCE: "update hub.edges set evidence = 'readme' where child = 'maple/model-1'",
    DifferenceName.CONFIDENCE: "update hub.edges set confidence = 0.5 where child = 'maple/model-1'",
    DifferenceName.SCORE_GONE: "delete from hub.standing using hub.nodes where nodes.nid = standing.nid "
    "and nodes.id = 'maple/model-0'",
    DifferenceName.SCORE: "update hub.scores set run = 'another' where value > 0.2",
    DifferenceName.SCORE_STATE: "update hub.standing set state = 'stale'",
    DifferenceName.VERDICT_GONE: "delete from hub.drift where against = 'root'",
    DifferenceName.VERDICT: "update hub.drift set verdict = 'better' where against = 'parent'",
}
SWAPPED = {"model_new": "model_gone", "edge_new": "edge_gone", "score_new": "score_gone", "verdict_new": "verdict_gone"}
SWAPPED |= {new: old for old, new in SWAPPED.items()}


@pytest.fixture(name="family", scope="module")
def fixture_family(tmp_path_factory: pytest.TempPathFactory, open_desk: Open, make_score: Make) -> Path:
    """Give the file of a closed database of a family with scores and verdicts; tests copy it."""
    path = tmp_path_factory.mktemp("family") / "lineage.duckdb"
    database = open_database(path)
    with DuckDBCrawlStore(database) as store:
        desk = open_desk(database, store)
        desk.take(
            [
                desk.record(0, sha="a" * 40),
                desk.record(1, tags=["base_model:maple/model-0"], sha="b" * 40),
                desk.record(2, tags=["base_model:adapter:maple/model-1"]),
                desk.record(3),
            ]
        )
        desk.derive()
        scores = [make_score(f"maple/model-{number}", ones) for number, ones in ((0, 40), (1, 120))]
        write_scores(database, scores, desk.START)
        refresh(database)
    database.close()
    return path


@pytest.fixture(name="base")
def fixture_base(family: Path, tmp_path: Path) -> Path:
    """Give a copy of the family's database."""
    return Path(shutil.copy(family, tmp_path / "base.duckdb"))


def changed(base: Path, name: str, *changes: str) -> Path:
    """Return a copy of a database to which something was done."""
    copy = Path(shutil.copy(base, base.with_name(name)))
    with duckdb.connect(str(copy)) as connection:
        for change in changes:
            connection.execute(change)
    return copy


def test_a_database_does_not_differ_from_itself(base: Path) -> None:
    """Nor from a copy, nor from its snapshot."""
    snapshot, _ = make_snapshot(base, None, NOW, "1")
    for other in (base, changed(base, "copy.duckdb"), snapshot):
        found = compare(base, other)
        assert (found.counts, found.rows.rows, found.total) == ({}, (), 0)


@pytest.mark.parametrize("kind", CHANGES)
def test_every_kind_of_difference_is_found(base: Path, kind: DifferenceName) -> None:
    """One change is one kind of difference, whatever else stays."""
    found = compare(base, changed(base, "after.duckdb", CHANGES[kind]))
    assert set(found.counts) == {kind.value}
    assert found.rows.rows
    mirrored = compare(base.with_name("after.duckdb"), base)
    assert set(mirrored.counts) == {SWAPPED.get(kind.value, kind.value)}


ANOTHER = (
    "insert into hub.drift select * replace ('maple/model-3' as reference, 'undecided' as verdict) "
    "from hub.drift where against = 'scored_ancestor'"
)


def test_verdicts_about_ancestors_as_near_are_told_apart(base: Path) -> None:
    """A model with two of them is equal to itself, one that changes is one difference, and so is another ancestor."""
    both = changed(base, "both.duckdb", ANOTHER)
    (lone,) = compare(base, both).rows.rows
    assert (lone[0], lone[3], str(lone[4]).partition(" (")[0]) == ("verdict_new", None, "undecided than maple/model-3")
    assert compare(both, changed(both, "copy.duckdb")).total == 0
    other = "update hub.drift set verdict = 'better' where reference = 'maple/model-3'"
    (worse,) = compare(both, changed(both, "other.duckdb", other)).rows.rows
    assert [str(words).partition(" (")[0] for words in worse[3:]] == [
        "undecided than maple/model-3",
        "better than maple/model-3",
    ]
    moved = "update hub.drift set reference = 'maple/model-2' where reference = 'maple/model-3'"
    (elsewhere,) = compare(both, changed(both, "moved.duckdb", moved)).rows.rows
    assert (elsewhere[0], str(elsewhere[4]).partition(" (")[0]) == ("verdict", "undecided than maple/model-2")


def test_differences_say_what_was_and_what_is(base: Path) -> None:
    """In the order of the kinds, with counts first; and a limit leaves counts as they are."""
    kinds = (DifferenceName.LICENCE, DifferenceName.RELATION, DifferenceName.VERDICT)
    after = changed(base, "after.duckdb", *(CHANGES[kind] for kind in kinds))
    found = compare(base, after)
    assert found.counts == {"licence": 1, "relation": 1, "verdict": 1}
    assert found.rows.columns == ("kind", "model", "what", "before", "after")
    licence, relation, verdict = found.rows.rows
    assert licence == ("licence", "maple/model-1", None, None, "gpl")
    assert relation == ("relation", "maple/model-1", "maple/model-0", "finetune", "merge")
    assert verdict[3:] == ("worse than maple/model-0 (+20.00)", "better than maple/model-0 (+20.00)")
    few = compare(base, after, limit=1)
    assert (few.counts, few.rows.rows) == (found.counts, found.rows.rows[:1])
    only = compare(base, after, kinds=["verdict", "status"])
    assert (only.counts, only.rows.rows) == ({"verdict": 1}, (verdict,))


def test_a_renamed_model_is_the_same_one(base: Path) -> None:
    """Its edges, scores and verdicts follow its new name, and are no differences."""
    after = changed(
        base,
        "after.duckdb",
        *(
            f"update hub.{table} set {column} = 'oak/moved' where {column} = 'maple/model-1'"  # noqa: S608 -- ours
            for table, column in (
                ("models", "id"),
                ("nodes", "id"),
                ("edges", "child"),
                ("edges", "parent"),
                ("drift", "model"),
                ("drift", "reference"),
            )
        ),
    )
    assert compare(base, after).rows.rows == (("renamed", "oak/moved", None, "maple/model-1", "oak/moved"),)
    assert compare(after, base).rows.rows == (("renamed", "maple/model-1", None, "oak/moved", "maple/model-1"),)


def test_a_name_that_another_model_took_is_no_rename(base: Path) -> None:
    """Where both names are in use, the two are told as what each of them became."""
    after = changed(
        base,
        "after.duckdb",
        "delete from hub.models where id = 'maple/model-0'",
        "update hub.models set id = 'maple/model-0' where id = 'maple/model-3'",
    )
    assert compare(base, after).counts == {"model_gone": 1, "recreated": 1, "revision": 1}
    assert compare(after, base).counts == {"model_new": 1, "recreated": 1, "revision": 1}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.sets(st.sampled_from(sorted(CHANGES)), max_size=4),
    second=st.sets(st.sampled_from(sorted(CHANGES)), max_size=4),
)
def test_comparing_backwards_swaps_what_is_said(
    base: Path, first: set[DifferenceName], second: set[DifferenceName]
) -> None:
    """What is new one way is gone the other way, and before and after change places."""
    one = changed(base, "one.duckdb", *(CHANGES[kind] for kind in sorted(first)))
    other = changed(base, "other.duckdb", *(CHANGES[kind] for kind in sorted(second)))
    forwards, backwards = compare(one, other), compare(other, one)
    mirrored = sorted(
        ((SWAPPED.get(str(kind), kind), *rest, after, before) for kind, *rest, before, after in backwards.rows.rows),
        key=repr,
    )
    assert sorted(forwards.rows.rows, key=repr) == mirrored
    assert forwards.total == len(forwards.rows.rows)


def test_an_older_database_is_compared_as_a_copy(base: Path, tmp_path: Path, later_schema: LaterSchema) -> None:
    """Neither file is changed by being compared."""
    old = tmp_path / "old.duckdb"
    open_database(old).close()
    new = Path(shutil.copy(base, tmp_path / "new.duckdb"))
    later_schema()
    open_database(new).close()
    before = (old.read_bytes(), new.read_bytes())
    assert compare(old, new).counts["model_new"] == 4
    assert compare(new, old).counts["model_gone"] == 4
    assert (old.read_bytes(), new.read_bytes()) == before


def test_what_is_no_database_of_ours_is_told(base: Path, tmp_path: Path) -> None:
    """Missing files and strangers are errors that name them."""
    other = tmp_path / "other.duckdb"
    other.write_text("not one")
    with pytest.raises(NoDatabase, match=r"nowhere\.duckdb"):
        compare(base, tmp_path / "nowhere.duckdb")
    with pytest.raises(NotOurDatabase, match=r"other\.duckdb"):
        compare(other, base)


@pytest.mark.parametrize("name", COMPARED)
def test_every_comparison_fits_the_schema(tmp_path: Path, name: str) -> None:
    """Every statement over two databases can be planned against two fresh ones."""
    paths = [tmp_path / f"{side}.duckdb" for side in ("a", "b")]
    for path in paths:
        open_database(path).close()
    database = Database(duckdb.connect(), NOWHERE)
    prepare(database, *paths)
    for table in VERDICTS:
        database.run(table, turned=[])
    if not name.startswith(("diff/attach", "diff/create")):
        database._connection.execute(f"prepare fits as {statement(name)}")
    database.close()
