"""docs/security.md names, for every attack, code that is there and a test that is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| (?P<attack>[^|]+) \| (?P<defence>[^|]+) \| `(?P<code>[^`|]+)` \| `(?P<test>[^`|]+)` \|$")
HEAD = "| attack | defence | code | test |"


def rows() -> list[re.Match[str]]:
    """Return every row of the tables of attacks."""
    return [found for line in PAGE.read_text("utf-8").splitlines() if (found := ROW.match(line))]


@cache
def names_in(path: Path) -> frozenset[str]:
    """Return the names of a file's functions."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_line_of_the_tables_is_such_a_row() -> None:
    """Nothing in a table of attacks lacks its code or its test."""
    lines = PAGE.read_text("utf-8").splitlines()
    inside = False
    wrong = []
    for line in lines:
        inside = line == HEAD or (inside and line.startswith("|"))
        if inside and line != HEAD and not line.startswith("|---") and not ROW.match(line):
            wrong.append(line)
    assert wrong == []
    assert len(rows()) > 60


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["attack"])
def test_a_row_names_code_and_a_test_that_exist(row: re.Match[str]) -> None:
    """The file of the code and the function of the test are in this tree."""
    assert (ROOT / row["code"]).is_file()
    path, _, name = row["test"].partition("::")
    assert name.startswith("test_")
    assert name in names_in(ROOT / path)


def test_every_test_of_this_folder_is_of_a_row_or_beside_one() -> None:
    """A file of tests here proves at least one row, this file aside."""
    named = {row["test"].partition("::")[0] for row in rows()}
    here = {path.relative_to(ROOT).as_posix() for path in Path(__file__).parent.glob("test_*.py")}
    assert here - named == {Path(__file__).resolve().relative_to(ROOT).as_posix()}
