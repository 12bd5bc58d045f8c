"""Check that the documentation does not lie: links lead somewhere, commands exist with their options, versions agree.

`python -m docs.check` prints each fault with its file and line, and exits 1 if there is one.
"""

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from typer.main import get_command

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*(\w*)")
LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+<?([^\s>]+)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
PROMPT = re.compile(r"\s*\$\s+")
COMMAND = re.compile(r"\s*(?:[A-Za-z_]\w*=\S*\s+)*(?:\S*/)?lineage((?:\s.*)?)$")
OUTPUT_LANGUAGES = {"text", "console"}
ENDS_COMMAND = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page: `language` is that of the fenced block it stands in, null outside of one."""

    path: Path
    number: int
    text: str
    language: str | None

    def __str__(self) -> str:
        """Return the place in the form that editors open."""
        return f"{self.path.name}:{self.number}"


def read(path: Path) -> Iterator[Line]:
    """Yield the lines of a page without the fences; a command line ended by a backslash is joined with the next."""
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
    """Return the anchors that the headings of a page make, in the form that code hosts use."""
    headings = (line.text for line in read(path) if line.language is None and line.text.startswith("#"))
    titles = (heading.lstrip("#").strip().lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def broken_links(path: Path) -> Iterator[str]:
    """Yield a sentence for each relative link of a page that leads nowhere."""
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


def command_words(line: Line) -> list[str] | None:
    """Return the words after `lineage` where a line of a fenced block runs it, else null.

    In a block of output a command stands behind a prompt. Raises ValueError where quotes do not close.
    """
    if line.language is None or (line.language in OUTPUT_LANGUAGES and not PROMPT.match(line.text)):
        return None
    run = COMMAND.match(PROMPT.sub("", line.text, count=1))
    return shlex.split(run[1], comments=True) if run else None


def fault_of(command: object, words: list[str]) -> str | None:
    """Return what is wrong with the words after `lineage`, null where they name a command and options of it."""
    path = "lineage"
    remaining = iter(words)
    for word in remaining:
        if word in ENDS_COMMAND or word == "--":
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
            if word not in members:
                return f"{path} has no command {word}"
            command, path = members[word], f"{path} {word}"
    return None


def arity_of(command: object, name: str) -> int | None:
    """Return how many words an option takes after it, null where the command has no such option."""
    if name == "--help":
        return 0
    for parameter in getattr(command, "params", ()):
        if name in (*parameter.opts, *parameter.secondary_opts):
            return 0 if getattr(parameter, "is_flag", False) or getattr(parameter, "count", False) else parameter.nargs
    return None


def wrong_commands(path: Path, command: object) -> Iterator[str]:
    """Yield a sentence for each command line of a page that `lineage` would not understand."""
    for line in read(path):
        try:
            words = command_words(line)
        except ValueError as error:
            yield f"{line}: {error}"
            continue
        fault = None if words is None else fault_of(command, words)
        if fault:
            yield f"{line}: {fault}"


def missing_version(root: Path) -> Iterator[str]:
    """Yield a sentence where the changelog has no heading for the version of pyproject.toml."""
    version = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if not re.search(rf"^## \[{re.escape(version)}\]", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        yield f"CHANGELOG.md: no heading for version {version}"


def main() -> int:
    """Print every fault and return the exit code."""
    from cli import app

    command = get_command(app)
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
    faults = [*missing_version(ROOT)]
    for page in pages:
        faults += [*broken_links(page), *wrong_commands(page, command)]
    print("\n".join(faults) if faults else f"docs: links and commands of {len(pages)} pages are right")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
