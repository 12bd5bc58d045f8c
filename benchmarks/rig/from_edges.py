"""What follows from generated edges: the declarations that they stand for, and the graph's own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.domains.lexicon_file import default_lexicon
from store.derive.graph_tables import load_all, write_families, write_nodes, write_reach
from store.derive.touched import touch_all
from store.refresh import digest

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database

INSERT_DECLARATIONS: Final = """
insert into hub.declarations by name
select
    child,
    evidence,
    declared_as,
    relation,
    parent as named,
    'id' as form,
    first_seen_at,
    last_seen_at
from hub.edges
where not inferred
"""
INSERT_RESOLUTIONS: Final = """
insert into hub.resolutions by name
select distinct
    parent as named,
    parent,
    'exact' as resolution
from hub.edges
"""


def write_what_follows(database: Database, derived_at: datetime) -> None:
    """Write declarations, resolutions and all that follows as a crawl's end does, in an open transaction."""
    for statement in (INSERT_DECLARATIONS, INSERT_RESOLUTIONS):
        database._connection.execute(statement)  # noqa: SLF001 - generated rows go past the crawl
    touch_all(database)
    write_nodes(database)
    touched = load_all(database)
    write_families(database, touched)
    write_reach(database, touched)
    database.run("refresh/mark_fresh", lexicon=digest(default_lexicon()), derived_at=derived_at)
    database.run("refresh/mark_arrays", derived_at=derived_at)
    database.run("status/forget")
    database.run("status/keep", listed=LISTED_CONFIDENCE)
