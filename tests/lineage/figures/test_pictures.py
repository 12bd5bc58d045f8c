"""Figures in notebooks and as PNG."""

from __future__ import annotations

import base64
import re
import struct
import sys
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from lineage.errors import MissingExtra
from lineage.figures.family import draw_family
from lineage.figures.png import NoFonts, _has_fonts, as_png
from lineage.figures.svg import FONTS

if TYPE_CHECKING:
    from lineage.profile import Profiles


def test_a_notebook_gets_an_image_that_carries_the_figure(family: Profiles) -> None:
    """The image holds the very SVG and says in words what it shows."""
    figure = draw_family(family, title='"><script>')
    found = re.fullmatch(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)" [^>]+>', figure._repr_html_())
    assert found is not None
    assert base64.b64decode(found[1]).decode() == figure.svg == figure._repr_svg_()
    assert unescape(found[2]) == f"{figure.title}. {figure.description}"


def test_png_is_as_large_as_asked_for(family: Profiles) -> None:
    """Twice as many pixels on each side, and not an empty sheet."""
    pytest.importorskip("resvg_py", reason="needs the extra reports")
    figure = draw_family(family)
    drawn = as_png(figure)
    assert drawn.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", drawn[16:24]) == (2000, round(2 * figure.height))
    assert len(drawn) > 20_000


def test_without_fonts_no_picture_is_made(family: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """A figure without words would say nothing, so the error says what to install."""
    resvg = pytest.importorskip("resvg_py", reason="needs the extra reports")
    drawn = resvg.svg_to_bytes
    monkeypatch.setattr(resvg, "svg_to_bytes", lambda **told: drawn(**told, skip_system_fonts=True))
    _has_fonts.cache_clear()
    with pytest.raises(NoFonts, match="No font is installed here"):
        as_png(draw_family(family))
    _has_fonts.cache_clear()


def test_the_fonts_of_figures_are_looked_for(family: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has one of the figures' fonts and no other draws them: the letter that is tried is in the same."""
    resvg = pytest.importorskip("resvg_py", reason="needs the extra reports")
    tried: list[str] = []
    drawn = resvg.svg_to_bytes

    def note(**told: Any) -> object:  # noqa: ANN401 - as resvg's own
        tried.append(told["svg_string"])
        return drawn(**told)

    monkeypatch.setattr(resvg, "svg_to_bytes", note)
    _has_fonts.cache_clear()
    as_png(draw_family(family))
    assert len(tried) == 3
    assert all(f'font-family="{FONTS}"' in svg for svg in tried)


def test_without_its_extra_png_says_what_to_install(family: Profiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra and the command."""
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(MissingExtra, match="PNG needs the extra 'reports'") as caught:
        as_png(draw_family(family))
    assert "hub-lineage[reports]" in caught.value.hint
