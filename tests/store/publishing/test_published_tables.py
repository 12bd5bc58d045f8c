"""Which tables are published, and what never is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.publishing.published_tables import IN_PART, LEFT_OUT, WHOLE

if TYPE_CHECKING:
    from store.database import Database


def test_every_table_is_published_or_left_out_for_a_reason(database: Database) -> None:
    """A new table is published only once somebody decided that it may be."""
    listed = {str(row[0]) for row in database.run("database/list_tables").rows}
    tables = {name.removeprefix("hub.") for name in listed if name.startswith("hub.")}
    decided = (*WHOLE, *IN_PART, *LEFT_OUT)
    assert sorted(tables) == sorted(decided)


def test_what_runs_or_repeats_what_others_wrote_is_left_out() -> None:
    """Jobs of others would run here; replies and weights may be harmful or behind a gate."""
    assert {"jobs", "job_items", "job_replies", "replies", "weight_matrices", "weight_modules"} <= LEFT_OUT.keys()
