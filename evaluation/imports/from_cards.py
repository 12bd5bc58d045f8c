"""Scores that crawled model cards and records state about their own models, read from the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evaluation.imports.interface import Skipped
from evaluation.imports.model_card import INDEX, judge, read_index, read_record
from evaluation.imports.reported import Reports
from lineage.parents.card_files import read_front_matter
from store.scores.card_results import stated_readmes, stated_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score
    from store.database import Database
    from store.scores.card_results import StatedRecord


def scores_from_cards(
    database: Database, catalogue: Catalogue, selector: str | None = None
) -> Iterator[Score | Skipped]:
    """Yield a score or a reason for every stated result of the models that a selector names, or of all for None.

    Fetched cards count if the record shows no model index. The store may be written to meanwhile. Raises what
    `store.queries.select.select` raises.
    """
    reports = Reports(catalogue)
    for stated in stated_records(database, selector):
        yield from _read(stated, reports)
    for model, text in stated_readmes(database, selector):
        index = read_front_matter(text).get(INDEX)
        yield from judge(read_index(model, index, f"README of {model}"), reports)


def _read(stated: StatedRecord, reports: Reports) -> Iterator[Score | Skipped]:
    try:
        record: dict[str, object] = {
            INDEX: _parsed(stated.own_index),
            "cardData": {INDEX: _parsed(stated.card_index)},
            "evalResults": _parsed(stated.eval_results),
        }
    except (ValueError, RecursionError):  # a number of thousands of digits; nested too deeply
        yield Skipped(what=f"record of {stated.model}", reason="its results are too long or nested too deeply to read")
        return
    yield from read_record(stated.model, record, reports, stated.names)


def _parsed(text: str | None) -> object:
    return None if text is None else json.loads(text)
