"""The first rows of the weights of many models, over a few connections: each model once at a commit."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crawler.daemon_pool import DaemonPool
from crawler.errors import quoted
from crawler.fetch_models import BATCH, CONNECTIONS, batches
from crawler.weights import read_weights
from lineage.crawl_records import UnreadWeights
from lineage.output.crawl_events import CrawlRemark, ModelsTaken, StageBegan
from lineage.weights.weight_rows import WeightRows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.walks import CrawlRun
    from lineage.crawl_records import WantedWeights
    from lineage.output.crawl_events import CrawlEvent


def read_all_weights(run: CrawlRun, wanted: Sequence[WantedWeights]) -> Iterator[CrawlEvent]:
    """Read the first rows of models' weights and compare them, storing one batch at a time; yields events.

    A model that is unavailable this time is not stored: another crawl reads it.
    """
    yield StageBegan(stage="weights", steps=len(wanted))
    count_read = count_unread = 0
    with DaemonPool(CONNECTIONS, name="weights") as pool:
        for batch in batches(wanted, BATCH):
            results = pool.each(partial(_read, run.client), batch)
            read = [one for one in results if isinstance(one, WeightRows)]
            unread = [one for one in results if isinstance(one, UnreadWeights)]
            with run.spending.told() as spent:
                run.store.take_weights(read, unread, run.facts(frozenset()), spent)
            yield from (one for one in results if isinstance(one, CrawlRemark))
            count_read, count_unread = count_read + len(read), count_unread + len(unread)
            yield ModelsTaken(found=len(read) + len(unread), gone=0)
    if count_unread:
        yield CrawlRemark(text=f"{count_unread:,} of {len(wanted):,} models hold no weights that can be read so")
    yield StageBegan(stage="comparing weights", steps=None)
    pairs = run.store.compare_weights(run.crawl, run.now())
    yield CrawlRemark(text=f"weights of {count_read:,} models were read, {pairs:,} pairs compared")


def _read(client: HubClient, wanted: WantedWeights) -> WeightRows | UnreadWeights | CrawlRemark:
    read = read_weights(client, wanted.model, revision=wanted.sha or "main", guesses=True)
    if isinstance(read, WeightRows):
        return read
    reason = quoted(read.reason)
    if read.is_passing:
        return CrawlRemark(text=f"the weights of {wanted.model} could not be read this time: {reason}")
    return UnreadWeights(model=wanted.model, sha=wanted.sha, reason=reason)
