"""The side of the layers that import-linter cannot see: cli.py is a module, and linters root packages only."""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

OURS = {"cli", "crawler", "evaluation", "lineage", "sandbox", "store"}
COMMAND_LINE_MAY_IMPORT = OURS | {"rich", "typer"}


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the top-level name of every module that a file imports, wherever in the file it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_the_command_line_stands_on_our_packages_and_the_terminal(shipped: Mapping[Path, ast.Module]) -> None:
    """cli.py imports our packages, typer, rich and the standard library, and nothing that belongs to one package."""
    names = set(imported(shipped[Path("cli.py")]))
    assert "typer" in names
    assert names - COMMAND_LINE_MAY_IMPORT - sys.stdlib_module_names == set()


def test_tests_and_tools_are_not_shipped_code(shipped: Mapping[Path, ast.Module]) -> None:
    """No shipped file imports from the tests, the benchmarks or the documentation's tools."""
    found = {path: {"tests", "benchmarks", "docs"}.intersection(imported(tree)) for path, tree in shipped.items()}
    assert {path: names for path, names in found.items() if names} == {}
