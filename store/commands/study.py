"""The commands that ask what many drifts say together: contradictions, and the tables of a study."""

# ruff: noqa: FBT002, PLR0913, PLR0917, TC001

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.statistics.defaults import DEFAULT_MARGIN_POINTS
from lineage.text.suggest import perhaps
from lineage.vocabulary import AgainstName, DomainName, Format, GroupName
from store.commands.drift import MarginOption, SelectorArgument
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, reading, tell_unselected
from store.commands.printing import print_result, put, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.drift.contradictions import Contradiction
    from lineage.output.result import Result
    from lineage.study.inputs import StudyTable

app = typer.Typer(rich_markup_mode=None)
NOTE_COLUMNS = 110
OneAgainstOption = Annotated[AgainstName, typer.Option("--against", help="Which ancestor to compare with.")]
SeedOption = Annotated[int, typer.Option(min=0, help="The seed of the permutations.")]


@app.command(epilog=EPILOG)
def contradictions(
    selector: SelectorArgument = None,
    by: Annotated[GroupName | None, typer.Option(help="Count them by this instead of listing them.")] = None,
    mixed: Annotated[bool, typer.Option("--mixed", help="List only those of mixed sign.")] = False,
    direct: Annotated[bool, typer.Option("--direct", help="Only instruments of unsafe output itself.")] = False,
    against: OneAgainstOption = AgainstName.SCORED_ANCESTOR,
    seed: SeedOption = 0,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say which derivatives are riskier by one instrument and safer by another, and how many would be by noise alone.

    `mixed` goes by the mere sign, `mixed_significantly` by verdicts both ways; `expected` is the chance of mixed signs
    if nothing had changed, without which the share says nothing (docs/drift.md). Capability never enters.
    """
    from lineage.drift.measure import DriftSettings
    from lineage.drift.rows import Against
    from lineage.output.result import Result
    from store.drift.study import list_contradictions

    group = None if by is None else by.value
    with reading(db) as database:
        found = list_contradictions(
            database, selector, Against(against.value), DriftSettings(), direct_only=direct, by=group, seed=seed
        )
    rows = _mixed_alone(found.result) if mixed and by is None else found.result.rows
    shown = Result(columns=found.result.columns, rows=rows[: limit or None])
    print_result(shown, output, Layout.COLUMNS, ("reference", "riskier", "safer", "mixed", "mixed_significantly"))
    if 0 < limit < len(rows):
        say(f"({len(rows) - limit:,} more; --limit 0 shows all)")
    _summarise([one for one in found.found if one.can_be_mixed])
    if not rows:
        tell_unselected(db, selector)
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def study(
    selector: SelectorArgument = None,
    domain: Annotated[DomainName | None, typer.Option(help="Only derivatives of this domain.")] = None,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="Only this table, by name; repeatable. --names lists them.")
    ] = None,
    names: Annotated[
        bool, typer.Option("--names", help="List the tables by name, with how many rows each has.")
    ] = False,
    against: OneAgainstOption = AgainstName.SCORED_ANCESTOR,
    margin: MarginOption = DEFAULT_MARGIN_POINTS,
    seed: SeedOption = 0,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Answer the questions of a study of drift (arXiv 2604.24902) over what the database holds.

    Mixed signs by domain, family and relation; whether the base's score tells the derivative's; drift by relation,
    base family, data set and declared training; how instruments and judges disagree; whether metadata predict drift.
    JSON holds all tables, CSV one (--table).
    """
    from lineage.drift.measure import DriftSettings
    from lineage.drift.rows import Against
    from store.drift.study import study as run_study

    settings, of = DriftSettings(margin=margin / 100), None if domain is None else domain.value
    with reading(db) as database:
        tables = run_study(database, selector, Against(against.value), settings, domain=of, seed=seed)
    chosen = _chosen(tables, table)
    if names:
        print_result(_contents(chosen), output, Layout.COLUMNS)
    else:
        _put_tables(chosen, output)
    if not any(one.result.rows for one in chosen):
        say("nothing can be compared: no derivative has a score that its ancestor has too")
        tell_unselected(db, selector)
        raise typer.Exit(1)


def _mixed_alone(result: Result) -> tuple[tuple[object, ...], ...]:
    place = result.columns.index("mixed")
    return tuple(row for row in result.rows if row[place])


def _summarise(told: Sequence[Contradiction]) -> None:
    """Say on stderr how many derivatives are mixed, and how many would be if nothing had changed."""
    plain, significant = sum(one.is_mixed for one in told), sum(one.is_mixed_significantly for one in told)
    expected = sum(one.expected.rate for one in told)
    counted = f"{len(told):,} derivatives with two instruments or more"
    say(f"of {counted} {plain:,} are mixed, {significant:,} significantly; {expected:.1f} are expected by noise alone")


def _put_tables(tables: Sequence[StudyTable], output: Format) -> None:
    """Write tables to stdout; raises UsageError for CSV of several."""
    if output is Format.JSON:
        put(f"{json.dumps([_as_object(one) for one in tables], ensure_ascii=True, allow_nan=False, indent=1)}\n")
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
            raise UsageError(f"there is no table {name!r}{perhaps(name, known)}; there are {', '.join(known)}")
    return [known[name] for name in names] if names else tables


def _contents(tables: Sequence[StudyTable]) -> Result:
    from lineage.output.result import Result

    return Result(
        columns=("table", "rows", "title"), rows=tuple((one.name, len(one.result.rows), one.title) for one in tables)
    )


def _as_object(table: StudyTable) -> dict[str, object]:
    from lineage.output.result import as_json

    return {"table": table.name, "title": table.title, "note": table.note, "rows": json.loads(as_json(table.result))}


def _print_tables(tables: Sequence[StudyTable]) -> None:
    """Write the tables that have rows under their titles; a note that several share stands under the last of them."""
    from lineage.output.terminal import as_table, wrapped
    from store.commands.printing import columns

    full = [one for one in tables if one.result.rows]
    is_cut = False
    for place, one in enumerate(full):
        text, left_out = as_table(one.result, one.layout, columns())
        is_cut = is_cut or bool(left_out)
        put(f"{chr(10) if place else ''}{one.title} ({one.name})\n{text}")
        if place + 1 == len(full) or full[place + 1].note != one.note:
            put("".join(f"  {line}\n" for line in wrapped(one.note, min(columns(), NOTE_COLUMNS))))
    if is_cut:
        say("(some tables have more columns in a wider terminal, and with --format csv or json)")
    if empty := [one.name for one in tables if not one.result.rows]:
        say(f"nothing to say in {', '.join(empty)}")
