"""Scores for a generated graph: as arrays, and in the tables from which lineage computes drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from store.connect import open_database
from store.scores.current import write_current_scores

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from lineage.graph.graph import Graph

INSTRUMENTS: Final = 16
SCORED_SHARE: Final = 624_000 / 3_000_000
SLOT_SHARE: Final = 0.5
BASES_SHARE: Final = 0.5
_GRADED_EVERY: Final = 5
_ITEMS: Final = (100, 164, 198, 250, 300, 450, 520, 817, 939, 1172, 1267, 1319, 1838, 2290, 3668, 5153)

INSERT_INSTRUMENTS: Final = """
insert into hub.instruments by name
select
    range as number,
    format('benchmark_{:02d}@{:08x}', range, range) as instrument,
    format('benchmark_{:02d}', range) as name,
    format('Benchmark {}', range) as title,
    case when range % 4 = 3 then 'capability' else 'unsafe_output' end as construct,
    case when range % 4 = 3 then 'capability' when range % 4 = 2 then 'higher_is_safer' else 'lower_is_safer' end
        as direction,
    case when range % 5 = 4 then 'graded' else 'rate' end as scale,
    0 as low,
    case when range % 5 = 4 then 100 else 1 end as high,
    false as gated,
    range as slot
from range($1)
"""
INSERT_NAMES: Final = """
insert into hub.scored_names by name
select
    nid as number,
    id as named,
    id as repository,
    '' as variant,
    id,
    nid
from hub.nodes
where nid in (select node from lent)
"""
INSERT_SCORES: Final = """
insert into hub.scores by name
select
    place as number,
    format('{:016x}', place) as run,
    node as named,
    slot as instrument,
    value,
    case when slot % 5 = 4 then 20 / sqrt(items) end as stderr,
    items,
    false as has_items,
    'table' as source,
    'generated' as origin,
    state = 2 as is_reported,
    now() as imported_at,
    now() as last_read_at
from lent
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubScores:
    """Scores sorted by node and slot (int32), each with its value, items (int32) and state (0 to 2, int8)."""

    node: NDArray[np.int32]
    slot: NDArray[np.int32]
    value: NDArray[np.float64]
    items: NDArray[np.int32]
    state: NDArray[np.int8]


def generate_scores(graph: Graph) -> HubScores:
    """Return scores of a fifth of the models: half of those that have derivatives, fewer of the others.

    A scored model has each of 16 instruments with probability one half. Rates are a share of their items.
    """
    random = np.random.default_rng(11)
    is_base = graph.downwards.degrees() > 0
    others = (SCORED_SHARE * graph.size - BASES_SHARE * is_base.sum()) / (graph.size - is_base.sum())
    scored = np.flatnonzero(random.random(graph.size) < np.where(is_base, BASES_SHARE, others))
    at, slot = np.nonzero(random.random((len(scored), INSTRUMENTS)) < SLOT_SHARE)
    items = np.array(_ITEMS)[slot]
    skill = np.clip(random.normal(0.2 + 0.6 * slot / INSTRUMENTS, 0.03), 0, 1)
    is_graded = slot % _GRADED_EVERY == _GRADED_EVERY - 1
    return HubScores(
        node=scored[at].astype(np.int32),
        slot=slot.astype(np.int32),
        value=np.where(is_graded, 100 * skill, random.binomial(items, skill) / items),
        items=items.astype(np.int32),
        state=random.choice(np.arange(3, dtype=np.int8), len(at), p=(0.85, 0.05, 0.1)),
    )


def write_scores(path: Path, scores: HubScores) -> None:
    """Write instruments and scores into a database of generated models."""
    database = open_database(path)
    connection = database._connection  # noqa: SLF001 - generated rows go past the import
    connection.execute("begin")
    place = np.random.default_rng(13).permutation(len(scores.node)).astype(np.int32)
    columns = {name: getattr(scores, name) for name in ("node", "slot", "value", "items", "state")}
    connection.execute(INSERT_INSTRUMENTS, [INSTRUMENTS])
    by_place = np.argsort(place)
    connection.register("lent", {"place": place[by_place], **{name: of[by_place] for name, of in columns.items()}})
    for statement in (INSERT_NAMES, INSERT_SCORES):
        connection.execute(statement)
    write_current_scores(database)
    connection.execute("commit")
    database.close()
