"""Models asked for one by one, over a few connections: ancestors that no listing brought, and models that vanished."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final, TypeGuard, TypeVar

from crawler.daemon_pool import DaemonPool
from crawler.http.retry_policy import AttemptFailure
from crawler.hub.expand import asked_keys
from crawler.hub.listing import REFETCHES
from crawler.hub.repository import FoundRecord, Gone, Unreadable, look_up
from lineage.crawl_records import FoundModel, GoneModel, GoneStatus
from lineage.output.crawl_events import CrawlRemark, ModelsTaken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.hub.expand import Expand
    from crawler.hub.repository import Lookup
    from crawler.walks import CrawlRun
    from lineage.output.crawl_events import CrawlEvent

T = TypeVar("T")
CONNECTIONS: Final = 4
BATCH: Final = 20


def look_up_all(run: CrawlRun, names: Sequence[str], *, was_known: bool) -> Iterator[CrawlEvent]:
    """Ask for models by name, a batch stored at a time; yields an event a batch.

    `was_known` says that the models were there once, so that one that is not shown any more is `deleted`. Of a model
    whose answer was of no use this time, nothing is stored: another crawl asks again.
    """
    with DaemonPool(CONNECTIONS, name="look-up") as workers:
        for batch in batches(names, BATCH):
            level = run.single_keys.level
            answers = workers.each(partial(find, run.client, expand=level), batch)
            found = [answer for answer in answers if isinstance(answer, FoundRecord)]
            for answer in found:
                if answer.expand != level:
                    run.single_keys.refuse(answer.expand)
            unread = [answer for answer in answers if isinstance(answer, Unreadable)]
            gone = [answer for answer in answers if isinstance(answer, Gone) or _is_settled(answer)]
            asked = min((answer.asked for answer in found), key=len, default=asked_keys("full"))
            with run.spending.told() as spent:
                run.store.take_models(
                    [FoundModel(body=answer.body, former_id=answer.id_asked) for answer in found],
                    [judge_absence(answer, was_known=was_known) for answer in gone],
                    run.facts(asked),
                    spent,
                )
            yield from (CrawlRemark(text=f"{answer.id_asked}: {answer.reason}") for answer in unread)
            yield ModelsTaken(found=len(found), gone=len(gone))


def find(client: HubClient, name: str, *, expand: Expand = "full") -> Lookup:
    """Ask for one model, again where its record proves to be no JSON, though it looked so."""
    for attempt in range(1, REFETCHES + 1):
        answer = look_up(client, name, expand=expand)
        if not isinstance(answer, FoundRecord) or _is_json(answer.body):
            return answer
        reason = "its record is no JSON, though it looked so"
        client.back_off("/api/models", failure=AttemptFailure(kind="cut", reason=reason), attempt=attempt)
    return Unreadable(id_asked=name, reason=reason, is_passing=True)


def judge_absence(answer: Gone | Unreadable, *, was_known: bool) -> GoneModel:
    """Return what becomes of a model that the Hub does not show.

    The Hub gives one answer for a deleted repository and for one made private: 401 to the anonymous, 404 to others. A
    model that was there once is then filed as `deleted`, and the evidence says how much that is worth; `private` only
    where the Hub says that the repository exists.
    """
    match answer:
        case Gone(kind="restricted"):
            return GoneModel(id=answer.id_asked, status="private", evidence=f"HTTP {answer.status}: {answer.reason}")
        case Gone(kind="disabled"):
            return GoneModel(id=answer.id_asked, status="deleted", evidence=f"disabled by the Hub: {answer.reason}")
        case Gone():
            status: GoneStatus = "deleted" if was_known else "missing"
            code = f" {answer.error_code}" if answer.error_code else ""
            evidence = f"HTTP {answer.status}{code}: deleted, or private to others (the Hub does not say which)"
            return GoneModel(id=answer.id_asked, status=status, evidence=evidence)
        case Unreadable():
            return GoneModel(id=answer.id_asked, status="missing", evidence=answer.reason)


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items, `size` at a time."""
    yield from (items[start : start + size] for start in range(0, len(items), size))


def _is_settled(answer: Lookup) -> TypeGuard[Unreadable]:
    return isinstance(answer, Unreadable) and not answer.is_passing


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body, parse_int=float)  # a whole number of thousands of digits is JSON too
    except RecursionError:
        return True  # the store mends what is nested too deeply
    except ValueError:
        return False
    return True
