"""What authors declare as the parents of models that look alike: by name, by traits, and by number of weights."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import nlargest
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal, cast

from lineage.parents.repo_names import plain_words, read_training
from lineage.parents.subject import SHORTEST_NAME, base_names

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from lineage.parents.repo_names import Words
    from lineage.parents.subject import Subject
    from lineage.vocabulary import Relation

Rule = Literal["copy suffix", "own base", "known base", "longer name", "known name", "fingerprint", "series", "shape"]
Key = tuple[object, ...]

LONGER: Final = "longer"
"""The kind of the keys under which it is kept what names go on from others."""
BASE_AUTHORS: Final = 3
"""From so many other authors on who declare a model as a parent, it is a base."""
NAME_WORDS: Final = 3
SHARES: Final = (0.99, 0.97, 0.94, 0.9, 0.8, 0.7, 0.5, 0.3)
COUNTS: Final = (30, 10, 5, 3, 2, 1)
_AUTHORS: Final = 3
_CANDIDATES: Final = 40
_SHARE: Final = 0.3
_ONE: Final = 0.97
"""From this share of authors on, models of one shape are of one family."""
_SHAPE_AUTHORS: Final = 2
_REMEMBERED: Final = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A parent that a rule suggests, the `case` of the rule, and the `text` that it rests on.

    `among` holds the parents of all models that have the child's shape; it is empty for every rule but `shape`.
    """

    parent: str
    rule: Rule
    case: str
    text: str
    relation: Relation | None = None
    among: frozenset[str] = frozenset()


