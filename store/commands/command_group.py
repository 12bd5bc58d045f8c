"""The group of all commands, which imports a command when it is asked for and shows its members by section.

Importing all of them takes several times as long as everything else that `lineage --help` does.
"""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command

from store.commands.printing import be_quiet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer.core import TyperCommand

LOGGED: Final = ("crawler", "evaluation", "store")
QUIET_HELP: Final = "Write only answers and errors."
VERBOSE_HELP: Final = "Log every request on stderr."


class Member(NamedTuple):
    """A command: the package in whose `commands` folder the module of its name is, and its line in the help."""

    package: str
    about: str


class CommandGroup(TyperGroup):
    """Commands by section, in the order of the help."""

    sections: ClassVar[Mapping[str, Mapping[str, Member]]] = {}

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer keeps the class of its contexts private
        """Return the names of all commands."""
        return [name for members in self.sections.values() for name in members]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """Return a command, imported now if it was not; None if there is none of this name."""
        if cmd_name not in self.commands:
            for members in self.sections.values():
                if cmd_name in members:
                    self.add_command(load(members[cmd_name].package, cmd_name), cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - as above
        """Find the command that is called; for an unknown word the nearest of all names is suggested."""
        if self.get_command(ctx, args[0]) is None:
            self.load_all(ctx)
        return super().resolve_command(ctx, args)

    def load_all(self, ctx: Any = None) -> CommandGroup:  # noqa: ANN401 - as above
        """Import every command, and return the group."""
        for name in self.list_commands(ctx):
            self.get_command(ctx, name)
        return self

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - as above
        """Write the commands of each section, one line each."""
        width = max(len(name) for name in self.list_commands(ctx))
        for section, members in self.sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(width), member.about) for name, member in members.items()])


def load(package: str, name: str) -> TyperCommand | CommandGroup:
    """Import a command or a group of commands, and let it take --quiet and --verbose behind its name too."""
    command: Any = get_command(import_module(f"{package}.commands.{name}").app)
    for leaf in leaves(command):
        leaf.params.extend(_switches())
    return command  # type: ignore[no-any-return] # get_command does not say which of the two it returns


def leaves(command: Any) -> list[Any]:  # noqa: ANN401 - as above
    """Return the commands of a loaded group that are not groups, or the command itself."""
    if not isinstance(command, TyperGroup):
        return [command]
    return [leaf for member in command.commands.values() for leaf in leaves(member)]


def take_quiet(ctx: typer.Context, *, is_wanted: bool) -> None:
    """Write only answers and errors while a command runs."""
    if is_wanted:
        be_quiet(ctx)


def take_verbose(*, is_wanted: bool) -> None:
    """Log every request on stderr."""
    if is_wanted:
        logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
        for package in LOGGED:
            logging.getLogger(package).setLevel(logging.DEBUG)


_switches_app = typer.Typer(add_completion=False)


@_switches_app.command()
def _switched(
    _quiet: Annotated[
        bool, typer.Option("--quiet", "-q", callback=take_quiet, expose_value=False, help=QUIET_HELP)
    ] = False,
    _verbose: Annotated[
        bool, typer.Option("--verbose", "-v", callback=take_verbose, expose_value=False, help=VERBOSE_HELP)
    ] = False,
) -> None: ...


_switches = cache(lambda: get_command(_switches_app).params)  # once per process, not once per command
