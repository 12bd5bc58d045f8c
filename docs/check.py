"""Check the documentation: links lead somewhere, commands can be typed as shown, versions agree.

`python -m docs.check` prints each fault with its file and line, and exits 1 if there is one.
"""

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, groupby
from pathlib import Path
from typing import cast

from typer import Context, Typer
from typer._click.exceptions import ClickException
from typer.core import TyperGroup
from typer.main import get_command

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*(\{?\w*)")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+<?([^\s>]+)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
PROMPT = re.compile(r"\s*\$\s+")
MENTION = re.compile(r"(?:^|[\s;&|('\"/])lineage(?:\s|$)")
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
PLACEHOLDER = re.compile(r"[A-Z]+(?:/[A-Z]+)?\+?")
INLINE = re.compile(r"`([^`]+)`")
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
# Options of vLLM, lm-evaluation-harness and benchmarks/, and the one that every command has.
OPTIONS_OF_OTHERS = {"--enable-lora", "--log_samples", "--cases", "--full", "--only", "--write", "--help"}
NESTED = re.compile(r"\$\([^()]*\)")
OUTPUT_LANGUAGES = {"text", "console"}
BETWEEN_COMMANDS = set("();<>|&")
SHOWS_AND_ENDS = {"-h", "--help", "--version", "--install-completion", "--show-completion"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page. `language` is that of its fenced block, or None outside of a block."""

    path: Path
    number: int
    text: str
    language: str | None

    def __str__(self) -> str:
        """Return the place as `FILE:LINE`, which editors can open."""
        return f"{self.path.name}:{self.number}"


def read(path: Path) -> Iterator[Line]:
    """Yield the lines of a page without the fences; a command line that ends in a backslash is joined with the next."""
    language: str | None = None
    fence = started = ""
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        mark = FENCE.match(text)
        if mark and language is None:
            fence, language = mark[1], mark[2]
        elif mark and text.strip() == fence:
            language = None
        elif language is not None and text.endswith("\\"):
            started += text.removesuffix("\\") + " "
        else:
            yield Line(path=path, number=number, text=started + text, language=language)
            started = ""


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings of a page, as code hosts write them."""
    headings = (line.text for line in read(path) if line.language is None and line.text.startswith("#"))
    titles = (heading.lstrip("#").strip().lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def broken_links(path: Path) -> Iterator[str]:
    """Yield a sentence for each broken relative link of a page."""
    for line in read(path):
        if line.language is not None:
            continue
        for found in LINK.finditer(re.sub(r"`[^`]*`", "", line.text)):
            link = found[1] or found[2]
            if ELSEWHERE.match(link):
                continue
            name, _, anchor = link.partition("#")
            target = path.parent / name if name else path
            if not target.exists():
                yield f"{line}: {link} leads nowhere"
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                yield f"{line}: {link} names no heading of {target.name}"


def words_of(text: str) -> list[str]:
    """Return the words of a shell line without its comment; each operator between commands is a word of its own.

    Raises ValueError if quotes do not close.
    """
    lexer = shlex.shlex(NESTED.sub("nested", text), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    return list(lexer)


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the words after `lineage` for each call of it in a shell line, also in one that is passed to `sh -c`."""
    for between, words in groupby(words_of(text), key=lambda word: bool(word) and BETWEEN_COMMANDS.issuperset(word)):
        if between:
            continue
        called = list(dropwhile(ASSIGNMENT.match, words))
        if called and called[0].rpartition("/")[2] == "lineage":
            yield called[1:]
        else:
            for word in called:
                if MENTION.match(word) and word != "lineage":
                    yield from commands_in(word)


def commands_of(line: Line) -> Iterator[list[str]]:
    """Yield the words after `lineage` for each call of it that a line shows.

    In a block of output, commands have a prompt. Raises ValueError if quotes do not close.
    """
    if line.language is None or line.language.startswith("{"):
        return
    if line.language in OUTPUT_LANGUAGES and not PROMPT.match(line.text):
        return
    text = PROMPT.sub("", line.text, count=1)
    if MENTION.search(text):
        yield from commands_in(text)


def fault_of(command: object, words: list[str]) -> str | None:
    """Return what is wrong with the words after `lineage`, or None if they are a command with options that it has."""
    path = "lineage"
    remaining = iter(words)
    for word in remaining:
        if word == "--":
            return None
        members = getattr(command, "commands", {})
        if word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            arity = arity_of(command, name)
            if arity is None:
                return f"{path} has no option {name}"
            for _ in range(0 if equals else arity):
                next(remaining, None)
        elif members:
            if PLACEHOLDER.fullmatch(word):
                return None
            if word not in members:
                return f"{path} has no command {word}"
            command, path = members[word], f"{path} {word}"
    return None


def arity_of(command: object, name: str) -> int | None:
    """Return how many words follow an option, or None if the command has no such option."""
    if name == "--help":
        return 0
    for parameter in getattr(command, "params", ()):
        if name in (*parameter.opts, *parameter.secondary_opts):
            return 0 if getattr(parameter, "is_flag", False) or getattr(parameter, "count", False) else parameter.nargs
    return None


def command_line(app: Typer) -> TyperGroup:
    """Return a parser of the words after `lineage` that runs nothing."""
    commands = cast("TyperGroup", get_command(app))
    context = Context(commands)
    for name in commands.list_commands(context):
        commands.get_command(context, name)  # imports it
    return disarmed(commands)


def disarmed(command: TyperGroup) -> TyperGroup:
    """Return the command line, changed in place so that it parses words and runs nothing."""
    command.callback = None
    for member in command.commands.values():
        if isinstance(member, TyperGroup):
            disarmed(member)
        else:
            member.callback = None
    return command


def refusal_of(command: TyperGroup, words: list[str]) -> str | None:
    """Return why a disarmed command line refuses some words, or None if it accepts them."""
    if SHOWS_AND_ENDS.intersection(words):
        return None
    try:
        command.main(words, prog_name="lineage", standalone_mode=False)
    except ClickException as refused:
        return f"lineage {' '.join(words)}: {refused.format_message()}"
    return None


def wrong_commands(path: Path, command: TyperGroup) -> Iterator[str]:
    """Yield a sentence for each command line of a page that a disarmed `lineage` refuses."""
    for line in read(path):
        try:
            shown = list(commands_of(line))
        except ValueError as error:
            yield f"{line}: {error}"
            continue
        for words in shown:
            fault = fault_of(command, words) or refusal_of(command, words)
            if fault:
                yield f"{line}: {fault}"


def options_of(command: object) -> set[str]:
    """Return every option of a command and of its members."""
    own = {
        name for parameter in getattr(command, "params", ()) for name in (*parameter.opts, *parameter.secondary_opts)
    }
    return own.union(*map(options_of, getattr(command, "commands", {}).values()))


def wrong_mentions(path: Path, command: object) -> Iterator[str]:
    """Yield a sentence for each command or option in the prose of a page that does not exist."""
    known = options_of(command) | OPTIONS_OF_OTHERS
    for line in read(path):
        if line.language is not None:
            continue
        for code in INLINE.findall(line.text):
            first, *rest = code.split() or [""]
            if first == "lineage":
                fault = fault_of(command, rest)
            elif first.startswith("--") or first in getattr(command, "commands", {}):
                unknown = [word for word in OPTION.findall(code) if word not in known]
                fault = f"no command has the option {unknown[0]}" if unknown else None
            else:
                continue
            if fault:
                yield f"{line}: {fault}"


def missing_version(root: Path) -> Iterator[str]:
    """Yield a sentence if the changelog has no heading for the version of pyproject.toml or for `Unreleased`."""
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    heading = rf"^## \[(?:{re.escape(version)}|Unreleased)\]"
    if not re.search(heading, (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        yield f"CHANGELOG.md: no heading for version {version}"


def main() -> int:
    """Print every fault; return 1 if there is one, else 0."""
    from cli import app

    command = command_line(app)
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    faults = [*missing_version(ROOT)]
    for page in pages:
        faults += [*broken_links(page), *wrong_commands(page, command), *wrong_mentions(page, command)]
    print("\n".join(faults) if faults else f"docs: links and commands of {len(pages)} pages are correct")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
