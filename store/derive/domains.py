"""The domains of models, and of the lexicon by which they were judged: kept in the database as data.

A command that reads asks `store.queries.known_domains` which domains there are; none is named in code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.domains.classify import DomainSigns, classify, may_name_domain
from lineage.domains.inheritance import find_heirs
from lineage.domains.lexicon import LISTED_CONFIDENCE, merge
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.domains.inheritance import InheritedDomain
    from lineage.domains.lexicon import Lexicon
    from store.database import Database
    from store.derive.graph_tables import TouchedGraph

PATH: Final = " > "


def keep_lexicon(database: Database, lexicon: Lexicon) -> None:
    """Keep the domains of a lexicon and what a file added to it, in one transaction."""
    with database.transaction():
        keep_lexicon_within(database, lexicon)


def keep_lexicon_within(database: Database, lexicon: Lexicon) -> None:
    """Keep the domains of a lexicon and what a file added to it, within the caller's transaction."""
    database.run("domains/clear_lexicon_domains")
    rows = [(place, one.name, one.title, one.colour, one.risk) for place, one in enumerate(lexicon.domains)]
    names = ("place", "name", "title", "colour", "risk")
    with database.columns("lent_lexicon_domains", **as_columns(names, rows)):
        database.run("domains/insert_lexicon_domains")
    database.run("domains/clear_lexicon_additions")
    if lexicon.additions:
        database.run("domains/insert_lexicon_additions", text=lexicon.additions)


def kept_lexicon(database: Database) -> Lexicon:
    """Return the lexicon that ships with the file on top by which models were judged last, if there was one.

    Raises LexiconError where the file no longer fits what ships.
    """
    from lineage.domains.lexicon_file import default_lexicon, read_lexicon

    text = database.value("domains/read_lexicon_additions")
    if not isinstance(text, str):
        return default_lexicon()
    return merge(default_lexicon(), read_lexicon(text, "the lexicon file that the database keeps"))


def write_domains(database: Database, touched: TouchedGraph, lexicon: Lexicon) -> None:
    """Write `hub.domains` of what is derived again: first the domains from own signs, then the inherited ones.

    A model inherits from the nearest ancestor whose own signs suffice to list it; one with weak signs of its own has
    both. Ancestors along declared edges go first; through inferred edges, the confidence is times that of each of them.
    A parent that is not stored is judged by its name, so that its children inherit.
    """
    columns = as_columns(("model", "domain", "confidence", "signals"), _list_own(database, lexicon))
    database.run("domains/clear_domains")
    with database.columns("lent_domains", **columns):
        database.run("domains/insert_own_domains")
    own = database.arrays("domains/own_domain_nodes", confidence=LISTED_CONFIDENCE)
    for domain in lexicon.names:
        ours = own["domain"] == domain
        if ours.any():
            confidence = np.zeros(touched.graph.size)
            confidence[np.searchsorted(touched.nodes, own["nid"][ours])] = own["confidence"][ours]
            heirs = tuple(find_heirs(touched.graph, touched.declared, touched.doubts, confidence))
            _write_inherited(database, domain, heirs, touched.nodes)


def _list_own(database: Database, lexicon: Lexicon) -> Iterator[tuple[str, str, float, list[str]]]:
    """Yield model, domain, confidence and signals of what models show by their own signs."""
    prefilter = lexicon.prefilter()
    matched = database.read_along("domains/list_matching_ids", pattern=prefilter.id_pattern)
    named = [(identity,) for (identity,) in matched if may_name_domain(str(identity), lexicon)]
    with database.columns("lent_candidates", **as_columns(("id",), named)):
        candidates = database.read_along(
            "domains/list_candidates",
            tag_pattern=prefilter.dataset_pattern,
            tags=list(prefilter.tags),
            tag_prefixes=list(prefilter.tag_prefixes),
        )
        yield from _own_domains(candidates, lexicon)


def _own_domains(rows: Iterable[tuple[object, ...]], lexicon: Lexicon) -> Iterator[tuple[str, str, float, list[str]]]:
    for identity, tags, languages, library, pipeline_tag in rows:
        texts = tuple(cast("list[str]", tags))
        facts = DomainSigns(
            id=str(identity),
            tags=texts,
            datasets=tuple(tag.removeprefix("dataset:") for tag in texts if tag.startswith("dataset:")),
            languages=tuple(cast("list[str]", languages)),
            library=cast("str | None", library),
            pipeline_tag=cast("str | None", pipeline_tag),
        )
        for match in classify(facts, lexicon):
            yield facts.id, match.domain, match.confidence, list(match.signals)


def _write_inherited(
    database: Database, domain: str, heirs: Sequence[InheritedDomain], nodes: NDArray[np.int32]
) -> None:
    on_the_way = np.unique(np.array([node for heir in heirs for node in heir.path], dtype=np.int32))
    numbers = dict(zip(on_the_way.tolist(), nodes[on_the_way].tolist(), strict=True))
    with database.columns("lent_members", nid=nodes[on_the_way]):
        named = {number: str(name) for number, name in database.run("graph/names").rows}
    names = {node: named[number] for node, number in numbers.items()}
    rows = (
        (
            numbers[heir.path[0]],
            numbers[heir.path[-1]],
            PATH.join(names[node] for node in heir.path[1:]),
            len(heir.path) - 1,
            heir.confidence,
            heir.inferred,
        )
        for heir in heirs
    )
    columns = ("nid", "ancestor", "path", "distance", "confidence", "inferred")
    with database.columns("lent_inherited", **as_columns(columns, rows)):
        database.run("domains/insert_inherited_domains", domain=domain)
