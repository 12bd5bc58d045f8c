"""The real Hub of July 2024: 760,000 records through the ingest, counted against what is known of that listing."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.connect import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from store.database import Database
    from tests.store.conftest import Desk

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "hub-2024-07-11"
LISTING = FOLDER / "models_list_2024-07-11.jsonl.xz"
MODELS = 760_000
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the Hub's listing of 2024 is not beside the checkout")


@pytest.fixture(name="hub", scope="module")
def fixture_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a database with the whole listing, loaded and resolved once.

    A process of its own loads it: counting the lines that it runs would take as long again, and other tests run them.
    """
    path = tmp_path_factory.mktemp("snapshot") / "listing.duckdb"
    command = [sys.executable, "-m", "cli", "load", str(LISTING), "--db", str(path)]
    loaded = subprocess.run(command, capture_output=True, text=True, check=False)
    assert loaded.returncode == 0, loaded.stderr
    database = open_database(path)
    yield database
    database.close()


@pytest.fixture(name="ask")
def fixture_ask(
    hub: Database, rows_of: Callable[[Database, str], list[tuple[object, ...]]]
) -> Callable[[str], list[tuple[object, ...]]]:
    """Give what asks that database."""
    return lambda text: rows_of(hub, text)


def test_every_model_is_stored(ask: Callable[[str], list[tuple[object, ...]]]) -> None:
    """All 760,000 records are there, and the time of the listing is that of its newest model."""
    assert ask("select count(*), count(distinct hub_id) from hub.models") == [(MODELS, MODELS)]
    assert ask("select count(distinct last_seen_at), strftime(max(last_seen_at), '%Y-%m-%d') from hub.models") == [
        (1, "2024-07-11")
    ]


def test_every_declaration_is_kept_and_resolved(ask: Callable[[str], list[tuple[object, ...]]]) -> None:
    """126,650 tags name a parent: as listed, by a former bare name, in other capitals, or one that is not there."""
    assert ask("select count(*) from declarations where evidence = 'tag'") == [(126_650,)]
    counts = {str(way): count for way, count in ask("select resolution, count(*) from declarations group by all")}
    # A plain comparison finds 105,402 exact, 16,120 legacy and 4,428 missing: three ids stand beside a space or a full
    # stop, 74 legacy names are written in other capitals (`GPT2`), and five say `None`, which names nobody.
    assert counts == {"exact": 105_402 + 3, "legacy": 16_120 + 74, "case": 700, "missing": 4_346, "None": 5}


def test_who_names_itself_is_told(ask: Callable[[str], list[tuple[object, ...]]]) -> None:
    """665 models name themselves letter by letter, and four more in other capitals."""
    ways = ask(
        "select resolution, count(distinct child) from declarations where parent = child group by all order by 1"
    )
    assert ways == [("case", 4), ("exact", 665)]
    assert ask("select count(*) from problems where problem = 'names itself as parent'") == [(669,)]
    assert ask("select count(*) from edges where child = parent") == [(0,)]


def test_cycles_are_told_and_harm_nothing(ask: Callable[[str], list[tuple[object, ...]]]) -> None:
    """Seven groups of models are their own ancestors; everybody has one family all the same."""
    assert ask("select count(distinct value) from problems where field = 'lineage.cycle'") == [(7,)]
    assert ask("select count(*) - count(distinct model), min(depth) from families") == [(0, 0)]
    assert ask("select (select count(*) from families) - (select count(*) from hub.nodes)") == [(0,)]


def test_the_widest_merge_has_all_its_parents(ask: Callable[[str], list[tuple[object, ...]]]) -> None:
    """Every parent of a model is an edge of its own: one merge has 53 tags, and as many parents."""
    assert ask("select max(parents) from (select count(*) as parents from edges group by child)") == [(53,)]


def test_whole_records_of_the_same_days_are_taken(desk: Desk) -> None:
    """8,650 answers of the model page, with everything that people write on cards, are stored, and all faults told."""
    taken = 0
    for archive in sorted(FOLDER.glob("md_*.zip")):
        with zipfile.ZipFile(archive) as files:
            bodies = [files.read(name) for name in files.namelist() if name.endswith(".json")]
        for start in range(0, len(bodies), 500):
            taken += desk.take(b"[" + b",".join(bodies[start : start + 500]) + b"]").records
    assert taken == 8_650
    desk.derive()
    assert desk.rows("select count(*) from models where status = 'present'") == [(8_650,)]
    assert desk.rows("select count(*) from problems where field = 'record'") == [(0,)]
    assert desk.rows(
        "select count(*) > 1100 from (select distinct child from declarations where evidence = 'card')"
    ) == [(True,)]
    ((text,),) = desk.rows("select record from records order by length(cast(record as varchar)) desc limit 1")
    assert json.loads(str(text))["_id"]
