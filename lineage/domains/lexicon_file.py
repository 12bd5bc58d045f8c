"""The lexicon as a file: its domains, and the tags, data sets and name words that are signs of one.

The default is `lexicon.yaml` beside this module, data that a user can read and extend. Reading turns YAML into a
`Lexicon` and reports every fault with its line; YAML nodes are only inspected, never constructed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Final, NoReturn, TypeAlias

import yaml

from lineage.domains.lexicon import EVERY_WORD, MOST_DOMAINS, Domain, FalseFriend, Kind, Lexicon, Term
from lineage.errors import LineageError

_SECTIONS: Final[dict[str, Kind]] = {"tags": "tag", "datasets": "dataset", "names": "name"}
_WEIGHTS: Final = {"strong": True, "weak": False}
_MARKS: Final = ("tag", "task", "library")
_LOOKS: Final = {
    "title": re.compile(r"\S(?:.{0,38}\S)?"),
    "colour": re.compile(r"#[0-9A-Fa-f]{6}"),
    "risk": re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})?"),
}
_IN_WORDS: Final = {
    "title": "a text of at most 40 characters",
    "colour": "a colour such as '#2f6f5e', in quotes",
    "risk": "a number from 0 to 999",
}
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKEN: Final = frozenset({"all", "none", "load", "topics", "companions"})
"""Reserved words: they take the place of a domain's name in the scope of a crawl and in the study's tables."""
_COLOUR: Final = "#7a828c"
_WORDS_LIMIT: Final = 5
LARGEST_FILE_BYTES: Final = 1 << 20
_Scope: TypeAlias = tuple[str, ...]


class LexiconError(LineageError):
    """A lexicon file has a fault; `line` counts from 1."""

    hint = "The form of a lexicon is described at the top of the default one: lineage/domains/lexicon.yaml."
    exit_code = 2

    def __init__(self, *, source: str, line: int, problem: str) -> None:
        super().__init__(f"{source}, line {line}: {problem}")
        self.source = source
        self.line = line
        self.problem = problem


@cache
def default_lexicon() -> Lexicon:
    """Return the default lexicon, which is read once."""
    text = resources.files("lineage.domains").joinpath("lexicon.yaml").read_text("utf-8")
    return _read(text, "lexicon.yaml", (), loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def read_lexicon(text: str, source: str) -> Lexicon:
    """Read a lexicon of the form that `lexicon.yaml` describes, as an addition to it; `source` is its name.

    It extends the default domains, or defines one by a title. Raises LexiconError for the first fault: broken YAML, an
    unknown domain or key, a value of the wrong form, an empty or impossible word, a word given twice.
    """
    return replace(_read(text, source, default_lexicon().domains), additions=text)


def _read(
    text: str, source: str, known: tuple[Domain, ...], *, loader: type[yaml.SafeLoader] = yaml.SafeLoader
) -> Lexicon:
    # The loader written in C is ten times as fast, but ends the process where a stranger's file is nested too deeply.
    if len(text.encode(errors="replace")) > LARGEST_FILE_BYTES:
        raise LexiconError(source=source, line=1, problem=f"longer than {LARGEST_FILE_BYTES:,} bytes")
    try:
        root = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or "not readable as YAML"
        raise LexiconError(source=source, line=mark.line + 1 if mark else 1, problem=problem) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise LexiconError(source=source, line=line, problem="a character that YAML does not allow") from error
    except RecursionError as error:
        raise LexiconError(source=source, line=1, problem="nested too deeply") from error
    reading = _Reading(source=source, known={domain.name: domain for domain in known})
    if root is not None:
        reading.read(root)
    return Lexicon(
        domains=tuple(reading.domains),
        terms=tuple(reading.terms),
        asks=tuple(reading.asks),
        false_friends=tuple(reading.false_friends),
        topics=tuple(reading.topics),
        companions=tuple(reading.companions),
    )


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One pass over the nodes of a file, which collects what they define."""

    source: str
    known: dict[str, Domain]
    domains: list[Domain] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    asks: list[tuple[str, Kind, str]] = field(default_factory=list)
    false_friends: list[FalseFriend] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    companions: list[str] = field(default_factory=list)
    lines: dict[_Scope, int] = field(default_factory=dict)

    def read(self, root: yaml.Node) -> None:
        for key, key_node, value in self._entries(root, "the file"):
            if key == "topics":
                self.topics.extend(text for text, _ in self._texts(value, "topics", ("topics",)))
            elif key == "companions":
                self.companions.extend(self._companions(value))
            else:
                self._read_domain(key, key_node, value)

    def _companions(self, node: yaml.Node) -> Iterator[str]:
        for text, entry in self._texts(node, "companions", ("companions",)):
            if not (text.isascii() and text.isalpha()):
                self._fail(entry, f"{text!r} is not a run of letters from a to z")
            yield text

    def _read_domain(self, domain: str, name_node: yaml.Node, node: yaml.Node) -> None:
        looks: dict[str, str] = {}
        parts: dict[str, Callable[[yaml.Node], None]] = {
            **{name: self._look_reader(name, looks) for name in _LOOKS},
            **{name: self._section_reader(domain, kind, "english") for name, kind in _SECTIONS.items()},
            "languages": lambda value: self._read_languages(domain, value),
            "ask": lambda value: self._read_asks(domain, value),
            "false_friends": lambda value: self._read_false_friends(domain, value),
        }
        for key, key_node, value in self._entries(node, domain):
            if key not in parts:
                self._fail(key_node, f"unknown key {key!r} in {domain}; known are {', '.join(parts)}")
            parts[key](value)
        self._define(domain, name_node, looks)

    def _define(self, domain: str, node: yaml.Node, looks: dict[str, str]) -> None:
        """Store the looks of a domain; a new one needs a title, so that a typing error does not define a domain."""
        known = self.known.get(domain)
        if known is None and "title" not in looks:
            names = ", ".join(self.known) or "none"
            self._fail(
                node, f"unknown domain {domain!r}; known are {names} (and topics, companions); a new one needs a title"
            )
        if known is None and (not _NAME.fullmatch(domain) or domain in _TAKEN):
            self._fail(node, f"{domain!r}: the name of a domain has lower-case letters, digits and _")
        if len({*self.known, *(one.name for one in self.domains)} - {domain}) >= MOST_DOMAINS:
            self._fail(node, f"more than {MOST_DOMAINS} domains")
        base = known or Domain(name=domain, title=looks["title"], colour=_COLOUR)
        self.domains.append(
            replace(
                base,
                title=looks.get("title", base.title),
                colour=looks.get("colour", base.colour).lower(),
                risk=float(looks.get("risk", base.risk)),
            )
        )

    def _look_reader(self, name: str, looks: dict[str, str]) -> Callable[[yaml.Node], None]:
        def read(node: yaml.Node) -> None:
            if not isinstance(node, yaml.ScalarNode) or not _LOOKS[name].fullmatch(node.value):
                self._fail(node, f"{name} must be {_IN_WORDS[name]}")
            looks[name] = node.value

        return read

    def _section_reader(self, domain: str, kind: Kind, language: str) -> Callable[[yaml.Node], None]:
        return lambda node: self._read_weights(domain, kind, language, node)

    def _read_weights(self, domain: str, kind: Kind, language: str, node: yaml.Node) -> None:
        for key, key_node, value in self._entries(node, f"{kind}s"):
            if key not in _WEIGHTS:
                self._fail(key_node, f"unknown weight {key!r}; known are strong, weak")
            for text, entry in self._texts(value, key, (domain, kind, language)):
                self._check_term(kind, text, entry)
                strong = _WEIGHTS[key]
                self.terms.append(Term(domain=domain, kind=kind, text=text, strong=strong, language=language))

    def _check_term(self, kind: Kind, text: str, node: yaml.Node) -> None:
        if kind == "dataset" and ("*" in text[:-1] or any(character.isspace() for character in text)):
            self._fail(node, f"{text!r} is not a data set id, perhaps with * at its end")
        if kind == "name" and text.isascii() and not all(word.isalnum() for word in text.split()):
            self._fail(node, f"{text!r}: write words of letters and digits with spaces between them")
        if kind == "name" and len(text.split()) > _WORDS_LIMIT:
            self._fail(node, f"{text!r} has more than {_WORDS_LIMIT} words")

    def _read_languages(self, domain: str, node: yaml.Node) -> None:
        for language, _, value in self._entries(node, "languages"):
            self._read_weights(domain, "name", language, value)

    def _read_asks(self, domain: str, node: yaml.Node) -> None:
        for key, key_node, value in self._entries(node, "ask"):
            if key not in _SECTIONS:
                self._fail(key_node, f"unknown key {key!r} in ask; known are {', '.join(_SECTIONS)}")
            kind = _SECTIONS[key]
            for text, _ in self._texts(value, key, (domain, "ask", kind), keeps_case=kind != "name"):
                self.asks.append((domain, kind, text))

    def _read_false_friends(self, domain: str, node: yaml.Node) -> None:
        for word, key_node, value in self._entries(node, "false_friends"):
            spelled = " ".join(word.lower().split())
            if spelled != EVERY_WORD and not all(part.isalnum() for part in spelled.split()):
                self._fail(key_node, f"{word!r} is not a word of a name")
            for context, entry in self._texts(value, word, (domain, "false friend", spelled)):
                mark, colon, _ = context.partition(":")
                if colon and mark not in _MARKS:
                    self._fail(entry, f"unknown mark {mark!r}; known are {', '.join(_MARKS)}")
                self.false_friends.append(FalseFriend(domain=domain, word=spelled, context=context))

    def _entries(self, node: yaml.Node, name: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self._fail(node, f"{name} must be a mapping")
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fail(key, f"a key of {name} must be a word")
            if key.value in seen:
                self._fail(key, f"{key.value!r} is given twice")
            seen.add(key.value)
            yield key.value, key, value

    def _texts(
        self, node: yaml.Node, name: str, scope: _Scope, *, keeps_case: bool = False
    ) -> Iterator[tuple[str, yaml.ScalarNode]]:
        """Yield the entries of a list, none twice, in lower case unless the Hub tells capitals apart."""
        if not isinstance(node, yaml.SequenceNode):
            self._fail(node, f"{name} must be a list")
        for entry in node.value:
            if not isinstance(entry, yaml.ScalarNode):
                self._fail(entry, f"an entry of {name} must be a text")
            text = " ".join((entry.value if keeps_case else entry.value.lower()).split())
            if not text.strip("*"):
                self._fail(entry, f"an entry of {name} is empty")
            if (first := self.lines.get((*scope, text))) is not None:
                self._fail(entry, f"{text!r} is given twice, first on line {first}")
            self.lines[(*scope, text)] = entry.start_mark.line + 1
            yield text, entry

    def _fail(self, node: yaml.Node, problem: str) -> NoReturn:
        raise LexiconError(source=self.source, line=node.start_mark.line + 1, problem=problem)
