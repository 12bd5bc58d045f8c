"""`lineage export`: write a part of the graph for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.errors import UsageError
from lineage.exports.formats import TABLES, find_format, format_names, format_of_file, list_formats
from lineage.output.terminal import Layout
from lineage.vocabulary import Format, TableName
from store.commands.opening import note_unselected
from store.commands.options import DEFAULT_DB, EPILOG, STDOUT, DbOption, SelectorArgument
from store.commands.printing import print_result, say
from store.queries.completion import complete_export_format

if TYPE_CHECKING:
    from lineage.exports.formats import ExportFormat
    from store.outputs.export import ExportRequest, ExportSummary

app = typer.Typer(rich_markup_mode=None, add_completion=False)
LIST: Final = "list"


@app.command(epilog=EPILOG)
def export(
    selector: SelectorArgument = None,
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"{format_names()}, or list. Default: by the file name's ending.",
            autocompletion=complete_export_format,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file or new folder; - for stdout (text formats).")
    ] = None,
    table: Annotated[
        list[TableName] | None, typer.Option("--table", help="Only this table, in formats of tables; repeatable.")
    ] = None,
    inferred: Annotated[
        bool, typer.Option("--inferred/--no-inferred", help="Include edges that nobody declared.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing output.")] = False,
    formats: Annotated[
        bool, typer.Option("--formats", help="List the formats and what each leaves out, and stop.")
    ] = False,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Export models and edges to files for other tools.

    Edges lead from parents to children, with relation, evidence and confidence. parquet, csv, arrow and neo4j write a
    folder of tables, or a file with one --table. The output appears once it is complete. An existing output is kept
    unless --force is given; a link is replaced, not followed. Formats and fields: `lineage docs exports`.
    """
    if formats or format_name == LIST:
        print_result(list_formats(), Format.TABLE, Layout.RECORDS)
        return
    from store.outputs.export import export as write_export

    order = _order(selector, format_name, output, table, inferred=inferred, force=force)
    _tell(write_export(db, order), order, db)


def _order(
    selector: str | None,
    format_name: str | None,
    output: Path | None,
    table: list[TableName] | None,
    *,
    inferred: bool,
    force: bool,
) -> ExportRequest:
    """Return what to export; raises UsageError if the options contradict each other."""
    from store.outputs.atomic_write import OutputTarget
    from store.outputs.export import ExportRequest

    if output is None:
        raise UsageError("name the output: -o FILE, or -o - for stdout")
    form = _form(format_name, output)
    if table and not form.has_tables:
        raise UsageError(f"{form.name} has no tables to choose from: leave --table out")
    tables = tuple(dict.fromkeys(one.value for one in table or ())) or TABLES
    is_folder = form.is_folder and len(tables) > 1
    if output == STDOUT and (is_folder or not form.is_text):
        raise UsageError(f"{form.name} cannot go to stdout" + (" but one --table at a time" if form.is_text else ""))
    target = OutputTarget(path=None if output == STDOUT else output, is_folder=is_folder, overwrites=force)
    return ExportRequest(form=form, target=target, selector=selector, inferred=inferred, tables=tables)


def _form(name: str | None, output: Path) -> ExportFormat:
    if name is not None:
        return find_format(name)
    form = None if output == STDOUT else format_of_file(output.name)
    if form is None:
        raise UsageError(f"name the --format: {format_names()}")
    return form


def _tell(written: ExportSummary, order: ExportRequest, db: Path) -> None:
    """Say on stderr what was written; exits with 1 if no model was selected."""
    from lineage.text.counts import number_of

    what = f"{number_of(written.models, 'model')} and {number_of(written.edges, 'edge')} among them"
    where = "stdout" if order.target.path is None else str(order.target.path)
    files = f" ({', '.join(written.files)})" if order.target.is_folder else ""
    say(f"wrote {what} to {where}{files}: {written.size_bytes:,} bytes")
    if not written.models:
        note_unselected(db, order.selector or "*")
        raise typer.Exit(1)
