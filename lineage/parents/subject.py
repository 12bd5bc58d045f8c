"""What the rules that infer parents see of a model, and the names by which others mean it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lineage.parents.repo_names import COPY_WORDS, Words, contradicts, is_telling, read_shape, split_name

FAMOUS_AUTHORS: Final = 10
SHORTEST_NAME: Final = 2
_MOST_GROWTH: Final = 1.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """The properties of a model that the rules see; equal only to itself, so that it is a cheap key.

    `created` is in seconds since 1970, 0 if unknown; `types` are its tags that name an architecture, `marks` those
    about training or formats; `children` counts the models that declare it as their parent, `authors` the other authors
    of those. `parameters` is the number of weights, `width` that of a layer; they and `layers` are 0 where they are
    unknown, as the number is of packed weights.
    """

    id: str
    author: str
    words: Words
    created: int = 0
    types: frozenset[str] = frozenset()
    marks: str = ""
    license: str = ""
    task: str = ""
    children: int = 0
    authors: int = 0
    downloads: int = 0
    parameters: int = 0
    width: int = 0
    layers: int = 0

    @property
    def is_trained(self) -> bool:
        """Whether its tags say that it was trained from something; a base never has such tags."""
        return bool(self.marks)

    @property
    def is_trained_further(self) -> bool:
        """Whether its tags tell of training; those of a mere upload or copy may hold `unsloth`."""
        return self.marks not in {"", "unsloth"}

    @property
    def is_famous(self) -> bool:
        """Whether so many other authors declare it as a parent that its name alone tells which model is meant."""
        return self.authors >= FAMOUS_AUTHORS

    @property
    def is_copy(self) -> bool:
        """Whether its name marks it as a copy in another format, or as an adapter."""
        return not COPY_WORDS.isdisjoint(self.words)

    def fits(self, other: Subject) -> bool:
        """Return whether the other model can be its parent by architecture and size.

        A fine-tune changes its head and adds some tokens, so the numbers of weights may differ by a quarter.
        """
        if other.id == self.id or _differ(self.types, other.types):
            return False
        if self.parameters and other.parameters:
            fewer, more = sorted((self.parameters, other.parameters))
            if more > _MOST_GROWTH * fewer:
                return False
        if self.width and other.width and self.width != other.width:
            return False
        if self.layers and other.layers and self.layers != other.layers:
            return False
        theirs = read_shape(other.id)
        return not (theirs.says_something and contradicts(read_shape(self.id), theirs))

    def may_come_from(self, other: Subject) -> bool:
        """Return whether the other model can be its parent by age, architecture and size."""
        return other.created <= self.created and self.fits(other)


@lru_cache(maxsize=1 << 14)
def base_names(model: Subject) -> tuple[Words, ...]:
    """Return the names by which others mean a model, the longest first.

    Its own, without `hf` or a version behind, and each of them without its maker's name in front.
    """
    words = model.words
    names = [words]
    if words[-1:] == ("hf",):
        names.append(words[:-1])
    elif words[-2:-1] == ("v",) and model.is_famous:
        names.append(words[:-2])
    if words[:1] == split_name(model.author)[:1]:
        names += [name[1:] for name in names]
    return tuple(name for name in names if len(name) >= SHORTEST_NAME and is_telling(name))


@lru_cache(maxsize=1 << 14)
def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether architectures differ; people tag `phi3` models as `phi`, so a prefix is not a difference."""
    if not one or not other or not one.isdisjoint(other):
        return False
    return not any(mine.startswith(theirs) or theirs.startswith(mine) for mine in one for theirs in other)