class Habits:
    """What authors usually declare as the parent, by the known name inside the child's name and by the child's traits.

    Every author counts once per parent, so an author with a hundred models counts as one habit.
    """

    def __init__(self, parents: Iterable[Subject]) -> None:
        """Start from the models that are declared as parents."""
        self.parents = {parent.id: parent for parent in parents}
        self._famous = self._name_famous()
        self.recall_names(parent.words for parent in self.parents.values())
        self._possible = lru_cache(maxsize=_REMEMBERED)(self._list_possible)
        self._counts: dict[Key, dict[str, int]] = {}
        self._author = ""
        self._said: set[tuple[Key, str]] = set()
        self._above: dict[str, str] = {}
        for base in self.parents.values():
            for key in _shape_keys(base) if base.authors >= BASE_AUTHORS and not base.is_copy else ():
                self._counts.setdefault(key, {})[base.id] = base.authors

    def recall_names(self, names: Iterable[Words]) -> None:
        """Take the names of all declared parents, where some of them alone are at hand."""
        self._names = {words for words in names if len(" ".join(words)) > NAME_WORDS}
        self._longest: dict[Words, int] = {}
        """The number of words of the longest name, by the two words that names begin with."""
        for words in self._names:
            self._longest[words[:2]] = max(self._longest.get(words[:2], 1), len(words))
        self.known_name = lru_cache(maxsize=_REMEMBERED)(self._known_name)

    def _name_famous(self) -> dict[Words, list[Subject]]:
        famous: dict[Words, list[Subject]] = defaultdict(list)
        for parent in self.parents.values():
            for words in base_names(parent) if parent.is_famous else ():
                famous[words].append(parent)
        return famous

    @cached_property
    def _longer(self) -> dict[Words, int]:
        return self._count_longer()

    def _count_longer(self) -> dict[Words, int]:
        """Return, by the beginning of names, how many authors declare the best known model whose name goes on from it.

        Copies do not count, nor what was only made to chat from a base of that name.
        """
        longer: dict[Words, int] = {}
        for parent in self.parents.values():
            for words in () if parent.is_copy else base_names(parent):
                for end in range(SHORTEST_NAME, len(words)):
                    front = words[:end]
                    if read_training(plain_words(words), plain_words(front)) is None and parent.authors > longer.get(
                        front, 0
                    ):
                        longer[front] = parent.authors
        return longer

    def learn(self, child: Subject, parent: str) -> None:
        """Learn from one declared edge; an author's children must come one after another."""
        self._possible.cache_clear()
        if child.id in self.parents:
            self._above[child.id] = parent
        if child.author != self._author:
            self._author = child.author
            self._said.clear()
        for key in (*self._keys(child), *_shape_keys(child)):
            if (key, parent) not in self._said:
                self._said.add((key, parent))
                counts = self._counts.setdefault(key, {})
                counts[parent] = counts.get(parent, 0) + 1

    def forget_rare(self) -> None:
        """Drop what too few authors declare to be a habit; nothing is learned after that."""
        self._counts = {
            key: counts
            for key, counts in self._counts.items()
            if sum(counts.values()) >= (_SHAPE_AUTHORS if key[0] == "shape" else _AUTHORS)
        }

    @property
    def weights(self) -> frozenset[int]:
        """The numbers of weights of which authors declare anything."""
        return frozenset(cast("int", key[2]) for key in self._counts if key[0] == "shape")

    def rows(self) -> Iterator[tuple[str, str, int]]:
        """Yield what was learned, to be kept: the key as JSON, a parent, and how many authors declare it.

        What names go on from other names has no parent.
        """
        for key, counts in self._counts.items():
            text = write_key(key)
            for parent, authors in counts.items():
                yield text, parent, authors
        for words, authors in self._longer.items():
            yield write_key((LONGER, words)), "", authors

    def recall(
        self, parents: Iterable[Subject], rows: Iterable[tuple[str, str, int]], above: Mapping[str, str]
    ) -> None:
        """Take what was kept in place of what was learned: the `rows` of the keys that will be asked for.

        `parents` are the famous ones and those in the rows, and `above` the one parent that known parents declare.
        """
        self.parents = {parent.id: parent for parent in parents}
        self._famous = self._name_famous()
        self._possible.cache_clear()
        found = {
            _read_key(text): {parent: authors for _, parent, authors in some}
            for text, some in groupby(rows, key=itemgetter(0))
        }
        self._longer = {cast("Words", key[1]): counts[""] for key, counts in found.items() if key[0] == LONGER}
        self._counts = {key: counts for key, counts in found.items() if key[0] != LONGER}
        self._above = dict(above)

    def is_namesake(self, model: Subject) -> bool:
        """Return whether the model has a famous one's whole name, by another author: a mirror, or made from that."""
        return any(
            one.author != model.author and one.created <= model.created and one.authors >= model.authors
            for one in self._famous.get(model.words, ())
        )

    def count_longer(self, words: Words) -> int:
        """Return how many authors declare the best known model whose name goes on from these words."""
        return self._longer.get(words, 0)

    def _known_name(self, words: Words) -> Words:
        """Return the longest name of a declared parent within the words; empty if there is none."""
        best: Words = ()
        for start in range(len(words)):
            longest = self._longest.get(words[start : start + 2], 1)
            for end in range(min(len(words), start + longest), start + len(best), -1):
                if words[start:end] in self._names:
                    best = words[start:end]
                    break
        return best

    def guess(self, child: Subject) -> Guess | None:
        """Return what most authors of such a child declare, by the first key that enough of them share."""
        for key in self._keys(child):
            possible = {
                parent.id: count
                for parent, count in self._possible(key)
                if parent.created <= child.created and child.fits(parent)
            }
            total = sum(possible.values())
            if total < _AUTHORS:
                continue
            parent, count = max(possible.items(), key=lambda item: (item[1], item[0]))
            if count < _SHARE * total:
                continue
            rule: Rule = "known name" if key[0] == "name" else "fingerprint"
            case = f"traits {len(key) - 2}, share {step(count / total, SHARES)}, authors {step(total, COUNTS)}"
            words = key[1] if isinstance(key[1], tuple) else ()
            traits = " ".join((*sorted(child.types), child.marks, child.license, child.task)).strip()
            return Guess(parent=parent, rule=rule, case=case, text=" ".join(words) or traits)
        return None

    def _list_possible(self, key: Key) -> tuple[tuple[Subject, int], ...]:
        """Return the best known parents of models with a key, with their authors; none if few authors declare any."""
        counts = self._counts.get(key, {})
        if sum(counts.values()) < _AUTHORS:
            return ()
        return tuple(
            (self.parents[parent], count)
            for parent, count in nlargest(_CANDIDATES, counts.items(), key=itemgetter(1))
            if parent in self.parents
        )

    def guess_shape(self, child: Subject) -> Guess | None:
        """Return what the models are made from that have the child's architecture and number of weights.

        Each of them counts for the model that it is declared to be made from, and a base that others declare for
        itself. If they have several parents of one family, the guess is the highest of these: it may be the base of the
        parent. None if a single author declares them, or if they are of two families.
        """
        counts: Counter[str] = Counter()
        for key in _shape_keys(child):
            for parent, count in self._counts.get(key, {}).items():
                if parent in self.parents and child.may_come_from(self.parents[parent]):
                    counts[parent] += count
        total = counts.total()
        tops: Counter[str] = Counter()
        for parent, count in counts.items():
            tops[self._highest(parent, counts)] += count
        base, count = max(tops.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        if total < _SHAPE_AUTHORS or count < _ONE * total:
            return None
        text = f"{' '.join(sorted(child.types))} of {child.parameters:,} weights"
        among = frozenset(parent for parent, count in counts.items() if count > (1 - _ONE) * total)
        return Guess(parent=base, rule="shape", case="one family", text=text, among=among)

    def _highest(self, parent: str, among: Container[str]) -> str:
        """Return the highest ancestor of a parent among others; the parent itself if there is none."""
        seen = {parent}
        highest = parent
        above = self._above.get(parent)
        while above is not None and above not in seen:
            seen.add(above)
            highest = above if above in among else highest
            above = self._above.get(above)
        return highest

    def asked_keys(self, child: Subject, *, is_trained: bool) -> Iterator[Key]:
        """Yield the keys of what is asked of a child, by its number of weights and, where it is trained, by traits."""
        yield from _shape_keys(child)
        if is_trained:
            yield from self._keys(child)

    def _keys(self, child: Subject) -> Iterator[Key]:
        name = self.known_name(child.words)
        if name:
            yield "name", name, child.types, child.marks, child.license
            yield "name", name, child.types, child.marks
            yield "name", name, child.marks
        yield "traits", child.types, child.marks, child.license, child.task


def write_key(key: Key) -> str:
    """Return a key as JSON."""
    return json.dumps([_written(part) for part in key])


def _written(part: object) -> object:
    """Return a part of a key as it stands in JSON: types as a list, words as one text."""
    if isinstance(part, frozenset):
        return sorted(part)
    return " ".join(part) if isinstance(part, tuple) else part


def _read_key(text: str) -> Key:
    """Return a key from its JSON."""
    kind, *parts = json.loads(text)
    if kind in {"name", LONGER}:
        parts[0] = tuple(parts[0].split(" "))
    return (kind, *(frozenset(part) if isinstance(part, list) else part for part in parts))


def _shape_keys(model: Subject) -> Iterator[Key]:
    """Yield what models share that differ in the values of their weights alone; nothing where that is not known."""
    if model.parameters and model.types:
        yield "shape", model.types, model.parameters


def step(value: float, steps: Sequence[float]) -> str:
    """Return the highest step that a value reaches, `less` if none; the steps fall."""
    return next((f"{step}+" for step in steps if value >= step), "less")
