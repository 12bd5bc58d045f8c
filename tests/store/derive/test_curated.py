"""Vendor facts in the database: an edge where nothing is declared, never against a declaration; people decide."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.domains.lexicon_file import default_lexicon
from lineage.parents.curated import NO_FACTS, CuratedFault
from store.derive.curated import keep_files
from store.ingest.corrections import EdgeCorrection, correct
from store.queries.models import show_model
from store.queries.origins import read_origins
from store.queries.trees import draw_tree

if TYPE_CHECKING:
    from tests.store.conftest import Desk

WHERE = "https://maple.example/paper,section 2,2026-02-01"
CITED = "https://maple.example/paper, section 2"
CHAT = f"maple/chat,maple/base,finetune,{WHERE}"
EDGES = "select child, parent, relation, evidence, relation_reason, inferred from edges order by all"
CURATED = ("maple/chat", "maple/base", "finetune", "curated", "curated", False)
LATER = datetime(2026, 3, 9, tzinfo=UTC)


def use(desk: Desk, *lines: str) -> None:
    """Use vendor facts of these lines instead of those that ship, and compute the graph."""
    keep_files(desk.database, ["\n".join((NO_FACTS, *lines))])
    desk.derive()


def take(desk: Desk, *tags: str) -> None:
    """Give a base, and a model that has these tags."""
    desk.take([desk.record(1, id="maple/base"), desk.record(2, id="maple/chat", tags=list(tags))])


def test_a_model_that_declares_nothing_gets_the_parent_that_its_maker_names(desk: Desk) -> None:
    """The edge is not inferred, and carries the source and the day on which it was checked."""
    take(desk)
    use(desk, CHAT)
    assert desk.rows(EDGES) == [CURATED]
    assert desk.rows("select declared_as, confidence, resolution, first_seen_at, is_edge from evidence") == [
        (CITED, 0.97, "exact", datetime(2026, 2, 1, tzinfo=UTC), True)
    ]
    drawn = draw_tree(desk.database, "maple/base", depth=9, is_up=False, is_full=True, columns=90, is_ascii=True)
    assert "finetune (curated) maple/chat" in drawn
    told = {row[0]: str(row[2]) for row in show_model(desk.database, "maple/chat").rows}
    assert told["parents"].startswith("curated, not declared: finetune")
    assert told["parents"].endswith(f"from {CITED}")


def test_a_fact_that_nobody_looked_up_again_counts_since_the_first_record(desk: Desk) -> None:
    """Its source was cited without a day: the evidence is as old as the database."""
    take(desk)
    use(desk, CHAT.removesuffix("2026-02-01"))
    assert desk.rows("select checked_at from curated") == [(None,)]
    assert desk.rows("select first_seen_at from edges") == [(desk.START,)]


def test_a_declaration_of_the_same_parent_goes_first(desk: Desk) -> None:
    """The model's own word decides the edge; the fact stays beside it as evidence."""
    take(desk, "base_model:adapter:maple/base")
    use(desk, CHAT)
    assert desk.rows(EDGES) == [("maple/chat", "maple/base", "adapter", "tag", "typed tag", False)]
    assert desk.rows("select kind from evidence order by all") == [("curated",), ("tag",)]
    assert desk.rows("from problems") == []


def test_a_declaration_of_another_parent_wins_and_the_contradiction_is_reported(desk: Desk) -> None:
    """There is no edge from the fact, and a problem names both parents."""
    take(desk, "base_model:finetune:elm/other")
    use(desk, CHAT, f"maple/base,,,{WHERE}")
    assert [row[:2] for row in desk.rows(EDGES)] == [("maple/chat", "elm/other")]
    assert desk.rows("select model, field, problem, value from problems") == [
        (
            "maple/chat",
            "lineage.curated",
            f"declares other parents than maple/base, its parent according to {CITED}",
            "elm/other",
        )
    ]


