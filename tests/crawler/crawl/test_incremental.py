"""A second crawl of a Hub that moved meanwhile: requests in proportion to the change, and what a fresh crawl finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.scope import Scope
from lineage.output.crawl_events import CrawlRemark
from sandbox.catalogue import generate
from sandbox.hub.repo import Repo
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from tests.crawler.conftest import Canned, Laboratory, ScriptedHub
    from tests.crawler.crawl.conftest import Begins

ALL = Scope()
MEDICAL = Scope(domains=("medical",))
EVERY = Scope(domains=("medical", "legal", "financial"))
REPOS = generate()


def born(lab: Laboratory, number: int, name: str, **fields: object) -> Repo:
    """Return a model that was created just now."""
    moment = lab.now()
    stamp = f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    record: dict[str, object] = {
        "_id": f"{int(moment.timestamp()):08x}{number:016x}",
        "id": name,
        "createdAt": stamp,
        "lastModified": stamp,
        "sha": f"{number:040x}",
        "tags": [],
    }
    return Repo(record=record | fields)


def move(lab: Laboratory, repo_store: RepoStore) -> None:
    """Let new models come, old ones change and be renamed."""
    lab.pass_days(2)
    base = "maple-research/maple-7b"
    repo_store.add(born(lab, 1, "larkfield/clinic-1b", tags=["medical", f"base_model:{base}"]))
    repo_store.add(born(lab, 2, "larkfield/clinic-1b-GGUF", tags=["base_model:quantized:larkfield/clinic-1b"]))
    repo_store.add(born(lab, 3, "larkfield/poems-1b", tags=["poetry"]))
    repo_store.add(born(lab, 4, "larkfield/clinic-2b", tags=["medical", "base_model:larkfield/plain-base"]))
    repo_store.add(born(lab, 5, "larkfield/plain-base"))
    repo_store.change("tidewater-ai/maple-7b-pathology", tags=["medical", "changed"])
    repo_store.rename("birchgrove/maple-13b-radiology", "birchgrove/maple-13b-x-ray")
    repo_store.change("birchgrove/maple-13b-x-ray", downloads=7, touch=True)
    lab.pass_days(1)


def test_news_of_the_whole_hub_cost_three_requests(lab: Laboratory, begin: Begins) -> None:
    """New, changed and renamed models come in a page each way; the rest is as a fresh crawl finds it."""
    repo_store = RepoStore(REPOS, now=lab.now)
    with serve(repo_store) as hub:
        begin(ALL, url=hub.url)
        move(lab, repo_store)
        lab.crawl(hub.url, ALL)
        assert len(hub.requests) == 3
        lab.crawl(hub.url, ALL, name="fresh")
    moved, fresh = lab.content(), lab.content("fresh")
    for table in ("models", "problems"):
        assert moved[table] == fresh[table], table
    reasons = lab.rows("history", "id", "reason")
    assert ("birchgrove/maple-13b-radiology", "renamed") in reasons
    assert ("tidewater-ai/maple-7b-pathology", "revision") in reasons
    assert len(reasons) == 2
    assert ("birchgrove/maple-13b-radiology",) in lab.rows("aliases", "alias")


def test_news_of_a_domain_cost_few_requests(lab: Laboratory, begin: Begins) -> None:
    """A domain's news cost the page of changes and the closing of what is new; nothing of the domain is missed."""
    repo_store = RepoStore(REPOS, now=lab.now)
    with serve(repo_store) as hub:
        begin(MEDICAL, url=hub.url)
        move(lab, repo_store)
        lab.crawl(hub.url, MEDICAL)
        assert len(hub.requests) <= 10
        lab.crawl(hub.url, MEDICAL, name="fresh")
        lab.pass_days(1)
        hub.requests.clear()
        lab.crawl(hub.url, MEDICAL)
        assert len(hub.requests) == 2
    known = {row[1]: row for row in lab.content()["models"]}
    found = {row[1]: row for row in lab.content("fresh")["models"]}
    assert found.items() <= known.items()
    for table in ("domains", "edges"):
        columns = ("model", "domain") if table == "domains" else ("child", "parent", "relation", "evidence")
        assert set(lab.rows(table, *columns, name="fresh")) <= set(lab.rows(table, *columns)), table
    assert "larkfield/poems-1b" not in known
    assert {"larkfield/clinic-1b-GGUF", "larkfield/plain-base"} <= known.keys()


