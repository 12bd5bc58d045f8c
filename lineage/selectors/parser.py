"""Parse selectors (`lineage.selectors.records`) in one pass; every error has its position and a suggestion."""

from __future__ import annotations

import re
from contextlib import suppress
from difflib import get_close_matches
from typing import Final

from lineage.selectors.records import (
    DECLARED_ONLY,
    EVERYTHING_WORDS,
    GENERATIONS_LIMIT,
    LEAST_MARK,
    OTHER_SPELLINGS,
    QUOTES,
    Atom,
    Everything,
    Group,
    Having,
    InDomain,
    Mark,
    Marked,
    Method,
    NamedModel,
    Selector,
    SelectorError,
    SelectorTerm,
    quoted,
)
from lineage.vocabulary import Relation, StatusName

TEXT_LIMIT: Final = 10_000
_SPACE: Final = re.compile(r"\s*")
_DECLARED: Final = re.compile(DECLARED_ONLY, re.IGNORECASE)
_BEFORE: Final = re.compile(r"([0-9]*)\+")
_AFTER: Final = re.compile(r"\+([0-9]*)")
_BARE: Final = re.compile(r"[^\s,+:\"']+")
_VALUE: Final = re.compile(r"[^\s,+\"']+")
CLOSED: Final[dict[Method, tuple[str, ...]]] = {
    Method.RELATION: tuple(Relation),
    Method.STATUS: tuple(name for name in StatusName if name is not StatusName.RENAMED),
}
_STARTS: Final = (*Method, *OTHER_SPELLINGS, Mark.DECLARED)


def parse(text: str) -> Selector:
    """Parse a selector; raises SelectorError, which points at the character."""
    if len(text) > TEXT_LIMIT:
        raise SelectorError(text[:80], 80, f"it has more than {TEXT_LIMIT:,} characters", "select by a method instead")
    return _Reader(text).read()


