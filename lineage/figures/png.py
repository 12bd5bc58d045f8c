"""A figure as PNG, drawn by resvg (extra `reports`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.errors import MissingExtra

if TYPE_CHECKING:
    from lineage.figures.svg import Figure


def as_png(figure: Figure, *, zoom: float = 2.0) -> bytes:
    """Return a figure as PNG, so many times as large; texts are drawn with the fonts of this machine.

    Raises MissingExtra without resvg-py.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise MissingExtra("reports", "PNG") from error
    return bytes(svg_to_bytes(svg_string=figure.svg, zoom=zoom))
