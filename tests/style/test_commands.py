"""A command is where its name says: `lineage X` is the module X in the `commands` folder of a package."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from typer.core import TyperGroup

import cli
from store.commands.command_group import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.commands.command_group import Member

WIDEST_ABOUT = 63  # what remains of 80 columns behind the longest name
ALIASES = {"demo": "sandbox demo"}
MEMBERS = [(name, member) for members in cli.Commands.sections.values() for name, member in members.items()]
TREE = cli.command_tree()


def commands(group: Any = TREE, names: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - typer keeps these classes private
    """Yield the words after `lineage` of every command that is not a group, and the command."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, (*names, name))
        else:
            yield (*names, name), command


def module_of(command: Any) -> str:  # noqa: ANN401 - as above
    """Return the module whose function a command calls."""
    return str(inspect.unwrap(command.callback).__module__)


@pytest.mark.parametrize(("names", "command"), list(commands()))
def test_a_command_is_where_its_name_says(names: tuple[str, ...], command: Any) -> None:  # noqa: ANN401 - as above
    """The function of `lineage X Y` is declared in commands/Y.py, or in commands/X.py with the whole group."""
    package, folder, module = module_of(command).split(".")
    assert package in {"crawler", "store", "evaluation", "sandbox"}
    assert folder == "commands"
    assert module in names


def test_every_module_of_commands_is_reached(root: Path) -> None:
    """No module declares a command that `lineage` does not have."""
    reached = {module_of(command) for _, command in commands()}
    groups = {f"{member.package}.commands.{name}" for name, member in MEMBERS}
    declaring = {
        ".".join(path.relative_to(root).with_suffix("").parts)
        for package in ("crawler", "store", "evaluation", "sandbox")
        for path in (root / package / "commands").glob("*.py")
        if "\napp = typer.Typer(" in path.read_text("utf-8")
    }
    assert declaring == reached | groups


@pytest.mark.parametrize(("name", "member"), MEMBERS)
def test_the_help_page_says_what_the_command_says(name: str, member: Member) -> None:
    """The line of a command is the first sentence of its own help, and whole at 80 columns."""
    first, _, _ = (TREE.commands[name].help or "").partition("\n")
    assert first == f"{member.about}."
    assert len(member.about) <= WIDEST_ABOUT


def test_no_function_is_two_commands() -> None:
    """Only a declared alias gives one function a second name."""
    seen: dict[Any, str] = {}
    twice = {}
    for names, command in commands():
        function, words = inspect.unwrap(command.callback), " ".join(names)
        if function in seen:
            twice[words] = seen[function]
        seen[function] = words
    assert {frozenset(pair) for pair in twice.items()} == {frozenset(pair) for pair in ALIASES.items()}


def test_every_command_takes_the_switches() -> None:
    """--quiet and --verbose may follow the name of every command."""
    for leaf in leaves(TREE):
        assert {"--quiet", "--verbose"} <= {option for parameter in leaf.params for option in parameter.opts}


@pytest.mark.parametrize("names", [(), ("scores",), ("research",), ("sandbox",)])
def test_a_line_of_help_is_whole(names: tuple[str, ...]) -> None:
    """No short help of a group's member ends in dots."""
    group: Any = TREE
    for name in names:
        group = group.commands[name]
    for member in group.commands.values():
        assert not member.get_short_help_str(WIDEST_ABOUT + 2).endswith("...")
