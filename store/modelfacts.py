"""What running a model takes of what is known of it: its commit, its family, and the base of an adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lineage.errors import UsageError
from store.reading import NoSuchModel, find_model

if TYPE_CHECKING:
    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """A model at the commit that is known of it; `base` is what an adapter is attached to, null for any other model.

    `family` is its root, itself where it has none. Of a model that only a server knows the commit is null.
    """

    model: str
    revision: str | None
    family: str
    base: str | None = None
    base_revision: str | None = None


def find_facts(database: Database, name: str, *, is_served: bool) -> ModelFacts:
    """Return what is known of a model by any of its names.

    Of a served model nothing need be known, and its commit is the server's secret. Raises NoSuchModel, or UsageError
    where the commit of a model or of its base is not known: what is run must be named.
    """
    try:
        model = find_model(database, name)
    except NoSuchModel:
        if is_served:
            return ModelFacts(model=name, revision=None, family=name)
        raise
    revision, family, base, base_revision = database.run("queue/model_facts", id=model).rows[0]
    if is_served:
        return ModelFacts(model=model, revision=None, family=str(family))
    for one, commit in ((model, revision), (base, base_revision)):
        if one is not None and commit is None:
            raise UsageError(f"the commit of {one} is not known; crawl it first")
    return ModelFacts(
        model=model,
        revision=str(revision),
        family=str(family),
        base=cast("str | None", base),
        base_revision=cast("str | None", base_revision),
    )
