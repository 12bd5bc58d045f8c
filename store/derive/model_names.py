"""Which model a name leads to: an id in any capitals, a former id, or a bare name of the Hub's first years."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.database import Database
    from store.derive.graph_cache import StoredGraph


NEVER_SEEN: Final = -1


class NoSuchModel(LineageError):
    """The database holds no model of that name."""

    exit_code = 1

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        """Name what was asked for, and the models with the nearest names."""
        super().__init__(f"no model is called {name!r} here")
        self.nearest = nearest
        empty = "the database is empty: run `lineage crawl` first"
        self.hint = f"did you mean {' or '.join(nearest)}?" if nearest else empty


class NoSuchFile(LineageError):
    """No score here is about that file of a repository."""

    exit_code = 1

    def __init__(self, repository: str, variant: str, known: Iterable[str]) -> None:
        """Name the repository, the file that was asked for, and those that have scores."""
        super().__init__(f"no score here is about {repository}{variant}")
        told = ", ".join(f"{repository}{one}" for one in known)
        self.hint = f"there are scores of {told}" if told else f"{repository} has no scores of single files"


class NotResolved(LineageError):
    """A model is stored, but came after the graph was computed."""

    hint = "run `lineage resolve` first"

    def __init__(self, model: str) -> None:
        """Name the model."""
        super().__init__(f"{model} is newer than the computed parents and families")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """Where the record of a model stands: its id, its row in `hub.models`, and its id with its former ones.

    `place` is -1 for a model that is only named and was never seen.
    """

    id: str
    place: int
    names: tuple[str, ...]


def place_of(database: Database, model: str) -> StoredModel:
    """Return where the record of a model stands, from its exact id."""
    place = database.value("models/place", id=model)
    if place is None and not database.value("models/is_unseen", id=model):
        place = database.value("models/seek_place", id=model)
    known = NEVER_SEEN if place is None else cast("int", place)
    former = (str(row[0]) for row in database.run("models/former_names", place=known).rows)
    return StoredModel(id=model, place=known, names=(model, *former))


def seek_model(database: Database, name: str) -> str | None:
    """Return the id that a name leads to, or None."""
    is_derived = database.value("refresh/freshness") is not None
    found = database.value("models/find_exact", name=name, is_derived=is_derived)
    if found is None:
        found = database.value("models/find_model", name=name)
    return None if found is None else str(found)


def find_model(database: Database, name: str) -> str:
    """Return the id that a name leads to; raises NoSuchModel with the nearest names."""
    found = seek_model(database, name)
    if found is not None:
        return found
    raise NoSuchModel(name, tuple(str(row[0]) for row in database.run("models/suggest", name=name).rows))


def number_of(database: Database, stored: StoredGraph, name: str) -> int:
    """Return the number of the model that a name leads to; raises NoSuchModel, or NotResolved where it has none yet."""
    with suppress(KeyError):
        return stored.index.number(name)
    model = find_model(database, name)
    try:
        return stored.index.number(model)
    except KeyError as error:
        raise NotResolved(model) from error
