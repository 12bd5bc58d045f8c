"""Models asked for one by one: broken records are asked for again, passing trouble is not filed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.fetch_models import batches, find, judge_absence
from crawler.hub.repository import FoundRecord, Gone, Unreadable
from crawler.scope import Scope
from lineage.output.crawl_events import CrawlRemark
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from crawler.http.hub_client import HubClient
    from crawler.hub.repository import Absence
    from tests.crawler.conftest import Canned, Laboratory, ScriptedHub
    from tests.crawler.crawl.conftest import Begins

RECORD = b'{"_id": "6%023d", "id": "maple/leaf", "tags": [{"a": 1}]}' % 1


def test_a_record_cut_behind_a_brace_is_asked_for_again(
    client: HubClient, hub: ScriptedHub, canned: type[Canned]
) -> None:
    """Half a record that ends like a whole one is no record; the next answer is."""
    hub.script(canned(body=RECORD[:-2]), canned(body=RECORD))
    found = find(client, "maple/leaf")
    assert isinstance(found, FoundRecord)
    assert found.body == RECORD
    assert len(hub.asked) == 2


def test_a_record_that_is_never_json_is_unreadable_for_now(
    client: HubClient, hub: ScriptedHub, canned: type[Canned]
) -> None:
    """After some attempts there is a reason, and asking another day may help."""
    hub.script(canned(body=RECORD[:-2]))
    found = find(client, "maple/leaf")
    assert isinstance(found, Unreadable)
    assert found.is_passing


def test_a_record_nested_too_deeply_for_python_is_left_to_the_store(
    client: HubClient, hub: ScriptedHub, canned: type[Canned]
) -> None:
    """What Python cannot decode is not asked for again: DuckDB may read it."""
    deep = b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    hub.script(canned(body=deep))
    assert isinstance(find(client, "maple/leaf"), FoundRecord)


def test_a_record_with_a_number_without_end_is_left_to_the_store(
    client: HubClient, hub: ScriptedHub, canned: type[Canned]
) -> None:
    """A number of more digits than Python reads at once is JSON all the same, and not asked for again."""
    hub.script(canned(body=b'{"_id": "6", "id": "maple/leaf", "likes": ' + b"1" * 5_000 + b"}"))
    assert isinstance(find(client, "maple/leaf"), FoundRecord)
    assert len(hub.asked) == 1


def test_passing_trouble_is_not_filed(lab: Laboratory, begin: Begins, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose answer was of no use this time is asked for once, remarked, and asked for again another day."""
    medical = Scope(domains=("medical",))

    def fail(_: object, name: str, **__: object) -> Unreadable:
        return Unreadable(id_asked=name, reason="status 500 each time", is_passing=True)

    with serve(RepoStore(generate(), now=lab.now)) as hub:
        with monkeypatch.context() as patch:
            patch.setattr("crawler.fetch_models.look_up", fail)
            events = lab.crawl(hub.url, medical)
        told = [event.text for event in events if isinstance(event, CrawlRemark)]
        assert told
        assert len(told) == len(set(told))
        assert lab.rows("gone") == []
        lab.pass_days(1)
        lab.crawl(hub.url, medical)
    begin(medical, name="undisturbed")
    assert lab.rows("models", "id") == lab.rows("models", "id", name="undisturbed")
    assert lab.rows("edges", "child", "parent") == lab.rows("edges", "child", "parent", name="undisturbed")


@pytest.mark.parametrize(
    ("kind", "status", "was_known", "judged"),
    [
        ("missing", 404, True, "deleted"),
        ("missing", 401, False, "missing"),
        ("restricted", 403, True, "private"),
        ("disabled", 403, True, "deleted"),
    ],
)
def test_an_absence_is_judged_by_what_the_hub_tells(
    kind: Absence,
    status: int,
    was_known: bool,  # noqa: FBT001 -- a case's value
    judged: str,
) -> None:
    """Gone once known is deleted, never known is missing, only what the Hub says to exist is private."""
    gone = Gone(id_asked="a/b", kind=kind, status=status, error_code="RepoNotFound", reason="as told")
    model = judge_absence(gone, was_known=was_known)
    assert (model.id, model.status) == ("a/b", judged)
    assert model.evidence


def test_batches_lose_nothing() -> None:
    """Names come in order, so many at a time, the last batch with the rest."""
    assert [list(batch) for batch in batches("abcde", 2)] == [["a", "b"], ["c", "d"], ["e"]]
    assert list(batches((), 2)) == []
