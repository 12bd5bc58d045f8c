"""Results stated in models' own records, streamed: the parts of each record that hold them, not yet parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from store.queries.select import select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database

RECORDS_AT_ONCE: Final = 100
LARGEST_README_BYTES: Final = 1 << 20
"""A card is parsed as YAML, which is slow; the Hub has cards of about 700 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRecord:
    """The result sections of one record, each as JSON, None if the record has none.

    `names` are former names of the model. `card_index` is the model index of the card data, or None if it equals the
    one under its own key.
    """

    model: str
    names: frozenset[str]
    own_index: str | None = field(repr=False)
    card_index: str | None = field(repr=False)
    eval_results: str | None = field(repr=False)


def stated_records(database: Database, selector: str | None) -> Iterator[StatedRecord]:
    """Yield the records that report results, of the models that a selector matches (None: all); few in memory at once.

    Raises what `store.queries.select.select` raises.
    """
    rows = database.stream("card_results/list_records", batch=RECORDS_AT_ONCE, **_chosen(database, selector))
    for model, names, own_index, card_index, eval_results in rows:
        yield StatedRecord(
            model=str(model),
            names=frozenset(cast("list[str]", names)),
            own_index=_text(own_index),
            card_index=_text(card_index),
            eval_results=_text(eval_results),
        )


def stated_readmes(database: Database, selector: str | None) -> Iterator[tuple[str, str]]:
    """Yield model and text of the fetched cards that mention a model index when the record has none.

    Raises what `store.queries.select.select` raises.
    """
    chosen = _chosen(database, selector)
    rows = database.stream(
        "card_results/list_readmes", batch=RECORDS_AT_ONCE, most_bytes=LARGEST_README_BYTES, **chosen
    )
    for model, content in rows:
        yield str(model), str(content)


def _chosen(database: Database, selector: str | None) -> dict[str, object]:
    """Return the parameters that select models: the cursor of a stream cannot see a connection's lent tables."""
    numbers = [] if selector is None else select(database, selector).tolist()
    return {"is_selected": selector is not None, "numbers": numbers}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
