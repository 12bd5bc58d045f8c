"""How commands write: the answer to stdout, in the form that was asked for, and all else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

from lineage.output.terminal import Layout, as_table
from lineage.vocabulary import Format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result

PIPED_COLUMNS: Final = 1_000
QUIET: Final = "LINEAGE_QUIET"  # in the environment, so that processes that are started know it too


def is_quiet() -> bool:
    """Return whether only answers and errors are to be written."""
    return bool(os.environ.get(QUIET))


def say(text: str) -> None:
    """Write a line to stderr, unless quiet: stdout is for the answer alone."""
    if not is_quiet():
        warn(text)


def warn(text: str) -> None:
    """Write a line to stderr, quiet or not."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def put(text: str) -> None:
    """Write to stdout in the encoding it has; `typer.echo` writes UTF-8 even where that is ASCII."""
    sys.stdout.write(text)
    sys.stdout.flush()


def columns() -> int:
    """Return the columns of the terminal, or of COLUMNS; so many that nothing wraps where the output is no terminal."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size((PIPED_COLUMNS, 0)).columns
    return PIPED_COLUMNS


def print_done(output: Format, **facts: object) -> None:
    """Write what a command did to stdout, as one row, where a program asks for it; a person is told on stderr."""
    from lineage.output.result import Result

    if output is not Format.TABLE:
        print_result(Result(columns=tuple(facts), rows=(tuple(facts.values()),)), output)


def print_result(
    result: Result, output: Format, layout: Layout = Layout.RECORDS, essential: Sequence[str] = ()
) -> None:
    """Write an answer to stdout in the form that was asked for; no terminal is too narrow for what is essential."""
    from lineage.output.result import as_csv, as_json

    if output is Format.JSON:
        put(f"{as_json(result)}\n")
    elif output is Format.CSV:
        put(as_csv(result))
    else:
        text, left_out = as_table(result, layout, columns(), essential)
        put(text)
        if left_out:
            what = f"{len(left_out)} more column{'s' if len(left_out) > 1 else ''}"
            say(f"({what} in a wider terminal, and with --format csv or json)")
