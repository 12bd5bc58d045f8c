"""What no committed file says: where packages come from, where it was written, and what was left undone."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

# Assembled, so that this file does not say what it looks for.
REGISTRIES = tuple(
    re.escape(".".join(parts))
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("npm" + "js", "org"),
        ("crates", "io"),
        ("golang", "org"),
        ("ana" + "conda", "org"),
        ("debian", "org"),
        ("pytorch", "org"),
    )
)
REGISTRY = re.compile(rf"\b(?:{'|'.join(REGISTRIES)})\b")
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:wo" + r"rk|ro" + r"ot|ho" + r"me|Users)/\w")
WORKPLACE_PATH = re.compile(r"(?<![\w.~/-])/wo" + r"rk/\w|/tmp/bri" + r"ef|\bsha" + r"red/(?:docs|data)\b")
LEFT_UNDONE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
BANNER = re.compile(r"^\s*(?:#|--|//)\s*[-=#*~]{4,}", re.MULTILINE)
# A hostile or careless card names a path of its author's machine; the fixtures that play such cards do too.
PLAYS_CARDS = ("tests", "sandbox")
CODE = (".py", ".sql", ".toml", ".yaml", ".yml", ".sh")


def places(texts: Mapping[Path, str], pattern: re.Pattern[str], chosen: Iterable[Path]) -> list[str]:
    """Return file, line and line text of each match of a pattern in the chosen files."""
    return [
        f"{path}:{number}: {line.strip()[:120]}"
        for path in chosen
        for number, line in enumerate(texts[path].splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_package_registry(committed: Mapping[Path, str]) -> None:
    """Where packages come from is the business of the machine that installs them."""
    assert committed
    assert places(committed, REGISTRY, committed) == []


def test_no_file_names_a_path_of_a_machine(committed: Mapping[Path, str]) -> None:
    """Every path is relative or comes from outside, except in the cards that fixtures play."""
    plain = [path for path in committed if path.parts[0] not in PLAYS_CARDS]
    assert places(committed, MACHINE_PATH, plain) + places(committed, WORKPLACE_PATH, committed) == []


def test_no_file_says_what_was_left_undone(committed: Mapping[Path, str]) -> None:
    """What is not done is an issue, not a mark in the text."""
    assert places(committed, LEFT_UNDONE, committed) == []


def test_no_code_has_banners(committed: Mapping[Path, str]) -> None:
    """A file that needs banners is two files."""
    assert places(committed, BANNER, [path for path in committed if path.suffix in CODE]) == []


def test_every_file_ends_in_one_newline(committed: Mapping[Path, str]) -> None:
    """Text files end in a newline, and only one."""
    texts = {path: text for path, text in committed.items() if text}
    assert [path for path, text in texts.items() if not text.endswith("\n") or text.endswith("\n\n")] == []
