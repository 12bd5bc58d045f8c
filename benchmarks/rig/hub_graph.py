"""A graph of the whole Hub's size, generated: as arrays, and as a database that lineage reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.from_edges import write_what_follows
from store.connect import open_database
from store.derive.graph_cache import keep_files

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[np.int32]

MODELS: Final = 3_000_000
EDGES: Final = 1_600_000
FAMILY: Final = 107_000
CHAIN: Final = 40
MOST_PARENTS: Final = 65
CYCLES: Final = 40
FEWEST: Final = 2_000
_NOW: Final = datetime(2026, 6, 1, tzinfo=UTC)
_DIRECT: Final = 50_000
_SKEW: Final = 3
_MERGED: Final = 52_800
_FROM_ROOTS: Final = 0.7

INSERT_MODELS: Final = """
insert into hub.models by name
select
    format('{:024x}', range) as hub_id,
    format('org-{:04d}/model-{:07d}', range // 1000, range) as id,
    format('org-{:04d}', range // 1000) as author,
    now() - to_hours(range % 20000) as created_at,
    (range * 2654435761) % 100003 as downloads,
    range % 97 as likes,
    'transformers' as library,
    'apache-2.0' as license,
    ['transformers', 'en', 'license:apache-2.0'] as tags,
    20 as detail,
    'present' as status,
    now() as first_seen_at,
    now() as last_seen_at,
    1 as crawl,
    '{}' as body
from range($1)
order by hash(range)
"""
"""In no order of the ids, as records arrive."""
INSERT_EDGES: Final = """
insert into hub.edges by name
select
    format('org-{:04d}/model-{:07d}', child // 1000, child) as child,
    format('org-{:04d}/model-{:07d}', parent // 1000, parent) as parent,
    case when count(*) over (partition by child) > 1 then 'merge' else 'finetune' end as relation,
    'tag' as evidence,
    0.97 as confidence,
    'base_model:' || format('org-{:04d}/model-{:07d}', parent // 1000, parent) as declared_as,
    'exact' as resolution,
    'default' as relation_reason,
    false as inferred,
    now() as first_seen_at,
    now() as last_seen_at
from lent
order by child, parent
"""
INSERT_DOMAINS: Final = """
insert into hub.domains by name
select
    id as model,
    'medical' as domain,
    'own' as basis,
    0.8 as confidence,
    ['tag:medical'] as signals
from hub.models
where downloads % 50 = 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubGraph:
    """A number of nodes, and child and parent of each edge (int32)."""

    size: int
    child: Numbers
    parent: Numbers


def generate(models: int = MODELS, edges: int = EDGES, family: int = FAMILY) -> HubGraph:
    """Return a graph like the Hub's; `family` models at most, fewer merges if there are fewer models.

    Node 0 is the root of the largest family, with half of it as its children and a chain of 40 below it. Half of the
    models have a parent, mostly one of a few; 52,800 are merges, one with 65 parents; 40 pairs are each other's
    parents. Raises ValueError if there are too few models for the chain and the one merge.
    """
    if models < FEWEST:
        raise ValueError(f"a generated graph has at least {FEWEST:,} models, not {models:,}")
    random = np.random.default_rng(7)
    share = models / MODELS
    merged, direct = int(_MERGED * share), int(_DIRECT * share)
    extra = int(110_000 * share)
    within = np.arange(1, family + 1)
    above = (within * random.random(family)).astype(np.int64)
    above[:CHAIN] = np.arange(CHAIN)
    above[CHAIN : CHAIN + direct] = 0
    children = np.arange(family + 1, edges - extra)
    roots = edges - extra + (random.random(len(children)) ** _SKEW * (models - edges) * 0.05).astype(np.int64)
    siblings = family + 1 + ((children - family - 1) * random.random(len(children))).astype(np.int64)
    parents = np.where((random.random(len(children)) < _FROM_ROOTS) | (siblings == children), roots, siblings)
    merges = children[-merged:]
    merging = np.concatenate([np.full(MOST_PARENTS - 1, merges[-1]), random.choice(merges[:-1], extra - MOST_PARENTS)])
    merged_from = random.integers(family + 1, merges[0], len(merging))
    pairs = slice(1000, 1000 + CYCLES)
    child = np.concatenate([within, children, merging, parents[pairs]])
    parent = np.concatenate([above, parents, merged_from, children[pairs]])
    return HubGraph(size=models, child=child.astype(np.int32), parent=parent.astype(np.int32))


def write_database(path: Path, graph: HubGraph) -> None:
    """Write a database of these models and edges with everything that follows from the edges."""
    database = open_database(path)
    connection = database._connection  # noqa: SLF001 - generated rows go past the crawl
    connection.execute("begin")
    connection.execute(INSERT_MODELS, [graph.size])
    connection.register("lent", {"child": graph.child, "parent": graph.parent})
    connection.execute(INSERT_EDGES)
    connection.execute(INSERT_DOMAINS)
    connection.execute("commit")
    connection.execute("begin")  # where records stand is known once they are stored
    write_what_follows(database, _NOW)
    connection.execute("commit")
    keep_files(database)  # as every command that writes does
    database.close()
