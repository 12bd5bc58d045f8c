"""The group of all commands, which imports a command when it is asked for and shows its members by section.

Importing all of them takes several times as long as everything else that `lineage --help` does. Importing pydantic,
by which typer reads every parameter, takes a third of what a command on one model does; plain values are read here.
"""

from __future__ import annotations

import os
import stat
from enum import Enum
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple, get_args, get_origin

import typer
from typer.core import TyperGroup
from typer.main import get_command

from store.commands.printing import be_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typer.core import TyperCommand

LOGGED: Final = ("crawler", "evaluation", "store")
QUIET_HELP: Final = "Write only answers and errors."
VERBOSE_HELP: Final = "Log every request on stderr."
LONGEST_NUMBER: Final = 15
"""How many characters of a number are read here: more may not be exact."""
_MISSING: Final = object()


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

    def get_params(self, ctx: Any) -> Any:  # noqa: ANN401 - as above
        """Return the options of the group itself, which read plain values without pydantic too."""
        return _plain_parameters(super().get_params, ctx)

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
    for each in _with_members(command):
        each.get_params = partial(_plain_parameters, each.get_params)
    return command  # type: ignore[no-any-return] # get_command does not say which of the two it returns


def leaves(command: Any) -> list[Any]:  # noqa: ANN401 - as above
    """Return the commands of a loaded group that are not groups, or the command itself."""
    if not isinstance(command, TyperGroup):
        return [command]
    return [leaf for member in command.commands.values() for leaf in leaves(member)]


def _with_members(command: Any) -> list[Any]:  # noqa: ANN401 - as above
    members = command.commands.values() if isinstance(command, TyperGroup) else ()
    return [command, *(found for member in members for found in _with_members(member))]


def _plain_parameters(get_params: Callable[[Any], list[Any]], ctx: Any) -> list[Any]:  # noqa: ANN401 - as above
    """Let parameters read plain values without pydantic; typer reads all others, and refuses what is wrong."""
    parameters = get_params(ctx)
    for parameter in parameters:
        name = "get_runtime_param"
        if hasattr(parameter, name) and name not in vars(parameter):  # a typer that is made otherwise is left as it is
            parameter.get_runtime_param = partial(_plain_reader, parameter.get_runtime_param)
    return parameters


def _plain_reader(by_typer: Callable[[], Any]) -> SimpleNamespace:
    return SimpleNamespace(coerce=partial(_coerce, by_typer))


def _coerce(by_typer: Callable[[], Any], value: Any, *, param: Any, ctx: Any) -> Any:  # noqa: ANN401 - as above
    is_several = param.multiple or param.nargs == -1
    if value is None:
        return () if is_several else None
    found = _plain(value, param.type_descriptor.annotation, param.type_descriptor.parameter_info)
    return by_typer().coerce(value, param=param, ctx=ctx) if found is _MISSING else found


def _plain(value: Any, wanted: Any, facts: Any) -> Any:  # noqa: ANN401 - as above
    """Return the value that a parameter of the type `wanted` takes, or _MISSING where that is for typer to say."""
    if facts.parser is not None or facts.resolve_path or facts.allow_dash or facts.path_type or facts.clamp:
        return _MISSING
    if get_origin(wanted) is list and isinstance(value, list | tuple):
        found = [_plain(item, get_args(wanted)[0], facts) for item in value]
        return _MISSING if _MISSING in found else found
    if wanted is str and type(value) is str:
        return value
    if wanted is int or wanted is float:
        return _plain_number(value, wanted, facts)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return next((choice for choice in wanted if choice is value or choice.value == value), _MISSING)
    return _plain_path(value, facts) if wanted is Path else _MISSING


def _plain_number(value: Any, wanted: type[int | float], facts: Any) -> Any:  # noqa: ANN401 - as above
    if type(value) is str and len(value) <= LONGEST_NUMBER and value.isascii():
        digits = value.replace(".", "", 1) if wanted is float else value
        value = wanted(value) if digits.isdigit() and value[0] != "." and value[-1] != "." else value
    if type(value) is not wanted:
        return _MISSING
    is_within = (facts.min is None or facts.min <= value) and (facts.max is None or value <= facts.max)
    return value if is_within else _MISSING


def _plain_path(value: Any, facts: Any) -> Any:  # noqa: ANN401 - as above
    """Return a path that typer would take: one that is not there, unless it has to be, or one of the right kind."""
    if type(value) is not str and not isinstance(value, Path):
        return _MISSING
    path = Path(value)
    try:
        mode = path.stat().st_mode
    except OSError:
        return _MISSING if facts.exists else path
    is_kind = (facts.file_okay or not stat.S_ISREG(mode)) and (facts.dir_okay or not stat.S_ISDIR(mode))
    is_open = (not facts.readable or os.access(path, os.R_OK)) and (not facts.writable or os.access(path, os.W_OK))
    return path if is_kind and is_open else _MISSING


def take_quiet(ctx: typer.Context, *, is_wanted: bool) -> None:
    """Write only answers and errors while a command runs."""
    if is_wanted:
        be_quiet(ctx)


def take_verbose(*, is_wanted: bool) -> None:
    """Log every request on stderr."""
    if is_wanted:
        import logging

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
