"""A person's word on an edge: kept apart from what is crawled, so that it outlives every crawl, and applied at once."""

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
class Correction:
    """What a person says of one child and parent, by id; `relation` and `note` are None where nothing was said."""

    child: str
    parent: str
    verdict: Verdict
    relation: str | None = None
    note: str | None = None


def correct(database: Database, correction: Correction, lexicon: Lexicon | None, made_at: datetime) -> Correction:
    """Store a correction and derive the graph again; return the correction under the ids that the names lead to.

    Without a lexicon, or when stopped, the graph is marked as one that does not follow from what is known.

    The last word on a child and parent counts. A parent that is not here may be added: it becomes a missing one. Raises
    NoSuchModel for a child that is not here, or a parent to reject; UsageError where both are one model.
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
    kept = Correction(
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
        database.run("ingest/forget_fresh")  # until the graph is computed: that may be stopped
    if lexicon is not None:
        derive(database, lexicon, made_at)
    return kept


def list_corrections(database: Database) -> Result:
    """Return every correction, the latest first; `is_last_word` says whether it counts."""
    return database.run("corrections/list_corrections")
