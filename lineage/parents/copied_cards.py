"""Quantized copies whose card is a copy of their original's: what such a card declares was declared of the original.

Whoever quantizes a model often uploads its card with it, so that `X-GGUF` declares what `X` declares. Its parent is `X`
then, and what the card names is one generation further up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.parents.relations import is_same_name
from lineage.parents.repo_names import ADAPTER_WORDS, split_name, strip_copy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lineage.parents.repo_names import Words

RULE: Final = "copied card + copy suffix"
PLACES: Final = ("hub", "card", "tag", "mergekit", "gguf")
"""The kinds of evidence that are copied with a card and the files beside it; software writes the others anew."""
CONFIDENCE: Final = 0.97
"""How likely the original is right: a judgement, after 39 of 40 from the listing of July 2024 looked right."""
_OWNER_WORDS: Final = 4
_MOST_AUTHORS: Final = 2
"""A maker, and somebody who uploaded the model again."""
_KNOWN_CHILDREN: Final = 3
"""So many that the model is known under its name."""
_FULL_BITS: Final = frozenset({"16", "32"})


def original_names(copy: str, declared: Sequence[str]) -> Iterator[tuple[Words, Words, int]]:
    """Yield the names that the original of a quantized copy may have: words, the words of its author, and a rank.

    The author is empty where the name does not give one; a higher rank is closer to the copy's own name. Nothing is
    yielded if the name marks no copy with fewer bits, or if a declared parent has the name of the copy: then the copy
    was made from that parent.
    """
    words = split_name(copy)
    forms = [
        form.words
        for form in strip_copy(words)
        if form.copy == "quantization" and _loses_bits(words[len(form.words) :])
    ]
    if not forms or any(is_same_name(copy, parent) for parent in declared):
        return
    for form in forms:
        for count in range(min(_OWNER_WORDS + 1, len(form))):
            yield form[count:], form[:count], len(form)


def means_one(authors: int, children: int) -> bool:
    """Return whether a name means one model, which has so many declared children, where so many authors use it."""
    return authors <= _MOST_AUTHORS or children >= _KNOWN_CHILDREN


def _loses_bits(ending: Words) -> bool:
    """Return whether the end of a name means fewer bits, and nothing else; `16 bit` alone means none."""
    if not ADAPTER_WORDS.isdisjoint(ending):
        return False
    kept = tuple(
        word
        for place, word in enumerate(ending)
        if not (word in {"bit", "bits"} and place > 0 and ending[place - 1] in _FULL_BITS)
    )
    return any(form.copy == "quantization" for form in strip_copy(("", *kept)))
