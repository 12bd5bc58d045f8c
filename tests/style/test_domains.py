"""Domains are data: no file of code names one."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from lineage.domains.lexicon_file import default_lexicon

SUFFIXES = {".py", ".sql", ".js", ".html", ".css"}
NAMES = "|".join(default_lexicon().names)
ALONE = re.compile(rf"(?:{NAMES})", re.IGNORECASE)
"""A text that is nothing but the name of a domain. In a longer text it is an example, such as `domain:medical`."""
QUOTED = re.compile(rf"""(["'`>])(?:{NAMES})(?:["'`<])""", re.IGNORECASE)
LISTED = re.compile(rf"(?:{NAMES})(?:, | and | or )(?:{NAMES})", re.IGNORECASE)
"""Several of them in a row: a sentence that would be wrong once somebody defines another."""


def literals(tree: ast.Module) -> Iterator[str]:
    """Yield every text in a Python file, and every name that is given to something."""
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Name(id=text) | ast.arg(arg=text) | ast.Attribute(attr=text):
                yield text


@pytest.fixture(name="code")
def fixture_code(root: Path, shipped: Mapping[Path, ast.Module]) -> dict[Path, list[str]]:
    """Return the texts of each shipped file of code, but for the fictional Hub: literals of Python, else the whole."""
    found = {path: list(literals(tree)) for path, tree in shipped.items()}
    for package in {path.parts[0] for path in shipped if len(path.parts) > 1}:
        for path in (root / package).rglob("*"):
            if path.suffix in SUFFIXES - {".py"}:
                found[path.relative_to(root)] = path.read_text("utf-8").splitlines()
    return {path: texts for path, texts in found.items() if path.parts[0] != "sandbox"}


def test_no_code_names_a_domain(code: Mapping[Path, list[str]]) -> None:
    """Neither a text, nor a column, option or variable, nor a list in a sentence is the name of a domain that ships."""
    assert {path.suffix for path in code} == SUFFIXES
    found = {str(path): sorted({text for text in texts if is_named(path, text)}) for path, texts in code.items()}
    assert {path: texts for path, texts in found.items() if texts} == {}


def is_named(path: Path, text: str) -> bool:
    """Return whether a text of a file names a domain as code does."""
    pattern = ALONE.fullmatch if path.suffix == ".py" else QUOTED.search
    return bool(pattern(text) or LISTED.search(text))


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        ("a.py", "medical", True),
        ("a.py", "LEGAL", True),
        ("a.py", "medical, legal and financial text", True),
        ("a.py", "such as domain:medical", False),
        ("a.sql", "where domain = 'legal'", True),
        ("a.js", 'export const DOMAINS = ["medical"];', True),
        ("a.html", "<option>financial</option>", True),
        ("a.sql", "-- no legal advice", False),
    ],
)
def test_a_name_in_code_is_told_from_an_example(name: str, text: str, *, is_found: bool) -> None:
    """A literal is found in each kind of file, a word in a sentence is not."""
    assert is_named(Path(name), text) is is_found
