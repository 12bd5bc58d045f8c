"""A list of drift for people: the rows to show, and what is said of all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lineage.drift.chance import by_chance
from lineage.drift.measure import DriftSettings
from lineage.selectors.records import EVERYTHING_WORDS
from lineage.vocabulary import Verdict
from store.drift.measure import find_drift, stored_verdicts
from store.drift.verdicts import count_scored, count_verdicts, read_verdicts
from store.queries.select import select_scores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.drift.chance import ExpectedByChance
    from lineage.drift.drift_row import DriftRow
    from lineage.vocabulary import Against
    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftSummary:
    """The rows to show, of so many that were `wanted`, and what is said of all, whatever their verdicts.

    `counts` has the verdicts on safety (True) and on capability, `chance` is about safety. `models` were selected, and
    `scored` of them have scores.
    """

    rows: tuple[DriftRow, ...]
    wanted: int
    counts: Mapping[tuple[bool, Verdict], int]
    chance: ExpectedByChance
    models: int
    scored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRequest:
    """What is compared, and which rows are shown.

    `reference` is what everything is compared with instead of with ancestors, or None. `instruments` are the names of
    those compared, None for all. The first `most` rows with the `verdicts` are shown; None and empty mean all.
    """

    against: tuple[Against, ...]
    instruments: Sequence[str] | None = None
    reference: str | None = None
    verdicts: Sequence[Verdict] = ()
    most: int | None = None


def list_drift(database: Database, selector: str | None, asked: DriftRequest, settings: DriftSettings) -> DriftSummary:
    """Return the drift of the models that a selector matches, None for all, and of their files; raises as `find_drift`.

    Of stored verdicts, only the rows to show are read.
    """
    selected = select_scores(database, EVERYTHING_WORDS[0] if selector is None else selector)
    if asked.reference is None and settings == DriftSettings() and not selected.only:
        query = stored_verdicts(database, selected.numbers, asked.against, asked.instruments, with_files=True)
        counts, chance = count_verdicts(database, query)
        kinds = asked.verdicts or tuple(Verdict)
        return DriftSummary(
            rows=tuple(row for row, _ in read_verdicts(database, query, asked.verdicts, asked.most)),
            wanted=sum(count for (_, verdict), count in counts.items() if verdict in kinds),
            counts=counts,
            chance=chance,
            models=len(selected.numbers),
            scored=count_scored(database, query),
        )
    found = find_drift(
        database,
        selector,
        asked.against,
        settings,
        instruments=asked.instruments,
        reference=asked.reference,
        with_files=True,
    )
    kept = tuple(row for row in found.rows if not asked.verdicts or row.verdict in asked.verdicts)
    return DriftSummary(
        rows=kept[: asked.most],
        wanted=len(kept),
        counts=Counter((row.is_safety, row.verdict) for row in found.rows),
        chance=by_chance(row for row in found.rows if row.is_safety),
        models=found.models,
        scored=found.scored,
    )
