"""HTML of the server's pages: elements whose texts are escaped, tables, and the frame around every page.

Every text may come from the Hub. A text becomes HTML only in `tag`, which escapes it and shows hidden characters.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse

from lineage.figures.look import shared_style
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lineage.domains.lexicon import Domain
    from store.serving.reader_copies import ReaderState

FRAMELESS: Final = "frame-ancestors 'none'"
_EMPTY: Final = frozenset({"input", "meta"})


class Markup(str):
    """A text that is HTML already: made by `tag` and `joined` alone."""

    __slots__ = ()


Content = Markup | str | int | None


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Markup:
    """Return an element. Texts are escaped; None is left out; `class_` is written class, `aria_label` aria-label."""
    told = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(plain(str(value), None))}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{told}>" if name in _EMPTY else f"<{name}{told}>{joined(*content)}</{name}>")


def joined(*content: Content) -> Markup:
    """Return contents one after the other."""
    return Markup("".join(one if isinstance(one, Markup) else escape(plain(str(one), None)) for one in _known(content)))


def _known(content: Iterable[Content]) -> Iterable[Markup | str | int]:
    return (one for one in content if one is not None)


def address(path: str, **parameters: str | int | None) -> str:
    """Return an address on this server, without the parameters that are None or empty."""
    told = urlencode({name: value for name, value in parameters.items() if value not in {None, ""}})
    return f"{path}?{told}" if told else path


def model_address(model: str) -> str:
    """Return the address of a model's page."""
    return f"/model/{quote(model, safe='/')}"


def model_link(model: str, *, label: str | None = None) -> Markup:
    """Return a link to a model's page."""
    return tag("a", tag("bdi", label or model), href=model_address(model))


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its heading, and the class of its cells. Without one the cells are texts."""

    title: str
    kind: str | None = None


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[Content]]) -> Markup:
    """Return a table without its empty columns; on a narrow screen each row is a list of its cells.

    Its roles are spelt out, because some browsers forget them where the style sheet makes a table a list.
    """
    rows = list(rows)
    full = [place for place in range(len(columns)) if any(row[place] not in {None, ""} for row in rows)]
    columns, rows = [columns[place] for place in full], [[row[place] for place in full] for row in rows]
    heads = (tag("th", one.title, scope="col", role="columnheader", class_=one.kind) for one in columns)
    body = (
        tag("tr", *(_cell(value, one) for value, one in zip(row, columns, strict=True)), role="row") for row in rows
    )
    return tag(
        "table",
        tag("caption", caption, class_="unseen"),
        tag("thead", tag("tr", *heads, role="row"), role="rowgroup"),
        tag("tbody", *body, role="rowgroup"),
        role="table",
    )


def _cell(value: Content, column: Column) -> Markup:
    is_empty = value is None or value == ""
    kinds = " ".join(filter(None, (column.kind, "blank" if is_empty else None))) or None
    return tag("td", value, role="cell", class_=kinds, data_label=column.title)


def count(number: object) -> Content:
    """Return a number with its thousands apart; None stays None."""
    return f"{number:,}" if isinstance(number, int) else None


def topics(domains: Mapping[str, Domain], names: Iterable[tuple[str, str]]) -> Markup:
    """Return domains by their titles and colours, each with what is said of it."""
    places = {name: place for place, name in enumerate(domains)}
    return joined(
        *(
            tag(
                "span",
                f"{domains[name].title if name in domains else name}{said}",
                class_=f"topic topic-{places[name]}" if name in places else "topic",
            )
            for name, said in names
        )
    )


def paging(path: str, parameters: Mapping[str, str | int | None], page: int, *, is_more: bool) -> Markup | None:
    """Return links to the pages before and after, None if this is the only one."""
    if page == 1 and not is_more:
        return None

    def to(number: int, words: str, kind: str) -> Markup:
        return tag("a", words, href=address(path, **{**parameters, "page": number}), rel=kind)

    return tag(
        "nav",
        to(page - 1, "← previous", "prev") if page > 1 else None,
        tag("span", f"page {page:,}"),
        to(page + 1, "next →", "next") if is_more else None,
        class_="paging",
        aria_label="Pages of the list",
    )


def site_bar(current: str, *more: Content) -> Markup:
    """Return the bar with the name of the product that is above every page, and links to the others."""
    pages = (("/", "Families"), ("/search", "Models"))
    links = (tag("a", words, href=path, aria_current="page" if path == current else None) for path, words in pages)
    return tag("nav", tag("a", "lineage", href="/", class_="brand"), *links, *more, class_="site", aria_label="lineage")


def bar_style() -> str:
    """Return the style sheet of the bar."""
    return _part("bar.css")


def framed(
    title: str,
    *body: Content,
    reading: ReaderState | None = None,
    domains: Iterable[Domain] = (),
    current: str = "",
    status: int = 200,
) -> HTMLResponse:
    """Return a page: its bar with a search, its content, and how old what it shows is.

    Its policy allows its own style and script, forms to and requests of this server, and nothing else.
    """
    style = shared_style() + _part("bar.css") + _part("pages.css") + _colours(domains)
    script = _part("pages.js")
    quick = tag(
        "form",
        tag("input", type="search", name="search", placeholder="All models ( / )", aria_label="Search all models"),
        tag("button", "Search", type="submit"),
        action="/search",
        role="search",
        class_="quick",
    )
    content = joined(
        tag("a", "Skip to the content", href="#main", class_="skip"),
        tag("header", site_bar(current, None if current == "/search" else quick)),
        tag("main", *body, id="main", tabindex="-1"),
        tag("footer", tag("p", freshness(reading), id="freshness") if reading is not None else None, _about_api()),
    )
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; {FRAMELESS}"
    )
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    page = (
        f'<!doctype html><html lang="en"><head>{head}{tag("title", f"{title} · lineage")}<style>{style}</style></head>'
        f"<body>{content}<script>{script}</script></body></html>"
    )
    return HTMLResponse(page, status_code=status, headers={"content-security-policy": policy})


def freshness(reading: ReaderState) -> str:
    """Return how old the copy is that answers."""
    writer = "a process" if reading.writer is None else f"process {reading.writer}"
    behind = f"; {writer} is writing since" if reading.is_behind else ""
    return f"as of {reading.as_of:%Y-%m-%d %H:%M} UTC{behind}"


def _about_api() -> Markup:
    return tag(
        "p",
        "The same as JSON: ",
        tag("a", "/openapi.json", href="/openapi.json"),
        " describes the API.",
        class_="quiet",
    )


def _colours(domains: Iterable[Domain]) -> str:
    """Return the colours of domains as rules: the policy forbids style attributes."""
    return "".join(f".topic-{place} {{ --topic: {one.colour}; }}\n" for place, one in enumerate(domains))


@cache
def _part(name: str) -> str:
    return files("store").joinpath("serving", "web", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
