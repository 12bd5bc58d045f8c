"""What commands read without pydantic: the same values as typer reads with it, and pydantic stays unimported."""

from __future__ import annotations

import subprocess
import sys
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import pytest
import typer

import cli
from store.commands.command_group import leaves

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORDS = (
    *("", " ", "0", "7", "07", "-1", "+1", "1_0", "100", "101", "1.5", ".5", "5.", "1e3", "nan", "inf", "\u0663"),
    *("12345678901234567890", "true", "x", "TABLE", "table", "json", "~", "-", "org/name", "\u2160"),
)
START = """
import sys
import cli
sys.argv = ["lineage", *{words}]
try:
    cli.main()
except SystemExit as ended:
    print(ended.code, {{"pydantic", "logging", "concurrent.futures", "numpy", "duckdb"}} & set(sys.modules))
"""


def _parameters() -> dict[str, Any]:
    """Return one parameter of each kind: of a type, with the same limits."""
    found = {}
    for leaf in leaves(cli.command_tree()):
        for parameter in leaf.get_params(typer.Context(leaf)):
            facts = parameter.type_descriptor.parameter_info
            told = (facts.min, facts.max, facts.exists, facts.file_okay, facts.dir_okay, facts.readable, facts.writable)
            found[f"{parameter.type_descriptor.annotation} {parameter.multiple} {parameter.nargs} {told}"] = parameter
    return found


def _read(get_reader: Callable[[], Any], value: object) -> str:
    parameter = get_reader.args[0].__self__ if isinstance(get_reader, partial) else get_reader.__self__  # type: ignore[attr-defined]
    try:
        found = get_reader().coerce(value, param=parameter, ctx=None)
    except typer.BadParameter as error:
        return f"refused: {error.message}"
    return f"{type(found).__name__} {found!r}"


def test_every_value_is_read_as_typer_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every kind of parameter and words of all sorts, the value or the refusal is that of typer itself."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "7").touch()
    parameters = _parameters()
    assert len(parameters) > 20
    for kind, parameter in parameters.items():
        annotation = parameter.type_descriptor.annotation
        by_typer, ours = parameter.get_runtime_param.args[0], parameter.get_runtime_param
        choices = [item for each in (annotation, *get_args(annotation)) if _is_enum(each) for item in each]
        words = [*WORDS, *choices, *(choice.value for choice in choices), tmp_path, tmp_path / "7", 7, 0.5, True]
        for word in words:
            value = (word, "7") if parameter.multiple or parameter.nargs == -1 else word
            assert _read(ours, value) == _read(by_typer, value), (kind, value)
        assert _read(ours, None) == _read(by_typer, None), kind


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


@pytest.mark.parametrize(
    "words",
    [
        ["show", "org/name", "--format", "json"],
        ["status"],
        ["models", "--limit", "20", "--domain", "medical"],
    ],
    ids=lambda words: words[0],
)
def test_plain_values_import_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    """A command whose values are plain is read without pydantic, DuckDB's relations and what else is slow to import."""
    program = START.format(words=[*words, "--db", str(tmp_path / "none.duckdb")])
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "3 set()\n"
    assert "there is no database here yet" in run.stderr
