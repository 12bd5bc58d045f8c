"""Pages of bad records between sound ones: nothing is raised, and nothing is lost without a word."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import PageFacts
from lineage.domains.lexicon_file import default_lexicon
from store.connect import open_database
from store.ingest.ingest import Ingest
from store.refresh import derive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fuzzing import bad_records, record_law
else:
    bad_records, record_law = import_module("bad_records"), import_module("record_law")

NOW = datetime(2026, 3, 1, tzinfo=UTC)
A_PAGE = 20
PAGES = 10
FIRST_SOUND = 1_000_000  # a number is an `_id`: none of the bad ones has it too


@pytest.mark.parametrize("seed", ["oak", "ash"])
def test_no_record_is_lost_without_a_word(tmp_path: Path, seed: str) -> None:
    """Of bad records each is a model or a problem, their neighbours are all there, and everything derives from them."""
    path = tmp_path / "fuzz.duckdb"
    database = open_database(path)
    with Ingest(database) as ingest:
        for page in range(PAGES):
            chance = random.Random(f"{seed} {page}")
            bad = [bad_records.bad_record(chance, page * A_PAGE + number) for number in range(A_PAGE)]
            body = bad_records.page_of(bad, first_sound=FIRST_SOUND + page * (A_PAGE + 1))
            ingest.take(body, PageFacts(crawl=1, seen_at=NOW, detail=20), lambda _: None)
    database.close()
    found = record_law.find(path)
    assert found.stored | found.told >= set(range(PAGES * A_PAGE))
    assert found.sound == set(range(FIRST_SOUND, FIRST_SOUND + PAGES * (A_PAGE + 1)))
    assert len(found.stored) > PAGES * A_PAGE // 2
    database = open_database(path)
    derive(database, default_lexicon(), NOW)
    for (view,) in database.query("select view_name from duckdb_views() where not internal").rows:
        database.query(f"from {view}")
    database.close()
