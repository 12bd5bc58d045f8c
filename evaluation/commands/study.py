"""`lineage research study`: the questions of a study of drift, answered over the database."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS
from lineage.text.suggest import perhaps
from lineage.vocabulary import Against, Format
from store.commands.opening import note_unselected, reading
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    DerivativesArgument,
    FormatOption,
    MarginOption,
    OneAgainstOption,
    SeedOption,
)
from store.commands.printing import columns, print_result, put, put_parts, say
from store.queries.completion import complete_domain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.output.result import Result, Value
    from lineage.study.inputs import StudyTable

app = typer.Typer(rich_markup_mode=None, add_completion=False)
NOTE_COLUMNS = 110


@app.command(epilog=EPILOG)
def study(
    selector: DerivativesArgument = None,
    domain: Annotated[
        str | None, typer.Option(help="Only derivatives of this domain.", autocompletion=complete_domain)
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Print only this table; repeatable. --names lists them.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="List the tables with their numbers of rows, and stop.")
    ] = False,
    against: OneAgainstOption = Against.SCORED_ANCESTOR,
    margin: MarginOption = DEFAULT_MARGIN_POINTS,
    seed: SeedOption = 0,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Print the findings and tables of a study of drift.

    Five sentences come first. The tables answer the questions of arXiv 2604.24902: mixed signs by domain, family and
    relation; the most and least risky bases; whether the base's score predicts the derivative's; drift by relation,
    base family, data set and declared training; how instruments and judges disagree; whether metadata predict drift.
    JSON holds every table, CSV one (--table).
    """
    from lineage.drift.measure import DriftSettings
    from store.drift.study import study as run_study

    question = DriftSettings(margin=margin / 100)
    with reading(db) as database:
        tables = run_study(database, selector, against, question, domain=domain, seed=seed)
    chosen = _chosen(tables, table)
    if names:
        print_result(_contents(chosen), output, Layout.COLUMNS)
    else:
        _put_tables(chosen, output)
    if not any(one.result.rows for one in chosen):
        say("nothing can be compared: no derivative has a score that its ancestor has too")
        note_unselected(db, selector)
        raise typer.Exit(1)


def _put_tables(tables: Sequence[StudyTable], output: Format) -> None:
    """Write tables to stdout; raises UsageError for CSV of several."""
    from lineage.output.result import indented_parts

    if output is Format.JSON:
        put_parts(chain(indented_parts([_as_object(one) for one in tables]), "\n"))
    elif output is Format.TABLE:
        _print_tables(tables)
    elif len(tables) != 1:
        raise UsageError("CSV holds one table: name it with --table, or take --format json for all")
    else:
        print_result(tables[0].result, output)


def _chosen(tables: Sequence[StudyTable], names: Sequence[str] | None) -> Sequence[StudyTable]:
    known = {one.name: one for one in tables}
    for name in names or ():
        if name not in known:
            raise UsageError(f"there is no table {name!r}{perhaps(name, known)}; the tables are {', '.join(known)}")
    return [known[name] for name in names] if names else tables


def _contents(tables: Sequence[StudyTable]) -> Result:
    from lineage.output.result import Result

    return Result(
        columns=("table", "rows", "title"), rows=tuple((one.name, len(one.result.rows), one.title) for one in tables)
    )


def _as_object(table: StudyTable) -> dict[str, Value]:
    return {"table": table.name, "title": table.title, "note": table.note, "rows": table.result}


def _print_tables(tables: Sequence[StudyTable]) -> None:
    """Write the tables that have rows under their titles; a note that several share stands under the last of them."""
    from lineage.output.terminal import as_lines, as_table, wrapped
    from lineage.study.study_findings import NAME

    full = [one for one in tables if one.result.rows]
    is_cut = False
    for place, one in enumerate(full):
        if one.name == NAME:
            text = as_lines(one.result, min(columns(), NOTE_COLUMNS))
        else:
            text, left_out = as_table(one.result, one.layout, columns())
            is_cut = is_cut or bool(left_out)
        put(f"{chr(10) if place else ''}{one.title} ({one.name})\n{text}")
        if place + 1 == len(full) or full[place + 1].note != one.note:
            put("".join(f"  {line}\n" for line in wrapped(one.note, min(columns(), NOTE_COLUMNS))))
    if is_cut:
        say("(some tables have more columns in a wider terminal, and with --format csv or json)")
    if empty := [one.name for one in tables if not one.result.rows]:
        say(f"nothing to say in {', '.join(empty)}")
