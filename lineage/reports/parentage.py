"""The parents of each model, and the evidence for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.figures.family import draw_family
from lineage.reports.blocks import Heading, Paragraph, Picture, TableBlock
from lineage.reports.formatting import count, percent, revision
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.parents.edge import Edge
    from lineage.profile import Profile, Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts


def write_parentage(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield the family as a figure, and the roots that are probably derivatives."""
    yield Heading(words="Lineage", anchor="lineage")
    yield Paragraph(
        words="Every edge says what it rests on. Declared evidence comes from the model's card, its tags, its "
        "configuration or the Hub; its confidence is a published precision, lowered by judgement. Inferred evidence "
        "comes from names, tags and files; its confidence was measured on hidden edges. Curated evidence is what the "
        "maker says elsewhere, with its address. Evidence by a person is what somebody corrected here. The appendix "
        "lists every edge."
    )
    if len(profiles):
        yield Picture(figure=draw_family(profiles, title=plain(facts.selector), against=facts.against))
    yield from _likely(profiles)


def list_parentage(profiles: Profiles) -> Iterator[Block]:
    """Yield, for the appendix, each model's parents with evidence, models without any, and what could not be read."""
    yield Heading(words="Lineage, edge by edge", level=3)
    yield list_edges(profiles)
    yield _orphans(profiles)
    yield list_problems(profiles)


def list_edges(profiles: Profiles) -> TableBlock:
    """Return the parents of the selected models, one row per edge."""
    return TableBlock(
        caption="Every model with each of its parents",
        columns=(
            "model",
            "revision",
            "scores",
            "relation",
            "parent",
            "evidence",
            "confidence",
            "as written",
            "parent is",
        ),
        rows=tuple(_edge(one, edge) for one in profiles for edge in one.parents),
        numbers=frozenset({"confidence"}),
        nothing="No model of this selection has a known parent.",
    )


def _edge(one: Profile, edge: Edge) -> tuple[str, ...]:
    kinds = sorted({sign.kind for sign in one.signs_of(edge.parent) if sign.is_edge} | {edge.evidence})
    evidence = ", ".join(kinds)
    return (
        plain(one.id),
        revision(one.facts.revision),
        one.coverage,
        edge.relation,
        plain(edge.parent),
        f"inferred: {evidence}" + (f" ({edge.rule})" if edge.rule else "") if edge.inferred else evidence,
        percent(edge.confidence),
        plain(edge.declared_as or ""),
        edge.parent_status,
    )


def _orphans(profiles: Profiles) -> TableBlock:
    rows = tuple(
        (
            plain(one.id),
            revision(one.facts.revision),
            one.coverage,
            count(one.facts.downloads),
            "yes" if one.facts.derivatives else "no",
            one.facts.status,
            _origin(one),
        )
        for one in profiles
        if not one.parents
    )
    return TableBlock(
        caption="Models without a known parent: bases, and those of which nobody said what they were made of",
        columns=(
            "model",
            "revision",
            "scores",
            "downloads",
            "has derivatives",
            "status",
            "what is known of its parents",
        ),
        rows=rows,
        numbers=frozenset({"downloads"}),
        nothing="Every model has a known parent.",
    )


def _origin(one: Profile) -> str:
    if one.origin is None:
        return "only inferred ones, left out here"
    remedy = one.origin.remedy
    return plain(f"{one.origin.words}. {remedy[:1].upper()}{remedy[1:]}".rstrip(". "))


def _likely(profiles: Profiles) -> Iterator[Block]:
    """Yield a warning that names the roots of this selection that are probably derivatives, if there are any."""
    roots = {one.facts.root for one in profiles}
    found = [one.origin for model, one in sorted(profiles.by_id.items()) if model in roots and one.origin is not None]
    named = [f"{plain(one.model)} ({plain(one.words)})" for one in found if one.is_likely_derivative]
    if named:
        yield Paragraph(
            words="Not every root is a base. These declare no parent, but were probably made from another model, so "
            f"that drift from them is not drift from the true base: {'; '.join(named)}.",
            is_warning=True,
        )


def list_problems(profiles: Profiles) -> TableBlock:
    """Return what could not be read of the selected models, one row per fact."""
    return TableBlock(
        caption="What in these models' records could not be read as it should be",
        columns=("model", "field", "problem", "value"),
        rows=tuple(
            (plain(one.id), plain(found.field), plain(found.problem), plain(found.value or ""))
            for one in profiles
            for found in one.problems
        ),
        nothing="Every record could be read.",
    )
