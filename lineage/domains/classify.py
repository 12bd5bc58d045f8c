"""Classify a model by its own signs: name, tags, data sets and author, each reported as a named signal.

A confidence of 0.5 or more means that an analyst would list the model. A strong name word or data set is enough alone;
a plain topical tag needs a second sign, because about a third of the models that carry one belong to no domain.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from lineage.domains.compounds import Compounds
from lineage.domains.lexicon import EVERY_WORD, Lexicon, Term, joinings, spellings
from lineage.text.words import list_chunks, split_chunks, split_words

Sign: TypeAlias = Literal["name", "tag", "dataset", "dataset name", "author"]

_WEIGHTS: Final[dict[tuple[Sign, bool], float]] = {
    ("name", True): 0.7,
    ("name", False): 0.3,
    ("tag", True): 0.6,
    ("tag", False): 0.4,
    ("dataset", True): 0.6,
    ("dataset", False): 0.25,
    ("dataset name", True): 0.5,
    ("author", True): 0.25,
}
_REPEATED: Final = 0.45
_REPEATED_TOPIC: Final = 0.35
_FALSE_FRIEND_SHARE: Final = 0.3
_SOUP_TOPICS: Final = 4
_SOUP_SHARE: Final = 0.25
_DATASETS_PER_SIGN: Final = 2
_LONE_SIGNAL_LIMIT: Final = 0.45
_MANY_DOMAINS: Final = 3
_REMEMBERED: Final = 1 << 14
"""Names whose words are kept: those of authors and data sets come again and again."""
_REMEMBERED_CHUNKS: Final = 1 << 16

_Hits: TypeAlias = dict[str, dict[tuple[Sign, str], float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSigns:
    """The input of `classify`: a record's own words, as the Hub gives them; tags may name data sets too."""

    id: str
    tags: Sequence[str] = ()
    datasets: Sequence[str] = ()
    languages: Sequence[str] = ()
    library: str | None = None
    pipeline_tag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainMatch:
    """One domain of a model; `signals` are texts such as `tag:medical` or `name:bio gpt`, strongest first."""

    domain: str
    confidence: float
    signals: tuple[str, ...]


def classify(facts: DomainSigns, lexicon: Lexicon) -> tuple[DomainMatch, ...]:
    """Return the domains that a model's signs point to, in the order of the lexicon; empty for most models.

    Signs of different kinds add up as independent evidence (noisy or); a further sign of one kind counts less than
    half. A sign beside its false friend counts 0.3. If a record has tags of four or more unrelated topics, tags count a
    quarter. If k of n data sets are signs, each counts 2k / n, at most 1. A model with signs of three domains, such as
    a general embedding model, needs two signs to be listed under one.
    """
    matcher = _build_matcher(lexicon)
    tags = [tag.strip().lower() for tag in facts.tags]
    hits: _Hits = {}
    datasets = dict.fromkeys(name.strip().lower() for name in facts.datasets)
    if facts.id.isascii():
        author, _, name = facts.id.rpartition("/")
        _add(hits, "name", matcher.find_words(name))
        _add(hits, "author", [term for term in matcher.find_words(author) if term.strong])
    for tag in tags:
        if tag.startswith("dataset:"):
            datasets[tag[8:].strip()] = None
        elif terms := matcher.tags.get(tag):
            _add(hits, "tag", terms)
    for dataset in datasets:
        matcher.match_dataset(dataset, hits)
    if hits:
        _damp_false_friends(hits, matcher, _Surroundings(facts, tags, matcher))
        _dilute(hits, matcher, tags, len(datasets))
    return tuple(_judge(hits, lexicon.names, matcher.topics))


