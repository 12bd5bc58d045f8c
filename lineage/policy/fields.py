"""The keys of a policy file and their allowed values, in one place for the reader, its messages and the manual."""

from __future__ import annotations

import math
import re
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lineage.text.suggest import perhaps

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LIST: Final = 1_000
LONGEST_TEXT: Final = 500
METADATA: Final = "key"
_PATTERN: Final = re.compile(r"(?:[A-Za-z0-9._-]{1,100}/)?(?:[A-Za-z0-9._-]{1,100}|\*)")


class BadValue(ValueError):
    """A value is not what its key takes; the message says what it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """True or false."""

    shown = "true or false"

    @staticmethod
    def read(value: object) -> bool:
        """Return the value; raises BadValue if it is not a Boolean."""
        if not isinstance(value, bool):
            raise BadValue("must be true or false")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number within inclusive bounds."""

    low: float
    high: float
    is_whole: bool = False

    @property
    def shown(self) -> str:
        """The type as the manual shows it."""
        return f"{'whole number' if self.is_whole else 'number'}, {self.low:g} to {self.high:g}"

    def read(self, value: object) -> float | int:
        """Return the value; raises BadValue if it is not a number or out of bounds."""
        kinds = int if self.is_whole else int | float
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.low <= value <= self.high:
            raise BadValue(f"must be a {self.shown}")
        return int(value) if self.is_whole else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """One of several words."""

    words: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The type as the manual shows it."""
        return " or ".join(f"`{word}`" for word in self.words)

    def read(self, value: object) -> str:
        """Return the word; raises BadValue, with the nearest word, for any other value."""
        if not isinstance(value, str) or value not in self.words:
            raise BadValue(f"must be {' or '.join(self.words)}{perhaps(value, self.words)}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """A list of distinct texts; `words` are the allowed ones, empty for any; `is_pattern`: they name models."""

    words: tuple[str, ...] = ()
    is_pattern: bool = False

    @property
    def shown(self) -> str:
        """The type as the manual shows it."""
        if self.is_pattern:
            return "list of ids or `org/*`"
        return f"list of {', '.join(f'`{word}`' for word in self.words)}" if self.words else "list of texts"

    def read(self, value: object) -> tuple[str, ...]:
        """Return the texts; raises BadValue if the value is not such a list."""
        if not isinstance(value, list) or not 0 < len(value) <= LONGEST_LIST:
            raise BadValue("must be a list of texts, with at least one")
        for text in value:
            if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
                raise BadValue(f"must hold texts of at most {LONGEST_TEXT} visible characters")
            if self.words and text not in self.words:
                raise BadValue(f"{text!r} is not one of {', '.join(self.words)}{perhaps(text, self.words)}")
            if self.is_pattern and not _PATTERN.fullmatch(text):
                raise BadValue(f"{text!r} is neither an id such as org/name nor a pattern such as org/*")
        return tuple(dict.fromkeys(value))


Form: TypeAlias = Flag | Number | OneOf | Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleKey:
    """A key of a rule: its type, and what it means."""

    form: Form
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A key as the manual shows it; `default` is `required` if there is none, `-` if the key may be absent."""

    name: str
    form: str
    default: str
    about: str


def key(form: Form, about: str, default: object = MISSING) -> Any:  # noqa: ANN401 - as dataclasses.field is typed
    """Declare a field of a rule that is set by a key of the file; it is required if it has no default."""
    return field(default=default, metadata={METADATA: RuleKey(form=form, about=about)})


def keys_of(record: type) -> Mapping[str, RuleKey]:
    """Return the keys of a kind of rule, in order."""
    return {one.name: one.metadata[METADATA] for one in fields(record) if METADATA in one.metadata}


def required_of(record: type) -> tuple[str, ...]:
    """Return the keys that a rule of the kind must have."""
    return tuple(one.name for one in fields(record) if METADATA in one.metadata and one.default is MISSING)


def described(record: type) -> tuple[Described, ...]:
    """Return the keys of a kind of rule as the manual shows them."""
    defaults = {one.name: one.default for one in fields(record)}
    return tuple(
        Described(name=name, form=found.form.shown, default=_shown(defaults[name]), about=found.about)
        for name, found in keys_of(record).items()
    )


def _shown(default: object) -> str:
    match default:
        case None | ():
            return "-"
        case bool():
            return f"`{str(default).lower()}`"
        case tuple():
            return f"`[{', '.join(repr(str(one)) for one in default)}]`".replace("'", '"')
        case float() | int():
            return f"`{default:g}`" if math.isfinite(default) else "-"
        case str():
            return f'`"{default}"`'
        case _:
            return "required"
