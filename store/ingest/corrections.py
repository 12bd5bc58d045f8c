"""Manual corrections of edges: stored apart from crawled data, so that they outlive crawls, and applied at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lineage.errors import UsageError
from store.derive.model_names import NoSuchModel, find_model
from store.refresh import derive

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.domains.lexicon import Lexicon
    from lineage.output.result import Result
    from store.database import Database

Verdict = Literal["add", "reject"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCorrection:
    """A person's statement about one child and parent, by id; `relation` and `note` are None if not given."""

    child: str
    parent: str
    verdict: Verdict
    relation: str | None = None
    note: str | None = None


def correct(
    database: Database, correction: EdgeCorrection, lexicon: Lexicon | None, made_at: datetime
) -> EdgeCorrection:
    """Store a correction and derive the graph again; return the correction with the ids that the names lead to.

    Without a lexicon, or when stopped, the graph is marked as out of date.

    The last correction of a child and parent counts. An unknown parent may be added: it becomes a missing model. Raises
    NoSuchModel for an unknown child, or an unknown parent to reject; UsageError if both are one model.
    """
    child = find_model(database, correction.child)
    try:
        parent = find_model(database, correction.parent)
    except NoSuchModel:
        if correction.verdict == "reject":
            raise
        parent = correction.parent
    if child == parent:
        raise UsageError(f"{child} cannot be its own parent")
    kept = EdgeCorrection(
        child=child,
        parent=parent,
        verdict=correction.verdict,
        relation=correction.relation,
        note=correction.note,
    )
    with database.transaction():
        database.run(
            "corrections/add_correction",
            child=kept.child,
            parent=kept.parent,
            verdict=kept.verdict,
            relation=kept.relation,
            note=kept.note,
            made_at=made_at,
        )
        database.run("ingest/forget_fresh")  # until the graph is computed, which may be interrupted
    if lexicon is not None:
        derive(database, lexicon, made_at)
    return kept


def list_corrections(database: Database) -> Result:
    """Return every correction, latest first; `is_last_word` marks those in effect."""
    return database.run("corrections/list_corrections")