class _Reader:
    """The text, and the current position in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def read(self) -> Selector:
        groups = [self._group()]
        while self._place < len(self._text):
            groups.append(self._group())
        return Selector(groups=tuple(groups))

    def _group(self) -> Group:
        terms = [self._term()]
        while self._next == ",":
            self._place += 1
            terms.append(self._term())
        return Group(terms=tuple(terms))

    def _term(self) -> SelectorTerm:
        """Read a term and the spaces around it: the end, a comma or another group follows."""
        self._skip()
        declared_only = self._take(_DECLARED) is not None
        start = self._place
        before = self._take(_BEFORE)
        ancestors = 0 if before is None else self._generations(before[1], start)
        atom = self._atom()
        after_place = self._place + 1
        after = self._take(_AFTER)
        descendants = 0 if after is None else self._generations(after[1], after_place)
        self._end_term(atom)
        return SelectorTerm(atom=atom, ancestors=ancestors, descendants=descendants, declared_only=declared_only)

    def _end_term(self, atom: Atom) -> None:
        place = self._place
        self._skip()
        if self._place > place or not self._next or self._next == ",":
            return
        written = self._text[self._text.rfind(" ", 0, place) + 1 :].partition(" ")[0]
        if isinstance(atom, Having | InDomain) and self._next in "+0123456789":
            method = Method.DOMAIN if isinstance(atom, InDomain) else atom.method
            value = written.partition(":")[2]
            raise SelectorError(
                self._text, place, "there is one '+' too many here", f"did you mean {method}:{quoted(value)}?"
            )
        reason = f"expected a space, a comma or the end, not {self._next!r}"
        raise SelectorError(self._text, place, reason, f"an id with unusual characters needs quotes: {quoted(written)}")

    def _atom(self) -> Atom:
        place = self._place
        if not self._next:
            reason = "something is missing here" if self._text.strip() else "it is empty"
            raise SelectorError(self._text, place, reason, "give an id such as org/name, a method, or * for everything")
        if self._next in QUOTES:
            return NamedModel(id=self._quoted())
        word = self._take(_BARE)
        if word is None:
            raise SelectorError(
                self._text, place, f"expected an id, a word or a method, not {self._next!r}", _way_out(self._next)
            )
        if self._next == ":" and "/" in word[0]:
            self._place += 1
            name = self._take(_VALUE)
            if name is None:
                hint = "such as org/name:Q2_K"
                raise SelectorError(self._text, self._place, "the name of a file is missing here", hint)
            return NamedModel(id=f"{word[0]}:{name[0]}")
        if self._next == ":":
            return self._having(word[0], place)
        return self._plain(word[0], place)

    def _plain(self, word: str, place: int) -> Atom:
        if word in EVERYTHING_WORDS:
            return Everything()
        if word in frozenset(Mark):
            return Marked(mark=Mark(word))
        if "*" in word:
            at = place + word.index("*")
            raise SelectorError(
                self._text, at, "wildcards are not supported", "org:NAME selects the models of an organisation"
            )
        return NamedModel(id=word)

    def _having(self, word: str, place: int) -> Having | InDomain:
        name = word.lower()
        method = OTHER_SPELLINGS.get(name) or (Method(name) if name in frozenset(Method) else None)
        if method is None:
            near = get_close_matches(name, _STARTS, 1)
            hint = f"did you mean {near[0]}:...?" if near else f"the methods are {', '.join(Method)}"
            if name == Mark.DECLARED:
                hint = f"{DECLARED_ONLY} comes first in its term, once: {DECLARED_ONLY}+org/name+"
            raise SelectorError(self._text, place, f"there is no method {word!r}", hint)
        self._place += 1
        at = self._place
        if self._next and self._next in QUOTES:
            return self._checked(method, self._quoted(), at)
        value = self._take(_VALUE)
        if value is None:
            known = CLOSED.get(method, ("VALUE",))
            hint = f"such as {method}:{known[0]}"
            raise SelectorError(self._text, at, f"{method}: needs a value, without a space before it", hint)
        return self._checked(method, value[0], at)

    def _checked(self, method: Method, value: str, place: int) -> Having | InDomain:
        if method is Method.DOMAIN:
            return self._domain(value.lower(), place)
        known = CLOSED.get(method)
        if known is None:
            return Having(method=method, value=value)
        if value.lower() in known:
            return Having(method=method, value=value.lower())
        near = get_close_matches(value.lower(), known, 1)
        hint = f"did you mean {method}:{near[0]}?" if near else f"it must be one of {', '.join(known)}"
        raise SelectorError(self._text, place, f"there is no {method} {value!r}", hint)

    def _domain(self, value: str, place: int) -> InDomain:
        domain, mark, least = value.partition(LEAST_MARK)
        if not mark:
            return InDomain(domain=domain)
        with suppress(ValueError):
            if 0 <= float(least) <= 1:
                return InDomain(domain=domain, least=float(least))
        reason = f"the least confidence must be a number from 0 to 1, not {least!r}"
        raise SelectorError(
            self._text, place, reason, f"{Method.DOMAIN}:{domain}{LEAST_MARK}0 selects every model of it"
        )

    def _quoted(self) -> str:
        """Read a quoted text from the opening quote to the closing one; a doubled quote is one quote."""
        start, quote, parts = self._place, self._next, []
        self._place += 1
        while (end := self._text.find(quote, self._place)) >= 0:
            parts.append(self._text[self._place : end])
            self._place = end + 1
            if self._next != quote:
                if text := quote.join(parts):
                    return text
                raise SelectorError(
                    self._text, start, "there is nothing between these quotes", "name a model or a value"
                )
            self._place += 1
        raise SelectorError(self._text, start, "this quote is not closed", f"end it with another {quote}")

    def _generations(self, digits: str, place: int) -> int | None:
        if not digits:
            return None
        if len(digits) > len(str(GENERATIONS_LIMIT)):
            reason = f"more than {GENERATIONS_LIMIT:,} generations"
            raise SelectorError(self._text, place, reason, "leave the number out for all generations")
        return int(digits)

    @property
    def _next(self) -> str:
        return self._text[self._place : self._place + 1]

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._place)
        if found is not None:
            self._place = found.end()
        return found

    def _skip(self) -> None:
        self._take(_SPACE)


def _way_out(character: str) -> str:
    match character:
        case ",":
            return "a comma stands between two terms: domain:medical,unscored"
        case "+":
            return "one + before an id adds its ancestors, one behind it its descendants: +org/name+"
        case _:
            return "a method has a name before the colon: domain:medical"
