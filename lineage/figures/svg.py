"""Writing SVG: elements out of numbers and texts from strangers, and the figure that they make up."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from html import escape
from typing import Final, TypeAlias

from lineage.scores.score import digest
from lineage.text.plain import plain, width

Attributes: TypeAlias = dict[str, str | float | None]
FONTS: Final = "Helvetica,Arial,Liberation Sans,DejaVu Sans,sans-serif"
FONT_SIZE: Final = 10.5
ADVANCE: Final = 0.56
"""How wide a letter is beside the size of the font, in the widest of these fonts, on average over ids of models."""
KEY: Final = "\N{SYMBOL FOR UNIT SEPARATOR}"
"""Stands in an element for what makes ids unique in a page; no text from strangers keeps this letter."""
_ID_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A finished figure: `svg` is a whole document, `title` and `description` say what it shows to who cannot see it.

    A notebook shows it where it is the last value of a cell. Its size is in pixels.
    """

    svg: str = field(repr=False)
    title: str
    description: str
    width: float
    height: float

    def _repr_svg_(self) -> str:
        """Return what notebooks draw."""
        return self.svg

    def _repr_html_(self) -> str:
        """Return an image for notebooks: as an image, SVG runs nothing and styles nothing around it."""
        return self.image()

    def image(self) -> str:
        """Return an HTML image that carries the figure within it and asks for no file."""
        data = base64.b64encode(self.svg.encode()).decode("ascii")
        described = escape(f"{self.title}. {self.description}", quote=True)
        size = f'width="{number(self.width)}" style="max-width:100%;height:auto"'
        return f'<img src="data:image/svg+xml;base64,{data}" alt="{described}" {size}>'


def finished(body: list[str], *, title: str, description: str, width: float, height: float) -> Figure:
    """Return elements as a figure on white; `KEY` in an element becomes what makes its ids unique in a page."""
    title, description = plain(title, None), plain(description, None)
    inner = "\n".join(body)
    key = f"f{digest([title, inner])[:_ID_DIGITS]}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" aria-labelledby="{key}t {key}d" '
        f'font-family="{FONTS}" font-size="{FONT_SIZE}" fill="#1a1d21">'
    )
    named = f'<title id="{key}t">{escape(title)}</title><desc id="{key}d">{escape(description)}</desc>'
    ground = '<rect width="100%" height="100%" fill="#fff"/>'
    svg = f"{head}\n{named}\n{ground}\n{inner.replace(KEY, key)}\n</svg>\n"
    return Figure(svg=svg, title=title, description=description, width=width, height=height)


def element(name: str, content: str = "", /, **attributes: str | float | None) -> str:
    """Return an element; `_` in the name of an attribute stands for `-`, None leaves it out, `content` is SVG."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def text(words: str, x: float, y: float, **attributes: str | float | None) -> str:
    """Return a line of text, whatever it holds: hidden characters are made visible and markup is none."""
    return element("text", cleaned(words), x=x, y=y, **attributes)


def cleaned(words: str) -> str:
    """Return a text from strangers as it may stand inside an element."""
    return escape(plain(words, None).replace(KEY, "\N{REPLACEMENT CHARACTER}"), quote=True)


def hint(words: str) -> str:
    """Return a title for the inside of an element: browsers show it where the pointer rests."""
    return element("title", cleaned(words))


def number(value: float) -> str:
    """Return a number with at most one decimal; SVG needs no more at this size."""
    short = f"{value:.1f}"
    return short.removesuffix(".0")


def fits(words: str, room: float, size: float = FONT_SIZE) -> str:
    """Return a text that fits into so many pixels: what is too long loses its middle, as ids differ at the ends."""
    letters = max(int(room / (size * ADVANCE)), 3)
    words = plain(words, None)
    if width(words) <= letters:
        return words
    head = letters * 2 // 5
    tail = letters - head - 1
    return f"{_taken(words, head)}…{_taken(words[::-1], tail)[::-1]}"


def _taken(words: str, columns: int) -> str:
    """Return the start of a text that takes at most so many columns."""
    used, kept = 0, []
    for letter in words:
        used += width(letter)
        if used > columns:
            break
        kept.append(letter)
    return "".join(kept)


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)
