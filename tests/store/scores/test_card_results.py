"""The parts of records that state results, as they are streamed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import FetchedFile, PageFacts, Spent
from lineage.selectors.records import SelectorError
from store.derive.model_names import NoSuchModel
from store.scores import card_results as stated
from store.scores.card_results import StatedRecord, stated_readmes, stated_records

if TYPE_CHECKING:
    from tests.store.conftest import Desk

SEEN_AT = datetime(2026, 3, 1, tzinfo=UTC)
INDEX = [{"name": "m", "results": []}]


def test_each_part_comes_as_json_and_only_where_it_is(desk: Desk) -> None:
    """An index that the card repeats comes once, one that the card has otherwise comes too, and silence is None."""
    other = [{"name": "n", "results": []}]
    desk.take(
        [
            desk.record(1, **{"model-index": INDEX, "cardData": {"model-index": INDEX}}),
            desk.record(2, **{"model-index": INDEX, "cardData": {"model-index": other}}),
            desk.record(3, evalResults=[{"a": 1}], cardData={"license": "mit"}),
            desk.record(4, cardData={"license": "mit"}, evalResults=[]),
        ]
    )
    found = {record.model: record for record in stated_records(desk.database, None)}
    text, odd = (json.dumps(each, separators=(",", ":")) for each in (INDEX, other))
    assert found == {
        "maple/model-1": StatedRecord(
            model="maple/model-1", names=frozenset(), own_index=text, card_index=None, eval_results=None
        ),
        "maple/model-2": StatedRecord(
            model="maple/model-2", names=frozenset(), own_index=text, card_index=odd, eval_results=None
        ),
        "maple/model-3": StatedRecord(
            model="maple/model-3", names=frozenset(), own_index=None, card_index=None, eval_results='[{"a":1}]'
        ),
    }


def test_former_names_come_with_the_record(desk: Desk) -> None:
    """A renamed model is known by its old name too, in which sources may speak of it."""
    desk.take([desk.record(1, id="maple/old", **{"model-index": INDEX})])
    desk.take([desk.record(1, id="maple/new", **{"model-index": INDEX})], day=1)
    (found,) = stated_records(desk.database, None)
    assert (found.model, found.names) == ("maple/new", frozenset({"maple/old"}))


def test_a_selector_names_the_models(desk: Desk) -> None:
    """Records are those of the models that a selector names; one that cannot be read, or names nobody, is an error."""
    desk.take([desk.record(each, **{"model-index": INDEX}) for each in (1, 2, 3)])
    desk.derive()
    assert [record.model for record in stated_records(desk.database, "maple/model-2")] == ["maple/model-2"]
    assert list(stated_records(desk.database, "domain:medical")) == []
    with pytest.raises(NoSuchModel):
        next(stated_records(desk.database, "maple/nobody"))
    with pytest.raises(SelectorError):
        next(stated_records(desk.database, "maple/model-1,,"))


def test_fetched_cards_come_where_they_may_add_something(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A card counts where it mentions an index that the record lacks, and where it is not too long to parse."""
    monkeypatch.setattr(stated, "LARGEST_README_BYTES", 30)
    desk.take([desk.record(1), desk.record(2, **{"model-index": INDEX}), desk.record(3), desk.record(4)])
    texts = {1: "model-index: []", 2: "model-index: []", 3: "no results", 4: "model-index" * 5}
    files = [
        FetchedFile(model=f"maple/model-{number}", path="README.md", sha=None, content=text, absent=None)
        for number, text in texts.items()
    ]
    desk.store.take_files(files, [], PageFacts(crawl=desk.crawl, seen_at=SEEN_AT, detail=20), Spent())
    assert list(stated_readmes(desk.database, None)) == [("maple/model-1", "model-index: []")]
