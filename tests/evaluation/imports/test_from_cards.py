"""Scores from the records of a database: streamed, by selector, from fetched cards too; and the snapshot of 2024."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.imports.from_cards import scores_from_cards
from evaluation.imports.interface import Skipped
from lineage.crawl_records import FetchedFile, PageFacts, Spent, WalkRow, WalkStep
from lineage.domains.lexicon_file import default_lexicon
from lineage.scores.instruments import Catalogue, Instrument, Reported
from lineage.scores.score import Score
from lineage.vocabulary import Construct, Direction, Scale
from sandbox.catalogue import generate, true_values
from store.connect import open_database
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "hub-2024-07-11"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
BOARD = "Open LLM Leaderboard"


def instrument(name: str, *forms: tuple[str, str, str | None, float]) -> Instrument:
    """Return an instrument whose values are shares, with forms (data set, metric, publisher, most)."""
    return Instrument(
        name=name,
        title=name,
        construct=Construct.CAPABILITY,
        direction=Direction.CAPABILITY,
        low=0,
        high=1,
        scale=Scale.RATE,
        reported=tuple(
            Reported(dataset=dataset, metric=metric, config=None, publisher=publisher, low=0, high=high)
            for dataset, metric, publisher, high in forms
        ),
    )


CATALOGUE = Catalogue.of(
    [
        instrument(
            "sums", ("oak/sums", "acc", None, 1), ("oak/sums", "sums", None, 1), ("kestrelworks/sums", "sums", None, 1)
        ),
        instrument("truthfulqa_mc2", ("truthful_qa", "mc2", BOARD, 100), ("truthful_qa", "mc2", None, 100)),
        instrument("arc_challenge", ("ai2_arc", "acc_norm", BOARD, 100), ("ai2_arc", "acc_norm", None, 100)),
        instrument("hellaswag", ("hellaswag", "acc_norm", BOARD, 100), ("hellaswag", "acc_norm", None, 100)),
        instrument("mmlu", ("cais/mmlu", "acc", BOARD, 100), ("cais/mmlu", "acc", None, 100)),
        instrument("winogrande", ("winogrande", "acc", BOARD, 100), ("winogrande", "acc", None, 100)),
        instrument("gsm8k", ("gsm8k", "acc", BOARD, 100), ("gsm8k", "acc", None, 100)),
    ]
)


def index(value: float) -> list[object]:
    """Return a model index of one result."""
    metric = {"type": "acc", "value": value}
    return [{"name": "m", "results": [{"dataset": {"type": "oak/sums", "name": "sums"}, "metrics": [metric]}]}]


def record(number: int, **fields: object) -> dict[str, object]:
    """Return a record of that number."""
    return {"_id": f"{0x65000000 + number:08x}{number:016x}", "id": f"maple/model-{number}", "tags": []} | fields


class Shelf:
    """A database that pages go into."""

    def __init__(self, database: Database, store: DuckDBCrawlStore) -> None:
        self.database, self._store = database, store
        self._crawl = store.open_crawl("all", "http://127.0.0.1:1", NOW).crawl
        store.add_walks(self._crawl, [WalkRow(walk="created", request="first")])

    def take(self, body: bytes) -> int:
        """Store a page and return how many records it had."""
        facts = PageFacts(crawl=self._crawl, seen_at=NOW, detail=20)
        return self._store.take_page(body, facts, WalkStep(walk="created", request="next"), Spent()).records

    def derive(self) -> None:
        """Give the models their numbers."""
        self._store.derive(default_lexicon(), NOW)

    def add_readme(self, model: str, text: str) -> None:
        """Keep a fetched card."""
        file = FetchedFile(model=model, path="README.md", sha=None, content=text, absent=None)
        self._store.take_files([file], [], PageFacts(crawl=self._crawl, seen_at=NOW, detail=20), Spent())

    def read(self, selector: str | None = None) -> list[Score | Skipped]:
        """Return all that the records state."""
        return list(scores_from_cards(self.database, CATALOGUE, selector))

    def values(self, selector: str | None = None) -> dict[str, float]:
        """Return the value of each model by id."""
        return {each.model: each.value for each in self.read(selector) if isinstance(each, Score)}


@pytest.fixture(name="store")
def fixture_store(tmp_path: Path) -> Iterator[Shelf]:
    """Give an empty database."""
    database = open_database(tmp_path / "scores.duckdb")
    with DuckDBCrawlStore(database) as store:
        yield Shelf(database, store)
    database.close()


def test_records_with_results_are_read_and_others_are_not(store: Shelf) -> None:
    """A model index under its own key, in the card alone, and eval results are found; a silent record gives nothing."""
    entry = {"filename": "a.yaml", "data": {"dataset": {"id": "oak/sums", "task_id": "sums"}, "value": 0.3}}
    page = [
        record(1, **{"model-index": index(0.1), "cardData": {"model-index": index(0.1)}}),
        record(2, cardData={"model-index": index(0.2)}),
        record(3, evalResults=[entry, {"filename": "b.yaml", "error": "no list"}]),
        record(4),
    ]
    store.take(json.dumps(page).encode())
    assert store.values() == {"maple/model-1": 0.1, "maple/model-2": 0.2, "maple/model-3": 0.3}
    assert [each for each in store.read() if isinstance(each, Skipped)] == [
        Skipped(what="eval results of maple/model-3, b.yaml", reason="the Hub refuses the file: no list")
    ]


def test_a_selector_chooses_whose_results_are_read(store: Shelf) -> None:
    """Only what a selector names is read, records and fetched cards alike."""
    tags = ["base_model:finetune:maple/model-1"]
    page = [record(1, **{"model-index": index(0.1)}), record(2, tags=tags, **{"model-index": index(0.2)}), record(3)]
    store.take(json.dumps(page).encode())
    store.add_readme("maple/model-3", _card(0.3))
    store.derive()
    assert store.values("maple/model-1+") == {"maple/model-1": 0.1, "maple/model-2": 0.2}
    assert store.values("maple/model-3") == {"maple/model-3": 0.3}
    assert len(store.values()) == 3


def test_a_fetched_card_speaks_where_the_record_is_silent(store: Shelf) -> None:
    """The front matter of a card is read for a record without a model index, and not beside one."""
    store.take(json.dumps([record(1, cardData={"model-index": index(0.1)}), record(2)]).encode())
    for model in ("maple/model-1", "maple/model-2"):
        store.add_readme(model, _card(0.9))
    assert store.values() == {"maple/model-1": 0.1, "maple/model-2": 0.9}
    assert {each.origin for each in store.read() if isinstance(each, Score)} == {
        "card of maple/model-1",
        "README of maple/model-2",
    }


def test_results_beyond_reading_are_skipped(store: Shelf) -> None:
    """A number of five thousand digits costs that record its results, and no other."""
    long = json.dumps(record(1, **{"model-index": index(0.1)})).replace("0.1", "1" * 5_000)
    store.take(f"[{long},{json.dumps(record(2, **{'model-index': index(0.2)}))}]".encode())
    first, second = sorted(store.read(), key=lambda each: isinstance(each, Score))
    assert isinstance(first, Skipped)
    assert isinstance(second, Score)


def test_the_store_may_be_written_while_records_are_read(store: Shelf) -> None:
    """What is read is a state of its own: a page that comes in between changes nothing of it."""
    store.take(json.dumps([record(each, **{"model-index": index(0.5)}) for each in range(1, 500)]).encode())
    reading = scores_from_cards(store.database, CATALOGUE)
    next(reading)
    store.take(json.dumps([record(1_000, **{"model-index": index(0.5)})]).encode())
    assert sum(1 for _ in reading) == 498


def test_the_fictional_models_are_read_as_what_they_are(store: Shelf) -> None:
    """Over the sandbox's records every score is near the truth, and every odd value and copied card has a reason."""
    repos = [repo for repo in generate() if repo.access == "public"]
    store.take(json.dumps([repo.record for repo in repos]).encode())
    found, true = store.read(), true_values()
    names = {"sums": "kestrelworks/sums", "truthfulqa_mc2": "truthful_qa", "mmlu": "cais/mmlu"}
    scores = [each for each in found if isinstance(each, Score) and each.instrument.name in names]
    assert len(scores) > 150
    for score in scores:
        if score.model.startswith("nettlebed/"):  # the odd records make their values up
            continue
        assert score.value == pytest.approx(true[score.model][names[score.instrument.name]], abs=0.1)
    reasons = " ".join(each.reason for each in found if isinstance(each, Skipped))
    for words in (
        "may be a share of 1",
        "+/- 1.2' is not a number",
        "it states no value",
        "its source is about another model",
        "the Hub refuses the file",
        "it names no data set",
    ):
        assert words in reasons


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the snapshot of 2024 is not here")
def test_the_cards_of_2024(store: Shelf) -> None:
    """Of 1,805 results on real cards every one is read or has a reason, and copies of others' results are found out."""
    for archive in sorted(FOLDER.glob("md_*.zip")):
        with zipfile.ZipFile(archive) as files:
            bodies = [files.read(name) for name in files.namelist() if name.endswith(".json")]
        for start in range(0, len(bodies), 500):
            store.take(b"[" + b",".join(bodies[start : start + 500]) + b"]")
    found = store.read()
    scores = [each for each in found if isinstance(each, Score)]
    reasons = Counter(each.reason for each in found if isinstance(each, Skipped))
    assert (len(found), len(scores), len({score.model for score in scores})) == (1_805, 42, 7)
    assert reasons == {
        "the catalogue has no instrument that is reported so": 1_667,
        "its source is about another model": 87,
        "it names no data set": 9,
    }
    assert len({score.identity.key for score in scores}) == 6
    assert all(score.instrument.holds(score.value) for score in scores)


def _card(value: float) -> str:
    front: Any = {"license": "mit", "model-index": index(value)}
    return f"---\n{json.dumps(front)}\n---\n# A model\n"
