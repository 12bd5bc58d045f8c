"""The checks of the documentation find the faults that they look for."""

from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
import typer

app = typer.Typer()
sandbox = typer.Typer()
app.add_typer(sandbox, name="sandbox")


@app.callback()
def everywhere(db: Path = Path("lineage.duckdb")) -> None:
    """Stand for the options before a command."""


@app.command()
def crawl(
    scope: Annotated[str, typer.Argument()] = "",
    domain: Annotated[list[str] | None, typer.Option()] = None,
    *,
    dry_run: bool = False,
    model: str = "",
) -> None:
    """Stand for a command with an argument, a flag, a value and a list."""


@app.command()
def show(model: str) -> None:
    """Stand for a command that needs a word."""


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
        "lineage crawl \"$(tr '\\n' ' ' < names.txt)\" --domain legal > out.txt; echo $?",
        "ExecStart=/bin/sh -c 'lineage crawl --domain legal; lineage sandbox serve'",
        "lineage sandbox --help > help.txt",
        "pipx install hub-lineage",
    ],
)
def test_a_right_command_passes(check: ModuleType, tmp_path: Path, line: str) -> None:
    """Commands with their options are accepted in every form that a shell accepts."""
    path = page(tmp_path, f"```sh\n{line}\n```\n")
    assert list(check.wrong_commands(path, check.command_line(app))) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("lineage crawl --domains medical", "page.md:2: lineage crawl has no option --domains"),
        ("lineage craw", "page.md:2: lineage has no command craw"),
        ("lineage sandbox start", "page.md:2: lineage sandbox has no command start"),
        ("lineage crawl --domain medical --db x", "page.md:2: lineage crawl has no option --db"),
        ("lineage crawl 'medical", "page.md:2: No closing quotation"),
        ("lineage crawl --domain law || lineage crawl --wet", "page.md:2: lineage crawl has no option --wet"),
        ("run: sh -c 'lineage sandbox stop'", "page.md:2: lineage sandbox has no command stop"),
        ("lineage crawl a b --domain c", "page.md:2: lineage crawl a b --domain c: Got unexpected extra arg"),
        ("lineage sandbox serve --port x", "page.md:2: lineage sandbox serve --port x: Invalid value for '--port'"),
        ("lineage show", "page.md:2: lineage show: Missing argument 'model'."),
        ("lineage \\\n  crawl --wet", "page.md:3: lineage crawl has no option --wet"),
    ],
)
def test_a_wrong_command_is_found(check: ModuleType, tmp_path: Path, line: str, fault: str) -> None:
    """A command that does not exist or would be refused is reported with its page and line."""
    path = page(tmp_path, f"```sh\n{line}\n```\n")
    (found,) = check.wrong_commands(path, check.command_line(app))
    assert found.startswith(fault)


def test_no_command_is_run(check: ModuleType, tmp_path: Path) -> None:
    """Checking a command line runs nothing."""
    breaks = typer.Typer()
    breaks.callback()(lambda: 1 / 0)
    breaks.command("crawl")(lambda: 1 / 0)
    path = page(tmp_path, "```sh\nlineage crawl\n```\n")
    assert list(check.wrong_commands(path, check.command_line(breaks))) == []


def test_commands_and_options_in_prose_exist(check: ModuleType, tmp_path: Path) -> None:
    """A command or an option in backticks must exist; options of other tools are known by name."""
    text = (
        "`lineage crawl`, `lineage --db COMMAND`, `--port`, `crawl --dry-run`, `--log_samples`, `--x` of `elm --y`\n"
        "`lineage craw`\n`--prot`, `serve`\n`crawl --wet`\n```sh\n`lineage craw`\n```\n"
    )
    assert list(check.wrong_mentions(page(tmp_path, text), check.command_line(app))) == [
        "page.md:1: no command has the option --x",
        "page.md:2: lineage has no command craw",
        "page.md:3: no command has the option --prot",
        "page.md:4: no command has the option --wet",
    ]


def test_output_is_not_a_command(check: ModuleType, tmp_path: Path) -> None:
    """Output and prose are not read as commands; lines with a prompt are."""
    text = "lineage is prose\n```text\nlineage 0.1.0\n```\n```console\n$ lineage wrong\nlineage printed this\n```\n"
    assert list(check.wrong_commands(page(tmp_path, text), check.command_line(app))) == [
        "page.md:6: lineage has no command wrong"
    ]


def test_broken_links_are_found(check: ModuleType, tmp_path: Path) -> None:
    """Relative links need a file, and a heading if they name one; other addresses and code are ignored."""
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
    """A version needs a heading in the changelog, or a list of what is not released yet."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.0"\n', "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [1.1.0]\n", "utf-8")
    assert list(check.missing_version(tmp_path)) == ["CHANGELOG.md: no heading for version 1.2.0"]
    (tmp_path / "CHANGELOG.md").write_text("## [1.2.0] - unreleased\n\n## [1.1.0]\n", "utf-8")
    assert list(check.missing_version(tmp_path)) == []
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n", "utf-8")
    assert list(check.missing_version(tmp_path)) == []
