"""What follows from the edges as a whole: numbered models, families, cycles, and domains that run down the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from lineage.domains import LISTED_CONFIDENCE, ModelFacts, classify, inherited_confidence
from lineage.graph import Graph
from lineage.terms import DOMAINS
from store.declarations import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.terms import Lexicon
    from store.database import Database

SEPARATOR = "\x1f"


def load_graph(database: Database) -> Graph:
    """Return the graph over the numbered models of `hub.nodes`, from its numbered edges."""
    arrays = database.arrays("graph/links")
    size = cast("int", database.value("graph/count_nodes"))
    return Graph.from_edges(size, arrays["child"], arrays["parent"], arrays["relation"])


def write_nodes(database: Database) -> None:
    """Give the models, the missing parents and with them the edges their numbers anew."""
    database.run("derive/clear_nodes")
    database.run("derive/insert_nodes")
    database.run("derive/clear_links")
    database.run("derive/insert_links")


def write_families(database: Database, graph: Graph) -> None:
    """Write `hub.families` anew, and a problem for every model that is its own ancestor."""
    families = graph.labels
    database.run("derive/clear_families")
    with database.columns(
        "lent_families",
        nid=np.arange(graph.size, dtype=np.int32),
        root=families.root,
        depth=families.depth,
        size=families.size,
        component=families.component,
    ):
        database.run("derive/insert_families")
    groups = graph.cycles()
    members = [(number, int(node)) for number, group in enumerate(groups) for node in group]
    if members:
        with database.columns("lent_cycles", **as_columns(("group_number", "nid"), members)):
            database.run("derive/cycle_problems")


def write_reach(database: Database, graph: Graph) -> None:
    """Write anew every root of the models that have several, and what stands below each model."""
    pairs = graph.all_roots()
    further = pairs.root != graph.labels.root[pairs.node]
    database.run("derive/clear_other_roots")
    with database.columns(
        "lent_roots", nid=pairs.node[further], root=pairs.root[further], distance=pairs.distance[further]
    ):
        database.run("derive/insert_other_roots")
    exposure = graph.exposure(database.arrays("derive/list_downloads")["downloads"].astype(np.int64))
    bases = np.flatnonzero(exposure.descendants).astype(np.int32)
    database.run("derive/clear_reach")
    with database.columns(
        "lent_reach", nid=bases, derivatives=exposure.descendants[bases], exposure=exposure.total[bases]
    ):
        database.run("derive/insert_reach")


def write_domains(database: Database, graph: Graph, lexicon: Lexicon) -> None:
    """Write `hub.domains` anew: own signs first, then what is inherited.

    A model inherits from the nearest ancestor whose own signs suffice to list it; one with weak signs of its own has
    both.
    """
    prefilter = lexicon.prefilter()
    candidates = database.run(
        "derive/list_candidates",
        id_pattern=prefilter.id_pattern,
        tag_pattern=prefilter.dataset_pattern,
        tags=list(prefilter.tags),
        tag_prefixes=list(prefilter.tag_prefixes),
    ).rows
    database.run("derive/clear_domains")
    names = ("model", "domain", "confidence", "signals")
    with database.columns("lent_domains", **as_columns(names, _own_domains(candidates, lexicon))):
        database.run("derive/insert_own_domains")
    for domain in DOMAINS:
        _write_inherited(database, graph, domain)


def _own_domains(rows: Sequence[tuple[object, ...]], lexicon: Lexicon) -> Iterator[tuple[str, str, float, str]]:
    for identity, tags, languages, library, pipeline_tag in rows:
        texts = tuple(cast("list[str]", tags))
        facts = ModelFacts(
            id=str(identity),
            tags=texts,
            datasets=tuple(tag.removeprefix("dataset:") for tag in texts if tag.startswith("dataset:")),
            languages=tuple(cast("list[str]", languages)),
            library=cast("str | None", library),
            pipeline_tag=cast("str | None", pipeline_tag),
        )
        for match in classify(facts, lexicon):
            yield facts.id, match.domain, match.confidence, SEPARATOR.join(match.signals)


def _write_inherited(database: Database, graph: Graph, domain: str) -> None:
    own = database.arrays("derive/own_domain_nodes", domain=domain, confidence=LISTED_CONFIDENCE)
    nodes = own["nid"].astype(np.int64)
    if not len(nodes):
        return
    marked = np.zeros(graph.size, dtype=bool)
    marked[nodes] = True
    confidence = np.zeros(graph.size)
    confidence[nodes] = own["confidence"]
    source, distance = graph.nearest_marked(marked)
    heirs = np.flatnonzero((source >= 0) & ~marked)
    inherited = [inherited_confidence(float(confidence[source[heir]]), int(distance[heir])) for heir in heirs]
    with database.columns(
        "lent_inherited",
        nid=heirs.astype(np.int32),
        ancestor=source[heirs],
        distance=distance[heirs],
        confidence=np.array(inherited, dtype=np.float64),
    ):
        database.run("derive/insert_inherited_domains", domain=domain)
