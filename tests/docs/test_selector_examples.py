"""The examples of docs/selectors.md select the models that the page lists."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import PageFacts, Spent, WalkRow, WalkStep
from lineage.domains.lexicon_file import default_lexicon
from lineage.selectors.parser import parse
from lineage.selectors.records import SelectorError, render
from store.connect import open_database
from store.ingest.crawl_store import DuckDBCrawlStore
from store.queries.select import select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database

PAGE = Path(__file__).resolve().parents[2] / "docs" / "selectors.md"
EXAMPLE = re.compile(r"\| `(.+?)` \| .+? \| ([\w/. -]+) \|")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
FAMILY: dict[str, dict[str, object]] = {
    "maple/base": {"tags": ["license:llama3"], "evalResults": [{}]},
    "maple/clinical-notes": {"tags": ["base_model:adapter:maple/base", "dataset:elm/notes"]},
    "oak/clinical-notes-gguf": {"tags": ["base_model:quantized:maple/clinical-notes"], "library_name": "gguf"},
    "oak/legal-contracts": {"tags": ["base_model:finetune:maple/base", "license:apache-2.0"]},
    "oak/mix": {"tags": ["base_model:merge:oak/legal-contracts", "base_model:merge:elm/lost"]},
}


@pytest.fixture(name="family", scope="module")
def fixture_family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give the family that the page draws."""
    database = open_database(tmp_path_factory.mktemp("family") / "lineage.duckdb")
    records = [{"_id": f"{number:024x}", "id": name} | keys for number, (name, keys) in enumerate(FAMILY.items())]
    with DuckDBCrawlStore(database) as store:
        crawl = store.open_crawl("all", "http://127.0.0.1:1", NOW).crawl
        store.add_walks(crawl, [WalkRow(walk="created", request="first")])
        facts = PageFacts(crawl=crawl, seen_at=NOW, detail=20)
        store.take_page(json.dumps(records).encode(), facts, WalkStep(walk="created", request=None), Spent())
        store.derive(default_lexicon(), NOW)
    yield database
    database.close()


def test_every_example_selects_what_the_page_lists(family: Database) -> None:
    """The last column of the table lists the selected models of the family, in the order of their ids."""
    examples = dict(EXAMPLE.findall(PAGE.read_text("utf-8")))
    assert len(examples) > 20
    rows = family._connection.execute("select id from hub.nodes order by nid").fetchall()
    ids = [str(row[0]) for row in rows]
    assert {text: " ".join(ids[number] for number in select(family, text).tolist()) for text in examples} == examples
    assert all(parse(render(parse(text))) == parse(text) for text in examples)


def test_the_error_on_the_page_is_the_message() -> None:
    """The page shows the message and the hint of the error."""
    with pytest.raises(SelectorError) as caught:
        parse("org:maple,status:presant")
    assert f"lineage: {caught.value}\n  {caught.value.hint}\n" in PAGE.read_text("utf-8")
