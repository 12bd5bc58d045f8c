"""PNG: the family with its drift as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.figures.family import draw_family
from lineage.figures.png import as_png

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource


def write(source: ExportSource, place: Path) -> None:
    """Write the picture into the file; raises MissingExtra without the extra `reports`, and TooManyModels."""
    place.write_bytes(as_png(draw_family(source.profiles(), title=source.selector or "All models")))
