"""What models were trained on: every place that says so, and how a data set is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineage.crawl_records import FetchedFile, PageFacts, Spent
from lineage.parents.card_files import read_card_datasets
from store.queries.select import select

if TYPE_CHECKING:
    from tests.store.conftest import Desk

START = datetime(2026, 3, 1, tzinfo=UTC)


def names(desk: Desk, selector: str) -> list[str]:
    """Return the ids that a selector names."""
    ids = [str(row[0]) for row in desk.rows("select id from hub.nodes order by nid")]
    return [ids[number] for number in select(desk.database, selector).tolist()]


def test_every_place_is_a_row_with_the_text_as_written(desk: Desk) -> None:
    """Tags, the card of the record and the front matter of a fetched card are evidence of their own."""
    address = "https://huggingface.co/datasets/elm/notes/"
    desk.take(
        [
            desk.record(1, tags=["dataset:elm/notes", "biology"], cardData={"datasets": ["elm/notes", 7, {"a": 1}]}),
            desk.record(2, cardData={"datasets": address}),
            desk.record(3, cardData={"datasets": None}),
        ]
    )
    facts = PageFacts(crawl=desk.crawl, seen_at=START, detail=20)
    card = "---\ndatasets:\n- elm/notes\n- 3\n---\n"
    file = FetchedFile(model="maple/model-3", path="README.md", sha="s", content=card, absent=None)
    desk.store.take_files([file], [], facts, Spent())
    desk.derive()
    assert desk.rows("select model, dataset, evidence, declared_as from trained_on order by all") == [
        ("maple/model-1", "elm/notes", "card", "elm/notes"),
        ("maple/model-1", "elm/notes", "tag", "dataset:elm/notes"),
        ("maple/model-2", "elm/notes", "card", address),
        ("maple/model-3", "elm/notes", "readme", "elm/notes"),
    ]
    assert names(desk, "dataset:ELM/notes") == ["maple/model-1", "maple/model-2", "maple/model-3"]


def test_a_bare_name_is_the_data_set_of_the_organisation_that_most_mean(desk: Desk) -> None:
    """Data sets had names without organisations once; both spellings find the models of both, but no third party's."""
    tags = ["dataset:notes", "dataset:elm/notes", "dataset:elm/notes", "dataset:oak/notes"]
    desk.take([desk.record(number, tags=[tag]) for number, tag in enumerate(tags)])
    desk.derive()
    meant = ["maple/model-0", "maple/model-1", "maple/model-2"]
    assert names(desk, "dataset:notes") == meant
    assert names(desk, "dataset:elm/notes") == meant
    assert names(desk, "dataset:oak/notes") == ["maple/model-3"]
    assert names(desk, "dataset:ash/notes") == []


def test_a_bare_name_that_two_share_is_neithers(desk: Desk) -> None:
    """Where no organisation has more than half of the namings, a bare name stays on its own."""
    tags = ["dataset:notes", "dataset:elm/notes", "dataset:oak/notes"]
    desk.take([desk.record(number, tags=[tag]) for number, tag in enumerate(tags)])
    desk.derive()
    assert names(desk, "dataset:notes") == ["maple/model-0"]
    assert names(desk, "dataset:oak/notes") == ["maple/model-2"]


def test_what_a_front_matter_names_is_text() -> None:
    """One text or a list of texts is read; everything else is left out."""
    assert read_card_datasets("---\ndatasets: elm/notes\n---\n") == ("elm/notes",)
    assert read_card_datasets("---\ndatasets: [a, {b: c}, 1]\n---\n") == ("a",)
    assert read_card_datasets("no front matter") == ()
