"""Load a bulk listing as a starting point: the Hub's records from a file, ingested like the pages of a crawl.

JSON lines (plain, gzip or xz) hold the records of `GET /api/models`; the parquet of a published weekly snapshot holds
the same keys as columns. The position in the file is stored with every chunk, so that an interrupted load continues
there.
"""

from __future__ import annotations

import gzip
import io
import lzma
import re
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from lineage.crawl_records import PageFacts, Spent, WalkRow, WalkStep
from lineage.errors import UsageError
from lineage.output.crawl_events import CrawlFinished, CrawlRemark, PageTaken, StageBegan
from store.errors import StoreError
from store.ingest.crawl_store import DuckDBCrawlStore
from store.ingest.xz_stream import XzStream
from store.queries.changes import read_moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from lineage.domains.lexicon import Lexicon
    from lineage.output.crawl_events import CrawlEvent
    from store.database import Database

CHUNK_RECORDS: Final = 122_880
"""As many as DuckDB keeps in a group of rows: a whole one goes to its place in the file, and not through the log."""
CHUNK_BYTES: Final = 56 << 20
BLOCK_BYTES: Final = 1 << 20
LARGEST_LINE_BYTES: Final = 64 << 20  # more than the ingest accepts for one record
SCOPE: Final = "load"
HUB_ID: Final = re.compile(rb'"_id"\s*:\s*"([0-9a-f]{24})"')
FIRST_ID: Final = re.compile(rb'\n\{"_id":"([0-9a-f]{24})"')
LISTING_DETAIL: Final = 10


class CannotLoad(UsageError):
    """The file cannot be loaded."""

    hint = "give JSON lines of the Hub's records (.jsonl, .jsonl.gz, .jsonl.xz) or a weekly snapshot's .parquet"


def read_as_of(text: str | None) -> datetime | None:
    """Return a date (YYYY-MM-DD, or ISO 8601 with a time) in UTC; None for None. Raises UsageError."""
    if text is None:
        return None
    try:
        return read_moment(text)
    except ValueError as error:
        raise UsageError(f"--as-of {text!r} is not a date like 2024-07-11") from error


def load_file(
    database: Database, path: Path, lexicon: Lexicon, now: datetime, *, as_of: datetime | None = None
) -> Iterator[CrawlEvent]:
    """Load a file, continuing an interrupted load of the same file; yields events.

    `as_of` is when the listing was made; None takes the creation time of its newest model. Records that the database
    has in a later state are left alone. Raises CannotLoad, also if `as_of` is after `now`.
    """
    newest = newest_id(database, path)
    if newest is None:
        raise CannotLoad(f"{path} holds no records: no line has an _id")
    if as_of is not None and as_of > now:
        raise CannotLoad(
            f"--as-of {as_of:%Y-%m-%d %H:%M} (UTC) is in the future: give the date on which the listing was made"
        )
    seen_at = as_of or min(now, datetime.fromtimestamp(int(newest[:8], 16), UTC))
    with DuckDBCrawlStore(database) as store:
        row = store.open_crawl(SCOPE, f"{path.name} ({path.stat().st_size:,} bytes)", now, covers_at=seen_at)
        store.add_walks(row.crawl, [WalkRow(walk=SCOPE, request="0")])
        yield StageBegan(stage=f"loading {path.name} as of {seen_at:%Y-%m-%d %H:%M}", steps=None)
        facts = PageFacts(crawl=row.crawl, seen_at=seen_at, detail=LISTING_DETAIL)
        for walk in store.open_walks(row.crawl):
            done = int(walk.request)
            if done:
                yield CrawlRemark(text=f"continuing after record {done:,}")
            yield from _take_chunks(store, database, path, facts, done)
        yield StageBegan(stage="resolving the graph", steps=None)
        store.derive(lexicon, now)
        store.close_crawl(row.crawl, "finished", now)
    yield CrawlFinished(crawl=row.crawl, requests=0, size_bytes=path.stat().st_size, retries=0, wait_seconds=0.0)


def _take_chunks(
    store: DuckDBCrawlStore, database: Database, path: Path, facts: PageFacts, done: int
) -> Iterator[CrawlEvent]:
    for chunk in chunks(islice(records(database, path), done, None)):
        done += len(chunk)
        step = WalkStep(walk=SCOPE, request=str(done))
        stored = store.take_page(_as_page(chunk), facts, step, Spent())
        yield PageTaken(walk=SCOPE, records=stored.records, known=stored.known, is_last=False)
    store.end_walk(facts.crawl, SCOPE)


def _as_page(chunk: list[bytes]) -> bytes:
    """Return records as one JSON array, and empty the list: they are many."""
    chunk[0] = b"[" + chunk[0]
    chunk[-1] += b"]"
    page = b",".join(chunk)
    chunk.clear()
    return page


def chunks(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield records in lists of at most 122,880 and about 56 MiB."""
    chunk: list[bytes] = []
    size_bytes = 0
    for line in lines:
        chunk.append(line)
        size_bytes += len(line)
        if len(chunk) >= CHUNK_RECORDS or size_bytes >= CHUNK_BYTES:
            yield chunk
            chunk, size_bytes = [], 0
    if chunk:
        yield chunk


def records(database: Database, path: Path) -> Iterator[bytes]:
    """Yield the records of a file as JSON, one by one; raises CannotLoad if the file cannot be read."""
    if path.suffix == ".parquet":
        with _readable(path):
            for (text,) in database.stream("bulk_load/parquet_records", path=str(path)):
                yield str(text).encode()
        return
    for block in _blocks(path):
        yield from filter(None, map(bytes.strip, block.split(b"\n")))


def _blocks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks of whole lines; raises CannotLoad if it cannot be read."""
    rest = b""
    try:
        with _opened(path) as stream:
            while block := stream.read(BLOCK_BYTES):
                head, newline, tail = block.rpartition(b"\n")
                if newline:
                    yield rest + head
                rest = tail if newline else rest + block
                if len(rest) > LARGEST_LINE_BYTES:
                    raise CannotLoad(f"{path} cannot be read: a line is longer than {LARGEST_LINE_BYTES >> 20} MiB")
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise CannotLoad(f"{path} cannot be read: {error}") from error
    yield rest


def newest_id(database: Database, path: Path) -> str | None:
    """Return the greatest `_id` in a file, which shows how new the listing is, or None if it has none."""
    if path.suffix == ".parquet":
        with _readable(path):
            found = database.value("bulk_load/parquet_newest", path=str(path))
        return found if isinstance(found, str) else None
    newest = b""
    for block in _blocks(path):
        first = FIRST_ID.findall(b"\n" + block)
        if len(first) <= block.count(b"\n"):  # not every line begins with one
            found = map(HUB_ID.search, block.split(b"\n"))
            first = [match.group(1) for match in found if match]
        newest = max([newest, *first])
    return newest.decode() or None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except StoreError as error:
        raise CannotLoad(f"{path} cannot be read: {error.reason.partition(chr(10))[0]}") from error


def _opened(path: Path) -> IO[bytes]:
    match path.suffix:
        case ".gz":
            return cast("IO[bytes]", gzip.open(path, "rb"))
        case ".xz":
            return io.BufferedReader(XzStream(path.open("rb")), 1 << 20)
        case _:
            return path.open("rb")
