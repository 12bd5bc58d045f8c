"""A figure as PNG, drawn by resvg (extra `reports`)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError, MissingExtra
from lineage.figures.svg import FONTS

if TYPE_CHECKING:
    from lineage.figures.svg import Figure

_PROBE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
    f'<text y="15" font-family="{FONTS}">{{}}</text></svg>'
)
"""The font family in figures: without one, resvg looks for a font that few machines have."""


class NoFonts(LineageError):
    """No font is installed here, so that a picture would have no words."""

    hint = "install one, such as the package fonts-dejavu-core, or use svg"


def as_png(figure: Figure, *, zoom: float = 2.0) -> bytes:
    """Return a figure as PNG, enlarged by `zoom`; texts use this machine's fonts.

    Raises MissingExtra without resvg-py, NoFonts if the machine has no fonts.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise MissingExtra("reports", "PNG") from error
    if not _has_fonts():
        raise NoFonts
    return bytes(svg_to_bytes(svg_string=figure.svg, zoom=zoom))


@cache
def _has_fonts() -> bool:
    """Return whether a letter draws any pixels."""
    from resvg_py import svg_to_bytes

    return bytes(svg_to_bytes(svg_string=_PROBE.format("A"))) != bytes(svg_to_bytes(svg_string=_PROBE.format("")))
