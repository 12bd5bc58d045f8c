"""What models were trained on: the data sets that tags, cards and fetched front matters name, one row a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.parents.card_files import read_card_datasets
from store.lent_columns import as_columns

if TYPE_CHECKING:
    from store.database import Database


def write_trained_on(database: Database) -> None:
    """Write `hub.trained_on` from the records and the fetched cards."""
    rows = (
        (model, dataset)
        for model, content in database.run("parents/list_readmes").rows
        for dataset in read_card_datasets(str(content))
    )
    database.run("trained_on/clear_trained_on")
    with database.columns("lent_datasets", **as_columns(("model", "declared_as"), rows)):
        database.run("trained_on/insert_trained_on")
