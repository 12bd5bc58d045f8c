"""SQL lives in one file per subject, one statement under each name, and every statement has a caller."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from store.statements import split_statements

SHIPPED = ("cli.py", "crawler", "evaluation", "lineage", "store", "sandbox")
TOOLS = ("benchmarks",)
RUNS_SQL = {"execute", "executemany", "sql", "query"}
NOT_CODE = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\$(\w*)\$.*?\$\1\$", re.DOTALL)
# A sentence starts with a capital; a statement is all lower or all upper: that keeps "Select a model from ..." out.
OPENINGS = (
    r"select\s.+\sfrom\s",
    r"insert\s+(or\s+\w+\s+)?into\s",
    r"update\s+\w+\s+set\s",
    r"delete\s+from\s+\w+",
    r"(create|alter|drop)\s+(or\s+replace\s+)?(temp\w*\s+)?(table|view|index|macro|sequence|schema|type)\s",
    r"with\s+(recursive\s+)?\w+\s*(\([\w\s,]*\)\s*)?as\s*\(",
    r"copy\s+\S+\s+(to|from)\s",
    r"(attach|detach)\s+'",
)
OPENING_COMMENT = re.compile(r"(?:-- .*\n)+")
STATEMENT = re.compile(rf"\s*(?:{'|'.join(OPENINGS)})", re.DOTALL)


def is_migration(path: Path) -> bool:
    """Return whether a file changes the schema: those are found by their folder and may hold several statements."""
    return "migrations" in path.parts


def code_of(sql: str) -> str:
    """Return SQL without comments, strings and quoted names."""
    return NOT_CODE.sub(" ", sql)


def is_sql(text: str) -> bool:
    """Return whether a string of a program is a statement of SQL."""
    opening = text.lstrip()[:6]
    return (opening.islower() or opening.isupper()) and STATEMENT.match(text.lower() + " ") is not None


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string of a module that is not a docstring; of an f-string the literal parts."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


@pytest.fixture(scope="module")
def keywords() -> frozenset[str]:
    """Return DuckDB's keywords in lower case."""
    with duckdb.connect() as connection:
        rows = connection.execute("select keyword_name from duckdb_keywords()").fetchall()
    return frozenset(name.lower() for (name,) in rows)


def is_named(text: str) -> bool:
    """Return whether a file holds statements under names."""
    return text.startswith("-- name: ")


def named_statements(sql_files: Mapping[Path, str]) -> dict[str, str]:
    """Return every statement of the store by its name, e.g. `queue/move`."""
    return {
        f"{path.stem}/{name}": text
        for path, content in sql_files.items()
        if is_named(content)
        for name, text in split_statements(content).items()
    }


def test_a_statement_says_what_comes_back(sql_files: Mapping[Path, str]) -> None:
    """Every statement opens with a comment that is a whole sentence, and so does every other SQL file."""
    others = {str(path): text for path, text in sql_files.items() if not is_named(text)}
    texts = named_statements(sql_files) | others
    comments = {name: OPENING_COMMENT.match(text) for name, text in texts.items()}
    said = {name: found[0] if found else "" for name, found in comments.items()}
    assert {name: text for name, text in said.items() if not re.fullmatch(r"(?s)-- \S.*[.:]\n", text)} == {}


def test_a_name_stands_for_one_statement(sql_files: Mapping[Path, str]) -> None:
    """Exactly one statement of SQL stands under each name."""
    counts = {name: len(duckdb.extract_statements(text)) for name, text in named_statements(sql_files).items()}
    assert {name: count for name, count in counts.items() if count != 1} == {}


def test_a_file_names_its_statements_in_order(sql_files: Mapping[Path, str]) -> None:
    """The statements of a file are sorted by name, so that a reader finds one without a search."""
    named = {path: list(split_statements(text)) for path, text in sql_files.items() if is_named(text)}
    assert {path: names for path, names in named.items() if names != sorted(names)} == {}


def test_sql_is_lower_case(sql_files: Mapping[Path, str], keywords: frozenset[str]) -> None:
    """No keyword of SQL is written in capitals."""
    shouted = {
        path: sorted({word for word in re.findall(r"\b[A-Z][A-Z_]+\b", code_of(text)) if word.lower() in keywords})
        for path, text in sql_files.items()
    }
    assert {path: words for path, words in shouted.items() if words} == {}


def test_every_statement_has_a_caller(sql_files: Mapping[Path, str], written: Mapping[Path, ast.Module]) -> None:
    """Every statement of the product is named in it, and one of the tools in them: whole, or by its own name."""
    uncalled = []
    for places in (SHIPPED, TOOLS):
        files = {path: text for path, text in sql_files.items() if path.parts[0] in places}
        named = {text for path, tree in written.items() if path.parts[0] in places for _, text in strings(tree)}
        uncalled += [n for n in named_statements(files) if named.isdisjoint((n, n.partition("/")[2]))]
    assert uncalled == []


def test_no_sql_text_in_python(shipped: Mapping[Path, ast.Module]) -> None:
    """No string of a shipped module is a statement of SQL."""
    found = [
        f"{path}:{line}: {text[:80]!r}"
        for path, tree in shipped.items()
        for line, text in strings(tree)
        if is_sql(text)
    ]
    assert found == []


def test_no_statement_is_put_together(shipped: Mapping[Path, ast.Module]) -> None:
    """Nothing that runs SQL is given an f-string, a sum or a formatted string."""
    calls = (
        (path, node)
        for path, tree in shipped.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in RUNS_SQL
        and node.args
    )
    assert [
        f"{path}:{call.lineno}" for path, call in calls if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select id from models", True),
        ("\n  SELECT id\n  FROM models", True),
        ("insert into models values (1)", True),
        ("with recent as (select 1) select * from recent", True),
        ("create or replace view v as select 1", True),
        ("Select a model from the list", False),
        ("Update the catalogue set", False),
        ("lineage sql 'select id from models'", False),
        ("delete", False),
    ],
)
def test_sql_is_told_from_prose(text: str, *, expected: bool) -> None:
    """The check knows statements when it sees them, and leaves help texts alone."""
    assert is_sql(text) is expected
