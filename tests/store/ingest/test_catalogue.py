"""The sandbox Hub's catalogue through the store: what is resolved is what is true, wherever the record says it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.domains.lexicon_file import default_lexicon
from sandbox.catalogue import Truth, generate, truth
from store.connect import open_database
from store.ingest.crawl_store import DuckDBCrawlStore
from store.refresh import derive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.database import Database
    from tests.store.conftest import Desk

IN_THE_RECORD = {"hub", "card", "config"}
TABLES = ("declarations", "edges", "domains", "families", "problems")
TRUTH = truth()
# A card key that the Hub does not read, and a record of which one place names another base: both names are kept.
SPOKEN_OTHERWISE = {"finetuned_from", "conflicting_evidence"}


@pytest.fixture(name="crawled", scope="module")
def fixture_crawled(
    tmp_path_factory: pytest.TempPathFactory, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]
) -> Iterator[Desk]:
    """Give the whole catalogue, stored in pages of a hundred and resolved."""
    database = open_database(tmp_path_factory.mktemp("catalogue") / "lineage.duckdb")
    with DuckDBCrawlStore(database) as store:
        desk = open_desk(database, store)
        former = [(old, repo.hub_id) for repo in generate() for old in repo.former_ids]
        records = [repo.record for repo in generate()]
        for start in range(0, len(records), 100):
            desk.take(list(records[start : start + 100]))
        for old, owner in former:
            database._connection.execute("insert into hub.aliases select ?, ?, 'redirect', now(), now()", [old, owner])
        desk.derive()
        yield desk
    database.close()


def snapshot(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of everything that is derived."""
    return {table: desk.rows(f"from hub.{table} order by all") for table in TABLES}


def facts(evidence: set[str]) -> dict[str, Truth]:
    """Return what is true of the models whose parents some kinds of evidence name."""
    return {m: fact for m, fact in TRUTH.items() if fact.evidence in evidence and fact.oddity not in SPOKEN_OTHERWISE}


def test_every_record_is_stored_and_every_fault_told(crawled: Desk) -> None:
    """Nothing of the catalogue is lost, whatever is malformed in it."""
    assert crawled.rows("select count(*) from records") == [(len(TRUTH),)]
    stored = {str(model): str(text) for model, text in crawled.rows("select model, record from records")}
    for repo in generate():
        text = json.dumps(repo.record)
        if "\\ud83d here" not in text:
            assert json.loads(stored[repo.id]) == json.loads(text)
    told = {str(model) for (model,) in crawled.rows("select distinct model from problems")}
    assert {"nettlebed/record-lone-surrogate", "nettlebed/record-tags-of-number"} <= told


def test_parents_are_the_true_ones_wherever_the_record_names_them(crawled: Desk) -> None:
    """For every model whose evidence is in its record, the parents are those that an ideal resolver finds."""
    found: dict[str, set[str]] = {}
    for child, parent in crawled.rows("select child, parent from edges"):
        found.setdefault(str(child), set()).add(str(parent))
    wrong = {
        model: (sorted(found.get(model, ())), fact.parents)
        for model, fact in facts(IN_THE_RECORD).items()
        if found.get(model, set()) != {parent for parent, _ in fact.parents}
    }
    assert wrong == {}


def ancestors(model: str) -> set[str]:
    """Return everything that a model was truly made from, however many generations above it."""
    found: set[str] = set()
    waiting = [model]
    while waiting:
        above = {parent for parent, _ in TRUTH[waiting.pop()].parents if parent in TRUTH} - found
        found |= above
        waiting += above
    return found


def test_no_parent_is_made_up(crawled: Desk) -> None:
    """A model without parents, or whose parents only other places name, has no edge to anything else.

    What its name suggests may lie generations above it: the record does not tell of those between.
    """
    edges = crawled.rows("select child, parent, inferred from edges")
    made_up = [
        (child, parent)
        for child, parent, inferred in edges
        if TRUTH[str(child)].oddity not in SPOKEN_OTHERWISE
        and str(parent) not in {each for each, _ in TRUTH[str(child)].parents}
        and not (inferred and str(parent) in ancestors(str(child)))
    ]
    assert made_up == []


