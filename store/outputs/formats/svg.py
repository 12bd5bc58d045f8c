"""SVG: the family with its drift as a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.figures.family import draw_family

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource


def write(source: ExportSource, place: Path) -> None:
    """Write the figure into the file; raises TooManyModels."""
    place.write_text(draw_family(source.profiles(), title=source.selector or "All models").svg, encoding="utf-8")
