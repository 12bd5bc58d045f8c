"""Weights of many models, over a few connections: the first rows of each, and closely those of relatives."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from crawler.close_reading import read_alone
from crawler.daemon_pool import DaemonPool
from crawler.errors import quoted
from crawler.fetch_models import BATCH, CONNECTIONS, batches
from crawler.hub.repository import Absent
from crawler.weights import read_weights
from lineage.crawl_records import UnreadWeights
from lineage.output.crawl_events import CrawlRemark, ModelsTaken, StageBegan
from lineage.weights.kinship_findings import judge_relatives
from lineage.weights.weight_rows import WeightRows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from crawler.walks import CrawlRun
    from lineage.crawl_records import WantedKinship, WantedWeights, WeightFile
    from lineage.output.crawl_events import CrawlEvent
    from lineage.weights.kinship_findings import CloseReading
    from lineage.weights.span_rows import SpanReading

REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
KIN_BATCH: Final = 8
MOST_HELD: Final = 100
"""Readings that are held in memory, of 2 MB each at most."""


def read_all_weights(run: CrawlRun, wanted: Sequence[WantedWeights], *, most_bytes: int) -> Iterator[CrawlEvent]:
    """Read the first rows of models' weights and compare them, storing one batch at a time; yields events.

    A model that is unavailable this time is not stored: another crawl reads it.
    """
    yield StageBegan(stage="weights", steps=len(wanted))
    count_read = count_unread = 0
    with DaemonPool(CONNECTIONS, name="weights") as pool:
        for batch in batches(wanted, BATCH):
            results = pool.each(partial(_read, run.client, most_bytes), batch)
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


def read_all_closely(run: CrawlRun, wanted: Sequence[WantedKinship]) -> Iterator[CrawlEvent]:
    """Read models and their relatives closely and compare them, storing one batch at a time; yields events.

    A model that is unavailable this time leaves what it is part of to another crawl.
    """
    yield StageBegan(stage="reading relatives closely", steps=len(wanted))
    held = HeldReadings(run.client)
    count = 0
    with DaemonPool(CONNECTIONS, name="weights") as pool:
        for batch in batches(wanted, KIN_BATCH):
            yield from held.read(pool, dict.fromkeys(file for one in batch for file in one.files))
            ready = [one for one in batch if all(file in held.readings for file in one.files)]
            readings = {file.model: held.readings[file] for one in ready for file in one.files}
            found = [judge_relatives(one, readings) for one in ready]
            with run.spending.told() as spent:
                run.store.take_kin(found, _spans(readings.values()), run.facts(frozenset()), spent)
            count += len(found)
            yield ModelsTaken(found=len(found), gone=len(batch) - len(found))
    yield CrawlRemark(text=f"{count:,} models were read closely with their relatives: {held.count:,} readings")


class HeldReadings:
    """What was read closely of models lately: those of a family are read once where it has at most a hundred."""

    def __init__(self, client: HubClient) -> None:
        """Hold nothing; `count` counts what was read, and `readings` has it by file."""
        self.count = 0
        self.readings: OrderedDict[WeightFile, CloseReading] = OrderedDict()
        self._client = client

    def read(self, pool: DaemonPool, files: Iterable[WeightFile]) -> Iterator[CrawlRemark]:
        """Read what is not held, and let go of what was not asked for longest; yields what could not be read now."""
        wanted = list(files)
        for file in wanted:
            if file in self.readings:
                self.readings.move_to_end(file)
        missing = [file for file in wanted if file not in self.readings]
        self.count += len(missing)
        for file, read in zip(missing, pool.each(partial(read_alone, self._client), missing), strict=True):
            if not isinstance(read, Absent):
                self.readings[file] = read
            elif read.is_passing:
                yield CrawlRemark(text=f"{file.model} could not be read closely this time: {quoted(read.reason)}")
            else:
                self.readings[file] = quoted(read.reason)
        while len(self.readings) > max(MOST_HELD, len(wanted)):
            self.readings.popitem(last=False)


def _spans(readings: Iterable[CloseReading]) -> list[SpanReading]:
    return [one for one in readings if not isinstance(one, str)]


def _read(client: HubClient, most_bytes: int, wanted: WantedWeights) -> WeightRows | UnreadWeights | CrawlRemark:
    read = read_weights(
        client,
        wanted.model,
        revision=wanted.sha or "main",
        most_bytes=most_bytes,
        adapters="sizes",
        guesses=not wanted.is_adapter,
    )
    if isinstance(read, WeightRows):
        return read
    reason = quoted(read.reason)
    if read.is_passing:
        return CrawlRemark(text=f"the weights of {wanted.model} could not be read this time: {reason}")
    return UnreadWeights(
        model=wanted.model,
        sha=wanted.sha,
        reason=reason,
        is_refused=read.status in REFUSED,
        needed_bytes=read.needed_bytes,
    )
