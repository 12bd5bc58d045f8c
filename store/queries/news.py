"""What a watch reports after one round: new members of the followed selection, and changes to its models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from lineage.vocabulary import ChangeName
from store.derive.model_names import NoSuchModel
from store.queries.changes import list_changes, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from store.database import Database
    from store.queries.changes import SelectionMember

TOLD: Final = tuple(
    kind.value for kind in ChangeName if kind not in {ChangeName.NEW, ChangeName.CARD, ChangeName.REVISION}
)


def known_members(database: Database, selector: str) -> Mapping[str, SelectionMember] | None:
    """Return the repositories that a selector matches before a round, by `_id`; None if nothing was ever stored.

    A named model that is not crawled yet has no members. Raises SelectorError.
    """
    if not database.value("models/count_models"):
        return None
    try:
        return members(database, selector)
    except NoSuchModel:
        return {}


def notices(
    database: Database, selector: str, before: Mapping[str, SelectionMember] | None, since: datetime
) -> Iterator[dict[str, object]]:
    """Yield a record for each repository that is new since `before`, then one for each change since a time.

    New repositories are of kind `new_derivative` if a parent is known, else `new_model`; there are none if `before` is
    None, because a first look has nothing to compare with. Raises what `store.queries.select.select` raises.
    """
    if before is not None:
        for hub_id, member in members(database, selector).items():
            if hub_id not in before:
                yield _arrival(member)
    for model, kind, earlier, later, seen_at in list_changes(database, since, selector=selector, kinds=TOLD).rows:
        yield {
            "kind": kind,
            "model": model,
            "before": earlier,
            "after": later,
            "seen_at": cast("datetime", seen_at).isoformat(),
        }


def _arrival(member: SelectionMember) -> dict[str, object]:
    made_of = ", ".join(f"{relation} of {parent}" for relation, parent in member.parents)
    kind = "new_derivative" if member.parents else "new_model"
    return {"kind": kind, "model": member.id, "made_of": made_of or None}
