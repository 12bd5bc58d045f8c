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

from lineage.parents.repo_names import (
    COPY_WORDS,
    Copy,
    Words,
    contradicts,
    is_merge_name,
    is_telling,
    is_trained_anew,
    plain_words,
    read_shape,
    read_training,
    split_name,
    strip_copy,
    tells_size,
)
from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Rule = Literal["copy suffix", "own base", "known base", "longer name", "known name", "fingerprint", "series"]
Key = tuple[object, ...]

RELATIONS: Final[Mapping[Copy, Relation | None]] = {
    "quantization": Relation.QUANTIZED,
    "conversion": None,
    "adapter": Relation.ADAPTER,
}
"""How the original was changed; a conversion loses no bits and is by itself none of the four relations."""
NAME_WORDS: Final = 3
SERIES_WORDS: Final = 2
_SHORTEST_NAME: Final = 2
BASE_CHILDREN: Final = 10
BASE_AUTHORS: Final = 3
"""From so many other authors on who declare a model as a parent, it is a base."""
FAMOUS_AUTHORS: Final = 10
_AHEAD: Final = 3
"""The best known of several models with one name is taken for it if so many times more authors declare it."""
_AUTHORS: Final = 3
_CANDIDATES: Final = 40
_SHARE: Final = 0.3
_SHARES: Final = (0.99, 0.97, 0.94, 0.9, 0.8, 0.7, 0.5, 0.3)
_COUNTS: Final = (30, 10, 5, 3, 2, 1)
_LENGTHS: Final = (10, 6, 4, 2, 1)
_MOST_GROWTH: Final = 1.25
_AUTHOR_STEPS: Final = (10, 3, 1)
_CONVERTED: Final = 10
_CONVERTED_SHARE: Final = 0.25
"""An author with so many copies of others' models, and this share of all models, uploads their originals too."""
_MANY_LANGUAGES: Final = frozenset(
    {
        *("bloom", "hubert", "m2m_100", "mbart", "mt5", "speecht5", "wav2vec2", "wav2vec2-bert", "wavlm", "whisper"),
        *("xglm", "xlm-roberta"),
    }
)
"""Architectures of speech and of many languages: a model of one language is trained from a known one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The properties of a model that the rules see.

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
        fewer, more = sorted((self.parameters, other.parameters))
        return (
            other.id != self.id
            and not (fewer and more > _MOST_GROWTH * fewer)
            and not any(a and b and a != b for a, b in ((self.width, other.width), (self.layers, other.layers)))
            and not _differ(self.types, other.types)
            and not contradicts(read_shape(self.id), read_shape(other.id))
        )

    def may_come_from(self, other: Subject) -> bool:
        """Return whether the other model can be its parent by age, architecture and size."""
        return other.created <= self.created and self.fits(other)


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
        self._famous: dict[Words, list[Subject]] = defaultdict(list)
        for parent in self.parents.values():
            for words in base_names(parent) if parent.is_famous else ():
                self._famous[words].append(parent)
        self._longer = self._count_longer()
        self._longest: dict[str, int] = defaultdict(int)
        for words in self._names:
            self._longest[words[0]] = max(self._longest[words[0]], len(words))
        self._counts: dict[Key, dict[str, int]] = {}
        self._last: dict[tuple[Key, str], str] = {}

    def _count_longer(self) -> dict[Words, int]:
        """Return, by the beginning of names, how many authors declare the best known model whose name goes on from it.

        Copies do not count, nor what was only made to chat from a base of that name.
        """
        longer: dict[Words, int] = {}
        for parent in self.parents.values():
            for words in () if parent.is_copy else base_names(parent):
                for end in range(_SHORTEST_NAME, len(words)):
                    front = words[:end]
                    if read_training(plain_words(words), plain_words(front)) is None and parent.authors > longer.get(
                        front, 0
                    ):
                        longer[front] = parent.authors
        return longer

    def learn(self, child: Subject, parent: str) -> None:
        """Learn from one declared edge; an author's children must come one after another."""
        for key in self._keys(child):
            if self._last.get((key, parent)) != child.author:
                self._last[key, parent] = child.author
                counts = self._counts.setdefault(key, {})
                counts[parent] = counts.get(parent, 0) + 1

    def is_namesake(self, model: Subject) -> bool:
        """Return whether the model has a famous one's whole name, by another author: a mirror, or made from that."""
        return any(
            one.author != model.author and one.created <= model.created and one.authors >= model.authors
            for one in self._famous.get(model.words, ())
        )

    def goes_on(self, base: Subject, words: Words, rest: Words) -> bool:
        """Return whether a name that begins with the base's rather means a better known model's, which goes on so."""
        goes_on = bool(rest) and (*words, rest[0]) in self._longer
        return goes_on or self._longer.get(words, 0) > base.authors

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
        self._declared = declared
        self._is_alone = len(models) == 1
        self._bases = [
            (plain_words(one.words), one)
            for one in models
            if one.authors >= BASE_AUTHORS and not one.is_copy and not habits.is_namesake(one)
        ]
        for model in models:
            self._names[model.words].append(model)
            if model.id in declared:
                for key in self._series_keys(model):
                    self._series[key][declared[model.id]] += 1
        foreign = sum(model.is_copy and not self._has_original(model) for model in models)
        self._is_converter = foreign >= max(_CONVERTED, _CONVERTED_SHARE * len(models))

    def _has_original(self, copy: Subject) -> bool:
        return any(stripped.words in self._names for stripped in strip_copy(copy.words))

    def guess(self, child: Subject, others: Sequence[Subject] = ()) -> tuple[Guess, ...]:
        """Return the guesses of every rule; `others` are other authors' models whose names the child's may contain."""
        longer = self._longer_name(child)
        known = _doubt(self._known_base(child, others), longer)
        guesses = [self._copy(child, others), self._own_base(child), known, longer]
        if child.is_trained and child.children < BASE_CHILDREN:
            guesses.extend(_doubt(guess, longer) for guess in (self._habits.guess(child), self._sibling(child)))
        return tuple(guess for guess in guesses if guess is not None)

    def _copy(self, child: Subject, others: Sequence[Subject]) -> Guess | None:
        """Suggest the model that a copy is named after.

        The author's own model with the longest name comes first, however old, unless it is itself only an upload of a
        famous one; then the one whose author is in the name, then the most famous of all that have the name, with or
        without its maker's name in front and `hf` behind.
        """
        forms = {stripped.words: stripped.copy for stripped in strip_copy(child.words)}
        if not forms:
            return None
        possible = [other for other in others if child.may_come_from(other)]
        named = _named(possible, forms)
        for words, copy in forms.items():
            own = [one for one in self._names.get(words, ()) if child.fits(one)]
            if own:
                best = max(own, key=_fame)
                is_upload = best.id not in self._declared and not best.is_trained_further
                famous = next((one for one, form in named if form == words and one.is_famous), None)
                if famous is not None and is_upload and famous.authors >= _AHEAD * best.authors:
                    return self._copied(child, famous, copy, "famous name", words)
                return self._copied(child, best, copy, "same author", words)
        told = [(words, other) for other in possible if (words := (*split_name(other.author), *other.words)) in forms]
        if told:
            words, original = max(told, key=lambda pair: (len(pair[0]), _fame(pair[1])))
            return self._copied(child, original, forms[words], "author and name", words)
        if not named:
            return None
        best, words = named[0]
        others_authors = max((one.authors for one, _ in named[1:]), default=0)
        is_ahead = best.authors > 0 and best.authors >= _AHEAD * others_authors
        way = "one name" if len(named) == 1 else "best known name" if is_ahead else "several names"
        way = "famous name" if best.is_famous else way
        return self._copied(child, best, forms[words], way, words)

    def _copied(self, child: Subject, original: Subject, copy: Copy, way: str, words: Words) -> Guess:
        known, length = "", ""
        if way in _BY_NAME:
            known = ", known parent" if original.children else ""
            length = f", words {_step(len(words), _LENGTHS)}"
        known += ", famous copy's name" if self._habits.is_namesake(child) else ""
        known += ", trained" if child.is_trained_further or "merged" in child.words else ""
        case = f"{copy}, {way}{known}{length}"
        return Guess(parent=original.id, rule="copy suffix", case=case, text=" ".join(words), relation=RELATIONS[copy])

    def _own_base(self, child: Subject) -> Guess | None:
        """Suggest the author's own base, which other authors build on, where the rest of the name tells of training.

        Vendors upload a base and what they made from it together, so neither need be the older.
        """
        if not self._bases or self._is_converter or child.is_copy or self._habits.is_namesake(child):
            return None
        plain = plain_words(child.words)
        found = [
            (training, words, base)
            for words, base in self._bases
            if (training := read_training(plain, words)) is not None and child.fits(base)
        ]
        if not found:
            return None
        training, _, base = max(found, key=lambda one: (len(one[1]), _fame(one[2])))
        case = "task or many authors" if training == "task" or base.is_famous else "talk, few authors"
        return Guess(parent=base.id, rule="own base", case=case, text=" ".join(base.words))

    def _known_base(self, child: Subject, others: Sequence[Subject]) -> Guess | None:
        """Suggest the base of another author whose whole name the child's holds.

        Not so if the name goes on as that of a better known model does, or is that of a merge.
        """
        if child.is_copy or self._habits.is_namesake(child) or is_merge_name(child.words):
            return None
        forms = dict(_places(child.words))
        named = _named(
            [other for other in others if child.may_come_from(other) and (other.is_famous or not other.is_trained)],
            forms,
        )
        if not named:
            return None
        base, words = max(named, key=lambda pair: (len(pair[1]), _fame(pair[0])))
        start = forms[words]
        rest = child.words[start + len(words) :]
        if base.words == child.words:
            return None  # its whole name: an upload of it
        is_one_language = base.types.isdisjoint(_MANY_LANGUAGES) and "multilingual" not in base.words
        if self._habits.goes_on(base, words, rest) or (is_one_language and is_trained_anew(child.words[:start] + rest)):
            return None
        rivals = max((one.authors for one, form in named if form == words and one.id != base.id), default=0)
        place = _PLACES[start] if start < len(_PLACES) else "ends"
        several = ", several names" if base.authors < _AHEAD * rivals else ""
        sized = ", sized" if "b" in words or "m" in words else ""
        training = read_training(plain_words(child.words[start:]), plain_words(words))
        more = "trained" if training else "number" if rest and tells_size(rest[:1]) else "more"
        tagged = ", tagged" if child.is_trained else ""
        case = f"{place}{several}{sized}, {more}, authors {_step(base.authors, _AUTHOR_STEPS)}{tagged}"
        return Guess(parent=base.id, rule="known base", case=case, text=" ".join(words))

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
_BY_NAME: Final = frozenset({"one name", "several names", "best known name"})
_PLACES: Final = ("begins", "second word")


