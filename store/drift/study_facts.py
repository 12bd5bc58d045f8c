"""What is known of models without evaluating them: size, relation, data sets, and the training that cards declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lineage.study.inputs import StudyFacts
from lineage.study.training_facts import read_hyperparameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.database import Database


def read_study_facts(database: Database, models: Iterable[str]) -> dict[str, StudyFacts]:
    """Return the facts of each of the models that has a record here; bases are asked for like derivatives.

    The card is the fetched `README.md`; where none was fetched, tags, library and the base that the record names
    remain. `relation` is None where a model's parents are related to it in different ways.
    """
    rows = database.run("study_facts/models", models=sorted(set(models))).rows
    return {str(row[0]): _facts(row) for row in rows}


def _facts(row: tuple[object, ...]) -> StudyFacts:
    _, parameters, library, relation, tags, datasets, card_base, card = row
    return StudyFacts(
        parameters=cast("int | None", parameters),
        library=cast("str | None", library),
        relation=cast("str | None", relation),
        datasets=tuple(cast("list[str]", datasets)),
        training=read_hyperparameters(
            cast("str | None", card) or "",
            cast("list[str]", tags),
            cast("str | None", library),
            base=cast("str | None", card_base),
        ),
    )
