"""The models that a selector names to be fetched from the Hub, also those that are not stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lineage.crawl_records import NamedModels
from lineage.selectors.parser import parse
from lineage.selectors.records import NamedModel, Selector, SelectorTerm, render
from store.derive.model_names import NoSuchModel
from store.queries.select import select

if TYPE_CHECKING:
    from store.database import Database


def named_models(database: Database, text: str, *, only_unknown: bool = False) -> NamedModels:
    """Return the models that a selector names, the most downloaded first, and its plain ids that are not stored.

    With `only_unknown` stored models are left out whose commit is known. Models that the Hub no longer shows are left
    out. Raises SelectorError if it cannot be parsed, NoSuchModel for an unknown id with generations or conditions.
    """
    numbers, others = [np.zeros(0, dtype=np.int32)], []
    for group in parse(text).groups:
        try:
            numbers.append(select(database, render(Selector(groups=(group,)))))
        except NoSuchModel:
            match group.terms:
                case (SelectorTerm(atom=NamedModel(id=name), ancestors=0, descendants=0),):
                    others.append(name)
                case _:
                    raise
    with database.columns("lent_profiles", nid=np.unique(np.concatenate(numbers)).astype(np.int32)):
        rows = database.run("crawl_store/fetched_first", unknown=only_unknown).rows
    return NamedModels(stored=tuple(str(row[0]) for row in rows), others=tuple(dict.fromkeys(others)))