def _named(models: Iterable[Subject], forms: Mapping[Words, object]) -> list[tuple[Subject, Words]]:
    """Return the models that have one of the names, each with the longest, the most famous first.

    A later version goes by the name without a version only where its author has no model of that very name.
    """
    found = [(model, words) for model in models if (words := _find_form(model, forms))]
    exact = {(model.author, words) for model, words in found if words == model.words}
    kept = [pair for pair in found if not _is_versionless(*pair) or (pair[0].author, pair[1]) not in exact]
    return sorted(kept, key=lambda pair: _fame(pair[0]), reverse=True)


def _places(words: Words) -> Iterator[tuple[Words, int]]:
    """Yield the parts of two words or more at the beginning, after the first word and at the end, with their place."""
    for end in range(_SHORTEST_NAME, len(words)):
        yield words[:end], 0
    for end in range(1 + _SHORTEST_NAME, len(words) + 1):
        yield words[1:end], 1
    for start in range(2, len(words) - 1):
        yield words[start:], start


def _is_versionless(model: Subject, words: Words) -> bool:
    return model.words[-2:-1] == ("v",) and words[-2:] != model.words[-2:]


def _find_form(model: Subject, forms: Mapping[Words, object]) -> Words:
    return next((words for words in base_names(model) if words in forms), ())


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
    return tuple(name for name in names if len(name) >= _SHORTEST_NAME and is_telling(name))


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


def _fame(model: Subject) -> tuple[int, int, int, str]:
    return model.authors, model.children, model.downloads, model.id


def _step(value: float, steps: Sequence[float]) -> str:
    return next((f"{step}+" for step in steps if value >= step), "less")
