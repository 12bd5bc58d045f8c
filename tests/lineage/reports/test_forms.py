"""The forms of a report: whatever a text holds, in HTML, in Markdown and in PDF it stays that text."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pypdf import PdfReader

from lineage.errors import MissingExtra
from lineage.figures.svg import Figure
from lineage.reports.blocks import Heading, Paragraph, Picture, Signature, TableBlock
from lineage.reports.html import as_html
from lineage.reports.markdown import as_markdown
from lineage.reports.pdf import as_pdf
from lineage.reports.unbroken import pieces
from lineage.text.plain import plain
from lineage.vocabulary import Paper

FIGURE = Figure(svg="<svg xmlns='http://www.w3.org/2000/svg'/>", title="T", description="D", width=1, height=1)
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b | c",
    "[text](javascript:alert(1))",
    "![x](http://evil.example/x.png)",
    "`code` **bold** _it_ ~~no~~ <b>",
    "# heading\n\n- list",
    "https://evil.example www.evil.example @maple #1",
    "=HYPERLINK(1)",
    "&lt;b&gt; &#60;",
    "\\| \\",
    "$x$ $$y$$",
    "1. first",
    "2) second",
    "- a",
    "+ b",
    "===",
    "---",
)
texts = st.text(max_size=60).map(plain) | st.sampled_from(HOSTILE).map(plain)


class Reader(HTMLParser):
    """What a browser would see: the tags with their attributes, and the texts of table cells."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag, unless it only says where a line may break."""
        if (tag, tuple(attrs)) in {("wbr", ()), ("span", (("class", "name"),))}:
            return
        self.tags.append((tag, tuple(attrs)))
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        """Add to the cell that is open."""
        if self.cells and self.tags[-1][0] == "td":
            self.cells[-1] += data


def blocks(text: str) -> tuple[Heading | Paragraph | Picture | TableBlock, ...]:
    """Return a small report that has a text in every place."""
    return (
        Heading(words=text, level=1, anchor="top"),
        Paragraph(words=text, is_warning=True),
        Picture(figure=FIGURE),
        TableBlock(caption=text, columns=("model", "q"), rows=((text, "1"), ("x", text)), numbers=frozenset({"q"})),
        TableBlock(caption=text, columns=("a",), rows=(), nothing=text),
    )


@given(texts)
def test_html_holds_texts_alone(text: str) -> None:
    """The tags are those of a harmless text, whatever the text; cells read as they were written."""
    reader, harmless = Reader(), Reader()
    reader.feed("".join(as_html(blocks(text))))
    harmless.feed("".join(as_html(blocks("x"))))
    assert [tag for tag, _ in reader.tags] == [tag for tag, _ in harmless.tags]
    assert [[name for name, _ in found] for _, found in reader.tags] == [
        [name for name, _ in found] for _, found in harmless.tags
    ]
    assert text.strip() in {cell.strip() for cell in reader.cells}


@given(texts)
def test_markdown_holds_texts_alone(text: str) -> None:
    """A Markdown reader with tables, links and HTML finds no markup in a text, and reads it as it was written."""
    parser = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    found = parser.parse("".join(as_markdown(blocks(text), "figures")))
    inline = [child for token in found for child in token.children or ()]
    kinds = {child.type for child in inline} | {token.type for token in found}
    assert kinds.isdisjoint(
        {"html_inline", "html_block", "link_open", "code_inline", "strong_open", "em_open", "s_open"}
    )
    assert sum(child.type == "image" for child in inline) == 1
    assert sum(token.type == "td_open" for token in found) == 4
    cells = [
        "".join(child.content for child in token.children or ())
        for before, token in pairwise(found)
        if before.type == "td_open"
    ]
    assert " ".join(text.split()) in cells


def test_html_asks_for_nothing() -> None:
    """The policy forbids every request, and the only addresses are images within the file."""
    page = "".join(as_html(blocks("x")))
    assert "default-src 'none'" in page
    assert "unsafe" not in page
    reader = Reader()
    reader.feed(page)
    addresses = [value for _, found in reader.tags for name, value in found if name in {"src", "href"} and value]
    assert addresses
    assert all(address.startswith(("data:image/svg+xml;base64,", "#")) for address in addresses)


