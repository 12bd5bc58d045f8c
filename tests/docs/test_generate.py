"""The generated parts of the documentation come from the program and a fresh database."""

from pathlib import Path
from types import ModuleType

import pytest
import typer
from typer.main import get_command


def test_only_the_generated_part_is_replaced(generate: ModuleType) -> None:
    """Text around the markers stays; writing twice changes nothing."""
    page = f"before\n{generate.OPENING}\nold\n{generate.CLOSING}\nafter\n"
    once = generate.with_generated_part(page, "new\n")
    assert once == f"before\n{generate.OPENING}\n\nnew\n\n{generate.CLOSING}\nafter\n"
    assert generate.with_generated_part(once, "new\n") == once


def test_a_page_without_markers_is_refused(generate: ModuleType) -> None:
    """A page without its markers is not overwritten."""
    with pytest.raises(ValueError, match="needs these two lines"):
        generate.with_generated_part(f"only {generate.OPENING}", "new")


def test_a_stale_page_is_found(generate: ModuleType, tmp_path: Path) -> None:
    """An outdated page is shown as a difference, a current one is not."""
    path = tmp_path / "page.md"
    path.write_text("old\n", "utf-8")
    assert generate.stale({path: "old\n"}) == []
    assert "+new" in generate.stale({path: "new\n"})


def test_every_command_is_listed(generate: ModuleType) -> None:
    """Commands of a group are listed after it; hidden commands are not listed."""
    app = typer.Typer()
    group = typer.Typer()
    app.command("crawl")(lambda: None)
    app.command("secret", hidden=True)(lambda: None)
    group.command("serve")(lambda: None)
    app.add_typer(group, name="sandbox")
    assert list(generate.command_names(get_command(app))) == [(), ("crawl",), ("sandbox",), ("sandbox", "serve")]


def help_of(command: str, database: str) -> str:
    """Return a help text with an option of its own, one of a database, and the exit codes."""
    return (
        f"Usage: lineage {command}\n\nOptions:\n  --own    Of {command} alone.\n  --db <path>  {database}\n\n"
        "  Exit codes: 0 done,\n  1 nothing.\n"
    )


def test_what_commands_share_is_told_once(generate: ModuleType) -> None:
    """The usual text of an option is removed however its lines break; another text for the option stays."""
    texts = {
        "lineage a": help_of("a", "The\n            database."),
        "lineage b": help_of("b", "The database."),
        "lineage c": help_of("c", "Another."),
        "lineage d": "Usage: lineage d\n",
    }
    shared = generate.shared_parts(texts.values())
    assert shared == {"--db": "--db <path> The database.", "Exit codes": "Exit codes: 0 done, 1 nothing."}
    short = [generate.without_shared(text, shared.values()) for text in texts.values()]
    own = "Usage: lineage {}\n\nOptions:\n  --own    Of {} alone."
    assert short == [
        own.format("a", "a"),
        own.format("b", "b"),
        f"{own.format('c', 'c')}\n  --db <path>  Another.",
        "Usage: lineage d",
    ]
    assert "Without --db: d." in generate.told_once(texts, shared)


def test_the_contract_is_in_the_listing(generate: ModuleType) -> None:
    """A fresh database has the views of the contract, and the listing names them with their first column."""
    listing = generate.schema_listing()
    for view, column in (("models", "id"), ("edges", "child"), ("crawls", "crawl"), ("problems", "model")):
        assert f"## {view}\n" in listing
        assert f"| `{column}` |" in listing