def may_name_domain(model_id: str, lexicon: Lexicon) -> bool:
    """Return whether an id may hold a word of a domain; if not, only a model's tags can show one."""
    return _build_matcher(lexicon).may_hold(model_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What makes a word a false friend: a mark (`tag`, `task`, `library`) with a value, or a phrase in the name."""

    mark: str = ""
    value: str = ""
    phrases: tuple[str, ...] = ()


class _Surroundings:
    """The marks and the spaced name of one record, in which contexts are searched."""

    __slots__ = ("_marks", "_matcher", "_name", "_words")

    def __init__(self, facts: DomainSigns, tags: Sequence[str], matcher: "_Matcher") -> None:
        self._matcher = matcher
        self._name = facts.id.rpartition("/")[2] if facts.id.isascii() else ""
        self._words: str | None = None
        self._marks: dict[str, frozenset[str | None]] = {
            "tag": frozenset((*tags, *(language.strip().lower() for language in facts.languages))),
            "task": frozenset((facts.pipeline_tag, *tags)),
            "library": frozenset((facts.library,)),
        }

    def hold_any(self, contexts: Iterable[_Context]) -> bool:
        return any(
            context.value in self._marks[context.mark] if context.mark else self._hold_phrase(context.phrases)
            for context in contexts
        )

    def _hold_phrase(self, phrases: Sequence[str]) -> bool:
        if self._words is None:
            self._words = self._matcher.spaced(self._name)
        words = self._words
        return any(phrase in words for phrase in phrases)


class _Matcher:
    """The look-up tables of a lexicon; one matcher is cached per lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.tags: dict[str, list[Term]] = {}
        self.topics = frozenset(lexicon.topics)
        self.contexts: dict[tuple[str, str], list[_Context]] = {}
        self._phrases: dict[str, list[Term]] = {}
        self._longest: dict[str, int] = {}
        self._datasets: dict[str, list[Term]] = {}
        self._prefixes: dict[str, list[Term]] = {}
        for friend in lexicon.false_friends:
            self.contexts.setdefault((friend.domain, friend.word), []).append(_read_context(friend.context))
        listed = {(term.domain, term.text) for term in lexicon.terms if term.kind == "tag"}
        self._starts: tuple[str, ...] = ()
        for term in lexicon.terms:
            if term.kind == "dataset":
                self._add_dataset(term)
                continue
            is_tag_too = (term.strong or term.language != "english") and (term.domain, term.text) not in listed
            if term.kind == "tag" or is_tag_too:
                for spelling in set(spellings(term.text)):
                    self.tags.setdefault(spelling, []).append(term)
            if term.kind == "name" and term.text.isascii():
                for words in set(joinings(term.text)):
                    self._phrases.setdefault(" ".join(words), []).append(term)
                    self._longest[words[0]] = max(len(words), self._longest.get(words[0], 0))
        self._starts = tuple(self._prefixes)
        terms = {"".join(term.text.split()) for term in lexicon.terms if term.kind == "name" and term.text.isascii()}
        self._compounds = Compounds(terms, lexicon.companions)
        self.find_words = lru_cache(maxsize=_REMEMBERED)(self._find_words)
        self._telling = frozenset(_rarest_word(phrase.split(), lexicon.companions) for phrase in self._phrases)
        self._is_telling = lru_cache(maxsize=_REMEMBERED_CHUNKS)(self._holds_telling_word)

    def _add_dataset(self, term: Term) -> None:
        if term.text.endswith("*"):
            self._prefixes.setdefault(term.text[:-1], []).append(term)
        else:
            self._datasets.setdefault(term.text, []).append(term)

    def readings(self, name: str) -> list[list[str]]:
        """Return the ways in which a name is read as words: split at camel case, or not, and with compounds split."""
        fine, chunks = split_words(name), split_chunks(name)
        readings = [fine] if fine == chunks else [fine, chunks]
        runs = fine if fine == chunks else split_words(" ".join(chunks))
        for words in (fine,) if runs == fine else (fine, runs):
            expanded = self._compounds.expand(words)
            if expanded != words:
                readings.append(expanded)
        return readings

    def spaced(self, name: str) -> str:
        """Return all readings of a name as one text with a space around each word, in which phrases are searched."""
        return f" {' | '.join(' '.join(words) for words in self.readings(name))} "

    def may_hold(self, name: str) -> bool:
        """Return whether a name may hold a term, as far as its runs of letters and digits tell one by one.

        It is many times cheaper than to look for terms, as the same runs come again and again.
        """
        return any(map(self._is_telling, list_chunks(name)))

    def _holds_telling_word(self, chunk: str) -> bool:
        words = {*split_words(chunk), *split_chunks(chunk), *split_words(chunk.lower()), chunk.lower()}
        return any(self._compounds.may_hold(word, self._telling) for word in words)

    def _find_words(self, name: str) -> tuple[Term, ...]:
        """Return the terms whose words are adjacent in a name, each as often as it occurs."""
        if not self.may_hold(name):
            return ()
        found: list[Term] = []
        for words in self.readings(name):
            for start, word in enumerate(words):
                for end in range(start + 1, start + 1 + self._longest.get(word, 0)):
                    if terms := self._phrases.get(" ".join(words[start:end])):
                        found.extend(terms)
        return tuple(found)

    def match_dataset(self, dataset: str, hits: _Hits) -> None:
        terms = self._datasets.get(dataset, [])
        if dataset.startswith(self._starts):
            terms = [
                *terms,
                *(term for start in self._prefixes if dataset.startswith(start) for term in self._prefixes[start]),
            ]
        _add(hits, "dataset", terms, dataset)
        if not terms and dataset.isascii():
            name = dataset.rpartition("/")[2]
            named = [term for term in self.find_words(name) if term.strong]
            _add(hits, "dataset name", [term for term in named if not self._is_false_friend(term, name)], dataset)

    def _is_false_friend(self, term: Term, name: str) -> bool:
        """Return whether the words beside a term in a name give it another meaning."""
        contexts = self.contexts.get((term.domain, term.text), ())
        phrases = [phrase for context in contexts for phrase in context.phrases]
        return bool(phrases) and any(phrase in self.spaced(name) for phrase in phrases)


def _rarest_word(words: Sequence[str], companions: Container[str]) -> str:
    """Return the word of a phrase that the fewest names hold, as far as words alone tell."""
    return max(words, key=lambda word: (word not in companions, not word[0].isdigit(), len(word)))


def _read_context(text: str) -> _Context:
    mark, colon, value = text.partition(":")
    if colon:
        return _Context(mark=mark, value=value)
    return _Context(phrases=tuple(f" {' '.join(words)} " for words in joinings(text)))


@lru_cache(maxsize=4)
def _build_matcher(lexicon: Lexicon) -> _Matcher:
    return _Matcher(lexicon)


def _add(hits: _Hits, sign: Sign, terms: Iterable[Term], text: str | None = None) -> None:
    for term in terms:
        found = hits.setdefault(term.domain, {})
        key = (sign, text or term.text)
        found[key] = max(found.get(key, 0.0), _WEIGHTS[sign, term.strong])


def _damp_false_friends(hits: _Hits, matcher: _Matcher, surroundings: _Surroundings) -> None:
    """Let a sign beside its false friend count less; a domain with no other sign is none."""
    for domain, found in list(hits.items()):
        is_all = surroundings.hold_any(matcher.contexts.get((domain, EVERY_WORD), ()))
        damped = [
            (sign, text)
            for sign, text in found
            if is_all or (sign in {"name", "tag"} and surroundings.hold_any(matcher.contexts.get((domain, text), ())))
        ]
        if len(damped) == len(found):
            del hits[domain]
        for key in damped:
            found[key] *= _FALSE_FRIEND_SHARE


def _dilute(hits: _Hits, matcher: _Matcher, tags: Sequence[str], datasets: int) -> None:
    soup = len(matcher.topics.intersection(tags)) >= _SOUP_TOPICS
    for found in hits.values():
        signs = sum(sign in {"dataset", "dataset name"} for sign, _ in found)
        dataset_share = min(1.0, _DATASETS_PER_SIGN * signs / datasets) if signs else 1.0
        for sign, text in found:
            if soup and sign == "tag":
                found[sign, text] *= _SOUP_SHARE
            if sign in {"dataset", "dataset name"}:
                found[sign, text] *= dataset_share


def _judge(hits: _Hits, domains: Sequence[str], topics: frozenset[str]) -> Iterator[DomainMatch]:
    everywhere = sum(1 for found in hits.values() if found) >= _MANY_DOMAINS
    for domain in domains:
        found = hits.get(domain)
        if not found:
            continue
        kept = (
            [item for item in found.items() if not _is_part(item[0], found)] if len(found) > 1 else list(found.items())
        )
        ranked = sorted(kept, key=lambda item: (-item[1], item[0][1] not in topics, item[0]))
        doubt, seen = 1.0, set[Sign]()
        for (sign, text), weight in ranked:
            further = _REPEATED_TOPIC if sign == "tag" and text in topics else _REPEATED
            doubt *= 1 - (weight * further if sign in seen else weight)
            seen.add(sign)
        confidence = 1 - doubt
        if everywhere and len(ranked) == 1:
            confidence = min(confidence, _LONE_SIGNAL_LIMIT)
        signals = tuple(f"{'dataset' if sign == 'dataset name' else sign}:{text}" for (sign, text), _ in ranked)
        yield DomainMatch(domain=domain, confidence=round(confidence, 3), signals=signals)


def _is_part(key: tuple[Sign, str], found: dict[tuple[Sign, str], float]) -> bool:
    """Return whether a word is only part of a longer match of the same kind."""
    sign, text = key
    joined = text.replace(" ", "")
    return sign in {"name", "author"} and any(
        sign == other
        and len(joined) < len(longer.replace(" ", ""))
        and joined in longer.replace(" ", "")
        and found[key] <= found[other, longer]
        for other, longer in found
    )
