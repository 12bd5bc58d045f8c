"""The overview of families: size, domains, how much is measured, and what drifted."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.output.result import Result
from store.queries.families import tell_origins
from store.queries.known_domains import check_known

if TYPE_CHECKING:
    from store.database import Database


class OverviewSort(StrEnum):
    """The order of families, largest first."""

    EXPOSURE = "exposure"
    MODELS = "models"
    SCORED = "scored"
    UNSCORED = "unscored"
    WORSE = "worse"
    CONTRADICTORY = "contradictory"


def list_overview(
    database: Database, *, domain: str | None, search: str | None, sort: OverviewSort, limit: int
) -> Result:
    """Return families of two or more models, by their roots; `limit` 0 for all.

    `scored` counts models with any score, `measured` those with a current measurement. `worse`, `better`,
    `contradictory` (both, on different instruments) and `withheld` count models by the stored verdicts against their
    nearest scored ancestor, without instruments of capability. `domains` are the root's, its own or inherited;
    `used_in` counts its derivatives by their domain. `exposure` is downloads of all derivatives. `root_is`
    says what a root was probably made from although it declares no parent, None of other roots. Raises UnknownDomain.
    """
    check_known(database, domain)
    found = database.run(
        "serving/overview",
        domain=domain,
        search=search,
        sort=sort.value,
        confidence=LISTED_CONFIDENCE,
        limit=limit or None,
    )
    words = (row[-1] for row in tell_origins(found).rows)
    rows = tuple((*row, said) for row, said in zip(found.rows, words, strict=True))
    return Result(columns=(*found.columns, "root_is"), rows=rows)
