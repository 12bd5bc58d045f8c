"""How a report's numbers were made, in enough detail to reproduce them."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from lineage.reports.blocks import Heading, Paragraph, TableBlock
from lineage.reports.formatting import count
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.profile import Profiles
    from lineage.reports.blocks import Block
    from lineage.reports.inputs import ReportFacts
    from lineage.scores.score import Identity


def write_methods(facts: ReportFacts) -> Iterator[Block]:
    """Yield the methods, the hash of the facts, and the command that reproduces the report."""
    yield Heading(words="Methods", anchor="methods")
    text = files("lineage").joinpath("reports", "methods.txt").read_text(encoding="utf-8")
    for words in text.strip().split("\n\n"):
        yield Paragraph(words=words)
    yield Heading(words="Provenance of this report", anchor="provenance")
    yield Paragraph(
        words=f"The facts on these models and their ancestors have the SHA-256 {facts.rests_on.hash}. It covers what "
        "is known of them, not when it was looked at, and no other models: a report made again from a copy, or after "
        "a crawl that finds nothing new of them, has the same."
    )
    if facts.snapshot is not None:
        yield Paragraph(
            words=f"The database is a snapshot and states that its content has the SHA-256 {facts.snapshot}; the "
            "command lineage snapshot create --verify checks it."
        )
    yield Paragraph(
        words=f"On a database with these facts the same report is made by: {facts.asked} --against "
        f"{facts.against.value}"
    )


def list_sources(profiles: Profiles, facts: ReportFacts) -> Iterator[Block]:
    """Yield, for the appendix, the identity of every instrument used, what the hash is made of, and the versions."""
    yield Heading(words="Instruments and sources", level=3)
    yield _identities(profiles)
    yield TableBlock(
        caption="What the hash is made of",
        columns=("kind", "facts", "hash"),
        rows=tuple((part.name, count(part.facts), part.hash) for part in facts.rests_on.parts),
        numbers=frozenset({"facts"}),
    )
    yield TableBlock(
        caption="Versions",
        columns=("program", "version"),
        rows=tuple((name, version) for name, version in facts.versions.items()),
    )


def _identities(profiles: Profiles) -> TableBlock:
    found = {score.instrument: score for one in profiles.by_id.values() for score in one.scores if score.is_standing}
    return TableBlock(
        caption="Every instrument used, as it was run as far as that was told",
        columns=(
            "instrument",
            "id, to be typed",
            "identity",
            "items",
            "scorer",
            "judge",
            "judge's prompt",
            "template",
            "decoding",
            "softmax",
        ),
        rows=tuple(
            sorted(
                (plain(one.label), plain(one.name), plain(key), *_identity(one.identity)) for key, one in found.items()
            )
        ),
        nothing="No score stands for any model here.",
    )


def _identity(one: Identity) -> tuple[str, ...]:
    fields = (
        (one.item_set_hash or "")[:12],
        one.scorer,
        one.judge,
        (one.judge_prompt_hash or "")[:12],
        one.template,
        one.decoding,
        one.softmax_dtype,
    )
    return tuple(plain(value) if value else "not told" for value in fields)
