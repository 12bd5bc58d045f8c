"""What the commands read: status, listings, and everything about one model, as columns and rows."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

from lineage.drift.plus import PLUS_OF_BOTH
from lineage.output.result import Result
from lineage.scores.variant import split_variant
from lineage.vocabulary import Construct, Direction, Verdict
from store.derive.model_names import NoSuchFile, NoSuchModel, find_model, place_of
from store.queries.origins import read_origins
from store.queries.selected import selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lineage.parents.origin import Origin
    from store.database import Database, Row

CRAWLS_SHOWN: Final = 5
SHOWN: Final = ("section", "name", "value")
COUNTED: Final = (*SHOWN, "share")
FIGURES: Final = {
    "downloads": "downloads",
    "likes": "likes",
    "created": "created_at",
    "modified": "last_modified_at",
}
"""The column of `models/models` that each order of models sorts by and that only a model with a record has."""
SHARED: Final = frozenset({5, 6, 7})
"""The sections of `status/count` by their order whose counts are parts of a whole."""

DRIFT: Final = "show/drift"
SECTIONS: Final = {
    "model": "show/model",
    "other names": "show/other_names",
    "versions": "show/versions",
    "domains": "show/domains",
    "parents": "show/parents",
    "contradicted": "show/contradicted",
    "declarations": "show/declarations",
    "possible parents": "show/possible_parents",
    "corrections": "show/corrections",
    "family": "show/family",
    "derivatives": "show/derivatives",
    "weights": "show/weights",
    "scores": "show/scores",
    f"drift from the nearest scored ancestor, in points; {PLUS_OF_BOTH}": DRIFT,
    "problems": "show/problems",
    "history": "show/history",
}
"""The sections of `lineage show` in order, each with its statement."""

OF_FILES: Final = frozenset({"show/scores", DRIFT})
"""The statements that tell of single files of a repository too."""

TAKES: Final = {
    "show/model": ("id", "place"),
    "show/other_names": ("id", "place"),
    "show/versions": ("id", "names"),
    "show/corrections": ("names",),
    "show/family": ("id", "place", "root"),
    "show/scores": ("id", "place", "variant"),
    DRIFT: ("id", "variant"),
    "show/history": ("place",),
}
"""What the statements of `SECTIONS` ask for; those that are not here, for the id alone."""
RARE: Final = {
    "show/other_names": "other_names",
    "show/contradicted": "contradicted",
    "show/possible_parents": "possible_parents",
    "show/corrections": "corrections",
    "show/derivatives": "derivatives",
    "show/weights": "weights",
    "show/scores": "scores",
    DRIFT: "scores",
    "show/history": "history",
}
"""The statements of `SECTIONS` that are only run where `show/held` names what they read: planning one takes longer."""


def read_status(database: Database) -> Result:
    """Return the database's content and freshness: sections, names, values (counts or texts) and shares.

    A share is relative to its section, between 0 and 1, and None if sections overlap or nothing is counted.
    """
    fresh = [(*row, None) for row in database.run("models/freshness_rows").rows]
    last: list[tuple[object, ...]] = []
    for crawl, scope, state, started_at, _, requests, records, size_bytes, notes in database.run(
        "models/crawls", limit=CRAWLS_SHOWN
    ).rows:
        # This reader holds the file, so no crawl is running: a crawl marked as running was stopped.
        shown = "stopped (the same command goes on)" if state == "running" else state
        spent = f"{requests:,} requests, {records:,} records, {size_bytes:,} bytes"
        last.append(("last crawls", f"{crawl}: {scope}", f"{shown}, began {started_at:%Y-%m-%d %H:%M}, {spent}", None))
        last.extend(("last crawls", f"{crawl}: note", note, None) for note in cast("list[str]", notes))
    return Result(columns=COUNTED, rows=(*fresh, *_counts(database), *last))


def _counts(database: Database) -> Iterator[tuple[object, ...]]:
    """Yield sections, names, counts and shares: what was counted at the derivation if it still holds, and the rest."""
    derived = database.run("status/kept").rows
    if not derived:
        from lineage.domains.lexicon import LISTED_CONFIDENCE

        derived = database.run("status/count", listed=LISTED_CONFIDENCE).rows
    rows = cast("tuple[tuple[int, str, str, int], ...]", (*derived, *database.run("status/count_rest").rows))
    sums = Counter[int]()
    for position, _, _, value in rows:
        sums[position] += value
    for position, section, name, value in sorted(rows, key=lambda row: (row[0], -row[3], row[2])):
        yield section, name, value, value / sums[position] if position in SHARED else None


def list_models(database: Database, *, limit: int, selector: str | None = None, **filters: object) -> Result:
    """Return what `models_listed` lends, read to the end."""
    with models_listed(database, limit=limit, selector=selector, **filters) as (columns, rows):
        return Result(columns=columns, rows=tuple(rows))


@contextmanager
def models_listed(
    database: Database, *, limit: int, selector: str | None = None, **filters: object
) -> Iterator[tuple[tuple[str, ...], Iterable[Row]]]:
    """Lend the columns and the rows of the models that a selector matches, or None for all, and that pass the filters.

    `limit` 0 lends all, a batch in memory at a time; nothing else may run on the database before the last row. The
    filters are those of `models/models`. Raises what `store.queries.select.select` raises.
    """
    from lineage.domains.lexicon import LISTED_CONFIDENCE  # `show` does not need it

    domain = filters.get("domain")
    if isinstance(domain, str):
        from store.queries.known_domains import check_known

        check_known(database, domain)
    asked = {"limit": limit or None, "is_selected": selector is not None, "listed": LISTED_CONFIDENCE, **filters}
    is_plain = selector is None and {name for name, value in filters.items() if value is not None} <= {"domain", "sort"}
    figure = FIGURES.get(str(filters.get("sort")))
    with selected(database, selector):
        if limit and is_plain and figure is not None:
            # They stand before those that only weakly belong to the domain or were never seen, which have no figure.
            found = database.run("models/models", with_unseen=False, is_listed=domain is not None, **asked)
            if len(found.rows) == limit and all(row[figure] is not None for row in found.records()):
                yield found.columns, found.rows
                return
        yield database.read_rows("models/models", with_unseen=True, is_listed=False, **asked)


def show_model(database: Database, name: str) -> Result:
    """Return everything known about one model, or one file of a repository, as section, name and value.

    Raises NoSuchModel, and NoSuchFile for a file that no score is about.
    """
    part = split_variant(name)
    model = find_model(database, part.repository)
    if part.variant:
        return Result(columns=SHOWN, rows=tuple(_file_rows(database, model, part.variant)))
    root = str(database.value("show/root", id=model) or model)
    about = about_model(database, model, root)
    held = {row[0] for row in database.run("show/held", id=model).rows}
    said = {
        section: section_rows(database, statement, about)
        for section, statement in SECTIONS.items()
        if RARE.get(statement) in {None, *held}
    }
    origins = _origins(database, model, root, has_parents=bool(said["parents"]))
    below = cast("int", database.value("show/count_derivatives", id=model) or 0)
    rows = (
        (section, *row)
        for section in SECTIONS
        for row in (*said.get(section, ()), *_told(section, model, root, origins, below))
        if row[1]
    )
    return Result(columns=SHOWN, rows=tuple(rows))


def _origins(database: Database, model: str, root: str, *, has_parents: bool) -> Mapping[str, Origin]:
    """Return where a model without parents comes from, and its root if that is likely to have a parent."""
    asked = set() if has_parents else {model}
    if root != model and database.value("show/likely_parent", id=root) is not None:
        asked.add(root)
    return read_origins(database, asked) if asked else {}


def _file_rows(database: Database, model: str, variant: str) -> Iterator[tuple[object, ...]]:
    """Yield what is known of one file: its repository and what that was made from, its own scores and drift."""
    known = [str(row[0]) for row in database.run("scores/list_files", id=model).rows]
    if variant not in known:
        raise NoSuchFile(model, variant, known)
    yield "file", "repository", model
    yield "file", "variant", variant
    for other in known:
        if other != variant:
            yield "file", "another file", f"{model}{other}"
    about = about_model(database, model, model) | {"variant": variant}
    for section, statement in SECTIONS.items():
        if statement in OF_FILES or section == "parents":
            yield from ((section, *row) for row in section_rows(database, statement, about))


def about_model(database: Database, model: str, root: str) -> dict[str, object]:
    """Return what the statements of `SECTIONS` ask for about a model in a family with this root."""
    stored = place_of(database, model)
    return {"id": model, "place": stored.place, "names": list(stored.names), "root": root, "variant": None}


def section_rows(database: Database, statement: str, about: Mapping[str, object]) -> Sequence[tuple[object, ...]]:
    """Return what a statement of `SECTIONS` says of a model."""
    found = database.run(statement, **{name: about[name] for name in TAKES.get(statement, ("id",))})
    return tuple(map(_moved, found.records())) if statement == DRIFT else found.rows


def _moved(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the instrument of a comparison, and its verdict with its figures as people read them."""
    from lineage.drift.change import change, signed  # most models have no scores
    from lineage.drift.drift_row import is_of_safety

    if row["verdict"] == Verdict.WITHHELD:
        return row["name"], row["reason"]
    is_safety = is_of_safety(Construct(row["construct"]), Direction(row["direction"]))
    moved = change(row["delta"], row["ci_low"], row["ci_high"], is_safety=is_safety)
    between = f"{signed(moved.low or 0.0)} to {signed(moved.high or 0.0)}"
    words = f"{row['verdict']}, {signed(moved.delta or 0.0)} points from {row['reference']} ({between})"
    common = " common" if row["is_paired"] else ""
    return row["name"], words if row["items"] is None else f"{words}, {row['items']}{common} items"


def _told(section: str, model: str, root: str, origins: Mapping[str, Origin], below: int) -> Iterator[tuple[str, str]]:
    """Yield what is known of the parents of a model that has none, and of a root that may be none."""
    if section == "parents" and model in origins:
        yield "none", origins[model].with_derivatives(below)
        yield "what would settle it", origins[model].remedy
    if section == "family" and root != model and root in origins and origins[root].is_likely_derivative:
        yield "the root itself", origins[root].words


def most_derived(database: Database, domain: str) -> str:
    """Return the model of a domain with the most derivatives; raises NoSuchModel if there is none."""
    found = database.value("models/most_derived", domain=domain)
    if isinstance(found, str):
        return found
    raise NoSuchModel(domain, ())


def most_drifted(database: Database) -> str:
    """Return the derivative with the most verdicts against its nearest scored ancestor, counting safety first.

    Undecided and withheld verdicts do not count. Raises NoSuchModel if no model has a verdict.
    """
    found = database.value("models/most_drifted")
    if isinstance(found, str):
        return found
    raise NoSuchModel("worse or better", ())
