"""The contents of a lexicon: domains, their signs, the queries for the Hub, and the filter that precedes `classify`.

A domain is data: whatever a lexicon defines. The default domains are in `lexicon.yaml`, and no code names one.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, Literal, TypeAlias

from lineage.errors import UsageError
from lineage.text.suggest import nearest

Kind: TypeAlias = Literal["tag", "dataset", "name"]
Parameter: TypeAlias = Literal["filter", "search"]

EVERY_WORD: Final = "*"
LISTED_CONFIDENCE: Final = 0.5
"""From this confidence on an analyst would list a model under a domain."""
MOST_DOMAINS: Final = 31
"""The explorer page keeps a model's domains as the bits of one number; JavaScript limits how many there can be."""


class UnknownDomain(UsageError):
    """No lexicon defines this domain; `name` is the requested name and `known` are the defined ones."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        """Report the unknown name and list the known ones."""
        super().__init__(f"there is no domain {name!r}; the domains are {', '.join(known)}")
        near = nearest(name, known)
        self.hint = f"did you mean {near}?" if near else "a lexicon file can define one (`lineage docs domains`)"
        self.name = name
        self.known = tuple(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """A field of use that models belong to.

    `name` is what selectors and options call it; pages show `title` and `colour` (`#rrggbb`). In a schedule, one
    download of a model of this domain counts as `risk` downloads of a model without a domain.
    """

    name: str
    title: str
    colour: str
    risk: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One sign of a domain.

    `text` is lower case; in a name or tag a space matches any separator or none; at the end of a data set `*` matches
    any rest. A strong sign is enough alone; a weak one needs a second sign.
    """

    domain: str
    kind: Kind
    text: str
    strong: bool
    language: str = "english"


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseFriend:
    """A word with another meaning beside `context`: words of a name, or `tag:`, `task:`, `library:` and a value."""

    domain: str
    word: str
    context: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query of the Hub's model list: `filter=VALUE` (a tag, `dataset:ID`) or `search=VALUE` (part of an id)."""

    parameter: Parameter
    value: str
    domain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefilter:
    """A cheap filter that passes every model with a sign of its own, and many without.

    A model passes if `id_pattern` (RE2 syntax) matches in its lower-case id, or if one of its tags, trimmed and in
    lower case, is in `tags`, starts with one of `tag_prefixes`, or contains a match of `dataset_pattern`.
    """

    id_pattern: str
    tags: tuple[str, ...]
    tag_prefixes: tuple[str, ...]
    dataset_pattern: str

    def passes(self, model_id: str, tags: Iterable[str]) -> bool:
        """Return whether a model passes; this is the same rule for callers without SQL."""
        if re.search(self.id_pattern, model_id.lower()):
            return True
        known = frozenset(self.tags)
        cleaned = [tag.strip().lower() for tag in tags]
        return any(
            tag in known or tag.startswith(self.tag_prefixes) or re.search(self.dataset_pattern, tag) for tag in cleaned
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lexicon:
    """The contents of a lexicon file; compared by identity, so that what is built from it can be cached.

    `domains` are in display order. `asks` holds `(domain, kind, value)`, strongest first, the value in the Hub's own
    case; `topics` are the tags that say little when many occur together; `companions` are the words that names glue to
    a word of a domain. `additions` is the text of the user's file that extends the default lexicon, empty if there is
    none.
    """

    domains: tuple[Domain, ...]
    terms: tuple[Term, ...] = ()
    asks: tuple[tuple[str, Kind, str], ...] = ()
    false_friends: tuple[FalseFriend, ...] = ()
    topics: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    additions: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the domains."""
        return tuple(domain.name for domain in self.domains)

    def chosen(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return these domain names in the lexicon's order; raises UnknownDomain."""
        wanted = tuple(names)
        check_domains(wanted, self.names)
        return tuple(name for name in self.names if name in wanted)

    def queries(self, domains: Iterable[str] | None = None) -> tuple[Query, ...]:
        """Return the queries for these domains, or None for all, strongest first, each query once.

        If two domains share a query, it is listed under the first.
        """
        wanted = frozenset(self.names if domains is None else domains)
        found: dict[tuple[Parameter, str], Query] = {}
        for kind in ("tag", "name", "dataset"):
            for domain, asked_kind, value in self.asks:
                if domain in wanted and asked_kind == kind:
                    parameter: Parameter = "search" if kind == "name" else "filter"
                    text = f"dataset:{value}" if kind == "dataset" else value
                    found.setdefault((parameter, text), Query(parameter=parameter, value=text, domain=domain))
        return tuple(found.values())

    def prefilter(self) -> Prefilter:
        """Return a filter that every model with a sign of its own passes (a test proves it against `classify`)."""
        return _prefilter(self)


def check_domains(wanted: Iterable[str], known: Sequence[str]) -> None:
    """Raise UnknownDomain for the first name that is not known."""
    for name in wanted:
        if name not in known:
            raise UnknownDomain(name, known)


def merge(lexicon: Lexicon, other: Lexicon) -> Lexicon:
    """Return both lexicons as one; if both define a domain or sign, `other` wins."""
    domains = {domain.name: domain for domain in (*lexicon.domains, *other.domains)}
    terms = {(term.domain, term.kind, term.text): term for term in (*lexicon.terms, *other.terms)}
    return Lexicon(
        domains=tuple(domains.values()),
        terms=tuple(terms.values()),
        asks=tuple(dict.fromkeys((*lexicon.asks, *other.asks))),
        false_friends=tuple(dict.fromkeys((*lexicon.false_friends, *other.false_friends))),
        topics=tuple(dict.fromkeys((*lexicon.topics, *other.topics))),
        companions=tuple(dict.fromkeys((*lexicon.companions, *other.companions))),
        additions=lexicon.additions + other.additions,
    )


def spellings(text: str) -> Iterator[str]:
    """Yield the spellings of a tag of several words: with spaces, hyphens, underscores or nothing between them."""
    for separator in (" ", "-", "_", ""):
        yield separator.join(text.split())


def joinings(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of a name with each gap open or closed: `med qa` gives `(med, qa)` and `(medqa,)`."""
    words = text.split()
    for gaps in product((" ", ""), repeat=len(words) - 1):
        yield tuple("".join(word + gap for word, gap in zip(words, (*gaps, ""), strict=True)).split())


@lru_cache(maxsize=4)
def _prefilter(lexicon: Lexicon) -> Prefilter:
    words = _shortest({term.text for term in lexicon.terms if term.kind == "name" and term.text.isascii()})
    tags: set[str] = set()
    prefixes: set[str] = set()
    for term in lexicon.terms:
        if term.kind == "dataset":
            (prefixes if term.text.endswith("*") else tags).add(f"dataset:{term.text.removesuffix('*')}")
        else:
            tags.update(spellings(term.text))
    pattern = f"(?:{'|'.join(_pattern(word) for word in words)})" if words else "[^\\s\\S]"
    return Prefilter(
        id_pattern=pattern,
        tags=tuple(sorted(tags)),
        tag_prefixes=tuple(sorted(prefixes)),
        dataset_pattern=rf"^dataset:[\s\S]*{pattern}",
    )


def _shortest(texts: Collection[str]) -> list[str]:
    """Return the texts without those that hold another text of one word, which matches wherever they do."""
    return sorted(text for text in texts if not any(part in texts and part != text for part in _parts(text)))


def _parts(text: str) -> Iterator[str]:
    for word in text.split():
        for start in range(len(word)):
            for end in range(start + 1, len(word) + 1):
                yield word[start:end]


def _pattern(text: str) -> str:
    return "[^a-z0-9]*".join(re.escape(word) for word in text.split())
