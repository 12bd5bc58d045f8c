"""Facts for a study: from records, edges, data sets and fetched cards, for the models that are asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineage.crawl_records import FetchedFile, PageFacts, Spent
from lineage.study.training_facts import Tuning
from store.drift.study import read_study_facts

if TYPE_CHECKING:
    from tests.store.conftest import Desk

START = datetime(2026, 3, 1, tzinfo=UTC)
CARD = "---\ndatasets: [elm/notes]\n---\nThese hyperparameters were used:\n- learning_rate: 2e-05\n- num_epochs: 3\n"


def fetch(desk: Desk, model: str, content: str) -> None:
    """Store a card as if it had been fetched."""
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    file = FetchedFile(model=model, path="README.md", sha="s", content=content, absent=None)
    desk.store.take_files([file], [], facts, Spent())


def test_what_the_store_knows_is_joined(desk: Desk) -> None:
    """Weights, library, the one relation, data sets by any place, and the hyper-parameters of the card."""
    desk.take(
        [
            desk.record(1, safetensors={"parameters": {"BF16": 7_000_000_000}, "total": 7_000_000_000}),
            desk.record(
                2, library_name="peft", tags=["base_model:adapter:maple/model-1", "dataset:oak/letters", "qlora"]
            ),
            desk.record(3, tags=["base_model:merge:maple/model-1", "base_model:merge:maple/model-2"]),
        ]
    )
    fetch(desk, "maple/model-2", CARD)
    desk.derive()
    facts = read_study_facts(desk.database, ["maple/model-2", "maple/model-1", "maple/model-3", "elm/unseen"])
    assert sorted(facts) == ["maple/model-1", "maple/model-2", "maple/model-3"]
    base, adapter, merge = (facts[name] for name in sorted(facts))
    assert (base.parameters, base.relation, base.datasets) == (7_000_000_000, None, ())
    assert (adapter.library, adapter.relation, adapter.datasets) == ("peft", "adapter", ("elm/notes", "oak/letters"))
    assert (adapter.training.learning_rate, adapter.training.epochs) == (2e-05, 3.0)
    assert adapter.training.method is Tuning.QLORA
    assert merge.relation == "merge"


def test_a_record_stands_in_for_a_card_that_was_not_fetched(desk: Desk) -> None:
    """The base that the record names tells of few bits, whatever else the card would say."""
    desk.take([desk.record(1, library_name="peft", cardData={"base_model": "oak/base-bnb-4bit"})])
    desk.take([desk.record(2, library_name="peft", cardData={"base_model": ["oak/a", "oak/b"]})])
    facts = read_study_facts(desk.database, ["maple/model-1", "maple/model-2"])
    assert facts["maple/model-1"].training.method is Tuning.QLORA
    assert facts["maple/model-2"].training.method is Tuning.LORA


def test_nobody_asked_for_nothing_known(desk: Desk) -> None:
    """Without models there are no facts."""
    assert read_study_facts(desk.database, []) == {}
