"""Selectors: how models are named on the command line, as text and as records.

    selector   group { space group }                a model that is in any of the groups
    group      term { "," term }                    a model that is in all of the terms
    term       [ "declared:" ] reach                 follow only edges that somebody declared
    reach      [ [count] "+" ] atom [ "+" [count] ]  with its ancestors, its descendants, or so many generations of them
    atom       "*" | word | method ":" value | id

The value of `domain` may end in `@` and the least confidence: `medical@0.7`. Words, methods and values are listed
below; an id or a value with special characters is quoted, and inside it a quote of the same kind is doubled. `parse`
and `render` are inverses of each other on records.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias, assert_never

from lineage.errors import UsageError

GENERATIONS_LIMIT: Final = 9_999
EVERYTHING_WORDS: Final = ("*", "all")
QUOTES: Final = "\"'"
SHOWN_BEFORE: Final = 60
SHOWN_AFTER: Final = 40
UNPRINTABLE: Final = "\N{REPLACEMENT CHARACTER}"
LEAST_MARK: Final = "@"
SPECIAL: Final = frozenset(" \t\r\n,+:*\"'")


class Mark(StrEnum):
    """A property of models that one word selects."""

    UNSCORED = "unscored"
    SCORED = "scored"
    UNDECLARED = "undeclared"
    DECLARED = "declared"


class Method(StrEnum):
    """A way to select a set of models: `method:value`."""

    DOMAIN = "domain"
    ORG = "org"
    DATASET = "dataset"
    RELATION = "relation"
    LIBRARY = "library"
    LICENSE = "license"
    STATUS = "status"
    TAG = "tag"


DECLARED_ONLY: Final = f"{Mark.DECLARED}:"
OTHER_SPELLINGS: Final = {"licence": Method.LICENSE, "author": Method.ORG, "data": Method.DATASET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Everything:
    """All models, missing parents included: `*`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """One model by its id, in any capitals, or by a former id."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """The models that have the property of a word."""

    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Having:
    """The models whose `method`, which is not `domain`, has the value, regardless of capitals."""

    method: Method
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InDomain:
    """The models of a domain, by own signs or inherited, with a confidence of `least` or more, 0 to 1.

    `least` is None for the confidence from which an analyst would list a model.
    """

    domain: str
    least: float | None = None


Atom: TypeAlias = Everything | NamedModel | Marked | InDomain | Having


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorTerm:
    """An atom with some generations of ancestors and descendants: 0 means none, None means all.

    With `declared_only`, inferred edges do not count, neither for these generations nor for `relation:`.
    """

    atom: Atom
    ancestors: int | None = 0
    descendants: int | None = 0
    declared_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The intersection of its terms, of which there is at least one."""

    terms: tuple[SelectorTerm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """The union of its groups, of which there is at least one."""

    groups: tuple[Group, ...]


class SelectorError(UsageError):
    """A selector could not be read: `text` as given, `place` of the character at fault from 0, and why."""

    def __init__(self, text: str, place: int, reason: str, suggestion: str = "") -> None:
        """Build the message: the selector with a caret under the faulty character."""
        start = max(0, place - SHOWN_BEFORE)
        part = text[start : place + SHOWN_AFTER]
        line = "".join(character if character.isprintable() else UNPRINTABLE for character in part)
        super().__init__(f"the selector cannot be read: {reason}\n    {line}\n    {' ' * (place - start)}^")
        self.text = text
        self.place = place
        self.reason = reason
        self.hint = suggestion


def render(selector: Selector) -> str:
    """Return the text that `parse` reads as this selector, with quotes only where needed."""
    return " ".join(",".join(_render_term(term) for term in group.terms) for group in selector.groups)


def quoted(text: str) -> str:
    """Return a text as a selector value, in double quotes if it has special characters."""
    is_odd = not text or any(character in SPECIAL or not character.isprintable() for character in text)
    return '"' + text.replace('"', '""') + '"' if is_odd else text


def _render_term(term: SelectorTerm) -> str:
    before = "" if term.ancestors == 0 else f"{_count(term.ancestors)}+"
    after = "" if term.descendants == 0 else f"+{_count(term.descendants)}"
    return (DECLARED_ONLY if term.declared_only else "") + before + _render_atom(term.atom) + after


def _render_atom(atom: Atom) -> str:
    match atom:
        case Everything():
            return "*"
        case NamedModel(id=text) if text in {*EVERYTHING_WORDS, *Mark} or text.isdecimal():
            return f'"{text}"'
        case NamedModel(id=text):
            return quoted(text)
        case Marked(mark=mark):
            return mark.value
        case InDomain(domain=domain, least=least):
            value = domain if least is None else f"{domain}{LEAST_MARK}{least!r}"
            return f"{Method.DOMAIN.value}:{quoted(value)}"
        case Having(method=method, value=value):
            return f"{method.value}:{quoted(value)}"
        case _ as never:
            assert_never(never)


def _count(generations: int | None) -> str:
    return "" if generations is None else str(generations)
