"""Walks under every fault that a Hub shows, and the small rules by which they stop, learn and are counted."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from crawler.errors import BadRequest, Unreachable
from crawler.scope import Scope
from crawler.walks import KeyLevel, StopCondition, is_cut
from lineage.crawl_records import PageStored
from lineage.output.crawl_events import CrawlRemark, PageTaken
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.crawl_records import Spent
    from lineage.output.crawl_events import CrawlEvent
    from tests.crawler.conftest import Asked, Canned, Laboratory, ScriptedHub
    from tests.crawler.crawl.conftest import Content

ALL = Scope()
REPOS = generate()
EVERYTHING = (
    "503=0.1,drop=0.05,truncate=0.05,html=0.03,429=0.05,garbage=0.1,slow=0.01,500=0.02,408=0.02,502=0.02,delay=0"
)


def remarks(events: list[CrawlEvent]) -> list[str]:
    """Return what a crawl remarked."""
    return [event.text for event in events if isinstance(event, CrawlRemark)]


def record(number: int) -> dict[str, object]:
    """Return a small record, the greater its number the older; a cut behind its list looks whole."""
    return {
        "_id": f"{0x6FFF - number:024x}",
        "id": f"maple/leaf-{number}",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "lastModified": "2026-02-01T00:00:00.000Z",
        "sha": f"{number:040x}",
        "tags": ["medical", "en"],
    }


@pytest.mark.parametrize("seed", [7, 8])
def test_every_fault_at_once_changes_nothing(seed: int, lab: Laboratory, undisturbed: Content) -> None:
    """With every kind of fault striking two requests of five, and pages that must shrink, the content is the same."""
    with serve(RepoStore(REPOS), faults=f"{EVERYTHING},504>100,seed={seed}") as hub:
        lab.crawl(hub.url, ALL)
        ((requests,),) = lab.rows("crawls", "requests")
        assert requests == len(hub.requests) > 8
    with serve(RepoStore(REPOS), faults=f"{EVERYTHING},seed={seed}") as hub:
        lab.crawl(hub.url, Scope(domains=("medical",)), name="medical")
        ((requests,),) = lab.rows("crawls", "requests", name="medical")
        assert requests == len(hub.requests)
    assert lab.content() == undisturbed(ALL)
    assert lab.content("medical") == undisturbed(Scope(domains=("medical",)))


def test_refused_keys_are_given_up_and_told_once(lab: Laboratory) -> None:
    """A Hub that refuses `baseModels` costs a request in each of two walks, then is no longer asked for them."""
    lexicon = lab.lexicon(("search", "clinical"), ("search", "bert"), ("search", "med"))
    with serve(RepoStore(REPOS), faults="expand:baseModels") as hub:
        events = lab.crawl(hub.url, Scope(domains=("medical",)), lexicon=lexicon)
        refused = [asked.target for asked in hub.requests if asked.status == 400]
        assert sum(target.startswith("/api/models?") for target in refused) <= 3
        assert sum(target.startswith("/api/models/") for target in refused) <= 20
    assert [text for text in remarks(events) if "without_lineage" in text]
    ((notes,),) = lab.rows("crawls", "notes")
    assert [text for text in notes if "without_lineage" in text]
    assert lab.rows("edges")


def test_all_keys_refused_leaves_what_is_shown_unasked(lab: Laboratory) -> None:
    """Where no `expand` is accepted at all, the records that a listing shows by itself are stored, and that is told."""
    sound = [repo for repo in REPOS if "None" not in str(repo.record.get("tags"))]
    with serve(RepoStore(sound), faults="expand") as hub:
        events = lab.crawl(hub.url, ALL)
        count = hub.requests.count(path="/api/models", status=200)
    assert count == 1
    assert len(lab.rows("models")) > 500
    assert any("'none'" in text for text in remarks(events))


def test_refused_cursors_lose_nothing(lab: Laboratory, undisturbed: Content) -> None:
    """Cursors that are refused now and then are rebuilt, or the walk starts again: every model is there in the end."""
    with serve(RepoStore(REPOS), faults="504>100,cursor=0.2,seed=3") as hub:
        events = lab.crawl(hub.url, ALL)
    assert any("cursor" in text for text in remarks(events))
    assert lab.content() == undisturbed(ALL)


def test_a_hub_that_refuses_every_cursor_is_not_asked_for_ever(lab: Laboratory) -> None:
    """A walk that would start again and again is an error; what it brought is kept."""
    with serve(RepoStore(REPOS), faults="504>100,cursor") as hub:
        with pytest.raises(BadRequest, match="again and again"):
            lab.crawl(hub.url, ALL)
        assert len(hub.requests) < 200
    assert lab.rows("models")
    assert lab.rows("crawls", "state") == [("stopped",)]


def test_records_may_move_and_vanish_amid_a_walk(lab: Laboratory) -> None:
    """A walk by creation meets every record that stays, whatever is changed, added or deleted meanwhile."""
    repo_store = RepoStore(REPOS, now=lab.now)
    stays = {name for name in repo_store.ids() if repo_store.get(name).access == "public"}
    public = sorted(stays)
    with serve(repo_store, faults="504>100") as hub, lab.begin(hub.url, ALL) as events:
        for number, event in enumerate(events):
            if isinstance(event, PageTaken):
                gone, moved = public[number * 7], public[number * 7 + 3]
                repo_store.delete(gone)
                repo_store.change(moved, downloads=10**6, tags=["moved"])
                stays.discard(gone)
    assert stays <= {name for (name,) in lab.rows("models", "id")}


def test_a_lost_network_is_an_error_and_the_crawl_goes_on_later(lab: Laboratory, undisturbed: Content) -> None:
    """Where the server is gone amid a crawl, the error says so (exit code 3); another day the crawl ends as ever."""
    repo_store = RepoStore(REPOS)
    with serve(repo_store, faults="504>100") as hub:
        url, port = hub.url, int(hub.url.rpartition(":")[2])
        with lab.begin(url, ALL) as events:
            while not isinstance(next(events), PageTaken):
                pass
    with pytest.raises(Unreachable) as lost:
        lab.crawl(url, ALL)
    assert lost.value.exit_code == 3
    assert 0 < len(lab.rows("models")) < 500
    with serve(repo_store, port=port) as hub:
        lab.crawl(hub.url, ALL)
        assert len(lab.rows("crawls")) == 1
    assert lab.content() == undisturbed(ALL)


def test_a_page_cut_behind_a_list_is_asked_for_again(lab: Laboratory, hub: ScriptedHub, canned: type[Canned]) -> None:
    """Half a page that ends like a whole one is not stored as one: it is asked for again, and what follows it too."""
    pages = [[record(number) for number in range(start, start + 3)] for start in (0, 3, 6)]
    whole = [json.dumps(page).encode() for page in pages]
    cut = whole[1][: whole[1].rindex(b'"en"]') + len(b'"en"]')]
    asked_for: list[int] = []

    def answer(asked: Asked) -> Canned:
        if asked.path != "/api/models":
            return canned(status=404)
        at = int(dict(asked.query).get("cursor", "0"))
        asked_for.append(at)
        link = f'<{hub.url}/api/models?cursor={at + 1}>; rel="next"'
        body = cut if at == 1 and asked_for.count(1) == 1 else whole[at]
        return canned(body=body, headers={"Link": link} if at < 2 else {})

    hub.answer = answer
    events = lab.crawl(hub.url, ALL)
    assert [name for (name,) in lab.rows("models", "id")] == [f"maple/leaf-{number}" for number in range(9)]
    assert lab.rows("problems") == []
    assert sorted(asked_for) == [0, 1, 1, 2, 2]
    assert any("could not be parsed" in text for text in remarks(events))
    ((requests,),) = lab.rows("crawls", "requests")
    assert requests == len(hub.asked)


@pytest.mark.parametrize("crash_at", [None, 0, 1, 2, 3])
def test_pages_that_arrived_meanwhile_are_stored_together(
    crash_at: int | None, lab: Laboratory, hub: ScriptedHub, canned: type[Canned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives while a page is stored is one transaction; a crash costs no page, nor stores one twice."""
    pages = [json.dumps([record(3 * number + count) for count in range(3)]).encode() for number in range(6)]
    is_all_asked = threading.Event()
    batches: list[int] = []

    def answer(asked: Asked) -> Canned:
        if asked.path != "/api/models":
            return canned(status=404)
        at = int(dict(asked.query).get("cursor", "0"))
        link = f'<{hub.url}/api/models?cursor={at + 1}>; rel="next"'
        if at == len(pages) - 1:
            is_all_asked.set()
        return canned(body=pages[at], headers={"Link": link} if at < len(pages) - 1 else {})

    step = DuckDBCrawlStore._step

    def counted(self: DuckDBCrawlStore, crawl: int, taken: Sequence[Any], spent: Spent) -> None:
        if len(batches) == crash_at:
            raise KeyboardInterrupt
        step(self, crawl, taken, spent)
        batches.append(len(taken))

    hub.answer = answer
    monkeypatch.setattr(DuckDBCrawlStore, "_step", counted)
    with suppress(KeyboardInterrupt), lab.begin(hub.url, ALL) as events:
        for event in events:
            if isinstance(event, PageTaken):
                assert is_all_asked.wait(timeout=30)
    if crash_at is None or crash_at > 2:
        assert len(batches) <= 3
        assert max(batches) >= 4
    crash_at = None
    lab.crawl(hub.url, ALL)
    assert [name for (name,) in lab.rows("models", "id")] == sorted(f"maple/leaf-{number}" for number in range(18))
    assert lab.rows("problems") == []
    assert {(pages, state) for pages, state in lab.rows("walks", "pages", "state")} >= {(6, "done")}


