"""Where every option gets its value: the command line, then its variable, then settings files, then its default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
import typer

from cli import command_tree
from lineage.output.settings_file import SettingsFile, described, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.output.settings_file import Settings

GROUP: Final = command_tree()
SOURCE: Final = SettingsFile(name="lineage.toml", is_trusted=True)
PAGE: Final = (Path(__file__).resolve().parents[2] / "docs" / "shell.md").read_text("utf-8")


def settings(command: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - typer keeps these classes to itself
    """Yield the words after `lineage` of every command and group, the command, and each of its options."""
    for option in command.params:
        if option.param_type_name == "option" and option.expose_value:
            yield " ".join(names), command, option
    for name, member in getattr(command, "commands", {}).items():
        yield from settings(member, (*names, name))


SETTINGS: Final = list(settings(GROUP))


@pytest.mark.parametrize(
    ("names", "command", "option"), SETTINGS, ids=[f"{names} {option.opts[0]}" for names, _, option in SETTINGS]
)
def test_precedence(names: str, command: Any, option: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - as above
    """Taking one place after the other away, the next speaks; of a file what it says of the command, then of all."""
    key = next(name for name in option.opts if name.startswith("--")).removeprefix("--")
    everywhere = f'{key} = "everywhere"\n[{".".join(names.split())}]\n' if names and key not in names.split() else ""
    table = f"[{'.'.join(names.split())}]\n" if names and not everywhere else ""
    in_file = read_settings(f'{everywhere}{table}{key} = "file"\n', SOURCE, described(GROUP))
    for name in names.split():
        in_file = cast("Settings", in_file[name])
    told = typer.Context(command, default_map=in_file)
    silent = typer.Context(command)
    variables = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    for variable in variables:
        monkeypatch.setenv(variable, "variable")
    assert option.consume_value(told, {option.name: "line"})[0] == "line"
    assert not variables or option.consume_value(told, {})[0] == "variable"
    for variable in variables:
        monkeypatch.delenv(variable)
    assert option.consume_value(told, {})[0] == "file"
    assert option.consume_value(silent, {})[0] == option.get_default(silent)


def test_every_variable_is_on_the_page() -> None:
    """The table of environment variables names those of all options, each with its option."""
    rows = dict(re.findall(r"^\| (`[^|]+`) \| (.+) \|$", PAGE, re.MULTILINE))
    told = {
        (variable, option)
        for variables, options in rows.items()
        for variable, option in zip(
            re.findall(r"`(\w+)`", variables), re.findall(r"`[^`]*(--[\w-]+)`", options), strict=False
        )
    }
    assert told == {(option.envvar, max(option.opts, key=len)) for _, _, option in SETTINGS if option.envvar}
