"""Arrow IPC: the tables as they are, a file each, a batch in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.errors import MissingExtra

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource

_STATEMENTS: Final = {
    "models": "export/models_rows",
    "edges": "export/edges_rows",
    "scores": "export/scores_rows",
    "drift": "export/drift_rows",
}


def write(source: ExportSource, place: Path) -> None:
    """Write the tables into the folder, or the only one into the file; raises MissingExtra without pyarrow."""
    try:
        from pyarrow import ipc
    except ImportError as error:
        raise MissingExtra("arrow", "the format arrow") from error
    for table, path in source.files(place):
        with source.database.batches(_STATEMENTS[table]) as batches, ipc.new_file(str(path), batches.schema) as out:
            for batch in batches:
                out.write_batch(batch)
