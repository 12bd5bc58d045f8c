"""SVG output: elements made from numbers and untrusted texts, and the figure they form."""

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
"""A letter's width relative to the font size, in the widest of these fonts, on average over model ids."""
KEY: Final = "\N{SYMBOL FOR UNIT SEPARATOR}"
"""Placeholder for the part that makes ids unique on a page; no untrusted text can contain this letter."""
_ID_DIGITS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A finished figure: `svg` is a whole document; `title` and `description` are for readers who cannot see it.

    A notebook shows it as the value of a cell. Its size is in pixels.
    """

    svg: str = field(repr=False)
    title: str
    description: str
    width: float
    height: float

    def _repr_svg_(self) -> str:
        """Return the SVG that notebooks draw."""
        return self.svg

    def _repr_html_(self) -> str:
        """Return an HTML image for notebooks: inside an image, SVG cannot run scripts or style the page around it."""
        return self.image()

    def image(self) -> str:
        """Return an HTML image with the figure embedded, so that no file is needed."""
        data = base64.b64encode(self.svg.encode()).decode("ascii")
        described = escape(f"{self.title}. {self.description}", quote=True)
        size = f'width="{number(self.width)}" style="max-width:100%;height:auto"'
        return f'<img src="data:image/svg+xml;base64,{data}" alt="{described}" {size}>'


def finished(body: list[str], *, title: str, description: str, width: float, height: float) -> Figure:
    """Return elements as a figure on white; `KEY` in an element is replaced to make its ids unique on a page."""
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
    """Return an element; `_` in an attribute's name becomes `-`, None omits the attribute, `content` is SVG."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_value(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def text(words: str, x: float, y: float, **attributes: str | float | None) -> str:
    """Return a line of text from any input: hidden characters become visible and markup is escaped."""
    return element("text", cleaned(words), x=x, y=y, **attributes)


def cleaned(words: str) -> str:
    """Return an untrusted text that is safe inside an element."""
    return escape(plain(words, None).replace(KEY, "\N{REPLACEMENT CHARACTER}"), quote=True)


def hint(words: str) -> str:
    """Return a title element, which browsers show as a tooltip."""
    return element("title", cleaned(words))


def number(value: float) -> str:
    """Return a number with at most one decimal, which is enough at this size."""
    short = f"{value:.1f}"
    return short.removesuffix(".0")


def fits(words: str, room: float, size: float = FONT_SIZE) -> str:
    """Return a text that fits into `room` pixels: long texts lose their middle, because ids differ at the ends."""
    letters = max(int(room / (size * ADVANCE)), 3)
    words = plain(words, None)
    if width(words) <= letters:
        return words
    head = letters * 2 // 5
    tail = letters - head - 1
    return f"{_taken(words, head)}…{_taken(words[::-1], tail)[::-1]}"


def _taken(words: str, columns: int) -> str:
    """Return the start of a text, at most `columns` wide."""
    used, kept = 0, []
    for letter in words:
        used += width(letter)
        if used > columns:
            break
        kept.append(letter)
    return "".join(kept)


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)
