"""Derive everything that follows from the records: declarations, edges, families, cycles and domains.

It is whole or nothing, in one transaction, and depends on nothing but the records, the fetched files, the aliases, the
vendor facts and the lexicon: an interrupted crawl that goes on ends with the same tables as one that was never
interrupted.

A row of `hub.derived` says how far the derived tables follow from the rest; its value names the lexicon:

- `graph`: they do, and `hub.changed` is empty;
- `changed`: they do but for the names in `hub.changed` (`store.ingest.ingest` says what it holds);
- neither: whatever changed, it is not listed; all must be written anew.

Whoever derives empties `hub.changed` and writes `graph` in the transaction of the derivation.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.parents.reliability import default_reliability
from store.derive.copied_cards import write_copied_cards
from store.derive.curated import write_curated, write_vendor_facts
from store.derive.domains import keep_lexicon_within, write_domains
from store.derive.graph_cache import keep_graph
from store.derive.graph_tables import load_all, load_touched, write_families, write_nodes, write_reach
from store.derive.inferred_parents import collect_forms, write_copy_names, write_inferences
from store.derive.parents import write_declarations, write_edges, write_evidence, write_resolutions
from store.derive.renumbering import mark_moved, move_nodes, place_nodes
from store.derive.shapes import write_shapes
from store.derive.touched import (
    forget_touched,
    is_part_enough,
    link_touched,
    mark_learned,
    see_touched,
    touch_all,
    touch_changed,
    touch_named,
    touch_resolved,
)
from store.derive.trained_on import write_trained_on
from store.drift.write_drift import refresh_within
from store.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.domains.lexicon import Lexicon
    from store.database import Database
    from store.derive.graph_tables import TouchedGraph
    from store.derive.renumbering import MovedGraph

TELLING: Final = ("refresh/self_problems", "refresh/unread_problems", "curated/insert_problems")
SEEING_AGAIN: Final = (
    "refresh/see_declarations_again",
    "refresh/see_evidence_again",
    "refresh/see_edges_again",
    "refresh/forget_seen_again",
)


def derive(database: Database, lexicon: Lexicon, derived_at: datetime, *, in_part: bool = False) -> None:
    """Write the derived tables again from the records.

    All models are derived, and the rules learn from all; `in_part` leaves what was learned, and derives what changed
    where that is enough.
    """
    with suppress(StoreError):  # somebody reads
        database.run("database/checkpoint")  # it moves rows of `hub.models`, and `hub.nodes` notes where they stand
    with database.transaction():
        database.run("refresh/drop_problems")
        in_part = in_part and is_judged_alike(database, lexicon)
        if database.value("refresh/count_recreated_of_changed" if in_part else "refresh/count_recreated"):
            database.run("refresh/collect_recreated")
            database.run("refresh/keep_recreated")
            database.run("refresh/drop_recreated")
            in_part = False
        in_part = in_part and is_part_enough(database)
        if in_part and _is_seen_again(database):
            _see_again(database)
        _write_parents(database, in_part=in_part)
        mark_learned(database, derived_at, in_part=in_part)
        moved = move_nodes(database) if in_part else None
        if moved is None:
            write_nodes(database)
        write_trained_on(database)
        touched = _load(database, moved)
        write_families(database, touched)
        write_reach(database, touched)
        write_domains(database, touched, lexicon)
        forget_touched(database)
        keep_lexicon_within(database, lexicon)
        for name in (*TELLING, "refresh/forget_changed", "refresh/forget_derived"):
            database.run(name)
        database.run("refresh/mark_fresh", lexicon=digest(lexicon), derived_at=derived_at)
        graph = None if moved is None else mark_moved(database, moved, touched, derived_at)
        if graph is None:
            database.run("refresh/mark_arrays", derived_at=derived_at)
        database.run("status/forget")
        database.run("status/keep", listed=LISTED_CONFIDENCE)
        refresh_within(database)
    if graph is not None:
        keep_graph(database, graph)


def _load(database: Database, moved: MovedGraph | None) -> TouchedGraph:
    """Return the graph of all, or, where the graph was moved, of the components that follow again."""
    if moved is None:
        return load_all(database)
    return load_touched(database, moved.links, moved.components(), moved.downloads)


def _write_parents(database: Database, *, in_part: bool) -> None:
    """Write all that leads to the edges, of all models or of those that changed and what follows from them."""
    reliability = default_reliability()
    if in_part:
        place_nodes(database)
        touch_changed(database)
    else:
        touch_all(database)
    write_shapes(database)
    write_vendor_facts(database)
    write_declarations(database)
    if in_part:
        touch_named(database)
    write_resolutions(database)
    if in_part:
        touch_resolved(database)
    write_evidence(database)
    write_curated(database)
    write_copy_names(database)
    collect_forms(database)
    if in_part:
        see_touched(database)
    write_inferences(database, reliability, learns=not in_part)
    database.run("curated/drop_guesses")
    write_copied_cards(database)
    if in_part:
        link_touched(database)
    write_edges(database, reliability.threshold)


def see_again(database: Database) -> None:
    """Bring up to date when the declarations, evidence and edges of unchanged models were last seen.

    Deriving does so for the models that it derives; this is for the others.
    """
    if _is_seen_again(database):
        with database.transaction():
            _see_again(database)


def _is_seen_again(database: Database) -> bool:
    return bool(database.value("refresh/is_seen_again"))


def _see_again(database: Database) -> None:
    for name in SEEING_AGAIN:
        database.run(name)


@lru_cache(maxsize=4)
def digest(lexicon: Lexicon) -> str:
    """Return a short name of everything that a lexicon says; each derivation asks for it three times."""
    parts = (lexicon.domains, lexicon.terms, lexicon.asks, lexicon.false_friends, lexicon.topics, lexicon.companions)
    said = repr(parts)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def is_judged_alike(database: Database, lexicon: Lexicon) -> bool:
    """Return whether the derived tables lack only what `hub.changed` names, and follow from this lexicon."""
    return database.value("refresh/changed_since") == digest(lexicon)


def is_judged_otherwise(database: Database, lexicon: Lexicon) -> bool:
    """Return whether the derived tables follow from the records, but from another lexicon than this one."""
    return database.value("refresh/freshness") not in {None, digest(lexicon)}


def is_fresh(database: Database, lexicon: Lexicon) -> bool:
    """Return whether the derived tables follow from the records as they are now and from this lexicon."""
    return database.value("refresh/freshness") == digest(lexicon)
