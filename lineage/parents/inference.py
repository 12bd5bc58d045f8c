"""Infer parents that nobody declares, by rules that use names, traits and the habits of those who declare parents.

A rule looks at one model and the known models, and returns guesses; no rule looks at what the model itself declares.
The rules do not say how reliable a guess is: `lineage.parents.reliability` measures that on declared edges that were
hidden.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lineage.parents.habits import BASE_AUTHORS, COUNTS, LONGER, SHARES, Guess, Habits, step
from lineage.parents.repo_names import (
    Copy,
    Words,
    is_merge_name,
    is_trained_anew,
    plain_words,
    read_training,
    split_name,
    strip_copy,
    tells_size,
)
from lineage.parents.subject import SHORTEST_NAME, Subject, base_names
from lineage.vocabulary import Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lineage.parents.habits import Key

RELATIONS: Final[Mapping[Copy, Relation | None]] = {
    "quantization": Relation.QUANTIZED,
    "conversion": None,
    "adapter": Relation.ADAPTER,
}
"""How the original was changed; a conversion loses no bits and is by itself none of the four relations."""
SERIES_WORDS: Final = 2
BASE_CHILDREN: Final = 10
_AHEAD: Final = 3
"""The best known of several models with one name is taken for it if so many times more authors declare it."""
_RARE: Final = 10
"""A longer name that so many times fewer authors declare does not stand against the shorter one."""
_LENGTHS: Final = (10, 6, 4, 2, 1)
_AUTHOR_STEPS: Final = (10, 3, 1)
POPULAR: Final = 1_000
"""From so many downloads a month on, a model that nobody declares is known by its name."""
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


class Author:
    """The models of one author: their names, and the parents that some of them declare."""

    def __init__(self, models: Sequence[Subject], declared: Mapping[str, str], habits: Habits) -> None:
        """Store the author's models, and the one parent that each of some of them declares."""
        self._habits = habits
        self._names: dict[Words, list[Subject]] = defaultdict(list)
        self._declared = declared
        self._models = models
        self._bases = [
            (plain_words(one.words), one)
            for one in models
            if one.authors >= BASE_AUTHORS and not one.is_copy and not habits.is_namesake(one)
        ]
        for model in models:
            self._names[model.words].append(model)

    @cached_property
    def _series(self) -> Mapping[Key, Counter[str]]:
        series: dict[Key, Counter[str]] = defaultdict(Counter)
        for model in self._models:
            if model.id in self._declared:
                for key in self._series_keys(model):
                    series[key][self._declared[model.id]] += 1
        return series

    @cached_property
    def _is_converter(self) -> bool:
        foreign = sum(model.is_copy and not self._has_original(model) for model in self._models)
        return foreign >= max(_CONVERTED, _CONVERTED_SHARE * len(self._models))

    def _has_original(self, copy: Subject) -> bool:
        return any(stripped.words in self._names for stripped in strip_copy(copy.words))

    def guess(self, child: Subject, others: Sequence[Subject] = ()) -> tuple[Guess, ...]:
        """Return the guesses of every rule; `others` are other authors' models whose names the child's may contain."""
        longer = self._longer_name(child)
        known = _doubt(self._known_base(child, others), longer)
        guesses = [self._copy(child, others), self._own_base(child), known, longer, self._shape(child)]
        if child.is_trained and child.children < BASE_CHILDREN:
            guesses.extend(_doubt(guess, longer) for guess in (self._habits.guess(child), self._sibling(child)))
        return tuple(guess for guess in guesses if guess is not None)

    def _copy(self, child: Subject, others: Sequence[Subject]) -> Guess | None:
        """Suggest the model that a copy is named after.

        The author's own model with the longest name comes first, however old, unless it is itself only an upload of a
        famous one; then the one whose author is in the name, then the most famous of all that have the name, with or
        without its maker's name in front and `hf` behind.
        """
        forms = {stripped.words: stripped.copy for stripped in strip_copy(child.words)} if child.is_copy else {}
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
            length = f", words {step(len(words), _LENGTHS)}"
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
        if not others or child.is_copy or self._habits.is_namesake(child) or is_merge_name(child.words):
            return None
        possible = [one for one in others if _is_base(one, child) and child.may_come_from(one)]
        forms = dict(_places(child.words)) if possible else {}
        named = _named(possible, forms)
        if not named:
            return None
        base, words = max(named, key=lambda pair: (pair[0].children > 0, len(pair[1]), _fame(pair[0])))
        start = forms[words]
        rest = child.words[start + len(words) :]
        if base.words == child.words:
            return None  # its whole name: an upload of it
        is_one_language = base.types.isdisjoint(_MANY_LANGUAGES) and "multilingual" not in base.words
        training = read_training(plain_words(child.words[start:]), plain_words(words))
        longer = self._habits.count_longer((*words, *rest[:1])) if rest else 0
        is_rare = training is not None and not child.is_trained and _RARE * longer <= base.authors
        if (longer and not is_rare) or self._habits.count_longer(words) > base.authors:
            return None
        if is_one_language and is_trained_anew(child.words[:start] + rest):
            return None
        rivals = max((one.authors for one, form in named if form == words and one.id != base.id), default=0)
        place = _PLACES[start] if start < len(_PLACES) else "ends"
        several = ", several names" if base.authors < _AHEAD * rivals else ""
        sized = ", sized" if "b" in words or "m" in words else ""
        more = "trained" if training else "number" if rest and tells_size(rest[:1]) else "more"
        known = f"authors {step(base.authors, _AUTHOR_STEPS)}"
        marks = f"{', rarely goes on' if longer else ''}{', tagged' if child.is_trained else ''}"
        case = f"{place}{several}{sized}, {more}, {known}{marks}"
        if base.authors < BASE_AUTHORS and not child.is_trained:
            case = f"{place}, {more}, {'downloaded' if base.downloads >= POPULAR else 'hardly known'}"
        return Guess(parent=base.id, rule="known base", case=case, text=" ".join(words))

    def _shape(self, child: Subject) -> Guess | None:
        """Suggest the base of all models that have the child's architecture and number of weights."""
        if not child.parameters or child.is_copy or child.children >= BASE_CHILDREN or is_merge_name(child.words):
            return None
        if child.types.isdisjoint(_MANY_LANGUAGES) and is_trained_anew(child.words):
            return None
        return self._habits.guess_shape(child)

    def _longer_name(self, child: Subject) -> Guess | None:
        """Suggest the author's own older model whose whole name begins the child's name."""
        if len(self._models) == 1:
            return None
        for end in range(len(child.words) - 1, SERIES_WORDS - 1, -1):
            named = self._names.get(child.words[:end])
            if named is None or tells_size(child.words[end:]):
                continue
            for other in named:
                if other.created < child.created and child.may_come_from(other):
                    case = f"words {step(end, _LENGTHS)}, more {min(len(child.words) - end, 3)}"
                    return Guess(parent=other.id, rule="longer name", case=case, text=" ".join(child.words[:end]))
        return None

    def _sibling(self, child: Subject) -> Guess | None:
        """Suggest what the author's other models declare: the one with the most similar name that declares a parent."""
        if not self._declared or len(self._models) == 1:
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
                case = f"level {level}, share {step(count / total, SHARES)}, models {step(total, COUNTS)}"
                text = " ".join(child.words[: -1 - level]) if level < _CUTS else f"{child.author}/*"
                return Guess(parent=parent, rule="series", case=case, text=text)
        return None

    def _series_keys(self, model: Subject) -> Iterator[Key]:
        for cut in range(1, _CUTS + 1):
            yield "begins", cut, model.words[:-cut] if len(model.words) - cut >= SERIES_WORDS else model.id
        yield "holds", self._habits.known_name(model.words), model.types, model.marks, model.license
        yield ("author",)


