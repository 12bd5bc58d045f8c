"""What a selector matches, lent to SQL as a table: most statements that list models, changes or drift ask for it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from store.database import Database


@contextmanager
def selected(database: Database, text: str | None) -> Iterator[None]:
    """Lend SQL the table `lent_selected` of a selector's numbers for the duration of the block; None lends none.

    Raises what `store.queries.select.select` raises.
    """
    if text is None:
        database.run("select/lend_none")
        try:
            yield
        finally:
            database.run("select/take_back_none")
        return
    from store.queries.select import select  # with numpy, which a listing without a selector does not need

    with database.columns("lent_selected", nid=select(database, text)):
        yield
