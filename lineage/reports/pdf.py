"""A report as PDF, set by Typst (extra `reports`) from the blocks that HTML and Markdown are made from.

Texts reach the template as data, so that no text can become markup; the compiler sees no file and no network. Nothing
of the time or the machine enters the file: the same blocks give the same bytes. Only where a text has letters of
other scripts than Latin are the fonts of the system used.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, assert_never

from lineage.errors import MissingExtra
from lineage.figures.svg import FONTS
from lineage.reports.blocks import Heading, Paragraph, Picture, Signature, TableBlock
from lineage.reports.unbroken import pieces, widest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.reports.blocks import Block
    from lineage.vocabulary import Paper

    Json = dict[str, Any]

FONT: Final = "Libertinus Serif"
"""The font that the compiler brings along."""
MOST_MEASURED: Final = 200
"""Letters of a text that are measured to find how wide a column would like to be."""
FEW_WORDS: Final = 6
"""A column with a longer text than so many words is one of sentences."""
_LATIN: Final = (range(0x250), range(0x2000, 0x2C00))
"""Latin letters, punctuation, arrows and signs, which the compiler's own fonts have."""


def as_pdf(blocks: Sequence[Block], paper: Paper) -> bytes:
    """Return the file; raises MissingExtra without the package `typst`."""
    try:
        import typst
    except ImportError as error:
        raise MissingExtra("reports", "PDF") from error
    figures = [block.figure for block in blocks if isinstance(block, Picture)]
    inputs = {f"{number}.svg": one.svg.replace(FONTS, FONT).encode() for number, one in enumerate(figures)}
    places = iter(inputs)
    data = json.dumps(
        {
            "paper": {"a4": "a4", "letter": "us-letter"}[paper],
            "title": next((block.words for block in blocks if isinstance(block, Heading)), "Report"),
            "blocks": [_block(block, next(places) if isinstance(block, Picture) else "") for block in blocks],
        },
        ensure_ascii=False,
    )
    template = files("lineage").joinpath("reports", "report.typ").read_bytes()
    sources: Any = {"main.typ": template, "report.json": data.encode(), **inputs}  # the stub knows single files only
    made: bytes = typst.compile(
        sources,
        format="pdf",
        ignore_system_fonts=_is_latin(data) and all(_is_latin(one.svg) for one in figures),
    )
    return made


def _is_latin(text: str) -> bool:
    return text.isascii() or all(any(ord(letter) in letters for letters in _LATIN) for letter in set(text))


def _block(block: Block, place: str) -> Json:
    match block:
        case Heading(words=words, level=level):
            return {"kind": "heading", "words": _words(words), "level": level}
        case Paragraph(words=words, is_warning=is_warning):
            return {"kind": "warning" if is_warning else "paragraph", "words": _words(words)}
        case Picture(figure=figure):
            described = f"{figure.title}. {figure.description}"
            return {"kind": "picture", "place": place, "alt": described, "width": figure.width, "height": figure.height}
        case Signature(places=places):
            return {"kind": "signature", "places": list(places)}
        case TableBlock():
            return _table(block)
        case _ as never:
            assert_never(never)


def _table(table: TableBlock) -> Json:
    if not table.rows:
        return {"kind": "nothing", "caption": table.caption, "words": _words(table.nothing)}
    columns = zip(*table.rows, strict=True)
    return {
        "kind": "table",
        "caption": f"{table.caption} ({len(table.rows):,})",
        "columns": [
            {
                "name": name,
                "is_number": name in table.numbers,
                "is_prose": any(len(cell.split()) > FEW_WORDS for cell in cells),
                "least": max(map(widest, cells), key=len),
                "full": max(cells, key=len)[:MOST_MEASURED],
            }
            for name, cells in zip(table.columns, columns, strict=True)
        ],
        "rows": [[_words(cell) for cell in row] for row in table.rows],
    }


def _words(text: str) -> list[str | list[str]]:
    """Return a text as parts: a text may be broken into lines, a list of one text may not."""
    return [[one.words] if one.is_whole else one.words for one in pieces(text)]
