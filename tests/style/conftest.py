"""The source tree that the style tests read: the checkout around this file, whatever is installed."""

import ast
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("cli.py", "crawler", "evaluation", "lineage", "store", "sandbox")


def python_files(*places: str) -> list[Path]:
    """Return the Python files of the named files and folders of the checkout, sorted."""
    found: set[Path] = set()
    for place in places:
        path = ROOT / place
        found |= {path} if path.suffix == ".py" else set(path.rglob("*.py"))
    return sorted(path for path in found if path.is_file())


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the top folder of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shipped() -> Mapping[Path, ast.Module]:
    """Return the syntax tree of every Python file that the wheel carries, by path relative to the checkout."""
    return {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in python_files(*SHIPPED)}


@pytest.fixture(scope="session")
def written() -> Mapping[Path, ast.Module]:
    """Return the syntax tree of every Python file of the project, tests and tools included, by relative path."""
    places = (*SHIPPED, "tests", "benchmarks", "docs")
    return {path.relative_to(ROOT): ast.parse(path.read_text("utf-8")) for path in python_files(*places)}


@pytest.fixture(scope="session")
def sql_files() -> Mapping[Path, str]:
    """Return the text of every SQL file of the project, by relative path."""
    places = (*SHIPPED, "docs", "tests", "benchmarks")
    found = (path for place in places for path in (ROOT / place).rglob("*.sql"))
    return {path.relative_to(ROOT): path.read_text("utf-8") for path in sorted(found)}


@pytest.fixture(scope="session")
def committed() -> Mapping[Path, str]:
    """Return the text of every file that git tracks and that is text, by relative path."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    texts: dict[Path, str] = {}
    for name in filter(None, listed.split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b""
        if b"\0" not in content:
            texts[Path(name)] = content.decode("utf-8", errors="replace")
    return texts
