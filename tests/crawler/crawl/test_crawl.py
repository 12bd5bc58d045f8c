"""Crawls of the sandbox Hub from end to end: what is stored, what was asked for it, and that nothing is asked twice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.scope import Scope
from lineage.domains.lexicon_file import default_lexicon
from lineage.output.crawl_events import CrawlFinished, CrawlPlanned, CrawlRemark
from sandbox.catalogue import generate, truth
from sandbox.hub.rate_limit import PLANS, QuotaRules
from sandbox.hub.repo import Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from lineage.output.crawl_events import CrawlEstimate, CrawlEvent
    from sandbox.hub.run import RunningHub
    from tests.crawler.conftest import Laboratory
    from tests.crawler.crawl.conftest import Begins, Content

ALL = Scope()
EVERY = Scope(domains=("medical", "legal", "financial"))
MEDICAL = Scope(domains=("medical",))
REPOS = generate()
MANUAL = Path(__file__).parents[3] / "docs" / "crawling.md"


@pytest.fixture
def repo_store(lab: Laboratory) -> RepoStore:
    """Return the fictional catalogue, whose changes are dated by the laboratory's clock."""
    return RepoStore(REPOS, now=lab.now)


def public(repo_store: RepoStore) -> set[str]:
    """Return the ids that the Hub lists."""
    return {name for name in repo_store.ids() if repo_store.get(name).access == "public"}


def plan_of(events: list[CrawlEvent]) -> CrawlEstimate:
    """Return the plan that a crawl told first."""
    assert isinstance(events[0], CrawlPlanned)
    return events[0].estimate


def assert_nothing_twice(hub: RunningHub) -> None:
    """Fail where the same address was asked for more than once."""
    targets = [asked.target for asked in hub.requests]
    assert sorted(targets) == sorted(set(targets))


def labelled(repo: Repo) -> set[str]:
    """Return the `base_model:` names by which a listing finds a model."""
    tags = repo.record.get("tags")
    texts = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return {text.rpartition(":")[2] for text in texts if text.startswith("base_model:")}


def test_the_whole_hub_is_stored_once(lab: Laboratory, repo_store: RepoStore) -> None:
    """`--all` stores every public record once, in a request a page and one for the total; a second crawl asks three."""
    with serve(repo_store) as hub:
        events = lab.crawl(hub.url, ALL)
        assert [asked.target.partition("?")[0] for asked in hub.requests] == ["/models-json", "/api/models"]
        stored = [name for (name,) in lab.rows("models", "id")]
        assert len(stored) == len(set(stored))
        assert set(stored) == public(repo_store)
        assert plan_of(events).requests == 1
        before = lab.content()
        hub.requests.clear()
        lab.pass_days(1)
        lab.crawl(hub.url, ALL)
        assert len(hub.requests) == 3
        assert_nothing_twice(hub)
        assert lab.content() == before


def test_a_large_hub_takes_a_request_a_page(lab: Laboratory) -> None:
    """2,500 models are three pages, and the requests and bytes that the database tells are those of the server."""
    with serve(RepoStore(generate(models=2_500))) as hub:
        events = lab.crawl(hub.url, ALL)
        assert len(hub.requests) == 4
        assert_nothing_twice(hub)
        ((state, requests, records, size_bytes),) = lab.rows("crawls", "state", "requests", "records", "bytes")
        finished = events[-1]
        assert isinstance(finished, CrawlFinished)
        assert (state, requests, size_bytes) == ("finished", 4, finished.size_bytes)
        assert records == len(lab.rows("models", "id")) > 2_000


def test_a_dry_run_asks_for_the_total_and_the_quota(lab: Laboratory, repo_store: RepoStore) -> None:
    """`--dry-run` sends two requests, tells the plan and stores nothing."""
    with serve(repo_store) as hub:
        events = lab.crawl(hub.url, EVERY, dry_run=True)
        assert [urlsplit(asked.target).path for asked in hub.requests] == ["/models-json", "/api/models"]
        assert dict(parse_qsl(urlsplit(hub.requests[1].target).query))["limit"] == "1"
        assert [type(event) for event in events] == [CrawlPlanned]
        assert plan_of(events).is_quota_told
        assert lab.rows("crawls") == []
        assert lab.rows("models") == []


