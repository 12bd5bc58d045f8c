"""Models requested one by one, over a few connections: ancestors missing from all listings, and vanished models."""

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
    """Request models by name, storing one batch at a time; yields one event per batch.

    `was_known`: the models were there once, so that one no longer shown is `deleted`. A model whose response was
    unusable this time is not stored: another crawl requests it again.
    """
    with DaemonPool(CONNECTIONS, name="look-up") as pool:
        for batch in batches(names, BATCH):
            level = run.single_keys.level
            lookups = pool.each(partial(find, run.client, expand=level), batch)
            found = [lookup for lookup in lookups if isinstance(lookup, FoundRecord)]
            for lookup in found:
                if lookup.expand != level:
                    run.single_keys.refuse(lookup.expand)
            unread = [lookup for lookup in lookups if isinstance(lookup, Unreadable)]
            gone = [lookup for lookup in lookups if isinstance(lookup, Gone) or _is_settled(lookup)]
            asked = min((lookup.asked for lookup in found), key=len, default=asked_keys("full"))
            with run.spending.told() as spent:
                run.store.take_models(
                    [FoundModel(body=lookup.body, former_id=lookup.id_asked) for lookup in found],
                    [judge_absence(lookup, was_known=was_known) for lookup in gone],
                    run.facts(asked),
                    spent,
                )
            yield from (CrawlRemark(text=f"{lookup.id_asked}: {lookup.reason}") for lookup in unread)
            yield ModelsTaken(found=len(found), gone=len(gone))


def find(client: HubClient, name: str, *, expand: Expand = "full") -> Lookup:
    """Request one model, again if its record proves not to be JSON."""
    for attempt in range(1, REFETCHES + 1):
        lookup = look_up(client, name, expand=expand)
        if not isinstance(lookup, FoundRecord) or _is_json(lookup.body):
            return lookup
        reason = "its record looked like JSON, but is not"
        client.back_off("/api/models", failure=AttemptFailure(kind="cut", reason=reason), attempt=attempt)
    return Unreadable(id_asked=name, reason=reason, is_passing=True)


def judge_absence(lookup: Gone | Unreadable, *, was_known: bool) -> GoneModel:
    """Return what is recorded of a model that the Hub does not show.

    The Hub gives the same response for a deleted repository and for one made private: 401 to anonymous callers, 404 to
    others. A model that was there once is then recorded as `deleted`, and the evidence says how much that is worth; as
    `private` only if the Hub says that the repository exists.
    """
    match lookup:
        case Gone(kind="restricted"):
            return GoneModel(id=lookup.id_asked, status="private", evidence=f"HTTP {lookup.status}: {lookup.reason}")
        case Gone(kind="disabled"):
            return GoneModel(id=lookup.id_asked, status="deleted", evidence=f"disabled by the Hub: {lookup.reason}")
        case Gone():
            status: GoneStatus = "deleted" if was_known else "missing"
            code = f" {lookup.error_code}" if lookup.error_code else ""
            evidence = f"HTTP {lookup.status}{code}: deleted, or private to others (the Hub does not say which)"
            return GoneModel(id=lookup.id_asked, status=status, evidence=evidence)
        case Unreadable():
            return GoneModel(id=lookup.id_asked, status="missing", evidence=lookup.reason)


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the items, `size` at a time."""
    yield from (items[start : start + size] for start in range(0, len(items), size))


def _is_settled(lookup: Lookup) -> TypeGuard[Unreadable]:
    return isinstance(lookup, Unreadable) and not lookup.is_passing


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body, parse_int=float)  # a whole number of thousands of digits is JSON too
    except RecursionError:
        return True  # the store mends what is nested too deeply
    except ValueError:
        return False
    return True
