"""The documentation's own checks find what they are for."""

from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
import typer
from typer.main import get_command

app = typer.Typer()
sandbox = typer.Typer()
app.add_typer(sandbox, name="sandbox")


@app.callback()
def everywhere(db: Path = Path("lineage.duckdb")) -> None:
    """Stand for the options that go before a command."""


@app.command()
def crawl(domain: Annotated[list[str], typer.Option()], *, dry_run: bool = False, model: str = "") -> None:
    """Stand for a command with a flag, a value and a list."""


@sandbox.command()
def serve(port: int = 0) -> None:
    """Stand for a command of a group."""


def page(folder: Path, text: str) -> Path:
    """Write a page of documentation and return its path."""
    path = folder / "page.md"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "line",
    [
        "lineage crawl --domain medical --domain legal --dry-run",
        "lineage --db other.duckdb crawl --domain=medical",
        "$ lineage sandbox serve --port 8080 &",
        "HF_ENDPOINT=http://127.0.0.1:1 .venv/bin/lineage crawl --model 'a b' | head -3",
        "lineage --help  # what there is",
        "lineage sandbox --help > help.txt",
        "pipx install hub-lineage",
    ],
)
def test_a_right_command_passes(check: ModuleType, tmp_path: Path, line: str) -> None:
    """Commands with their options, in every form that a shell takes them, are no faults."""
    path = page(tmp_path, f"```sh\n{line}\n```\n")
    assert list(check.wrong_commands(path, get_command(app))) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("lineage crawl --domains medical", "page.md:2: lineage crawl has no option --domains"),
        ("lineage craw", "page.md:2: lineage has no command craw"),
        ("lineage sandbox start", "page.md:2: lineage sandbox has no command start"),
        ("lineage crawl --domain medical --db x", "page.md:2: lineage crawl has no option --db"),
        ("lineage crawl 'medical", "page.md:2: No closing quotation"),
        ("lineage \\\n  crawl --wet", "page.md:3: lineage crawl has no option --wet"),
    ],
)
def test_a_wrong_command_is_found(check: ModuleType, tmp_path: Path, line: str, fault: str) -> None:
    """A command or option that does not exist is named with its page and line."""
    path = page(tmp_path, f"```sh\n{line}\n```\n")
    assert list(check.wrong_commands(path, get_command(app))) == [fault]


def test_output_is_not_a_command(check: ModuleType, tmp_path: Path) -> None:
    """What a command printed, and what prose says, is not read as a command; what stands behind a prompt is."""
    text = "lineage is prose\n```text\nlineage 0.1.0\n```\n```console\n$ lineage wrong\nlineage printed this\n```\n"
    assert list(check.wrong_commands(page(tmp_path, text), get_command(app))) == [
        "page.md:6: lineage has no command wrong"
    ]


def test_broken_links_are_found(check: ModuleType, tmp_path: Path) -> None:
    """Relative links need a file, and a heading where they name one; other addresses and code are left alone."""
    (tmp_path / "other.md").write_text("# A heading: `code` here\n", "utf-8")
    text = (
        "# Top\n[a](other.md) [b](other.md#a-heading-code-here) [c](https://example.org/x) [d](#top) `[e](none.md)`\n"
        "```\n[f](none.md)\n```\n![g](none.png) [h](other.md#nothing)\n[i]: none.md\n"
    )
    assert list(check.broken_links(page(tmp_path, text))) == [
        "page.md:6: none.png leads nowhere",
        "page.md:6: other.md#nothing names no heading of other.md",
        "page.md:7: none.md leads nowhere",
    ]


def test_a_forgotten_changelog_is_found(check: ModuleType, tmp_path: Path) -> None:
    """A version without a heading in the changelog is a fault, one with it is none."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [1.1.0]\n", "utf-8")
    assert list(check.missing_version(tmp_path)) == ["CHANGELOG.md: no heading for version 1.2.0"]
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.0] - unreleased\n\n## [1.1.0]\n", "utf-8")
    assert list(check.missing_version(tmp_path)) == []
