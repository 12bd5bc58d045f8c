"""DuckDB's engine alone: what statements need, without the layer of relations that its package imports as well.

That layer takes half the time of a command that looks up a few rows. Its package re-exports the engine's names, so the
connections, errors and types are the same; who needs relations imports `duckdb`, which adds them to every connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb as engine
else:
    try:
        import _duckdb as engine
    except ImportError:  # the package keeps its engine elsewhere: then all of it is imported
        import duckdb as engine

__all__ = ["engine"]
