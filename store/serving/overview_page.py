"""The first page: families by their roots, with filters, and the queue of evaluations while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from lineage.text.counts import number_of
from store.queries.known_domains import known_domains
from store.serving.endpoints import DOMAIN, told_by_chance
from store.serving.html import Column, address, count, framed, joined, paging, table, tag, topics
from store.serving.overview import OverviewSort, list_overview
from store.serving.parameters import PAGE, PAGE_ROWS, Parameter, chosen, page_of, read_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import HTMLResponse

    from lineage.domains.lexicon import Domain
    from store.serving.html import Content, Markup
    from store.serving.reader_copies import Copies

    Row = Mapping[str, Any]

SORTS: Final = {
    OverviewSort.EXPOSURE: "downloads of derivatives",
    OverviewSort.MODELS: "models",
    OverviewSort.SCORED: "scored models",
    OverviewSort.UNSCORED: "unscored models",
    OverviewSort.WORSE: "models that got worse",
    OverviewSort.CONTRADICTORY: "contradictory models",
}
FILTERS: Final = (
    Parameter(name="search", about="only families whose root's id contains this"),
    DOMAIN,
    chosen("sort", "what to order by, the greatest first", OverviewSort, OverviewSort.EXPOSURE.value),
    PAGE,
)
OF_ALL: Final = (Column(title="root"), Column(title="root is"), Column(title="used in"))
SIZES: Final = (Column(title="models", kind="number"), Column(title="downloads", kind="number"))
SCORED: Final = (
    Column(title="scored"),
    Column(title="worse", kind="number"),
    Column(title="better", kind="number"),
    Column(title="contradictory", kind="number"),
    Column(title="withheld", kind="number"),
)
ABOUT_VERDICTS: Final = (
    "Worse and better count the models with at least one such verdict against their nearest scored ancestor, as of the "
    "last time drift was computed; a contradictory model has both. A model without a verdict is not safe, only unknown."
)


def answer_overview(copies: Copies, request: Request) -> HTMLResponse:
    """Return the overview; raises BadParameter and UnknownDomain."""
    values = read_all(FILTERS, dict(request.query_params))
    page, domain, search = page_of(values), values["domain"], values["search"]
    sort = OverviewSort(str(values["sort"]))
    with copies.reading() as reading:
        found = list_overview(
            reading.database,
            domain=str(domain) if domain else None,
            search=str(search) if search else None,
            sort=sort,
            limit=page * PAGE_ROWS + 1,
        )
        domains = {one.name: one for one in known_domains(reading.database)}
        chance = told_by_chance(reading.database, {})
    rows = found.records()[(page - 1) * PAGE_ROWS :]
    is_more = len(rows) > PAGE_ROWS
    kept = {"domain": domain, "search": search, "sort": sort.value if sort is not OverviewSort.EXPOSURE else None}
    return framed(
        "Families",
        tag("h1", "Families"),
        _queue(),
        _filters(domains, values, sort),
        *_listing(rows[:PAGE_ROWS], domains, chance),
        paging("/", kept, page, is_more=is_more),
        reading=reading,
        domains=domains.values(),
        current="/",
    )


def _listing(rows: Sequence[Row], domains: Mapping[str, Domain], chance: str | None) -> Sequence[Content]:
    """Return the table and what to know of it; without a score its columns of scores are left out."""
    if not rows:
        return (tag("p", "No family passes these filters.", id="empty", role="status"),)
    is_scored = any(row["scored"] for row in rows)
    columns = (*OF_ALL, *SIZES, *(SCORED if is_scored else ()))
    listed = table("Families, one row per root", columns, (_row(row, domains, is_scored=is_scored) for row in rows))
    if not is_scored:
        return listed, tag("p", "None of these families has a score yet.", class_="quiet")
    return listed, tag("p", ABOUT_VERDICTS, class_="quiet"), tag("p", chance, id="chance") if chance else None


def _row(row: Row, domains: Mapping[str, Domain], *, is_scored: bool) -> Sequence[Content]:
    used = ((str(one["domain"]), f" {one['models']:,}") for one in row["used_in"])
    facts = (
        joined(
            tag("a", tag("bdi", str(row["root"])), href=address("/family", root=str(row["root"]))),
            f" ({row['status']})" if row["status"] != "present" else None,
            tag("div", str(row["root_is"]), class_="quiet") if row["root_is"] else None,
        ),
        topics(domains, ((str(name), "") for name in row["domains"])),
        topics(domains, used),
        count(row["models"]),
        count(row["exposure"]),
    )
    return (*facts, _share(row), *map(_counted, _MOVED, map(row.get, _MOVED))) if is_scored else facts


_MOVED: Final = ("worse", "better", "contradictory", "withheld")


def _counted(kind: str, number: object) -> Markup:
    return tag("span", count(number), class_=kind) if number else tag("span", "0", class_="quiet")


def _share(row: Row) -> Markup:
    """Return how much of a family has any score: none must not look like a little."""
    scored, measured, models = row["scored"], row["measured"], row["models"]
    if not scored:
        return tag("span", "none", class_="quiet")
    told = [f"{measured:,} measured"] if measured else []
    told += [f"{scored - measured:,} reported or stale"] if scored > measured else []
    bar = tag("meter", max=models, value=scored, aria_label=f"{scored:,} of {number_of(models, 'model')}")
    return tag("span", bar, ", ".join(told), class_="share")


def _queue() -> Markup:
    return tag(
        "section",
        tag("p", id="queue-line"),
        tag("progress", id="queue-bar", aria_label="Jobs that have ended", max=1, value=0),
        tag("ul", id="queue-jobs"),
        id="queue",
        aria_label="Queue of evaluations",
        hidden=True,
    )


def _filters(domains: Mapping[str, Domain], values: Mapping[str, Any], sort: OverviewSort) -> Markup:
    orders = (tag("option", words, value=one.value, selected=one is sort) for one, words in SORTS.items())
    return tag(
        "form",
        tag(
            "label", "root contains ", tag("input", name="search", type="search", maxlength=200, value=values["search"])
        ),
        domain_choice(domains, values["domain"]),
        tag("label", "most first ", tag("select", *orders, name="sort")),
        tag("button", "Show", type="submit"),
        id="filters",
        role="search",
        aria_label="Filters",
        action="/",
    )


def domain_choice(domains: Mapping[str, Domain], chosen_one: object) -> Markup:
    """Return a choice among the domains of the lexicon."""
    options = (tag("option", one.title, value=one.name, selected=one.name == chosen_one) for one in domains.values())
    return tag("label", "domain ", tag("select", tag("option", "all", value=""), *options, name="domain"))
