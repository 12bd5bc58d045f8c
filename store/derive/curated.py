"""Vendor facts in the database: which files of them are in force, and the evidence that follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.parents.curated import VendorFact, joined, read_facts, shipped_facts
from lineage.parents.evidence import declared_confidence, resolutions
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.database import Database


def keep_files(database: Database, texts: Sequence[str | None]) -> None:
    """Keep the files of vendor facts to be used from now on; None stands for the one that ships.

    Raises CuratedFault for a file with a fault, and keeps none then.
    """
    facts_of(texts)
    with database.transaction():
        database.run("curated/clear_files")
        for place, text in enumerate(texts):
            database.run("curated/add_file", place=place, text=text)
        database.run("ingest/forget_fresh")


def facts_of(texts: Sequence[str | None]) -> tuple[VendorFact, ...]:
    """Return the facts of several files, None being the one that ships; about one model, the later file counts."""
    return joined(
        shipped_facts() if text is None else read_facts(text, f"file {number} of vendor facts")
        for number, text in enumerate(texts, 1)
    )


def write_vendor_facts(database: Database) -> None:
    """Write `hub.curated` from the files in force, before names are resolved; by default, from the one that ships."""
    texts = [None if text is None else str(text) for (text,) in database.run("curated/list_files").rows] or [None]
    names = ("model", "parent", "relation", "source", "checked_at")
    rows = (
        (fact.model, fact.parent, fact.relation and fact.relation.value, fact.cited, fact.checked)
        for fact in facts_of(texts)
    )
    database.run("curated/clear_facts")
    with database.columns("lent_facts", **as_columns(names, rows)):
        database.run("curated/insert_facts")


def write_curated(database: Database) -> None:
    """Add vendor facts to `hub.evidence`, after what models and people say, which goes before them."""
    weights = [("curated", resolution, declared_confidence("curated", resolution)) for resolution in resolutions()]
    with database.columns("lent_weights", **as_columns(("evidence", "resolution", "confidence"), weights)):
        database.run("curated/insert_evidence")
