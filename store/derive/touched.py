"""Which models are derived again: all, or those that changed and those whose derived rows may follow from them.

What rules infer rests on what was learned of the whole catalogue: the known bases and the habits of authors. That is
learned when all is derived, and kept (`hub.bases`, `hub.habits`) until all is derived again; between, one more
derivative of a known base changes nothing for the others. So the tables depend only on the records and on what was
learned, and deriving what changed gives the same rows as deriving all with what was learned.

A record that is another in figures alone is not read again: the rules see no figure but downloads, and these only where
the names of several models may be meant. When it was seen, and the downloads below its ancestors, are written again.

The statements of a derivation ask seven macros: `is_changed` (models whose records or files changed), `is_touched`
(models whose evidence follows again), `is_named_anew` (names that may lead elsewhere), `is_seen` (models that the rules
look at), `is_signed` (those of them whose tags are collected at once: the rules look at most by their names alone),
`is_linked` (models whose edges follow again) and `is_kin` (models whose families follow again). `changed_models()` are
the records of changed models without their JSON, and `touched_models()` dates and tags of those whose evidence follows
again; a part keeps both aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from lineage.parents.habits import BASE_AUTHORS
from lineage.parents.hub_tags import MARKS
from lineage.parents.inference import BASE_CHILDREN, SERIES_WORDS
from store.derive.graph_cache import open_graph
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database

MOST_CHANGED: Final = 0.05
"""If more than this share of the models changed since all were learned from, all are derived, and learned from."""
AUTHOR_WORDS: Final = 5
"""So many words at the beginning of a copy's name may be those of its original's author."""
_ADD: Final = ("add_resolved", "add_curated", "add_by_name", "add_by_tag", "add_by_file")
_DROP: Final = (
    *(
        "drop_authored",
        "drop_changed",
        "drop_elsewhere",
        "drop_evidence",
        "drop_figured",
        "drop_forms",
        "drop_kin",
        "drop_linked",
        "drop_moved",
        "drop_names",
        "drop_read",
        "drop_records",
        "drop_resolved",
        "drop_seeds",
        "drop_seen",
    ),
    "drop_touched",
)


def touch_all(database: Database) -> None:
    """Let all models be derived."""
    for name in (
        "change_all",
        "read_all",
        "tell_all",
        "touch_all",
        "name_all",
        "see_all",
        "see_all_places",
        "sign_all",
        "link_all",
    ):
        database.run(f"touched/{name}")
    database.run("touched/kin_all")


def is_part_enough(database: Database) -> bool:
    """Return whether it suffices to derive what `hub.changed` names.

    Not if much changed since all models were learned from, or a known base its name.
    """
    for changed, models in database.run("touched/count_touched").rows:
        if cast("int", changed) <= MOST_CHANGED * cast("int", models):
            return database.value("touched/count_lost_bases") == 0
    return False


def touch_changed(database: Database) -> None:
    """Let only what `hub.changed` names be derived, to begin with: what records and files say of themselves."""
    for name in ("collect_changed", "collect_figured", "collect_records", "collect_touched", "collect_names"):
        database.run(f"touched/{name}")
    for name in ("see_declarations", "see_evidence"):
        database.run(f"touched/{name}")
    for name in ("change_some", "read_some", "touch_some", "name_some"):
        database.run(f"touched/{name}")


def touch_named(database: Database) -> None:
    """Let the names be resolved again that models declare which are derived again."""
    for name in ("add_names", "collect_resolved"):
        database.run(f"touched/{name}")


def touch_resolved(database: Database) -> None:
    """Add the models whose declarations lead elsewhere, and all of which something may be inferred otherwise.

    Of an author's other models that is those about which a rule of `lineage.parents.inference` asks the model: a longer
    name by its name, a series by the parent it declares, an own base by all names of the author.
    """
    for name in ("collect_elsewhere", "collect_seeds", "collect_authored", *_ADD):
        database.run(f"touched/{name}")
    _add_by_figures(database)
    database.run("touched/add_by_author", series_words=SERIES_WORDS, marks=list(MARKS), base_authors=BASE_AUTHORS)
    for name in ("collect_evidence", "collect_read", "tell_some"):
        database.run(f"touched/{name}")


def _add_by_figures(database: Database) -> None:
    """Add the copies that may be of another model because downloads changed, which tell models of one name apart."""
    now = {str(one): cast("int", downloads) for one, downloads in database.run("touched/list_figured").rows}
    if not now:
        return
    stored = open_graph(database)
    before = stored.downloads[[stored.index.number(one) for one in now]].tolist()
    rows = (
        (one, min(was, downloads), max(was, downloads))
        for (one, downloads), was in zip(now.items(), before, strict=True)
        if was != downloads
    )
    with database.columns("lent_figures", **as_columns(("id", "low", "high"), rows)):
        database.run("touched/add_by_figures", author_words=AUTHOR_WORDS)


def see_touched(database: Database) -> None:
    """Let the rules see the models that are derived again, those of like names, bases among them, and of their authors.

    Of an author's other models that is those which a rule of `lineage.parents.inference` compares with one without a
    declared parent: a longer name with those that it begins with, a copy with its original, a trained model with those
    that declare a parent, and what may come from an own base with all, as that tells whether the author converts.

    `store.derive.inferred_parents.collect_forms` goes before.
    """
    database.run("touched/collect_seen")
    database.run("touched/add_alike", series_words=SERIES_WORDS, marks=list(MARKS), base_authors=BASE_AUTHORS)
    database.run("touched/add_bases", children=BASE_CHILDREN)
    for name in ("see_some", "see_some_places", "sign_some"):
        database.run(f"touched/{name}")


def link_touched(database: Database) -> None:
    """Let the edges of the models be written again whose evidence changed, or that of what they may come from."""
    for name in ("collect_linked", "link_some", "collect_moved"):
        database.run(f"touched/{name}")


def mark_learned(database: Database, derived_at: datetime, *, in_part: bool) -> None:
    """Write that all models were learned from, or how many names changed since."""
    if in_part:
        database.run("touched/mark_touched")
        return
    database.run("touched/forget_learned")
    database.run("touched/mark_learned", derived_at=derived_at)


def forget_touched(database: Database) -> None:
    """Drop what was collected, and let all be derived next time."""
    touch_all(database)
    for name in _DROP:
        database.run(f"touched/{name}")
