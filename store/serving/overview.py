"""The overview of families: how large, of which domains, how much of it is measured, and what moved."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from lineage.domains.classify import LISTED_CONFIDENCE
from store.derive.domains import check_known

if TYPE_CHECKING:
    from lineage.output.result import Result
    from store.database import Database


class OverviewSort(StrEnum):
    """What families are ordered by, the greatest first."""

    EXPOSURE = "exposure"
    MODELS = "models"
    SCORED = "scored"
    UNSCORED = "unscored"
    WORSE = "worse"
    CONTRADICTORY = "contradictory"


def list_overview(
    database: Database, *, domain: str | None, search: str | None, sort: OverviewSort, limit: int
) -> Result:
    """Return families of two models and more, by their roots; `limit` 0 for all.

    `scored` counts models that anything is known of, `measured` those with a current measurement. `worse`, `better`,
    `contradictory` (both, on different instruments) and `withheld` count models by the stored verdicts against their
    nearest scored ancestor, instruments of capability left out. `exposure` is downloads of all derivatives. Raises
    UnknownDomain.
    """
    check_known(database, domain)
    return database.run(
        "serving/overview",
        domain=domain,
        search=search,
        sort=sort.value,
        confidence=LISTED_CONFIDENCE,
        limit=limit or None,
    )
