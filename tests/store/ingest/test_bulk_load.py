"""Bulk listings from files: every form, resumption in the middle, and files that are none."""

from __future__ import annotations

import gzip
import json
import lzma
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from lineage.domains.lexicon_file import default_lexicon
from lineage.errors import UsageError
from lineage.output.crawl_events import CrawlFinished, CrawlRemark, PageTaken, StageBegan
from store.ingest import bulk_load as loading
from store.ingest.bulk_load import CannotLoad, chunks, load_file, read_as_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.output.crawl_events import CrawlEvent
    from store.database import Database

    Rows = Callable[[Database, str], list[tuple[object, ...]]]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RECORDS = [
    {
        "_id": f"{0x66000000 + number:08x}{number:016x}",
        "id": f"maple/model-{number}",
        "tags": ["base_model:maple/model-0"] if number else [],
        "cardData": {"license": "mit", "base_model": "maple/model-0"} if number % 3 == 0 else None,
    }
    for number in range(25)
]


def write(path: Path, lines: list[str]) -> Path:
    """Write lines into a file, compressed as its name says."""
    text = ("\n".join(lines) + "\n\n").encode()
    packed = gzip.compress(text) if path.suffix == ".gz" else lzma.compress(text) if path.suffix == ".xz" else text
    path.write_bytes(packed)
    return path


def load(database: Database, path: Path, as_of: datetime | None = None) -> list[CrawlEvent]:
    """Load a file to its end."""
    return list(load_file(database, path, default_lexicon(), NOW, as_of=as_of))


@pytest.mark.parametrize("name", ["hub.jsonl", "hub.json", "hub.jsonl.gz", "hub.jsonl.xz"])
def test_json_lines_are_loaded_and_resolved(database: Database, rows_of: Rows, tmp_path: Path, name: str) -> None:
    """Every record of a plain or packed file is a model, as old as the newest of them, and the graph is there."""
    events = load(database, write(tmp_path / name, [json.dumps(record) for record in RECORDS]))
    assert isinstance(events[-1], CrawlFinished)
    assert sum(event.records for event in events if isinstance(event, PageTaken)) == 25
    assert rows_of(database, "select count(*), max(epoch(last_seen_at)) from hub.models") == [(25, 0x66000018 + 0.0)]
    assert rows_of(database, "select count(*) from edges") == [(24,)]
    assert rows_of(database, "select scope, state, records from crawls") == [("load", "finished", 25)]


def test_a_snapshots_parquet_is_loaded(database: Database, rows_of: Rows, tmp_path: Path) -> None:
    """Columns are keys; what the snapshot keeps as JSON text is JSON again; text that only looks like it stays."""
    path = tmp_path / "hub.parquet"
    lines = write(tmp_path / "lines.jsonl", [json.dumps(record) for record in RECORDS])
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select _id, id, tags, cast(cardData as varchar) as cardData, 'not json' as config, null as gguf "  # noqa: S608 -- both paths are the test's own
            f"from read_json('{lines}', "
            "columns={_id: 'varchar', id: 'varchar', tags: 'varchar[]', cardData: 'json'})) "
            f"to '{path}' (format parquet)"
        )
    load(database, path)
    assert rows_of(database, "select count(*), count(license) from hub.models") == [(25, 9)]
    assert rows_of(database, "select count(*) from declarations where evidence = 'card'") == [(9,)]


def test_the_time_of_a_listing_can_be_told(database: Database, rows_of: Rows, tmp_path: Path) -> None:
    """`--as-of` is when its records were seen, and what a crawl asks for news since."""
    load(database, write(tmp_path / "a.jsonl", [json.dumps(RECORDS[0])]), as_of=read_as_of("2025-06-01"))
    assert rows_of(database, "select strftime(last_seen_at, '%Y-%m-%d') from hub.models") == [("2025-06-01",)]
    assert rows_of(database, "select strftime(covers_at, '%Y-%m-%d') from hub.crawls") == [("2025-06-01",)]


def test_no_listing_is_of_a_time_to_come(database: Database, rows_of: Rows, tmp_path: Path) -> None:
    """A crawl after it would miss what changes until then: refused where it is told, now where ids tell it."""
    path = write(tmp_path / "a.jsonl", [json.dumps(RECORDS[0] | {"_id": f"{2**31 - 1:08x}{1:016x}"})])
    with pytest.raises(CannotLoad, match="is in the future"):
        load(database, path, as_of=NOW + timedelta(seconds=1))
    load(database, path)
    assert rows_of(database, "select covers_at from hub.crawls") == [(NOW,)]


def test_a_date_is_read_or_refused() -> None:
    """Days and instants of any zone are read as UTC; anything else is a usage error that quotes it."""
    assert read_as_of(None) is None
    assert read_as_of("2024-07-11") == datetime(2024, 7, 11, tzinfo=UTC)
    assert read_as_of("2024-07-11T02:00:00+02:00") == datetime(2024, 7, 11, tzinfo=UTC)
    for text in ("last summer", "9999-12-31T23:00:00-02:00"):
        with pytest.raises(UsageError, match=text):
            read_as_of(text)