def test_too_much_news_is_asked_for_word_by_word(lab: Laboratory) -> None:
    """Where the changes of the whole Hub are more pages than there are words, the words' changes are asked for."""
    repo_store = RepoStore(REPOS, now=lab.now)
    with serve(repo_store, faults="504>100") as hub:
        lab.crawl(hub.url, Scope(domains=("legal",)))
        lab.pass_days(1)
        for name in repo_store.ids():
            repo_store.change(name, touch=True, likes=1)
        repo_store.add(born(lab, 1, "larkfield/court-1b", tags=["legal"], likes=1))
        lab.pass_days(1)
        hub.requests.clear()
        events = lab.crawl(hub.url, Scope(domains=("legal",)))
        assert hub.requests.count(status=200) < 20
    assert any(isinstance(event, CrawlRemark) and "each term" in event.text for event in events)
    ids = {name for (name,) in lab.rows("models", "id")}
    assert "larkfield/court-1b" in ids
    legal = {name for name in repo_store.ids() if "'legal'" in str(repo_store.get(name).record.get("tags"))}
    changed = dict(lab.rows("models", "id", "likes"))
    assert {changed[name] for name in legal & ids} == {1}


def tagged(repo_store: RepoStore) -> list[str]:
    """Return the public models with the tag `medical` and an id of two parts, in order."""
    shown = [repo_store.get(name) for name in repo_store.ids() if repo_store.get(name).access == "public"]
    return sorted(repo.id for repo in shown if "'medical'" in str(repo.record.get("tags")) and "/" in repo.id)


@pytest.mark.parametrize("scope", [Scope(sweep=True), Scope(domains=("medical",), sweep=True)])
def test_a_sweep_marks_what_vanished(scope: Scope, lab: Laboratory, begin: Begins) -> None:
    """Deleted, private, disabled and renamed models are told apart as far as the Hub tells; old records are kept."""
    repo_store = RepoStore(REPOS, now=lab.now)
    with serve(repo_store) as hub:
        begin(replace(scope, sweep=False), url=hub.url)
        before = {row[1]: row for row in lab.content()["models"]}
        deleted, renamed, hidden, disabled = tagged(repo_store)[:4]
        lost = {deleted: "deleted", renamed: "renamed", hidden: "deleted", disabled: "deleted"}
        assert lost.keys() <= before.keys()
        lab.pass_days(1)
        repo_store.delete(deleted)
        repo_store.rename(renamed, "birchgrove/x-ray")
        repo_store.hide(hidden)
        repo_store.grant(disabled, "disabled")
        lab.crawl(hub.url, scope)
        if scope.is_all:
            assert len(hub.requests) == 2 + 3
        hub.requests.clear()
        lab.pass_days(1)
        lab.crawl(hub.url, replace(scope, sweep=False))
        assert len(hub.requests) <= 3
    statuses = dict(lab.rows("models", "id", "status"))
    assert {name: statuses.get(name, "renamed") for name in lost} == lost
    assert statuses["birchgrove/x-ray"] == "present"
    evidence = dict(lab.rows("models", "id", "status_evidence"))
    assert "the Hub does not say which" in evidence[hidden]
    assert "disabled by the Hub" in evidence[disabled]
    assert deleted in dict(lab.rows("models", "id", "body"))[deleted]
    assert (renamed, "renamed") in lab.rows("history", "id", "reason")
    assert [name for name, status in statuses.items() if status == "deleted"] == sorted(
        name for name, status in lost.items() if status == "deleted"
    )


def test_a_domain_sweep_asks_for_no_model_of_another(lab: Laboratory, begin: Begins) -> None:
    """What a crawl of the whole Hub brought is not looked up one by one by the sweep of a domain."""
    repo_store = RepoStore(REPOS, now=lab.now)
    with serve(repo_store) as hub:
        begin(ALL, url=hub.url)
        lab.crawl(hub.url, Scope(domains=("legal",), sweep=True))
        singles = [asked for asked in hub.requests if asked.target.startswith("/api/models/")]
    assert len(singles) < 150
    assert {status for (status,) in lab.rows("models", "status")} == {"present"}


def test_a_model_that_comes_back_is_present_again(lab: Laboratory, begin: Begins) -> None:
    """A model that was private for a while is found again by the next sweep."""
    repo_store = RepoStore(REPOS, now=lab.now)
    name = "tidewater-ai/maple-7b-pathology"
    seen = []
    with serve(repo_store) as hub:
        begin(ALL, url=hub.url)
        for act in (repo_store.hide, repo_store.publish):
            act(name)
            lab.pass_days(1)
            lab.crawl(hub.url, Scope(sweep=True))
            seen.append(dict(lab.rows("models", "id", "status"))[name])
    assert seen == ["deleted", "present"]


