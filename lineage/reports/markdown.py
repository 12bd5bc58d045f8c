"""A report as Markdown; figures are separate files, because Markdown viewers do not show inline SVG."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import quote

from lineage.reports.blocks import Heading, Paragraph, Picture, Signature, TableBlock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lineage.reports.blocks import Block

_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#!|~&$:@^])")
"""Characters that start markup in CommonMark, GitHub's dialect (tables, mentions, addresses) or others (maths)."""
_START: Final = re.compile(r"(?:[-+=]|\d{1,9}(?=[.)]))")
"""Characters that start a list, a rule or an underlined heading at the beginning of a line."""


def as_markdown(blocks: Iterable[Block], folder: str | None) -> Iterator[str]:
    """Yield the file in parts; no text can become markup, a link or HTML.

    The figures are `figure_name(1)`, `figure_name(2)`... in the folder `folder` beside the file; with None they are
    only described.
    """
    figures = 0
    for block in blocks:
        match block:
            case Heading(words=words, level=level):
                yield f"{'#' * level} {escaped(words)}\n\n"
            case Paragraph(words=words, is_warning=is_warning):
                yield f"> {escaped(words)}\n\n" if is_warning else f"{escaped(words)}\n\n"
            case Picture(figure=figure):
                figures += 1
                if folder is not None:
                    yield f"![{escaped(figure.title)}](<{quote(folder)}/{figure_name(figures)}>)\n\n"
                yield f"{escaped(figure.description)}\n\n"
            case Signature(places=places):
                yield "".join(f"{escaped(place)}: {escaped('_' * 30)}\n\n" for place in places)
            case TableBlock():
                yield from _table(block)
            case _ as never:
                assert_never(never)


def figure_name(number: int) -> str:
    """Return the file name of a figure; numbers start at 1."""
    return f"figure-{number}.svg"


def escaped(text: str) -> str:
    """Return a text escaped so that every character is literal."""
    line = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    found = _START.match(line)
    if found is None:
        return line
    at = found.end() if found.group()[-1].isdigit() else 0  # a digit cannot be escaped, but the period after it can
    return f"{line[:at]}\\{line[at:]}"


def _table(table: TableBlock) -> Iterator[str]:
    if not table.rows:
        yield f"{escaped(table.caption)}: {escaped(table.nothing)}\n\n"
        return
    yield f"{escaped(table.caption)} ({len(table.rows):,}):\n\n"
    yield _line(escaped(name) for name in table.columns)
    yield _line("---:" if name in table.numbers else "---" for name in table.columns)
    for row in table.rows:
        yield _line(escaped(value) for value in row)
    yield "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