@pytest.mark.parametrize("taken", [1, 2, 3])
def test_an_interrupted_load_goes_on_where_it_stopped(
    database: Database, rows_of: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    """Stopped behind any chunk, the same command takes the rest, each record once, and ends as if never stopped."""
    monkeypatch.setattr(loading, "CHUNK_RECORDS", 7)
    path = write(tmp_path / "hub.jsonl", [json.dumps(record) for record in RECORDS])
    pages = 0
    for event in load_file(database, path, default_lexicon(), NOW):
        pages += isinstance(event, PageTaken)
        if pages == taken:
            break
    assert rows_of(database, "select count(*) from hub.models") == [(7 * taken,)]
    events = load(database, path)
    assert [event.text for event in events if isinstance(event, CrawlRemark)] == [
        f"continuing after record {7 * taken}"
    ]
    assert sum(event.records for event in events if isinstance(event, PageTaken)) == 25 - 7 * taken
    assert rows_of(database, "select count(*), count(distinct id) from hub.models") == [(25, 25)]
    assert rows_of(database, "select crawl, state, records from crawls") == [(1, "finished", 25)]


def test_another_file_of_the_same_name_begins_anew(
    database: Database, rows_of: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Next week's listing under the name of one that was interrupted is read from its beginning."""
    monkeypatch.setattr(loading, "CHUNK_RECORDS", 10)
    path = write(tmp_path / "hub.jsonl", [json.dumps(record) for record in RECORDS])
    started = load_file(database, path, default_lexicon(), NOW)
    assert isinstance(next(started), StageBegan)
    assert isinstance(next(started), PageTaken)
    del started
    write(path, [json.dumps(record | {"likes": 5}) for record in RECORDS])
    load(database, path)
    assert rows_of(database, "select count(*) from hub.models where likes = 5") == [(25,)]


def test_a_broken_line_costs_no_other(database: Database, rows_of: Rows, tmp_path: Path) -> None:
    """A line that is cut or no JSON is a problem; the rest is loaded."""
    lines = [json.dumps(record) for record in RECORDS[:3]]
    load(database, write(tmp_path / "hub.jsonl", [lines[0], lines[1][:40], "nonsense", lines[2]]))
    assert rows_of(database, "select id from hub.models order by id") == [("maple/model-0",), ("maple/model-2",)]
    assert rows_of(database, "select count(*) > 0 from problems where field = 'record'") == [(True,)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jsonl", b""),
        ("page.html", b"<html>no records</html>"),
        ("cut.jsonl.gz", gzip.compress(b"{}" * 1000)[:40]),
        ("false.jsonl.gz", b"not gzip"),
        ("cut.jsonl.xz", lzma.compress(b"{}" * 1000)[:40]),
        ("false.jsonl.xz", b"not xz"),
        ("false.parquet", b"not parquet"),
    ],
)
def test_a_file_that_is_no_listing_is_named(
    database: Database, rows_of: Rows, tmp_path: Path, name: str, content: bytes
) -> None:
    """What holds no records is refused with its name and what would do, and no crawl begins."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CannotLoad, match=name) as caught:
        load(database, path)
    assert ".jsonl" in caught.value.hint
    assert rows_of(database, "from hub.crawls") == []


@pytest.mark.parametrize("name", ["none.jsonl", "none.jsonl.gz", "none.jsonl.xz", "none.parquet"])
def test_a_file_that_is_not_there_is_named(database: Database, tmp_path: Path, name: str) -> None:
    """A wrong path is a usage error, whatever the form."""
    with pytest.raises(CannotLoad, match=name):
        load(database, tmp_path / name)


def test_a_parquet_of_something_else_is_named(database: Database, tmp_path: Path) -> None:
    """A table without `_id`, or without one of the Hub's form, is no snapshot."""
    for number, column in enumerate(("1 as a", "'zzz' as _id")):
        path = tmp_path / f"{number}.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"copy (select {column}) to '{path}' (format parquet)")
        with pytest.raises(CannotLoad):
            load(database, path)


def test_chunks_are_bounded_by_bytes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long records make short chunks, and none is lost."""
    monkeypatch.setattr(loading, "CHUNK_BYTES", 100)
    lines = [bytes([65 + number]) * 60 for number in range(5)]
    assert list(chunks(iter(lines))) == [lines[:2], lines[2:4], lines[4:]]
    assert list(chunks(iter([]))) == []


def test_a_line_without_end_is_refused(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file may unpack to a line of any length: no more of it is held than a record may have."""
    monkeypatch.setattr(loading, "LARGEST_LINE_BYTES", 1 << 20)
    for name in ("bomb.jsonl", "bomb.jsonl.gz", "bomb.jsonl.xz"):
        with pytest.raises(CannotLoad, match="a line is longer than 1 MiB"):
            load(database, write(tmp_path / name, [json.dumps(RECORDS[0]), " " * (3 << 20)]))
