"""The commands that bring scores in and say what there is of them."""

# ruff: noqa: FBT002

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.imports.catalogue import chosen_catalogue
from lineage.errors import LineageError, UsageError
from lineage.output.terminal import Layout
from lineage.text.plain import plain
from lineage.text.suggest import perhaps
from lineage.vocabulary import Format, ScoreState
from store.commands.completion import complete_construct, complete_instrument, complete_model, complete_selector
from store.commands.models import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    LimitOption,
    SelectorArgument,
    now,
    opened,
    reading,
    tell_unselected,
)
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evaluation.imports.interface import Skipped
    from evaluation.imports.run import ImportOutcome

app = typer.Typer(rich_markup_mode=None)
scores_app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Bring scores in from other tools and from the Hub, and list them.",
    epilog=EPILOG,
)
InstrumentsOption = Annotated[
    Path | None,
    typer.Option("--instruments", help="A file that declares more instruments (docs/scores.md)."),
]
SKIPPED_SHOWN = 10


class SomeRefused(LineageError):
    """Some files were refused."""

    hint = "what was read is kept; mend what was refused and import again: nothing is stored twice"

    def __init__(self, refused: int, files: int) -> None:
        """Say how many of how many."""
        super().__init__(f"{refused} of {files} files were refused")


@scores_app.command(name="import", epilog=EPILOG)
def import_scores(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders of them.")],
    form: Annotated[
        str | None,
        typer.Option(
            "--as", help="Read them as lm-eval, inspect, helm, every-eval-ever or table. Default: each tells."
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Whose scores they are, whatever the files say.", autocompletion=complete_model)
    ] = None,
    revision: Annotated[str | None, typer.Option(help="The commit that was measured, whatever the files say.")] = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Import scores: lm-evaluation-harness, Inspect, HELM, Every Eval Ever, and tables (CSV, JSON lines, parquet).

    A file that cannot be read in full is refused whole, the others are kept. Importing twice changes nothing. Models
    that are not here yet are kept by name and linked when a crawl finds them.
    """
    from evaluation.imports.interface import ImportSettings
    from evaluation.imports.run import FileImported, ScoreFormat, as_result, import_files
    from store.drift.measure import refresh

    if form is not None and form not in set(ScoreFormat):
        raise UsageError(f"--as {form!r} is none of {', '.join(ScoreFormat)}{perhaps(form, ScoreFormat)}")
    wanted = ImportSettings(catalogue=chosen_catalogue(instruments), model=model, revision=revision)
    chosen = None if form is None else ScoreFormat(form)
    outcomes = []
    with opened(db, "write") as database:
        for outcome in import_files(database, paths, wanted, now(), chosen):
            outcomes.append(outcome)
            _tell(outcome)
        if any(isinstance(outcome, FileImported) for outcome in outcomes):
            say("linking scores to models, measuring drift")
            refresh(database)
        if unknown := database.value("score/count_unknown"):
            say(f"models with scores that are not here: {unknown:,}; a crawl that finds them links them")
    if output is not Format.TABLE:
        print_result(as_result(outcomes), output)
    _conclude(outcomes)


@scores_app.command(name="list", epilog=EPILOG)
def list_(
    selector: SelectorArgument = None,
    instrument: Annotated[
        str | None, typer.Option(help="Only of this instrument, by name.", autocompletion=complete_instrument)
    ] = None,
    state: Annotated[ScoreState | None, typer.Option(help="Only scores of this state.")] = None,
    unknown: Annotated[bool, typer.Option("--unknown", help="Only of models that no crawl has found yet.")] = False,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List scores with what makes them comparable, the one that speaks for a model first."""
    from store.scores.queries import list_scores

    with reading(db) as database:
        answer = list_scores(
            database,
            selector=selector,
            name=instrument,
            state=None if state is None else state.value,
            known=False if unknown else None,
            limit=limit,
        )
    print_result(answer, output, Layout.COLUMNS, ("name", "value", "state"))
    if not answer.rows:
        near = perhaps(instrument, (one.name for one in chosen_catalogue(None)))
        say(f"there is no such score{near}; `lineage scores import` and `lineage scores from-cards` bring them in")
        tell_unselected(db, selector)
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def instruments(
    name: Annotated[
        str | None,
        typer.Argument(help="Only this one, with all that is known of it.", autocompletion=complete_instrument),
    ] = None,
    construct: Annotated[
        str | None,
        typer.Option(help="Only instruments of this construct, such as bias.", autocompletion=complete_construct),
    ] = None,
    scored: Annotated[bool, typer.Option("--scored", help="Only instruments with scores here.")] = False,
    declared: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List instruments: construct, direction, items, and how many models of each domain they speak of here."""
    from lineage.output.result import Result
    from lineage.scores.instruments import Construct
    from store.scores.queries import list_instruments

    catalogue = chosen_catalogue(declared)
    if db.exists():
        with opened(db, "read") as database:
            answer = list_instruments(database, catalogue)
    else:
        answer = list_instruments(None, catalogue)
    rows = tuple(
        row
        for row in answer.rows
        if (name is None or row[0] == name) and (construct is None or row[1] == construct) and (not scored or row[3])
    )
    layout = Layout.COLUMNS if name is None else Layout.RECORDS
    print_result(Result(columns=answer.columns, rows=rows), output, layout, ("construct", "direction"))
    if not rows:
        near = perhaps(name, (one.name for one in catalogue)) or perhaps(construct, Construct)
        say(f"there is no such instrument{near}; one of yours is declared in a file for --instruments")
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def coverage(
    selector: Annotated[
        str, typer.Argument(help="Which models, such as domain:medical or org/name+.", autocompletion=complete_selector)
    ] = "*",
    state: Annotated[ScoreState | None, typer.Option(help="Only models of this state.")] = None,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say which models are measured, only reported, stale or unscored, and by what; the most downloaded first.

    A model's own scores count alone: that its base was measured says nothing of it.
    """
    from store.scores.queries import list_coverage

    with reading(db) as database:
        answer, counts = list_coverage(
            database, selector=selector, state=None if state is None else state.value, limit=limit
        )
    print_result(answer, output, Layout.COLUMNS, ("state", "measured", "reported", "stale"))
    told = ", ".join(f"{counts.get(one.value, 0):,} {one.value}" for one in ScoreState)
    say(f"of {sum(counts.values()):,} models: {told}")
    if not answer.rows:
        tell_unselected(db, selector)
        raise typer.Exit(1)


def _conclude(outcomes: Sequence[ImportOutcome]) -> None:
    """Say what became of all files; raises SomeRefused, and ends with 1 where there was no score in them."""
    from evaluation.imports.run import FileImported, FileJoined, FilePassedOver, FileRefused

    for kind, words in ((FileJoined, "read with the files they belong to"), (FilePassedOver, "of no form of scores")):
        if count := sum(isinstance(outcome, kind) for outcome in outcomes):
            say(f"other files, {words}: {count:,}")
    imported = [outcome for outcome in outcomes if isinstance(outcome, FileImported)]
    new, known = sum(one.written.new for one in imported), sum(one.written.known for one in imported)
    say(f"{new:,} scores are new, {known:,} were here already; `lineage drift` and `lineage coverage` look at them")
    if refused := sum(isinstance(outcome, FileRefused) for outcome in outcomes):
        raise SomeRefused(refused, refused + len(imported))
    if not new and not known:
        say("there was no score in these files that could be read")
        raise typer.Exit(1)


def _tell(outcome: ImportOutcome) -> None:
    """Say on stderr what became of a file, unless it was passed over or read with another."""
    from evaluation.imports.run import FileImported, FileRefused

    if isinstance(outcome, FileImported):
        written = outcome.written
        items = f", {written.items:,} items" if written.items else ""
        name = plain(str(outcome.path))
        say(f"{name}: {outcome.form}, {written.new:,} new scores{items}, {written.known:,} known")
        tell_skipped(outcome.skipped)
    elif isinstance(outcome, FileRefused):
        say(plain(f"refused: {outcome.error}", None))
        say(plain(f"  {outcome.error.hint}", None))


def tell_skipped(skipped: Iterable[Skipped]) -> None:
    """Say on stderr what was left out, by its reason up to a colon, with an example of each."""
    reasons: dict[str, list[str]] = {}
    for one in skipped:
        reasons.setdefault(one.reason.partition(": ")[0], []).append(f"{one.what}: {one.reason}")
    ranked = sorted(reasons.items(), key=lambda entry: -len(entry[1]))
    for reason, whats in ranked[:SKIPPED_SHOWN]:
        say(plain(f"  left out {len(whats):,}: {reason}, such as {whats[0].removesuffix(f': {reason}')}", None))
    if len(ranked) > SKIPPED_SHOWN:
        say(f"  and {sum(len(whats) for _, whats in ranked[SKIPPED_SHOWN:]):,} more for other reasons")
