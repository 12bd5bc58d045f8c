"""What rules ask: each field has its place in a text that was read, and only the database answers it."""

from __future__ import annotations

from lineage.profile import ModelFacts, Profile, Profiles
from lineage.reports.blocks import TableBlock
from lineage.reports.rule_facts import FACTS
from lineage.reports.rule_texts import rule_texts, write_rules

NOTHING = Profile(facts=ModelFacts(id="oak/nothing", status="missing"))
OF_EVERY_MODEL = {"name", "identifier", "unmeasured"}
"""Facts that a bare name has."""


def test_every_field_has_its_source() -> None:
    """Each text names its edition and where it was read; each field its place, a known fact or none, and a supplier."""
    for text in rule_texts():
        assert text.title
        assert text.edition
        assert text.kind
        assert text.read
        for one in text.fields:
            assert one.field
            assert one.source
            assert one.supplier
            assert one.fact is None or one.fact in FACTS
    assert {one.fact for text in rule_texts() for one in text.fields if one.fact} == set(FACTS)


def test_nothing_is_known_of_a_model_that_nobody_saw() -> None:
    """Of a mere name no field is answered but by the name itself: nothing that is known is written into the texts."""
    assert {name for name, fact in FACTS.items() if fact(NOTHING) is not None} == OF_EVERY_MODEL
    blocks = write_rules(Profiles(chosen=(NOTHING.id,), by_id={NOTHING.id: NOTHING}))
    rows = [row for block in blocks if isinstance(block, TableBlock) for row in block.rows]
    facts = [one.fact for text in rule_texts() for one in text.fields]
    known = [row[2] for row, fact in zip(rows, facts, strict=True) if fact not in OF_EVERY_MODEL]
    assert {words.partition(":")[0] for words in known} == {"nothing"}