def test_a_domain_crawl_is_closed_under_parents_and_children(lab: Laboratory, repo_store: RepoStore) -> None:
    """What the questions find is stored, with all its ancestors and all derivatives of sure domain models."""
    lexicon = lab.lexicon(("search", "clinical"), ("search", "pubmed"))
    with serve(repo_store) as hub:
        lab.crawl(hub.url, EVERY, lexicon=lexicon)
        assert_nothing_twice(hub)
        ((requests,),) = lab.rows("crawls", "requests")
        assert requests == len(hub.requests)
    stored = {name for (name,) in lab.rows("models", "id")}
    shown = public(repo_store)
    for query in lexicon.queries():
        found = {
            name
            for name in shown
            if (
                query.value in name.lower()
                if query.parameter == "search"
                else query.value in tags(repo_store.get(name))
            )
        }
        assert found <= stored, query
    sure = sure_models(lab, "medical", "legal", "financial")
    assert {name for name in shown if labelled(repo_store.get(name)) & sure} <= stored
    asked = {asked.target.partition("?")[0].removeprefix("/api/models/") for asked in hub.requests}
    known = {name.lower() for name in shown}
    edges = lab.rows("edges", "child", "parent")
    in_a_domain = {model for (model,) in lab.rows("domains", "model")}
    for parent in ancestors(in_a_domain, edges):
        assert parent in stored or parent.lower() not in known, parent
        assert parent in stored or parent.replace(" ", "%20") in asked or not parent.isascii() or "/" not in parent
    facts = truth()
    tagged = {name for name in shown & facts.keys() if {"medical", "legal", "finance"} & tags(repo_store.get(name))}
    assert {name for name in tagged if facts[name].domains} <= {name for (name,) in lab.rows("domains", "model")}


def sure_models(lab: Laboratory, *domains: str) -> set[str]:
    """Return the models that are surely of one of these domains."""
    rows = lab.rows("domains", "model", "domain", "basis", "confidence")
    return {one for one, domain, basis, sure in rows if domain in domains and (basis == "inherited" or sure >= 0.5)}


def repo(number: int, name: str, /, *parents: str, **fields: object) -> Repo:
    """Return a medical model with these parents."""
    record: dict[str, object] = {
        "_id": f"6{number:023x}",
        "id": name,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "lastModified": "2026-01-01T00:00:00.000Z",
        "sha": f"{number:040x}",
        "tags": ["medical", *(f"base_model:{parent}" for parent in parents)],
    }
    return Repo(record=record | fields)


def tags(repo: Repo) -> set[str]:
    """Return the tags of a record that are text."""
    found = repo.record.get("tags")
    return {tag for tag in found if isinstance(tag, str)} if isinstance(found, list) else set()


def ancestors(models: set[str], edges: list[tuple[str, ...]]) -> set[str]:
    """Return what models descend from."""
    reached: set[str] = set()
    waiting = set(models)
    while waiting:
        waiting = {parent for child, parent in edges if child in waiting} - reached
        reached |= waiting
    return reached


def test_the_default_lexicon_asks_once_and_about_as_planned(lab: Laboratory, repo_store: RepoStore) -> None:
    """No address is asked twice, the plan is within a factor of two, and the manual tells how many were asked."""
    (documented,) = re.findall(r"^\| medical \| (\d+) \|", MANUAL.read_text("utf-8"), re.MULTILINE)
    with serve(repo_store) as hub:
        events = lab.crawl(hub.url, MEDICAL, lexicon=default_lexicon())
        assert_nothing_twice(hub)
        assert len(hub.requests) == int(documented)
        assert len(hub.requests) / 2 <= plan_of(events).requests <= len(hub.requests)
        before = lab.content()
        hub.requests.clear()
        lab.pass_days(1)
        lab.crawl(hub.url, MEDICAL, lexicon=default_lexicon())
        assert len(hub.requests) == 2
        assert lab.content() == before


def test_siblings_bring_the_other_derivatives_of_the_bases(
    lab: Laboratory, repo_store: RepoStore, begin: Begins
) -> None:
    """`--siblings` lists the children of every ancestor too, and is not covered by a crawl without."""
    with serve(repo_store) as hub:
        begin(MEDICAL, url=hub.url)
        without = {name for (name,) in lab.rows("models", "id")}
        lab.crawl(hub.url, Scope(domains=("medical",), siblings=True))
        assert_nothing_twice(hub)
    stored = {name for (name,) in lab.rows("models", "id")}
    assert without < stored
    edges = lab.rows("edges", "child", "parent")
    bases = ancestors(sure_models(lab, "medical"), edges)
    assert {name for name in public(repo_store) if labelled(repo_store.get(name)) & bases} <= stored


