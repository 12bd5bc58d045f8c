"""Infer parents that nobody declares, by rules that use names, traits and the habits of those who declare parents.

A rule looks at one model and the known models, and returns guesses; no rule looks at what the model itself declares.
The rules do not say how reliable a guess is: `lineage.parents.reliability` measures that on declared edges that were
hidden.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from heapq import nlargest
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal

from lineage.parents.repo_names import Copy, Words, contradicts, read_shape, split_name, strip_copy, tells_size
from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Rule = Literal["copy suffix", "longer name", "known name", "fingerprint", "series"]
Key = tuple[object, ...]

RELATIONS: Final[Mapping[Copy, Relation | None]] = {
    "quantization": Relation.QUANTIZED,
    "conversion": None,
    "adapter": Relation.ADAPTER,
}
"""How the original was changed; a conversion loses no bits and is by itself none of the four relations."""
NAME_WORDS: Final = 3
SERIES_WORDS: Final = 2
BASE_CHILDREN: Final = 10
_AUTHORS: Final = 3
_CANDIDATES: Final = 40
_SHARE: Final = 0.3
_SHARES: Final = (0.99, 0.97, 0.94, 0.9, 0.8, 0.7, 0.5, 0.3)
_COUNTS: Final = (30, 10, 5, 3, 2, 1)
_LENGTHS: Final = (10, 6, 4, 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The properties of a model that the rules see.

    `created` is in seconds since 1970, 0 if unknown; `types` are its tags that name an architecture, `marks` those
    about training or formats; `children` counts the models that declare it as their parent.
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
    downloads: int = 0

    @property
    def is_trained(self) -> bool:
        """Whether its tags say that it was trained from something; a base never has such tags."""
        return bool(self.marks)

    def may_come_from(self, other: Subject) -> bool:
        """Return whether the other model can be its parent by age, architecture and size."""
        return (
            other.id != self.id
            and other.created <= self.created
            and not _differ(self.types, other.types)
            and not contradicts(read_shape(self.id), read_shape(other.id))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A parent that a rule suggests, the `case` of the rule, and the `text` that it rests on."""

    parent: str
    rule: Rule
    case: str
    text: str
    relation: Relation | None = None


class Habits:
    """What authors usually declare as the parent, by the known name inside the child's name and by the child's traits.

    Every author counts once per parent, so an author with a hundred models counts as one habit.
    """

    def __init__(self, parents: Iterable[Subject]) -> None:
        """Start from the models that are declared as parents."""
        self.parents = {parent.id: parent for parent in parents}
        self._names = {parent.words for parent in self.parents.values() if len(" ".join(parent.words)) > NAME_WORDS}
        self._longest: dict[str, int] = defaultdict(int)
        for words in self._names:
            self._longest[words[0]] = max(self._longest[words[0]], len(words))
        self._counts: dict[Key, dict[str, int]] = {}
        self._last: dict[tuple[Key, str], str] = {}

    def learn(self, child: Subject, parent: str) -> None:
        """Learn from one declared edge; an author's children must come one after another."""
        for key in self._keys(child):
            if self._last.get((key, parent)) != child.author:
                self._last[key, parent] = child.author
                counts = self._counts.setdefault(key, {})
                counts[parent] = counts.get(parent, 0) + 1

    def known_name(self, words: Words) -> Words:
        """Return the longest name of a declared parent within the words; empty if there is none."""
        best: Words = ()
        for start, word in enumerate(words):
            for end in range(min(len(words), start + self._longest.get(word, 0)), start + len(best), -1):
                if words[start:end] in self._names:
                    best = words[start:end]
                    break
        return best

    def guess(self, child: Subject) -> Guess | None:
        """Return what most authors of such a child declare, by the first key that enough of them share."""
        for key in self._keys(child):
            counts = self._counts.get(key, {})
            if sum(counts.values()) < _AUTHORS:
                continue
            possible = {
                parent: count
                for parent, count in nlargest(_CANDIDATES, counts.items(), key=itemgetter(1))
                if parent in self.parents and child.may_come_from(self.parents[parent])
            }
            total = sum(possible.values())
            if total < _AUTHORS:
                continue
            parent, count = max(possible.items(), key=lambda item: (item[1], item[0]))
            if count < _SHARE * total:
                continue
            rule: Rule = "known name" if key[0] == "name" else "fingerprint"
            case = f"traits {len(key) - 2}, share {_step(count / total, _SHARES)}, authors {_step(total, _COUNTS)}"
            words = key[1] if isinstance(key[1], tuple) else ()
            traits = " ".join((*sorted(child.types), child.marks, child.license, child.task)).strip()
            return Guess(parent=parent, rule=rule, case=case, text=" ".join(words) or traits)
        return None

    def _keys(self, child: Subject) -> Iterator[Key]:
        name = self.known_name(child.words)
        if name:
            yield "name", name, child.types, child.marks, child.license
            yield "name", name, child.types, child.marks
            yield "name", name, child.marks
        yield "traits", child.types, child.marks, child.license, child.task


