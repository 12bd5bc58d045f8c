"""A database in a temporary folder, and the shortest ways to put records into it and to look at what became of them."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from lineage.crawl_records import PageFacts, Spent, WalkRow, WalkStep
from lineage.domains.lexicon_file import default_lexicon
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob, SkipCause, SkipReason
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity, ItemScores, Score
from lineage.vocabulary import Construct, Direction, Scale
from store import connect
from store.connect import open_database
from store.derive.kept_ids import files_of
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import CodeType

    from lineage.crawl_records import PageStored
    from store.database import Database

LaterSchema: TypeAlias = "Callable[[], None]"
Filled: TypeAlias = "Callable[[Callable[[Desk], None]], Desk]"
LATER = """
alter table hub.aliases add column note_made varchar;
update hub.aliases set note_made = 'made of ' || alias;
create view made as
select alias, note_made from hub.aliases;
comment on view made is 'A view of a version that never was.';
"""
START = datetime(2026, 3, 1, tzinfo=UTC)
ENDPOINT = "http://127.0.0.1:1"


@pytest.fixture
def later_schema(monkeypatch: pytest.MonkeyPatch) -> LaterSchema:
    """Give what makes the schema one version later: the databases that were made before the call are old then."""
    scripts = (*connect.migrations(), LATER)
    return lambda: monkeypatch.setattr(connect, "migrations", lambda: scripts)


def hub_id(number: int) -> str:
    """Return an `_id` of the form that the Hub gives."""
    return f"{0x65000000 + number:08x}{number:016x}"


@dataclass(slots=True)
class Desk:
    """One crawl that is open on a database: pages go in, rows come out."""

    START = START

    database: Database
    store: DuckDBCrawlStore
    crawl: int

    def take(
        self, body: bytes | Sequence[object], *, day: int = 0, detail: int = 20, only_relevant: bool = False
    ) -> PageStored:
        """Store a page as it was seen so many days after the start."""
        page = body if isinstance(body, bytes) else json.dumps(body).encode()
        facts = PageFacts(crawl=self.crawl, seen_at=START + timedelta(days=day), detail=detail)
        step = WalkStep(walk="created", request="next")
        return self.store.take_page(page, facts, step, Spent(requests=1), only_relevant=only_relevant)

    def derive(self, *, day: int = 1) -> None:
        """Compute everything that follows from the records."""
        self.store.derive(default_lexicon(), START + timedelta(days=day))

    @staticmethod
    def record(number: int, /, **fields: object) -> dict[str, object]:
        """Return a small sound record; `fields` replace or add keys."""
        return {"_id": hub_id(number), "id": f"maple/model-{number}", "tags": []} | fields

    @staticmethod
    def hub_id(number: int) -> str:
        """Return the `_id` of the record of that number."""
        return hub_id(number)

    def rows(self, text: str) -> list[tuple[object, ...]]:
        """Return the rows of a query of the test's own."""
        return rows_of(self.database, text)


HARM = Instrument(
    name="harm",
    title="Harmful replies",
    construct=Construct.UNSAFE_OUTPUT,
    direction=Direction.LOWER_IS_SAFER,
    low=0.0,
    high=1.0,
    scale=Scale.RATE,
)


def make_score(
    model: str, ones: int, *, of: int = 400, with_items: bool = False, judge: str | None = None, **changes: object
) -> Score:
    """Return a score of so many ones among some items; `changes` replace fields."""
    answers = (np.arange(of) < ones).astype(np.float64)
    items = ItemScores(items=tuple(f"item {number}" for number in range(of)), values=answers) if with_items else None
    facts: dict[str, object] = {
        "model": model,
        "revision": None,
        "instrument": HARM,
        "identity": Identity(name="harm", judge=judge, item_set_hash=items.item_set_hash if items else None),
        "value": ones / of,
        "stderr": None,
        "items": of,
        "source": "table",
        "origin": "scores.csv",
        "measured_at": START,
        "item_scores": items,
    }
    return Score(**(facts | changes))  # type: ignore[arg-type] # fields are chosen by the tests


