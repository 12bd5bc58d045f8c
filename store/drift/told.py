"""The stored conclusions on safety, read as arrays: a study of a whole Hub has no time for an object each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lineage.drift.table import ITEMS
from lineage.statistics.defaults import ALPHA
from lineage.statistics.verdicts import VERDICTS
from lineage.study.told_columns import ToldColumns, ToldInstrument, coded
from lineage.vocabulary import RELATIONS, Verdict
from store.drift.verdicts import VerdictFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lineage.graph.id_index import GraphIndex
    from store.database import Database
    from store.drift.verdicts import VerdictQuery

    Arrays = Mapping[str, NDArray[Any]]
    Codes = NDArray[np.int32]
    Flags = NDArray[np.bool_]
    Named = tuple[Codes, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToldVerdicts:
    """The conclusions, how many verdicts on safety have none, and the nodes of models that were compared on items."""

    columns: ToldColumns
    withheld: int
    with_items: NDArray[np.int32]


def read_told_columns(database: Database, asked: VerdictQuery, domain: str | None = None) -> ToldVerdicts:
    """Return what `store.drift.verdicts.read_told` reads against the first kind of ancestor, as arrays."""
    naming = VerdictFacts.of(database, asked)
    instruments = sorted(naming.of_safety)
    wanted: dict[str, object] = {
        "is_all": asked.is_all,
        "withheld": Verdict.WITHHELD.value,
        "instruments": instruments,
        "against": asked.against[0].value,
    }
    coding = {"verdicts": [one.value for one in VERDICTS], "relations": sorted(RELATIONS), "items": ITEMS}
    with database.columns("lent_asked", nid=asked.nodes):
        found = database.arrays("drift/told_columns", **wanted, **coding)
        references = database.arrays("drift/told_references", **wanted)
        untold = database.run("drift/untold", **wanted).rows
    columns = _columns(naming, instruments, found, references)
    with_items = found["nid"][found["has_items"]]
    if domain is not None:
        is_of_it = np.array([domain in one for one in columns.domain_sets], dtype=bool)[columns.domain_set]
        columns, with_items = columns.at(is_of_it), found["nid"][found["has_items"] & is_of_it]
    withheld = sum(
        cast("int", count)
        for nid, count in untold
        if domain is None or domain in naming.topics.get(naming.stored.index.id(cast("int", nid)), ())
    )
    return ToldVerdicts(columns=columns, withheld=withheld, with_items=np.unique(with_items).astype(np.int32))


def _columns(naming: VerdictFacts, instruments: list[str], found: Arrays, references: Arrays) -> ToldColumns:
    index = naming.stored.index
    nodes, place = np.unique(found["nid"], return_inverse=True)
    ids = index.take(nodes)
    model, models = coded(ids)
    domains, domain_sets = coded([naming.topics.get(one, ()) for one in ids])
    root, roots = _named(index, naming.stored.graph.labels.root[nodes])
    reference, names = coded(references["reference"].tolist())
    score = np.searchsorted(references["referred"], found["reference_score"])
    return ToldColumns(
        instruments=tuple(_instrument(naming, key) for key in instruments),
        models=models,
        references=names,
        roots=roots,
        relations=tuple(sorted(RELATIONS)),
        domain_sets=domain_sets,
        model=model[place],
        reference=reference[score],
        root=root[place],
        domain_set=domains[place],
        alpha=ALPHA,
        is_by_pair=True,
        is_tested=found["is_tested"].astype(bool),
        instrument=found["instrument"].astype(np.int32),
        relation=found["relation"].astype(np.int32),
        distance=found["distance"].astype(np.int32),
        verdict=found["verdict"].astype(np.int32),
        delta=_figures(found["delta"]),
        value=_figures(found["value"]),
        reference_value=_figures(found["reference_value"]),
        ci_low=_figures(found["ci_low"]),
        ci_high=_figures(found["ci_high"]),
        items=_figures(found["items"]),
    )


def _figures(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return figures as float64, NaN where there is none."""
    found: NDArray[np.float64] = np.ma.filled(values.astype(np.float64), np.nan)
    return found


def _named(index: GraphIndex, nodes: NDArray[np.integer]) -> Named:
    """Return the places of nodes among the names of the distinct ones, and the names."""
    distinct, place = np.unique(nodes, return_inverse=True)
    codes, names = coded(index.take(distinct))
    return codes[place], names


def _instrument(naming: VerdictFacts, key: str) -> ToldInstrument:
    facts = naming.measured[key]
    return ToldInstrument(
        key=key,
        name=facts["name"],
        construct=facts["construct"],
        judge=facts.get("judge"),
        scale=facts["scale"],
    )