def test_a_record_that_is_no_json_costs_no_other(lab: Laboratory, hub: ScriptedHub, canned: type[Canned]) -> None:
    """A page with a broken record in its middle is no cut page: the rest of it is stored, the record is a problem."""
    parts = [json.dumps(record(number)) for number in range(3)]
    parts[1] = parts[1].replace('"tags": [', '"tags": [[')
    hub.script(canned(body=f"[{','.join(parts)}]".encode()))
    lab.crawl(hub.url, ALL)
    assert [name for (name,) in lab.rows("models", "id")] == ["maple/leaf-0", "maple/leaf-2"]
    assert lab.rows("problems", "problem")


@pytest.mark.parametrize(
    ("body", "is_it"),
    [
        (b"[]", False),
        (b'[{"a": "]"}]', False),
        (b'[{"a": "}"}]', False),
        (b'[{"a": {"b": [1, 2]', True),
        (b'[{"a": "}", "b": [1, 2]', True),
        (b'[{"a": [1]}, {"b": "text that ends in ]', True),
        (b'[{"a": {}, "b": }, {"c": [}]', False),
        (b'[{"a": "}", "b": ' + b"1" * 5_000 + b"}]", False),
        (b'[{"a": "}", "b": ' + b"1" * 5_000 + b', "c": [1, 2]', True),
        (b'[{"a": ' + b"[" * 100_000 + b"1" + b"]" * 99_999 + b"}]", False),
    ],
)
def test_a_cut_page_is_one_whose_parser_stays_hungry(body: bytes, is_it: bool) -> None:  # noqa: FBT001 -- a case's value
    """A page is cut where it ends amid a record; a record broken in the middle is the store's to mend."""
    assert is_cut(body) is is_it


