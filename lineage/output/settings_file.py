"""Settings files: default options for all commands or for one, in a tree that mirrors the commands.

    db = "/srv/models.duckdb"        # every command that has --db
    format = "json"

    [crawl]                       # this command alone
    domain = ["medical"]

    [scores.import]               # a command of a group
    instruments = "ours.toml"

An option is named as on the command line, without its leading dashes. The command line overrides environment variables,
which override the file, which overrides the defaults shown in the help.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.text.plain import plain
from lineage.text.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LARGEST_FILE_BYTES: Final = 1 << 16
LARGEST_NUMBER: Final = 1 << 63
OWNERS_ALONE: Final = frozenset(
    {  # where requests, with a token or work, are sent
        *(
            "bucket",
            "endpoint",
            "endpoint-url",
            "key-variable",
            "namespace",
            "option",
            "ray",
            "webhook",
        ),
        *(
            "image",
            "instruments",
            "task",
            "trust-queue",
            "trust-remote-code",
        ),  # which code is run; a task is code, and instruments name tasks
        *("folder", "force", "output", "set"),  # what is overwritten
        *("beyond-loopback", "host"),  # who may read
    }
)
SECRETS: Final = frozenset({"api-key", "hf-token", "key", "password", "token"})
Settings = dict[str, object]


class SettingsFault(LineageError):
    """A settings file has a fault; `key` is its dotted name, or None where the whole file is meant."""

    hint = "`lineage docs shell` describes the file"
    exit_code = 2

    def __init__(self, source: str, key: str | None, problem: str, hint: str | None = None) -> None:
        """Store the file, the key and the problem."""
        where = source if key is None else f"{source}, {key}"
        super().__init__(plain(f"{where}: {problem}", 500))
        self.source = source
        self.key = key
        if hint is not None:
            self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command or a group: its option names as a file writes them, each with its parameter, and its members."""

    options: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Command] = field(default_factory=dict)


def described(command: object) -> Command:
    """Return what a settings file may set for a command and its members; not options that act alone, as --version."""
    options = {
        next(name for name in parameter.opts if name.startswith("--")).removeprefix("--"): parameter.name
        for parameter in getattr(command, "params", ())
        if parameter.param_type_name == "option" and parameter.expose_value
    }
    members = getattr(command, "commands", {})
    return Command(options=options, members={name: described(member) for name, member in members.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """A settings file: its name in messages, and whether it certainly belongs to the user.

    A file that merely lies in the working folder may come from somebody else's repository, so it must not decide where
    a request, and with it the user's token, is sent, nor what is run, overwritten or shown to others.
    """

    name: str
    is_trusted: bool


def read_settings(text: str, source: SettingsFile, commands: Command) -> Settings:
    """Return defaults by command and parameter, in the form of click's `default_map`; raises SettingsFault."""
    if len(text.encode()) > LARGEST_FILE_BYTES:
        raise SettingsFault(source.name, None, f"it is longer than {LARGEST_FILE_BYTES:,} bytes")
    try:
        document = read_toml(text)
    except ValueError as error:
        raise SettingsFault(source.name, None, f"not TOML: {error}") from error
    return _read_table(document, commands, (), source)


def merged(outer: Settings, inner: Settings) -> Settings:
    """Return both settings combined; `inner` overrides `outer`."""
    result = dict(outer)
    for name, value in inner.items():
        known = result.get(name)
        result[name] = merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return result


def _read_table(table: Mapping[str, object], command: Command, path: tuple[str, ...], source: SettingsFile) -> Settings:
    result: Settings = {}
    for key, value in table.items():
        where = (*path, key)
        if isinstance(value, dict) and key in command.members:
            result = merged(result, {key: _read_table(value, command.members[key], where, source)})
            continue
        name = key.replace("_", "-")
        _refuse(name, value, command, where, source)
        result = merged(_spread(name, value, command), result)  # a table for one command wins
    return result


def _spread(option: str, value: object, command: Command) -> Settings:
    """Return a setting for a command and, if it is a group, for all its members that have such an option."""
    result: Settings = {command.options[option]: value} if option in command.options else {}
    for name, member in command.members.items():
        if inner := _spread(option, value, member):
            result[name] = inner
    return result


def _refuse(option: str, value: object, command: Command, where: tuple[str, ...], source: SettingsFile) -> None:
    key = ".".join(where)
    if option in SECRETS:
        hint = "sign in with `hf auth login`, or set HF_TOKEN"
        raise SettingsFault(source.name, key, "this file must not hold secrets", hint)
    known = set(options_of(command))
    if option not in known:
        names = sorted({*known, *command.members})
        near = get_close_matches(option, names, 1)
        hint = f"did you mean {near[0]!r}?" if near else SettingsFault.hint
        raise SettingsFault(source.name, key, "there is no such option or command", hint)
    if isinstance(value, dict):
        raise SettingsFault(source.name, key, "this is an option, which takes a value, not a table")
    if any(abs(number) > LARGEST_NUMBER for number in _numbers(value)):
        raise SettingsFault(source.name, key, "this number is too large for any option")
    if option in OWNERS_ALONE and not source.is_trusted:
        hint = (
            "set it on the command line, in the environment or your own settings, or name this file in LINEAGE_CONFIG"
        )
        problem = (
            "a file in the working folder must not set where requests go, what code runs, what is overwritten or "
            "who may read"
        )
        raise SettingsFault(source.name, key, problem, hint)


def _numbers(value: object) -> Iterator[int]:
    match value:
        case int():
            yield value
        case list():
            for one in value:
                yield from _numbers(one)
        case dict():
            yield from _numbers(list(value.values()))


def options_of(command: Command) -> Iterable[str]:
    """Yield the option names of a command and of all its members; names may repeat."""
    yield from command.options
    for member in command.members.values():
        yield from options_of(member)