class Author:
    """The models of one author: their names, and the parents that some of them declare."""

    def __init__(self, models: Sequence[Subject], declared: Mapping[str, str], habits: Habits) -> None:
        """Store the author's models, and the one parent that each of some of them declares."""
        self._habits = habits
        self._names: dict[Words, list[Subject]] = defaultdict(list)
        self._series: dict[Key, Counter[str]] = defaultdict(Counter)
        self._is_alone = len(models) == 1
        for model in models:
            self._names[model.words].append(model)
            if model.id in declared:
                for key in self._series_keys(model):
                    self._series[key][declared[model.id]] += 1

    def guess(self, child: Subject, others: Sequence[Subject] = ()) -> tuple[Guess, ...]:
        """Return the guesses of every rule; `others` are other authors' models whose names the child's may contain."""
        longer = self._longer_name(child)
        guesses = [self._copy(child, others), longer]
        if child.is_trained and child.children < BASE_CHILDREN:
            guesses.extend(_doubt(guess, longer) for guess in (self._habits.guess(child), self._sibling(child)))
        return tuple(guess for guess in guesses if guess is not None)

    def _copy(self, child: Subject, others: Sequence[Subject]) -> Guess | None:
        """Suggest the model that a copy is named after.

        The author's own model with the longest name comes first, then the one whose author is in the name, then the
        most popular of all that have the name, with or without a trailing `hf`.
        """
        forms = {stripped.words: stripped.copy for stripped in strip_copy(child.words)}
        for words, copy in forms.items():
            own = [one for one in self._names.get(words, ()) if child.may_come_from(one)]
            if own:
                return _copied(max(own, key=_fame), copy, "same author", words)
        possible = [other for other in others if child.may_come_from(other)]
        told = [(words, other) for other in possible if (words := (*split_name(other.author), *other.words)) in forms]
        if told:
            words, original = max(told, key=lambda pair: (len(pair[0]), _fame(pair[1])))
            return _copied(original, forms[words], "author and name", words)
        named = [(other, words) for other in possible if (words := _without_hf(other.words, forms)) in forms]
        if not named:
            return None
        best, words = max(named, key=lambda pair: _fame(pair[0]))
        return _copied(best, forms[words], "one name" if len(named) == 1 else "several names", words)

    def _longer_name(self, child: Subject) -> Guess | None:
        """Suggest the author's own older model whose whole name begins the child's name."""
        if self._is_alone:
            return None
        for end in range(len(child.words) - 1, SERIES_WORDS - 1, -1):
            if tells_size(child.words[end:]):
                continue
            for other in self._names.get(child.words[:end], ()):
                if other.created < child.created and child.may_come_from(other):
                    case = f"words {_step(end, _LENGTHS)}, more {min(len(child.words) - end, 3)}"
                    return Guess(parent=other.id, rule="longer name", case=case, text=" ".join(child.words[:end]))
        return None

    def _sibling(self, child: Subject) -> Guess | None:
        """Suggest what the author's other models declare: the one with the most similar name that declares a parent."""
        if self._is_alone:
            return None
        for level, key in enumerate(self._series_keys(child)):
            parents = self._habits.parents
            counts = {
                parent: count
                for parent, count in self._series.get(key, {}).items()
                if parent in parents and child.may_come_from(parents[parent])
            }
            if counts:
                total = sum(counts.values())
                parent, count = max(counts.items(), key=lambda item: (item[1], item[0]))
                case = f"level {level}, share {_step(count / total, _SHARES)}, models {_step(total, _COUNTS)}"
                text = " ".join(child.words[: -1 - level]) if level < _CUTS else f"{child.author}/*"
                return Guess(parent=parent, rule="series", case=case, text=text)
        return None

    def _series_keys(self, model: Subject) -> Iterator[Key]:
        for cut in range(1, _CUTS + 1):
            yield "begins", cut, model.words[:-cut] if len(model.words) - cut >= SERIES_WORDS else model.id
        yield "holds", self._habits.known_name(model.words), model.types, model.marks, model.license
        yield ("author",)


_CUTS: Final = 3


def _copied(original: Subject, copy: Copy, way: str, words: Words) -> Guess:
    known = ", known parent" if original.children else ""
    case = f"{copy}, {way}{known}, words {_step(len(words), _LENGTHS)}"
    return Guess(parent=original.id, rule="copy suffix", case=case, text=" ".join(words), relation=RELATIONS[copy])


def _without_hf(words: Words, forms: Mapping[Words, Copy]) -> Words:
    return words[:-1] if words not in forms and words[-1:] == ("hf",) else words


def _doubt(guess: Guess | None, longer: Guess | None) -> Guess | None:
    """Mark a guess as doubtful if the author has an older model with a shorter name that may be the parent instead."""
    if guess is None or longer is None or guess.parent == longer.parent:
        return guess
    return replace(guess, case=f"{guess.case}, own shorter name")


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether architectures differ; people tag `phi3` models as `phi`, so a prefix is not a difference."""
    if not one or not other or not one.isdisjoint(other):
        return False
    return not any(mine.startswith(theirs) or theirs.startswith(mine) for mine in one for theirs in other)


def _fame(model: Subject) -> tuple[int, int, str]:
    return model.children, model.downloads, model.id


def _step(value: float, steps: Sequence[float]) -> str:
    return next((f"{step}+" for step in steps if value >= step), "less")
