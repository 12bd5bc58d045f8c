"""The pure core: records, parent resolution, domains, graph and rendering. No input, output, SQL or HTTP.

Programs start at `lineage.open(path)`, which opens a database for reading (docs/python.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike

    from store.notebook.library import Library

__all__ = ["open"]


def open(path: str | PathLike[str] = "lineage.duckdb") -> Library:  # noqa: A001 - `lineage.open(...)` is how it is read
    """Open a database for reading, as `store.notebook.library.Library`.

    Raises NoDatabase if there is none, DatabaseLocked while a crawl writes to it, NewerSchema or NotOurDatabase.
    """
    from store.notebook.library import Library

    return Library(path)