def list_asked(child: Subject, others: Sequence[Subject], habits: Habits) -> Iterator[Key]:
    """Yield the keys of what the rules ask of habits about a child; `others` are as in `Author.guess`."""
    yield from habits.asked_keys(child, is_trained=child.is_trained and child.children < BASE_CHILDREN)
    forms = dict(_places(child.words)) if others and not child.is_copy else {}
    for other in others:
        for words in base_names(other):
            if words in forms:
                end = forms[words] + len(words)
                yield from ((LONGER, words), (LONGER, (*words, *child.words[end : end + 1])))


_CUTS: Final = 3
_BY_NAME: Final = frozenset({"one name", "several names", "best known name"})
_PLACES: Final = ("begins", "second word")


def _is_base(model: Subject, child: Subject) -> bool:
    """Return whether a name may mean a model: a famous one, or one without tags of training that is declared at all."""
    return model.is_famous or (not model.is_trained and (model.children > 0 or not child.is_trained))


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
    for end in range(SHORTEST_NAME, len(words)):
        yield words[:end], 0
    for end in range(1 + SHORTEST_NAME, len(words) + 1):
        yield words[1:end], 1
    for start in range(2, len(words) - 1):
        yield words[start:], start


def _is_versionless(model: Subject, words: Words) -> bool:
    return model.words[-2:-1] == ("v",) and words[-2:] != model.words[-2:]


def _find_form(model: Subject, forms: Mapping[Words, object]) -> Words:
    return next((words for words in base_names(model) if words in forms), ())


def _doubt(guess: Guess | None, longer: Guess | None) -> Guess | None:
    """Mark a guess as doubtful if the author has an older model with a shorter name that may be the parent instead."""
    if guess is None or longer is None or guess.parent == longer.parent:
        return guess
    return replace(guess, case=f"{guess.case}, own shorter name")


def _fame(model: Subject) -> tuple[int, int, int, str]:
    return model.authors, model.children, model.downloads, model.id