def test_a_lesser_crawl_is_covered_by_a_wider_one(lab: Laboratory, begin: Begins) -> None:
    """Behind a crawl of three domains one of them costs two requests; behind `--all` only what it alone can tell."""
    repo_store = RepoStore(REPOS, now=lab.now)
    with serve(repo_store) as hub:
        lab.crawl(hub.url, EVERY)
        lab.pass_days(1)
        hub.requests.clear()
        lab.crawl(hub.url, MEDICAL)
        assert len(hub.requests) == 2
        begin(ALL, url=hub.url, name="all")
        lab.pass_days(1)
        for _ in range(2):
            hub.requests.clear()
            lab.crawl(hub.url, EVERY, name="all")
            assert hub.requests.count(path="/api/models") == 1
            lab.pass_days(1)
        assert len(hub.requests) == 2


def test_only_new_words_are_asked_for(lab: Laboratory, begin: Begins) -> None:
    """A lexicon that adds words after a finished crawl costs their walks; one that lost and regained them too."""
    repo_store = RepoStore(REPOS, now=lab.now)
    wider = lab.lexicon(("search", "biogpt"), ("filter", "radiology"))
    with serve(repo_store) as hub:
        begin(MEDICAL, url=hub.url)
        for lexicon, extra in ((wider, True), (wider, False), (None, False), (wider, True)):
            lab.pass_days(1)
            hub.requests.clear()
            lab.crawl(hub.url, MEDICAL, lexicon=lexicon)
            listed = [dict(parse_qsl(urlsplit(asked.target).query)) for asked in hub.requests]
            words = {one.get("search") or one.get("filter") for one in listed}
            assert ({"biogpt", "radiology"} <= words) is extra
            assert "medical" not in words


@pytest.mark.parametrize(("scope", "days_ahead"), [(ALL, 40), (MEDICAL, 40), (MEDICAL, -40)])
def test_a_wrong_clock_hides_no_change(scope: Scope, days_ahead: float, lab: Laboratory) -> None:
    """A crawl on a machine whose clock is ahead of the Hub's, or behind it, hides nothing from the next one."""
    repo_store = RepoStore(REPOS, now=lab.now)
    changed = tagged(repo_store)[0]
    with serve(repo_store, faults="504>100") as hub:
        lab.days_ahead = days_ahead
        lab.crawl(hub.url, scope)
        lab.pass_days(1)
        repo_store.change(changed, touch=True, likes=4711)
        lab.pass_days(1)
        for name in set(repo_store.ids()) - {changed}:
            repo_store.change(name, touch=True)
        lab.pass_days(1)
        lab.days_ahead = 0
        lab.crawl(hub.url, scope)
    assert dict(lab.rows("models", "id", "likes"))[changed] == 4711


@pytest.mark.parametrize("said", ["", "soon", "Fri, 20 Nov 2026 08:00:00 GMT", "Fri, 20 Nov 2099 08:00:00 GMT"])
def test_a_crawl_covers_what_was_before_both_clocks(
    said: str, lab: Laboratory, hub: ScriptedHub, canned: type[Canned]
) -> None:
    """The next crawl looks from the Hub's time or ours, the earlier; where the Hub says none, from ours."""
    covered = datetime(2026, 11, 20, 8, tzinfo=UTC) if "2026" in said else lab.now()
    hub.script(canned(headers={"Date": said}))
    lab.crawl(hub.url, ALL)
    assert lab.rows("crawls", "covers_at") == [(covered,)]
    assert lab.rows("crawls", "started_at") == [(lab.now(),)]


def test_no_crawl_goes_on_from_a_time_to_come(lab: Laboratory, hub: ScriptedHub, canned: type[Canned]) -> None:
    """Where neither clock has come to what an earlier crawl claims to cover, everything is listed again."""
    hub.script(canned(headers={"Date": ""}))

    def asks_for_changes() -> bool:
        before = len(hub.asked)
        lab.crawl(hub.url, ALL)
        return any(dict(asked.query).get("sort") == "lastModified" for asked in hub.asked[before:])

    lab.days_ahead = 40
    assert not asks_for_changes()
    lab.days_ahead = 0
    assert not asks_for_changes()
    assert asks_for_changes()


def test_a_lost_first_answer_leaves_the_hubs_clock_told(
    lab: Laboratory, hub: ScriptedHub, canned: type[Canned]
) -> None:
    """Where the count of models is not to be had, a page of one model tells the time before anything is listed."""
    hub.script(canned(drops=True), canned(headers={"Date": "Fri, 20 Nov 2026 08:00:00 GMT"}))
    lab.crawl(hub.url, ALL)
    assert lab.rows("crawls", "covers_at") == [(datetime(2026, 11, 20, 8, tzinfo=UTC),)]
    assert [dict(asked.query).get("limit") for asked in hub.asked] == [None, "1", "1000"]
