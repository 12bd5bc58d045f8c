"""The command that holds models against a policy: the gate of a deployment."""

# ruff: noqa: FBT002

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.vocabulary import CheckFormat
from store.commands.completion import complete_selector
from store.commands.models import DEFAULT_DB, STDOUT, DbOption, now, opened, tell_unselected
from store.commands.printing import columns, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lineage.policy.findings import CheckReport
    from lineage.policy.policy import Policy

app = typer.Typer(rich_markup_mode=None)
CHECK_EPILOG = "Exit codes: 0 every rule is kept, 1 something was found, 2 wrong usage or policy, 3 could not finish."


@app.command(epilog=CHECK_EPILOG)
def check(
    selector: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|SELECTOR",
            help="Which models, such as org/name or 'org/name+' or domain:legal.",
            autocompletion=complete_selector,
        ),
    ],
    policy: Annotated[Path, typer.Option("--policy", help="The file of rules (docs/gates.md).")],
    full: Annotated[bool, typer.Option("--full", help="Show in the table what keeps the rules too.")] = False,
    limit: Annotated[
        int,
        typer.Option(min=0, help="How many models a rule the table shows, 0 for all; other forms hold all."),
    ] = 100,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout; it appears whole or not.")
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: Annotated[CheckFormat, typer.Option("--format", help="How to write what was found.")] = CheckFormat.TABLE,
) -> None:
    """Hold models against a policy: rules on measurement, drift, parents, licences and records, with the evidence.

    What nothing can be said of is told apart from what keeps a rule, and a selection that names no model is a finding.
    """
    from store.queries.policy_inputs import check as check_models

    rules = read_policy_file(policy)
    with opened(db, "read") as database:
        report = check_models(database, selector, rules, now())
    write(_parts(report, output, policy, limit or None, is_full=full), out)
    if not report.models:
        tell_unselected(db, selector)
    _summarise(report)
    if report.has_failed:
        raise typer.Exit(1)


def read_policy_file(path: Path) -> Policy:
    """Return the policy of a file; raises UsageError where it cannot be read, PolicyFault where it has faults."""
    from lineage.policy.policy_file import LARGEST_FILE, read_policy

    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1).decode()
    except OSError as error:
        raise UsageError(f"the policy {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the policy {path} cannot be read: it is no UTF-8 text ({error.reason})") from error
    return read_policy(text, str(path))


def write(parts: Iterable[str], out: Path | None) -> None:
    """Write a text to a file, whole or not at all, or to stdout where `out` is None or -; raises TargetRefused."""
    if out is None or out == STDOUT:
        sys.stdout.writelines(parts)
        sys.stdout.flush()
        return
    from store.outputs.atomic_write import OutputTarget, put_text

    put_text(parts, OutputTarget(path=out, overwrites=True))


def _parts(report: CheckReport, output: CheckFormat, policy: Path, most: int | None, *, is_full: bool) -> Iterator[str]:
    """Yield a report in pieces: of the whole Hub it is larger than the memory."""
    from lineage.output.result import csv_parts, json_parts
    from lineage.output.terminal import Layout, as_table
    from lineage.policy.output import COLUMNS, as_rows, as_sections

    match output:
        case CheckFormat.TABLE:
            yield as_table(as_sections(report, is_full=is_full, most=most), Layout.SECTIONS, columns())[0]
        case CheckFormat.JSON:
            yield from json_parts(COLUMNS, as_rows(report))
            yield "\n"
        case CheckFormat.CSV:
            yield from csv_parts(COLUMNS, as_rows(report))
        case CheckFormat.JUNIT:
            from lineage.policy.junit import as_junit

            yield from as_junit(report)
        case CheckFormat.SARIF:
            from importlib.metadata import version

            from lineage.policy.sarif import as_sarif

            yield from as_sarif(report, version("hub-lineage"), as_uri(policy))


def as_uri(path: Path) -> str:
    """Return a file's path as a code host resolves it: relative to here where it lies below, parts percent-encoded."""
    from urllib.parse import quote

    here = Path.cwd()
    whole = path if path.is_absolute() else here / path
    shown = whole.relative_to(here) if whole.is_relative_to(here) else Path(whole.name)
    return quote(shown.as_posix())


def _summarise(report: CheckReport) -> None:
    """Say on stderr what was found, and what is to be said of exceptions."""
    from lineage.policy.output import summary
    from lineage.text.plain import plain

    for note in report.notes:
        say(f"note: {plain(note)}")
    say(f"{report.policy.title}: {summary(report)}")