def test_relations_are_true_or_explained(crawled: Desk) -> None:
    """Where the relation is not the true one, the Hub itself said so."""
    wrong = [
        (child, parent, relation, reason)
        for child, parent, relation, reason in crawled.rows(
            "select child, parent, relation, relation_reason from edges"
        )
        if (str(parent), str(relation)) not in TRUTH[str(child)].parents
        and str(parent) not in ancestors(str(child)) - {each for each, _ in TRUTH[str(child)].parents}
        and reason not in {"hub", "card"}
        and TRUTH[str(child)].oddity not in SPOKEN_OTHERWISE
    ]
    assert wrong == []


def test_self_references_and_cycles_are_problems(crawled: Desk) -> None:
    """Who names itself has no such edge and a problem; who is its own ancestor has a problem with the whole circle."""
    selves = {m for m, fact in TRUTH.items() if fact.oddity in {"self_reference", "self_reference_by_old_name"}}
    circles = {m for m, fact in TRUTH.items() if fact.oddity in {"two_cycle", "three_cycle"}}
    assert selves
    assert circles
    told = crawled.rows("select model, field, problem from problems where field in ('lineage.parent', 'lineage.cycle')")
    assert selves <= {str(model) for model, _, problem in told if problem == "names itself as parent"}
    assert circles == {str(model) for model, field, _ in told if field == "lineage.cycle"}


def test_domains_are_mostly_the_true_ones(crawled: Desk) -> None:
    """At the listed confidence, own domains are precise, and miss little of what name, tag or data set say."""
    rows = crawled.rows("select model, domain from domains where basis = 'own' and confidence >= 0.5")
    found = {(str(model), str(domain)) for model, domain in rows}
    own = {(m, domain) for m, fact in TRUTH.items() for domain, basis in fact.domains if basis == "own"}
    told = {(m, domain) for m, domain in own if TRUTH[m].signals & {"name", "tag", "dataset"}}
    assert len(found & own) >= 0.97 * len(found)
    assert len(found & told) >= 0.85 * len(told)


def test_inherited_domains_are_those_of_ancestors(crawled: Desk) -> None:
    """What is inherited comes from an ancestor that shows the domain, and stands beside no sure sign of the model's."""
    rows = crawled.rows("select model, domain, signals from domains where basis = 'inherited'")
    assert rows
    own = set(crawled.rows("select model, domain from domains where basis = 'own' and confidence >= 0.5"))
    for model, domain, signals in rows:
        assert isinstance(signals, list)
        assert (signals[0].removeprefix("ancestor:"), domain) in own
        assert (model, domain) not in own


def test_resolving_again_changes_nothing(crawled: Desk) -> None:
    """Resolving is a function of the records: a second time, later, gives the same rows."""
    before = snapshot(crawled)
    with crawled.database.transaction():
        crawled.database.run("ingest/forget_fresh")
    crawled.derive(day=30)
    assert snapshot(crawled) == before


def test_resolving_depends_on_nothing_but_the_records(
    crawled: Desk, database: Database, open_desk: Callable[[Database, DuckDBCrawlStore], Desk]
) -> None:
    """Records that come in another order, in other pages and with resolving in between give the same graph."""
    with DuckDBCrawlStore(database) as store:
        desk = open_desk(database, store)
        records = [repo.record for repo in generate()][::-1]
        for start in range(0, len(records), 250):
            desk.take(list(records[start : start + 250]))
            desk.derive()
        aliases = crawled.rows("from hub.aliases")
        database._connection.executemany("insert into hub.aliases values (?, ?, ?, ?, ?)", aliases)
        derive(database, default_lexicon(), datetime(2026, 5, 1, tzinfo=UTC))
        one, other = snapshot(desk), snapshot(crawled)
    for table in ("declarations", "edges", "domains", "families"):
        assert one[table] == other[table], table
    assert sorted(set(one["problems"]), key=str) == sorted(set(other["problems"]), key=str)
