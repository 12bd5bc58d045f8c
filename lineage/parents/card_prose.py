"""Parents named in the prose of a model card: "This model is a fine-tuned version of [X](https://...)".

The texts are untrusted: a card is read line by line up to a limit, and nothing here raises.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.parents.card_files import FRONT_MATTER
from lineage.parents.declared_ids import DeclaredParent, read_parents
from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from collections.abc import Iterator

_CARD_LIMIT: Final = 50_000
_LINE_LIMIT: Final = 600
_LINK: Final = r"\[[^\]\n]{1,200}\]\(\s*(?P<address>https?://(?:www\.)?(?:huggingface\.co|hf\.co)/[^\s)]{1,200})\s*\)"
_OF: Final = r"[^.\[\n]{0,60}\b(?:of|from|for|on)\s+(?:the\s+)?"
_WAYS: Final[tuple[tuple[Relation | None, re.Pattern[str]], ...]] = tuple(
    (relation, re.compile(words + _LINK, re.IGNORECASE))
    for relation, words in (
        (None, r"\bfine-?\s?tuned\s+(?:version|model|variant)\s+(?:of|from|based on)\s+(?:the\s+)?"),
        (None, r"\bfine-?\s?tuned\s+(?:from|on top of)\s+(?:the\s+)?"),
        (Relation.ADAPTER, rf"\b(?:lora|adapter)s?\b{_OF}"),
        (Relation.QUANTIZED, rf"\bquanti[sz](?:ed|ation)s?\b{_OF}"),
        (
            Relation.QUANTIZED,
            r"\b(?:gguf|awq|gptq|exl2|ggml)\b[^.\[\n]{0,60}\b(?:files|version|quants?)\s+(?:of|for)\s+",
        ),
        (None, r"^\W*(?:original|base) model\W{0,6}(?:card)?\W{0,6}"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A parent named in prose: the id in its link, the relation in the words (None if there is none), and the words."""

    named: str
    relation: Relation | None
    text: str


def read_sentences(card: str) -> tuple[Sentence, ...]:
    """Return the parents named in the prose of a card, once each, in order; data sets and other links do not count."""
    found: dict[str, Sentence] = {}
    for sentence in _sentences(FRONT_MATTER.sub("", card[:_CARD_LIMIT], count=1)):
        found.setdefault(sentence.named, sentence)
    return tuple(found.values())


def _sentences(prose: str) -> Iterator[Sentence]:
    for line in prose.splitlines():
        if "](" not in line:
            continue
        for relation, way in _WAYS:
            for match in way.finditer(line[:_LINE_LIMIT]):
                (parent, *_) = read_parents(match["address"])
                if isinstance(parent, DeclaredParent):
                    yield Sentence(named=parent.id, relation=relation, text=match[0])