def test_an_empty_table_says_so() -> None:
    """A table without rows is a sentence, so that nothing looks forgotten."""
    nothing = TableBlock(caption="Verdicts", columns=("a",), rows=(), nothing="None is withheld.")
    assert "None is withheld." in "".join(as_html((nothing,)))
    assert "<table>" not in "".join(as_html((nothing,)))
    assert "None is withheld" in "".join(as_markdown((nothing,), None))


@given(texts)
def test_a_text_in_pieces_is_the_text(text: str) -> None:
    """Nothing is lost where lines may break, and a name is in one piece but for the slash."""
    assert "".join(one.words for one in pieces(text)) == text
    assert [one.words for one in pieces("of oak/medical-7b-v0.1, and")] == ["of ", "oak/", "medical-7b-v0.1,", " and"]
    assert not any(one.is_whole for one in pieces("x" * 150))


LONG = "juniper-clinical-research-group/maple-7b-instruct-v0.3-oncology-finetune-lora-checkpoint-12000"
"""A name as long as a column: a program would break it at each hyphen."""


@pytest.fixture(name="pdf", scope="module")
def fixture_pdf() -> bytes:
    """Give a report with every hostile text in it, a long table of long names, and a text of another script."""
    names = tuple((f"{LONG}-{number}", LONG, text) for number, text in enumerate(HOSTILE * 12))
    return as_pdf(
        (
            *blocks("\u043e\u0442\u0447\u0451\u0442"),
            Signature(places=("Decision",)),
            Heading(words="Appendix", anchor="appendix"),
            TableBlock(caption="Names", columns=("model", "parent", "as written"), rows=names),
        ),
        Paper.A4,
    )


def test_a_pdf_holds_every_text(pdf: bytes) -> None:
    """A reader of PDF finds title, language, bookmarks, page numbers, and every text as it was written."""
    reader = PdfReader(BytesIO(pdf))
    assert reader.metadata is not None
    assert reader.metadata.title == "\u043e\u0442\u0447\u0451\u0442"
    assert str(reader.root_object["/Lang"]) == "en"
    assert [str(entry["/Title"]) for entry in reader.outline if isinstance(entry, dict)] == [
        "\u043e\u0442\u0447\u0451\u0442"
    ]
    pages = [page.extract_text() for page in reader.pages]
    assert [f"{number} / {len(pages)}" in text for number, text in enumerate(pages, start=1)] == [True] * len(pages)
    everything = " ".join(" ".join(pages).split())
    for text in HOSTILE:
        assert " ".join(plain(text).split()) in everything
    assert "\u043e\u0442\u0447\u0451\u0442" in everything
    assert not any("/JS" in page or "/Annots" in page for page in reader.pages)


def test_a_pdf_breaks_no_name(pdf: bytes) -> None:
    """A name stands on one line from the slash on, the head of a table is on each of its pages, and none is empty."""
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    name = LONG.partition("/")[2]
    lines = [line for page in pages for line in page.splitlines()]
    found = sum(line.count(name) for line in lines)
    assert found == 2 * 12 * len(HOSTILE)
    assert all("as written" in page for page in pages[1:])
    assert all(len(page) > 400 for page in pages[1:-1])


def test_the_same_blocks_give_the_same_pdf() -> None:
    """Nothing of the moment is in the file, and its paper is the one that was asked for."""
    letter = as_pdf(blocks("x"), Paper.LETTER)
    assert letter == as_pdf(blocks("x"), Paper.LETTER)
    box = PdfReader(BytesIO(letter)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (612, 792)


def test_a_pdf_without_its_extra_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the compiler is not installed, the error says what to install."""
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingExtra) as caught:
        as_pdf(blocks("x"), Paper.A4)
    assert "hub-lineage[reports]" in str(caught.value.hint)