def test_a_model_pre_trained_on_its_own_gets_no_inferred_parent(desk: Desk) -> None:
    """What rules suggest about it is dropped; what it declares itself stays, with a problem."""
    plain = [
        desk.record(1, id="maple/notes-7b", createdAt="2026-01-01T00:00:00.000Z"),
        desk.record(2, id="elm/notes-7b-GGUF", createdAt="2026-01-02T00:00:00.000Z", tags=["gguf"]),
    ]
    desk.take(plain)
    use(desk)
    assert len(desk.rows(EDGES)) == 1
    root = f"elm/notes-7b-GGUF,,,{WHERE}"
    use(desk, root)
    assert desk.rows(EDGES) == desk.rows("from evidence") == []
    (origin,) = read_origins(desk.database, ["elm/notes-7b-GGUF"], is_notable=True).values()
    assert (origin.words, origin.remedy) == (f"pre-trained by its maker; curated: {CITED}", "")
    desk.take([plain[1] | {"tags": ["base_model:maple/notes-7b"]}], day=2)
    use(desk, root)
    assert desk.rows("select evidence from edges") == [("tag",)]
    assert desk.rows("select problem, value from problems") == [
        (f"declares a parent, but was pre-trained by its maker, according to {CITED}", "maple/notes-7b")
    ]


def test_a_person_has_the_last_word(desk: Desk) -> None:
    """A rejected edge is gone, an added one stands alone; without the contradicting declaration, the fact counts."""
    take(desk, "base_model:finetune:elm/other")
    use(desk, CHAT)

    def say(verdict: str, parent: str) -> list[tuple[object, ...]]:
        made = EdgeCorrection(child="maple/chat", parent=parent, verdict="add" if verdict == "add" else "reject")
        correct(desk.database, made, default_lexicon(), LATER)
        return desk.rows("select parent, evidence from edges order by all")

    assert say("reject", "elm/other") == [("maple/base", "curated")]
    assert say("reject", "maple/base") == []
    assert say("add", "maple/own") == [("maple/own", "human")]


def test_facts_hang_missing_models_together(desk: Desk) -> None:
    """A declared parent that is not stored gets its own parents, however many are missing; other facts make nothing."""
    desk.take([desk.record(1, id="elm/medical-notes", tags=["medical", "base_model:finetune:maple/chat"])])
    use(desk, CHAT, f"maple/base,maple/first,finetune,{WHERE}", f"maple/unknown,maple/base,finetune,{WHERE}")
    assert desk.rows("select child, parent, confidence from edges where evidence = 'curated' order by all") == [
        ("maple/base", "maple/first", 0.9215),
        ("maple/chat", "maple/base", 0.9215),
    ]
    assert desk.store.missing_ancestors(["medical"], 0) == ("maple/base", "maple/chat", "maple/first")


def test_a_fact_follows_renames_and_capitals(desk: Desk) -> None:
    """The names in a fact lead to models as declared names do."""
    desk.take([desk.record(1, id="maple/Base"), desk.record(2, id="maple/chat")])
    desk.take([desk.record(2, id="maple/chat-1")], day=1)
    use(desk, CHAT)
    assert desk.rows("select child, parent, resolution from edges") == [("maple/chat-1", "maple/Base", "case")]


def test_the_choice_of_facts_is_kept_and_can_be_taken_back(desk: Desk) -> None:
    """Later computations use the same files; a faulty one changes nothing; the one that ships can come back."""
    use(desk, CHAT)
    with pytest.raises(CuratedFault, match="file 2 of vendor facts, line 1"):
        keep_files(desk.database, [None, "x"])
    desk.take([desk.record(1, id="maple/base")])
    desk.derive()
    assert desk.rows("select model, source from curated") == [("maple/chat", CITED)]
    shipped = "select count(*) > 1, bool_or(model = 'maple/chat') from curated"
    keep_files(desk.database, [None, f"{NO_FACTS}\n{CHAT}"])
    desk.derive()
    assert desk.rows(shipped) == [(True, True)]
    keep_files(desk.database, [None])
    desk.derive()
    assert desk.rows(shipped) == [(True, False)]