@pytest.fixture(name="make_score", scope="session")
def fixture_make_score() -> Callable[..., Score]:
    """Give what makes a score of an instrument of harmful replies."""
    return make_score


def make_wanted(number: int, **changes: object) -> PlannedJob:
    """Return a job that is to be queued for the model of that number; `changes` replace fields of it or of its spec.

    With `is_skipped` it is never run, and `copy_of` is the model whose score it is given.
    """
    spec: dict[str, object] = {
        "model": f"maple/model-{number}",
        "revision": "a1b2c3d",
        "instrument": "harm",
        "definition": "harm_task",
    }
    wanted: dict[str, object] = {
        "family": "maple/model-0",
        "priority": number,
        "reason": "412k downloads",
        "policy": "voi",
    }
    names = {one.name for one in fields(JobSpec)}
    spec |= {name: value for name, value in changes.items() if name in names}
    wanted |= {name: value for name, value in changes.items() if name not in names}
    copy_of = wanted.pop("copy_of", None)
    assert copy_of is None or isinstance(copy_of, str)
    if wanted.pop("is_skipped", False):
        wanted["skip"] = SkipReason(cause=SkipCause.TOO_LARGE, detail="a test", same_as=copy_of)
    return PlannedJob(spec=JobSpec(**spec), **wanted)  # type: ignore[arg-type] # fields are chosen by the tests


@pytest.fixture(name="make_wanted", scope="session")
def fixture_make_wanted() -> Callable[..., PlannedJob]:
    """Give what makes a job that somebody wants."""
    return make_wanted


def rows_of(database: Database, text: str) -> list[tuple[object, ...]]:
    """Return the rows of a query, past the gate that only lets users read."""
    return database._connection.execute(text).fetchall()


def open_desk(database: Database, store: DuckDBCrawlStore) -> Desk:
    """Open a crawl of everything, with its walk."""
    crawl = store.open_crawl("all", ENDPOINT, START).crawl
    store.add_walks(crawl, [WalkRow(walk="created", request="first")])
    return Desk(database, store, crawl)


@pytest.fixture(name="database")
def fixture_database(empty: Path, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database that is open to be written."""
    opened = open_database(shutil.copyfile(empty, tmp_path / "lineage.duckdb"))
    yield opened
    opened.close()


@pytest.fixture(name="desk")
def fixture_desk(database: Database) -> Iterator[Desk]:
    """Give a crawl with one walk on an empty database."""
    with DuckDBCrawlStore(database) as store:
        yield open_desk(database, store)


@pytest.fixture(name="open_desk", scope="session")
def fixture_open_desk() -> Callable[[Database, DuckDBCrawlStore], Desk]:
    """Give what opens a crawl on a database of the test's own."""
    return open_desk


@pytest.fixture(name="rows_of", scope="session")
def fixture_rows_of() -> Callable[[Database, str], list[tuple[object, ...]]]:
    """Give what runs a query of the test's own on any open database."""
    return rows_of


@pytest.fixture(name="kept", scope="session")
def fixture_kept() -> dict[CodeType, Path]:
    """Give the files of databases that were filled, by the function that filled them."""
    return {}


@pytest.fixture(name="filled")
def fixture_filled(
    empty: Path, kept: dict[CodeType, Path], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> Iterator[Filled]:
    """Give a function that opens a copy of what another function puts into a database, once for all tests."""
    with ExitStack() as stack:

        def filled(fill: Callable[[Desk], None]) -> Desk:
            if fill.__code__ not in kept:
                path = shutil.copyfile(empty, tmp_path_factory.mktemp("kept") / "lineage.duckdb")
                with closing(open_database(path)) as database, DuckDBCrawlStore(database) as store:
                    fill(open_desk(database, store))
                kept[fill.__code__] = path
            copy = shutil.copyfile(kept[fill.__code__], tmp_path / "lineage.duckdb")
            if files_of(kept[fill.__code__]).exists():
                shutil.copytree(files_of(kept[fill.__code__]), files_of(copy))
            opened = stack.enter_context(closing(open_database(copy)))
            return Desk(opened, stack.enter_context(DuckDBCrawlStore(opened)), crawl=1)

        yield filled
