"""How commands write: the result to stdout in the chosen form, everything else to stderr."""

from __future__ import annotations

import os
import shutil
import sys
from contextvars import ContextVar
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.output.terminal import Layout, table_parts
from lineage.vocabulary import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from tempfile import SpooledTemporaryFile
    from typing import TextIO

    import typer

    from lineage.output.result import Result, Value

PIPED_COLUMNS: Final = 1_000
KEPT_IN_MEMORY: Final = 16_000_000  # characters of a table; the rest of it waits in a file until its widths are known
SEPARATOR: Final = "\x1f"  # no plain text holds one
QUIET_VARIABLE: Final = "LINEAGE_QUIET"
_is_quiet: ContextVar[bool] = ContextVar("is_quiet", default=False)


def be_quiet(context: typer.Context) -> None:
    """Write only answers and errors until a command's context is closed."""
    token = _is_quiet.set(True)
    context.call_on_close(lambda: _is_quiet.reset(token))


def is_quiet() -> bool:
    """Return whether only answers and errors are written."""
    return _is_quiet.get()


def say(text: str) -> None:
    """Write a line to stderr, unless --quiet was given."""
    if not is_quiet():
        warn(text)


def warn(text: str) -> None:
    """Write a line to stderr even when --quiet was given."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def put(text: str) -> None:
    """Write to stdout in its own encoding; `typer.echo` writes UTF-8 even if stdout is ASCII."""
    sys.stdout.write(text)
    sys.stdout.flush()


def put_parts(parts: Iterable[str]) -> None:
    """Write pieces to stdout as they come, so that an answer of millions of rows is never one text."""
    sys.stdout.writelines(parts)
    sys.stdout.flush()


def put_painted(text: str, paint: Callable[[str], str]) -> None:
    """Write to stdout, in colour if it takes that."""
    put(paint(text) if has_colour(sys.stdout) else text)


def columns() -> int:
    """Return the width of the terminal or COLUMNS; if stdout is not a terminal, a width at which nothing wraps."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size((PIPED_COLUMNS, 0)).columns
    return PIPED_COLUMNS


def can_redraw(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that takes control sequences."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(stream: TextIO) -> bool:
    """Return whether to write colour to a stream: it is a terminal that takes it, and NO_COLOR is unset or empty."""
    return can_redraw(stream) and not os.environ.get("NO_COLOR")


def print_done(output: Format, **facts: object) -> None:
    """Write what a command changed to stdout as one row of JSON or CSV; with `table`, stderr has already said it."""
    from lineage.output.result import Result

    if output is not Format.TABLE:
        print_result(Result(columns=tuple(facts), rows=(tuple(facts.values()),)), output)


def print_result(
    result: Result,
    output: Format,
    layout: Layout = Layout.RECORDS,
    essential: Sequence[str] = (),
    paint: Callable[[str], str] = str,
) -> None:
    """Write a result to stdout as `print_rows` does."""
    print_rows(result.columns, result.rows, output, layout, essential, paint)


def print_rows(
    names: tuple[str, ...],
    rows: Iterable[tuple[Value, ...]],
    output: Format,
    layout: Layout = Layout.RECORDS,
    essential: Sequence[str] = (),
    paint: Callable[[str], str] = str,
) -> bool:
    """Write rows to stdout in the chosen form, as they come, and return whether there was one.

    Essential columns are shown however narrow the terminal is. `paint` colours lines of a table where stdout takes
    colour. What goes wrong before the first row is raised before anything is written.
    """
    from lineage.output.result import csv_parts, json_parts

    rest = iter(rows)
    first = list(islice(rest, 1))
    whole = rows if isinstance(rows, tuple) else chain(first, rest)
    if output is Format.JSON:
        _put_answer(chain(json_parts(names, whole), "\n"))
    elif output is Format.CSV:
        _put_answer(csv_parts(names, whole))
    else:
        parts, left_out = table_parts(names, whole, layout, columns(), essential, _laid_aside)
        put_parts(map(paint, parts) if has_colour(sys.stdout) else parts)
        if left_out:
            what = f"{len(left_out)} more column{'s' if len(left_out) > 1 else ''}"
            say(f"({what} in a wider terminal, and with --format csv or json)")
    return bool(first)


def _put_answer(parts: Iterable[str]) -> None:
    try:
        put_parts(parts)
    except LineageError:
        warn("the answer on stdout is not whole")
        raise


def _laid_aside(rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """Read rows of plain texts to the end, and return them to be read once: from a file, if they are many."""
    from tempfile import SpooledTemporaryFile

    file = SpooledTemporaryFile(KEPT_IN_MEMORY, "w+", encoding="utf-8", newline="\n")  # noqa: SIM115 - read below
    try:
        file.writelines(f"{SEPARATOR.join(row)}\n" for row in rows)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return _taken_up(file)


def _taken_up(file: SpooledTemporaryFile[str]) -> Iterator[Sequence[str]]:
    with file:
        for line in file:
            yield line[:-1].split(SEPARATOR)
