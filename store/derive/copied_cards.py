"""Quantized copies that declare what their original declares: the original becomes the parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lineage.parents.copied_cards import CONFIDENCE, PLACES, RULE, means_one, original_names
from lineage.vocabulary import Relation
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from store.database import Database


def write_copied_cards(database: Database) -> None:
    """Mark in `hub.evidence` what quantized copies declare on a copied card, and add the originals as evidence.

    `inferred_parents.collect_subjects` goes before.
    """
    database.run("copied_cards/collect_claims", places=list(PLACES))
    names = (
        (child, " ".join(words), " ".join(owner), rank)
        for child, declared in database.run("copied_cards/list_copies").rows
        for words, owner, rank in original_names(str(child), cast("list[str]", declared))
    )
    with database.columns("lent_originals", **as_columns(("child", "words", "owner", "rank"), names)):
        found = [
            (child, words, original)
            for child, words, original, is_told, children, authors in database.run("copied_cards/find_originals").rows
            if is_told or means_one(cast("int", authors), cast("int", children))
        ]
    with database.columns("lent_copied", **as_columns(("child", "words", "original"), found)):
        database.run("copied_cards/mark_carried")
        database.run(
            "copied_cards/insert_originals", rule=RULE, relation=Relation.QUANTIZED.value, confidence=CONFIDENCE
        )
    database.run("copied_cards/drop_claims")
    database.run("inferred_parents/drop_subjects")
