"""A report as one HTML file that makes no requests and prints well."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final, assert_never

from lineage.figures.look import shared_style
from lineage.reports.blocks import Heading, Paragraph, Picture, Signature, TableBlock
from lineage.reports.unbroken import pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.reports.blocks import Block


FEW_COLUMNS: Final = 4
"""The columns that a phone shows well enough; with more, the first one stays in sight while the others move."""
_NUMBER: Final = ' class="number"'


def as_html(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the file in parts: every text is escaped, and its policy allows only its own style and images.

    It is light on a dark screen too, as on paper.
    """
    style = shared_style() + files("lineage").joinpath("reports", "report.css").read_text(encoding="utf-8")
    title = next((block.words for block in blocks if isinstance(block, Heading)), "Report")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    yield (
        '<!doctype html>\n<html lang="en" data-theme="light">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
    )
    yield _contents(blocks)
    yield "<main>\n"
    for block in blocks:
        yield from _block(block)
    yield "</main>\n</body>\n</html>\n"


def _contents(blocks: Sequence[Block]) -> str:
    links = "".join(
        f'<li><a href="#{escape(block.anchor)}">{escape(block.words)}</a></li>\n'
        for block in blocks
        if isinstance(block, Heading) and block.level == 2 and block.anchor  # noqa: PLR2004 - parts, not the title
    )
    return f'<nav aria-label="Contents">\n<ol>\n{links}</ol>\n</nav>\n'


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(words=words, level=level, anchor=anchor):
            name = f' id="{escape(anchor)}"' if anchor else ""
            yield f"<h{level}{name}>{_unbroken(words)}</h{level}>\n"
        case Paragraph(words=words, is_warning=is_warning):
            yield f'<p class="warning">{_unbroken(words)}</p>\n' if is_warning else f"<p>{_unbroken(words)}</p>\n"
        case Picture(figure=figure):
            data = base64.b64encode(figure.svg.encode()).decode("ascii")
            described = escape(f"{figure.title}. {figure.description}", quote=True)
            yield f'<figure><img src="data:image/svg+xml;base64,{data}" alt="{described}"></figure>\n'
        case Signature(places=places):
            named = "".join(f"<dt>{escape(place)}</dt><dd></dd>" for place in places)
            yield f'<dl class="signature">{named}</dl>\n'
        case TableBlock():
            yield from _table(block)
        case _ as never:
            assert_never(never)


def _table(table: TableBlock) -> Iterator[str]:
    if not table.rows:
        yield f'<p><span class="caption">{escape(table.caption)}:</span> {_unbroken(table.nothing)}</p>\n'
        return
    kind = "wide many" if len(table.columns) > FEW_COLUMNS else "wide"
    yield f'<div class="{kind}" tabindex="0" role="region" aria-label="{escape(table.caption, quote=True)}">\n<table>\n'
    yield f"<caption>{escape(table.caption)} ({len(table.rows):,})</caption>\n<thead><tr>"
    yield "".join(
        f'<th scope="col"{_NUMBER if name in table.numbers else ""}>{escape(name)}</th>' for name in table.columns
    )
    yield "</tr></thead>\n<tbody>\n"
    for row in table.rows:
        cells = zip(table.columns, row, strict=True)
        yield "<tr>"
        yield "".join(f"<td{_NUMBER if name in table.numbers else ''}>{_unbroken(value)}</td>" for name, value in cells)
        yield "</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"


def _unbroken(text: str) -> str:
    """Return a text in which names stay on one line, but for a break after the slash behind an organisation."""
    return "<wbr>".join(
        f'<span class="name">{escape(one.words)}</span>' if one.is_whole else escape(one.words) for one in pieces(text)
    )
