"""What rules ask of those who modify or deploy a model, answered field by field: known, missing, and who could tell.

The fields stand in `rule_texts.yaml`, each with its place in the text that it was read from. What is known comes from
the database alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import yaml

from lineage.reports.blocks import Heading, Paragraph, TableBlock
from lineage.reports.rule_facts import FACTS
from lineage.text.counts import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.profile import Profiles
    from lineage.reports.blocks import Block

ALL: Final = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleField:
    """What a text asks for, where it does, the name of the fact that answers it, and who could supply it.

    `fact` is None if no database of the Hub can know it.
    """

    field: str
    source: str
    supplier: str
    fact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A text with its edition, how binding it is, where its fields were read, and the fields."""

    title: str
    edition: str
    kind: str
    read: str
    fields: tuple[RuleField, ...]


@cache
def rule_texts() -> tuple[RuleText, ...]:
    """Return the texts of `rule_texts.yaml`."""
    read = yaml.safe_load(files("lineage").joinpath("reports", "rule_texts.yaml").read_text(encoding="utf-8"))
    return tuple(
        RuleText(
            title=text["title"],
            edition=text["edition"],
            kind=text["kind"],
            read=text["read"],
            fields=tuple(RuleField(**one) for one in text["fields"]),
        )
        for text in read
    )


def write_rules(profiles: Profiles) -> Iterator[Block]:
    """Yield a table for each text: what it asks, what is known, what is missing, and who could supply it."""
    yield Heading(words="What rules ask", anchor="rules")
    yield Paragraph(
        words="Some texts ask those who modify or deploy a model for documents. For each field: what this database "
        "knows, what is missing, and who could supply it. What is known is what the Hub, cards and evaluations say; "
        "whether it is enough is not judged. This is no legal advice, and does not say which text applies to whom.",
        is_warning=True,
    )
    named = dict.fromkeys(one.fact for text in rule_texts() for one in text.fields if one.fact is not None)
    told = {fact: [FACTS[fact](one) for one in profiles] for fact in named}
    for text in rule_texts():
        yield Heading(words=text.title, level=3)
        yield Paragraph(words=f"Edition: {text.edition}. {text.kind} Fields read in: {text.read}.")
        yield TableBlock(
            caption=f"Field by field: {text.title}",
            columns=("asked", "where", "known", "missing", "who could supply it"),
            rows=tuple(
                (one.field, one.source, *_answer(None if one.fact is None else told[one.fact]), one.supplier)
                for one in text.fields
            ),
        )


def _answer(told: Sequence[str | None] | None) -> tuple[str, str]:
    """Return what is known, and what is missing, from what a fact says of each model; None if no fact answers."""
    if told is None:
        return "nothing: not in such a database", "all of it"
    known = [words for words in told if words is not None]
    if len(told) == 1:
        return known[0] if known else "nothing", "this" if not known else ALL
    many = f"{len(known):,} of {number_of(len(told), 'model')}"
    example = f", such as {known[0]}" if known else ""
    return f"{many}{example}", f"{len(told) - len(known):,} of {number_of(len(told), 'model')}"