def stored(**fields: Any) -> PageStored:  # noqa: ANN401 -- fields of several types
    """Return what a page brought."""
    empty: dict[str, Any] = dict.fromkeys(
        ("elements", "records", "repositories", "known", "newer", "richer", "faults"), 0
    )
    bounds = dict.fromkeys(("oldest", "newest", "oldest_modified_at", "newest_modified_at"))
    return PageStored(**(empty | bounds | fields))


def test_a_walk_stops_where_it_reaches_what_is_known(lab: Laboratory) -> None:
    """By creation at a known `_id`, by change behind a moment; without a bound never."""
    assert not StopCondition().is_reached(stored(oldest="0"))
    assert StopCondition(hub_id="5").is_reached(stored(oldest="5"))
    assert not StopCondition(hub_id="5").is_reached(stored(oldest="6"))
    assert not StopCondition(hub_id="5").is_reached(stored())
    since = StopCondition(modified_at=lab.now())
    assert not since.is_reached(stored(oldest_modified_at=lab.now()))
    assert since.is_reached(stored())
    lab.pass_days(-1)
    assert since.is_reached(stored(oldest_modified_at=lab.now()))
    for until in (since, StopCondition(hub_id="5", pages=3, is_relevant_only=True), StopCondition()):
        assert StopCondition.from_json(until.to_json()) == until


def test_keys_are_given_up_at_the_second_refusal() -> None:
    """One refusal may be a whim, a second is a rule; keys once given up are not asked for again."""
    keys = KeyLevel()
    levels = [keys.level]
    for refused in ("without_lineage", "minimal", "minimal", "without_lineage"):
        keys.refuse(refused)
        levels.append(keys.level)
    assert levels == ["full", "full", "full", "minimal", "minimal"]
