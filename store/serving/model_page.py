"""A model's page: what it is, its parents with their evidence, what was made from it, its scores and drift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse

from lineage.drift.plus import PLUS_OF_BOTH
from lineage.output.result import shown
from lineage.text.counts import number_of
from lineage.vocabulary import Against
from store.derive.graph_cache import open_graph
from store.derive.model_names import number_of as number_of_model
from store.drift.profiles import read_profile
from store.queries.known_domains import known_domains
from store.queries.models import about_model, section_rows
from store.queries.search import list_children
from store.serving.html import (
    Column,
    address,
    count,
    framed,
    joined,
    model_address,
    model_link,
    paging,
    table,
    tag,
    topics,
)
from store.serving.parameters import PAGE, PAGE_ROWS, page_of, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from lineage.domains.lexicon import Domain
    from lineage.drift.drift_row import DriftRow
    from lineage.output.result import Result
    from lineage.parents.edge import Edge
    from lineage.profile import Profile, Profiles
    from lineage.scores.score import StoredScore
    from store.serving.html import Content, Markup
    from store.serving.reader_copies import Copies

HUB: Final = "https://huggingface.co"
SECTIONS: Final = {
    "show/family": "Family",
    "show/other_names": "Other names",
    "show/versions": "Versions",
    "show/corrections": "Corrections by people",
    "show/problems": "Problems with its record",
    "show/history": "History of its record",
}
"""What `lineage show` says besides, each with its statement."""
PARENTS: Final = (Column(title="parent"), Column(title="relation"), Column(title="how it is known"))
SIGNS: Final = (
    Column(title="parent"),
    Column(title="from"),
    Column(title="as written"),
    Column(title="confidence", kind="number"),
    Column(title="makes the edge"),
)
CHILDREN: Final = (
    Column(title="model"),
    Column(title="relation"),
    Column(title="licence"),
    Column(title="downloads", kind="number"),
    Column(title="derivatives", kind="number"),
)
SCORES: Final = (
    Column(title="instrument"),
    Column(title="value", kind="number"),
    Column(title="items", kind="number"),
    Column(title="state"),
    Column(title="from"),
    Column(title="measured"),
)
DRIFT: Final = (Column(title="instrument"), Column(title="verdict"), Column(title=f"in words ({PLUS_OF_BOTH})"))


def answer_model(copies: Copies, request: Request) -> Response:
    """Return the page of a model, or the way to it from a former name; raises NoSuchModel, NotResolved."""
    name = str(request.path_params["model"])
    page = page_of(read_all((PAGE,), dict(request.query_params)))
    with copies.reading() as reading:
        database = reading.database
        stored = open_graph(database)
        model = stored.index.id(number_of_model(database, stored, name))
        if model != name:
            return RedirectResponse(model_address(model), status_code=307)
        profiles = read_profile(database, model)
        children, number = list_children(database, model, limit=PAGE_ROWS, offset=(page - 1) * PAGE_ROWS)
        domains = {one.name: one for one in known_domains(database)}
        profile = profiles[model]
        about = about_model(database, model, profile.facts.root or model)
        rest = [_section(section_rows(database, name, about), title, profile) for name, title in SECTIONS.items()]
    return framed(
        model,
        *_heading(profile, domains, number),
        tag("section", *_parentage(profiles, profile), aria_labelledby="parents"),
        tag("section", *_children(model, children, number, page), aria_labelledby="children"),
        *_drift(profile.drift),
        *_scores((*profile.scores, *profile.file_scores)),
        *rest,
        reading=reading,
        domains=domains.values(),
    )


def _heading(profile: Profile, domains: Mapping[str, Domain], number: int) -> Iterator[Content]:
    """Yield the name, the ways on, and the facts of its record."""
    facts = profile.facts
    yield tag("h1", tag("bdi", facts.id))
    if facts.status != "present":
        yield tag("p", f"{facts.status}: {facts.status_evidence or 'no reason is known'}", class_="doubt")
    yield tag(
        "p",
        tag("a", "Open its family", href=f"{address('/family', around=facts.id)}#m={_fragment(facts.id)}"),
        tag("a", "What was made from it", href=address("/family", root=facts.id)) if number else None,
        tag("a", "On the Hub", href=f"{HUB}{model_address(facts.id).removeprefix('/model')}", rel="noreferrer"),
        tag("a", "As JSON", href=address("/api/v1/model", id=facts.id)),
        class_="ways",
    )
    author = tag("a", facts.author, href=address("/search", author=facts.author)) if facts.author else None
    terms = tag("a", facts.license, href=address("/search", license=facts.license)) if facts.license else None
    told: dict[str, Content] = {
        "author": author,
        "licence": terms,
        "downloads, 30 days": count(facts.downloads),
        "likes": count(facts.likes),
        "task": facts.pipeline_tag,
        "library": facts.library,
        "parameters": count(facts.parameters),
        "gated": None if facts.gated == "false" else facts.gated,
        "created": shown(facts.created_at),
        "last change": shown(facts.last_modified_at),
        "last seen": shown(facts.last_seen_at),
        "revision": facts.revision,
        "languages": ", ".join(facts.languages),
        "data sets": ", ".join(facts.datasets),
    }
    yield _definitions(told)
    for topic in profile.topics:
        kind = f" ({topic.basis}, {topic.confidence:.2f})"
        said = tag("span", ", ".join(topic.signals), class_="quiet")
        yield tag("p", topics(domains, ((topic.domain, kind),)), said)


def _fragment(model: str) -> str:
    return address("", m=model).removeprefix("?m=")


def _definitions(told: Mapping[str, Content]) -> Markup:
    """Return names with their values; those without one are left out."""
    pairs = (tag("div", tag("dt", name), tag("dd", value)) for name, value in told.items() if value not in {None, ""})
    return tag("dl", *pairs, class_="facts")


def _parentage(profiles: Profiles, profile: Profile) -> Iterator[Content]:
    yield tag("h2", "Made from", id="parents")
    if profile.parents:
        yield table("Parents", PARENTS, map(_parent, profile.parents))
    elif profile.origin is not None:
        likely = profile.origin.likely_parent
        link = joined(" ", model_link(likely, label=f"→ {likely}")) if likely else None
        yield tag("p", profile.origin.words, link, class_="doubt" if likely else None)
        yield (
            tag("p", f"What would settle it: {profile.origin.remedy}", class_="quiet")
            if profile.origin.remedy
            else None
        )
    above = [one for one in profiles.ancestors(profile.id) if one.distance > 1]
    if above:
        inferred = {True: ", over inferred edges", False: ""}
        items = (
            tag("li", model_link(one.id), f" {one.distance} generations up{inferred[one.inferred]}") for one in above
        )
        yield _folded(f"{number_of(len(above), 'ancestor')} further up", tag("ul", *items))
    if profile.signs:
        signs = (
            (
                joined(model_link(sign.parent), f" ({sign.resolution})"),
                f"{sign.rule}, inferred" if sign.inferred else sign.kind,
                sign.declared_as,
                f"{sign.confidence:.2f}",
                "yes" if sign.is_edge else "no",
            )
            for sign in profile.signs
        )
        yield _folded(
            f"All evidence: {number_of(len(profile.signs), 'piece')}", table("All evidence for parents", SIGNS, signs)
        )


def _folded(summary: str, content: Markup) -> Markup:
    return tag("details", tag("summary", summary), content)


def _parent(edge: Edge) -> Sequence[Content]:
    status = f", {edge.parent_status}" if edge.parent_status != "present" else ""
    copied = f"; itself only a copy of {edge.original}" if edge.original else ""
    return (
        model_link(edge.parent),
        edge.relation,
        tag("span", f"{edge.source}{status}{copied}", class_="inferred" if edge.inferred else None),
    )


def _children(model: str, children: Result, number: int, page: int) -> Iterator[Content]:
    yield tag("h2", "Made from it", id="children")
    if not number:
        yield tag("p", "No model here was made from it.")
        return
    yield tag("p", f"{number_of(number, 'model')} directly, the most downloaded first")
    yield table("Models made directly from it", CHILDREN, (_child(row) for row in children.records()))
    yield paging(model_address(model), {}, page, is_more=page * PAGE_ROWS < number)


def _child(row: Mapping[str, object]) -> Sequence[Content]:
    status = f" {row['status']}" if row["status"] != "present" else None
    inferred = f" (inferred, {row['confidence']:.2f})" if row["inferred"] else ""
    return (
        joined(model_link(str(row["id"])), tag("span", status, class_="doubt") if status else None),
        f"{row['relation']}{inferred}",
        str(row["license"] or ""),
        count(row["downloads"]),
        count(row["derivatives"] or None),
    )


def _drift(rows: Sequence[DriftRow]) -> Iterator[Markup]:
    """Yield how far it moved, safety first, each ancestor once, though it may be parent and root too."""
    told: dict[tuple[str, str | None, str], DriftRow] = {}
    for row in sorted(rows, key=lambda row: (not row.is_safety, row.against is not Against.SCORED_ANCESTOR)):
        told.setdefault((row.model, row.reference, row.instrument), row)
    if told:
        lines = (
            (
                tag("span", row.label, title=row.name),
                tag("span", row.verdict.value, class_=row.verdict.value if row.is_safety else None),
                row.reason,
            )
            for row in told.values()
        )
        yield tag("section", tag("h2", "Drift", id="drift"), table("Drift", DRIFT, lines), aria_labelledby="drift")


def _scores(scores: Sequence[StoredScore]) -> Iterator[Markup]:
    if scores:
        lines = (
            (
                tag("span", f"{one.label}{one.variant}", title=one.name),
                shown(one.value),
                count(one.items),
                one.state,
                one.origin_in_words,
                shown(one.measured_at),
            )
            for one in scores
        )
        yield tag("section", tag("h2", "Scores", id="scores"), table("Scores", SCORES, lines), aria_labelledby="scores")


def _section(found: Sequence[tuple[object, ...]], title: str, profile: Profile) -> Markup | None:
    """Return names and values as `lineage show` has them, with a link to the root; None if there are none."""
    rows: list[tuple[str, Content]] = [(str(name), shown(value)) for name, value in found if name and value]
    root = profile.facts.root or profile.id
    if rows and root != profile.id and rows[0][0] == "root":
        rows[0] = "root", joined(model_link(root), str(rows[0][1]).removeprefix(root))
    pairs = (tag("div", tag("dt", name), tag("dd", value)) for name, value in rows)
    return tag("section", tag("h2", title), tag("dl", *pairs, class_="facts")) if rows else None
