"""The search over all models: a form, and a page of what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lineage.text.counts import number_of
from store.derive.model_names import seek_model
from store.queries.known_domains import known_domains
from store.queries.search import ModelQuery, count_models, search_models
from store.serving.endpoints import SEARCHED, asked
from store.serving.html import Column, address, count, framed, joined, model_link, paging, table, tag, topics
from store.serving.overview_page import domain_choice
from store.serving.parameters import PAGE, PAGE_ROWS, page_of, read_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import HTMLResponse

    from lineage.domains.lexicon import Domain
    from store.database import Database
    from store.serving.html import Content, Markup
    from store.serving.reader_copies import Copies

LICENCES_OFFERED: Final = 100
COLUMNS: Final = (
    Column(title="model"),
    Column(title="domains"),
    Column(title="licence"),
    Column(title="downloads", kind="number"),
    Column(title="derivatives", kind="number"),
)


def answer_search(copies: Copies, request: Request) -> HTMLResponse:
    """Return what a search finds, every model without a question; raises BadParameter and UnknownDomain."""
    values = read_all((*SEARCHED, PAGE), dict(request.query_params))
    page, question = page_of(values), asked(values)
    with copies.reading() as reading:
        database = reading.database
        before = (page - 1) * PAGE_ROWS
        found = search_models(database, question, limit=PAGE_ROWS + 1, offset=before)
        is_end = len(found.rows) <= PAGE_ROWS and (found.rows or not before)  # then all are counted already
        number = before + len(found.rows) if is_end else count_models(database, question)
        domains = {one.name: one for one in known_domains(database)}
        licences = [str(row[0]) for row in database.run("search/licences", limit=LICENCES_OFFERED).rows]
        elsewhere = None if found.rows else _formerly(database, question)
    rows = found.records()
    kept = {name: values[name] for name in ("search", "author", "domain", "license")}
    return framed(
        f"{question.words or 'Models'}",
        tag("h1", "Models"),
        _form(domains, licences, values),
        tag(
            "p",
            f"{number_of(number, 'model')}, the most downloaded first" if number else "No model passes.",
            id="found",
        ),
        elsewhere,
        table("Models", COLUMNS, (_row(row, domains) for row in rows[:PAGE_ROWS])) if rows else None,
        paging("/search", kept, page, is_more=len(rows) > PAGE_ROWS),
        reading=reading,
        domains=domains.values(),
        current="/search",
    )


def _row(row: Mapping[str, Any], domains: Mapping[str, Domain]) -> Sequence[Content]:
    return (
        joined(
            model_link(row["id"]),
            tag("span", f" {row['status']}", class_="doubt") if row["status"] != "present" else None,
            _parentage(row),
        ),
        topics(domains, ((name, "") for name in row["domains"])),
        row["license"],
        count(row["downloads"]),
        count(row["derivatives"] or None),
    )


def _parentage(row: Mapping[str, Any]) -> Markup | None:
    """Return what a model was made from, in a line."""
    if row["parent"] is None:
        return None
    others = f" and {number_of(row['parents'] - 1, 'other')}" if row["parents"] > 1 else ""
    inferred = " (inferred)" if row["inferred"] else ""
    return tag("div", f"{row['relation']} of ", tag("bdi", row["parent"]), others, inferred, class_="quiet")


def _formerly(database: Database, question: ModelQuery) -> Markup | None:
    """Return where a former or a bare name leads, if a search for it finds nothing."""
    name = (question.words or "").strip()
    found = seek_model(database, name) if name else None
    return tag("p", f"{name} is now ", model_link(found), ".") if found else None


def _form(domains: Mapping[str, Domain], licences: Sequence[str], values: Mapping[str, Any]) -> Markup:
    chosen = values["license"]
    known = licences if chosen is None or chosen in licences else (chosen, *licences)
    options = (tag("option", one, value=one, selected=one == chosen) for one in known)
    words = tag(
        "input", name="search", type="search", maxlength=200, value=values["search"], placeholder="parts of the id"
    )
    return tag(
        "form",
        tag("label", "model ", words),
        tag("label", "author ", tag("input", name="author", maxlength=100, value=values["author"])),
        domain_choice(domains, values["domain"]),
        tag("label", "licence ", tag("select", tag("option", "all", value=""), *options, name="license")),
        tag("button", "Search", type="submit"),
        tag("a", "clear", href=address("/search")) if any(values[one.name] for one in SEARCHED) else None,
        id="filters",
        role="search",
        aria_label="Search all models",
        action="/search",
    )