def test_words_added_to_an_unfinished_crawl_are_asked_for(lab: Laboratory, repo_store: RepoStore) -> None:
    """A crawl that goes on with more words than it began with asks for those as well."""
    with serve(repo_store) as hub:
        with lab.begin(hub.url, MEDICAL) as events:
            for _ in range(4):
                next(events)
        lab.crawl(hub.url, MEDICAL, lexicon=lab.lexicon(("search", "biogpt")))
        assert any("search=biogpt" in asked.target for asked in hub.requests)
        assert len(lab.rows("crawls")) == 1


def test_an_abandoned_crawl_goes_on_where_it_was(lab: Laboratory, repo_store: RepoStore, undisturbed: Content) -> None:
    """A crawl that its caller leaves is `stopped`; the same command continues it and ends as an undisturbed one."""
    with serve(repo_store) as hub:
        for steps in (1, 2, 4, 7, 11):
            with lab.begin(hub.url, MEDICAL) as events:
                for _ in range(steps):
                    next(events)
            assert [state for (state,) in lab.rows("crawls", "state")] == ["stopped"]
        events = iter(lab.crawl(hub.url, MEDICAL))
        planned = next(events)
        assert isinstance(planned, CrawlPlanned)
        assert planned.continues
        ((state, requests),) = lab.rows("crawls", "state", "requests")
        assert state == "finished"
        assert requests <= len(hub.requests) <= requests + 5
    assert lab.content() == undisturbed(MEDICAL)


def test_a_crawl_killed_before_its_walks_were_stored_walks_all_the_same(lab: Laboratory, repo_store: RepoStore) -> None:
    """A crawl that was begun and has no walks yet is given them when it goes on."""
    with serve(repo_store) as hub:
        with lab.open() as database, DuckDBCrawlStore(database) as store:
            store.open_crawl(ALL.text, hub.url, lab.now())
        lab.crawl(hub.url, ALL)
    assert {name for (name,) in lab.rows("models", "id")} == public(repo_store)


def test_another_hub_is_asked_everything(lab: Laboratory, repo_store: RepoStore, begin: Begins) -> None:
    """What was asked of one endpoint says nothing of another."""
    begin(MEDICAL)
    with serve(repo_store) as other:
        lab.crawl(other.url, MEDICAL)
        assert any("filter=medical&" in asked.target for asked in other.requests)


def test_the_quota_is_waited_for(lab: Laboratory, repo_store: RepoStore) -> None:
    """With 20 requests a window a crawl is never refused: it sleeps to each window's end and finishes."""
    quota = QuotaRules(is_enforced=True, plans={**PLANS, "anonymous": {"api": 20, "resolvers": 20, "pages": 20}})
    with serve(repo_store, quota=quota, clock=lab.clock) as hub:
        lab.crawl(hub.url, MEDICAL)
        assert hub.requests.count(status=429) == 0
        windows = (hub.requests.count(bucket="api") - 1) // 20
    assert windows >= 1
    waits = [seconds for seconds in lab.clock.sleeps if seconds > 1]
    assert len(waits) == windows
    assert all(300 <= seconds <= 301 for seconds in waits)


def test_hostile_families_are_closed_in_few_rounds(lab: Laboratory) -> None:
    """Cycles, parents that lead elsewhere, gone or impossible: each is asked for once, and it ends."""
    moved = repo(5, "maple/other", "maple/medical-one", tags=[])
    repos = [
        repo(1, "maple/medical-one", "maple/medical-two"),
        repo(2, "maple/medical-two", "maple/medical-one", "maple/medical-two"),
        repo(3, "maple/medical-three", "maple/gone", "not an id", "../etc/passwd", "a/b/c", "maple/moved", "x" * 120),
        repo(4, "maple/medical-four", "maple/nameless", "maple/MOVED"),
        replace(moved, former_ids=("maple/moved",)),
        repo(6, "maple/nameless", tags=[], baseModels=7),
    ]
    with serve(RepoStore(repos)) as hub:
        events = lab.crawl(hub.url, MEDICAL)
        assert_nothing_twice(hub)
        assert len(hub.requests) < 25
        assert isinstance(events[-1], CrawlFinished)
        assert not [event for event in events if isinstance(event, CrawlRemark) and "rounds" in event.text]
    assert {alias for (alias,) in lab.rows("aliases", "alias")} >= {"maple/moved"}
    assert dict(lab.rows("gone", "id", "status"))["maple/gone"] == "missing"
