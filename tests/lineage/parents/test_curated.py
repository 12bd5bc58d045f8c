"""Vendor facts: each line has a source, no model descends from itself, and a fault is named with its line."""

from __future__ import annotations

import json
import lzma
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lineage.parents.curated import NO_FACTS, CuratedFault, VendorFact, joined, read_facts, shipped_facts
from lineage.parents.edge import Edge
from lineage.vocabulary import Relation

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "hub-2024-07-11"
LISTING = FOLDER / "models_list_2024-07-11.jsonl.xz"
WHERE = "https://maple.example/paper,section 2,2026-11-30"
BASE = f"maple/base,,,{WHERE}"
CHAT = f"maple/chat,maple/base,finetune,{WHERE}"


def read(*lines: str) -> tuple[VendorFact, ...]:
    """Read a file of these lines under the heading."""
    return read_facts("\n".join((NO_FACTS, *lines)), "mine.csv")


def test_a_line_gives_a_parent_or_says_that_there_is_none() -> None:
    """A parent comes with its relation; a model pre-trained on its own has neither; both have their source."""
    base, chat = read(BASE, CHAT)
    assert (base.parent, base.relation) == (None, None)
    assert (chat.model, chat.parent, chat.relation) == ("maple/chat", "maple/base", Relation.FINETUNE)
    assert chat.cited == "https://maple.example/paper, section 2"
    assert read(CHAT.removesuffix("2026-11-30"))[0].checked is None
    assert chat.checked == datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("maple/chat,maple/base,finetune,,section 2,2026-11-30", "the source is not an address"),
        ("maple/chat,maple/base,finetune,a paper,section 2,2026-11-30", "the source is not an address"),
        ("maple/chat,maple/base,finetune,https://maple.example/paper,,2026-11-30", "the source is not an address"),
        (f"maple/chat,maple/base,,{WHERE}", "the relation is ''"),
        (f"maple/chat,maple/base,cousin,{WHERE}", "the relation is 'cousin'"),
        (f"maple/chat,,finetune,{WHERE}", "a relation without a parent"),
        (f"maple/chat,a b c,finetune,{WHERE}", "'a b c' cannot be a model's id"),
        (f",maple/base,finetune,{WHERE}", "'' cannot be a model's id"),
        ("maple/chat,maple/base,finetune,https://maple.example/paper,section 2,soon", "time data 'soon'"),
        (f"maple/base,elm/other,finetune,{WHERE}", "maple/base has a line already"),
        (f"elm/top,elm/top,finetune,{WHERE}", "elm/top would be its own ancestor"),
        ("maple/chat,maple/base", "2 cells instead of 6"),
        ('"maple/chat', "unexpected end of data"),
    ],
)
def test_a_fault_is_named_with_its_line(line: str, problem: str) -> None:
    """A line without a source, or that cannot be true, stops the reading."""
    with pytest.raises(CuratedFault) as caught:
        read(BASE, line)
    assert str(caught.value).startswith("mine.csv, line 3: ")
    assert problem in str(caught.value)


def test_no_model_becomes_its_own_ancestor() -> None:
    """A circle over several lines is found at the line that closes it."""
    with pytest.raises(CuratedFault, match="line 4: elm/two would be its own ancestor"):
        read(
            f"elm/one,elm/two,finetune,{WHERE}",
            f"elm/three,elm/one,finetune,{WHERE}",
            f"elm/two,elm/three,merge,{WHERE}",
        )


@pytest.mark.parametrize("text", ["", "model,parent", "\x00"])
def test_another_heading_is_refused(text: str) -> None:
    """A file that is something else is not read as one without facts."""
    with pytest.raises(CuratedFault, match="line 1"):
        read_facts(text, "mine.csv")


def test_a_huge_file_is_refused() -> None:
    """A file over the limit is refused before it is read."""
    with pytest.raises(CuratedFault, match="longer than"):
        read_facts(NO_FACTS + "\n" * (1 << 20), "mine.csv")


def test_of_several_files_the_later_one_counts() -> None:
    """A model's line replaces the earlier file's line about it; the others stay."""
    own = read(f"maple/chat,elm/base,adapter,{WHERE}")
    assert {fact.model: fact.parent for fact in joined((read(BASE, CHAT), own))} == {
        "maple/base": None,
        "maple/chat": "elm/base",
    }


def test_what_ships_is_sound() -> None:
    """Every line that ships has a source, no model has two lines, and no bare or misspelled name stands for another."""
    facts = shipped_facts()
    names = {name for fact in facts for name in (fact.model, fact.parent) if name is not None}
    assert all("/" in name for name in names)
    assert len({name.lower() for name in names}) == len(names)
    assert {fact.parent is None for fact in facts} == {True, False}


@pytest.mark.skipif(not LISTING.is_file(), reason="the Hub's listing of July 2024 is not here")
def test_what_ships_contradicts_no_declaration_of_the_real_hub() -> None:
    """Whichever of these models named a parent in July 2024 named the one of its line, and none without one did."""
    facts = {fact.model: fact.parent for fact in shipped_facts()}
    seen, contradicted = 0, []
    with lzma.open(LISTING, "rt", encoding="utf-8") as lines:
        for line in lines:
            name = line[line.find('"id":"') + 6 :].partition('"')[0]
            if name in facts:
                seen += 1
                tags = json.loads(line)["tags"]
                named = {tag.partition(":")[2] for tag in tags if tag.startswith("base_model:")} - {name}
                contradicted += [(name, facts[name], named)] if named and facts[name] not in named else []
    assert seen > len(facts) / 2
    assert contradicted == []


def test_an_edge_tells_its_source() -> None:
    """In words, a curated edge is neither declared nor inferred."""
    cited = "https://maple.example/paper, section 2"
    edge = Edge(child="a", parent="b", relation="finetune", evidence="curated", confidence=0.97, declared_as=cited)
    assert edge.source == f"curated from {cited}, confidence 0.97"
