"""`lineage scores`: import scores from files, from model cards and from leaderboards, and list them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from evaluation.catalogue import chosen_catalogue, with_stored
from lineage.errors import LineageError, UsageError
from lineage.output.terminal import Layout
from lineage.text.plain import plain
from lineage.text.suggest import perhaps
from lineage.vocabulary import DEFAULT_ENDPOINT, Format, ScoreState
from store.commands.opening import changing, note_unselected, now, opened, reading
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    EndpointOption,
    FormatOption,
    InstrumentsOption,
    LimitOption,
    SelectorArgument,
)
from store.commands.printing import print_done, print_result, put, say
from store.queries.completion import complete_instrument, complete_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crawler.http.hub_client import HubClient
    from evaluation.imports.interface import Skipped
    from evaluation.imports.run import ImportOutcome
    from lineage.output.result import Result
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score
    from store.database import Database

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Import scores from other tools and the Hub, and list them.",
    epilog=EPILOG,
)
RunArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="The run of the score, or its first digits: `lineage scores list` has it.")
]
BATCH: Final = 5_000
SKIPPED_SHOWN: Final = 10


class SomeRefused(LineageError):
    """Some files were refused."""

    hint = "the other files were imported; fix these and import again: no score is stored twice"

    def __init__(self, refused: int, files: int) -> None:
        """Take how many files were refused, and how many scores files there were."""
        super().__init__(f"{refused} of {files} files were refused")


@app.command(name="import", epilog=EPILOG)
def import_scores(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or folders with files.")],
    form: Annotated[
        str | None,
        typer.Option("--as", help="The format of all files, such as lm-eval or table. Default: detected per file."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Assign the scores to this model, whatever the files say.", autocompletion=complete_model),
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Assign the scores to this commit, whatever the files say.")
    ] = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Import scores from files of other tools, or from tables.

    It reads files of lm-evaluation-harness, Inspect, HELM, Every Eval Ever and OpenEval, and tables (CSV, JSON lines,
    parquet). A file that cannot be read completely is refused as a whole; the others are imported. Importing twice
    changes nothing.
    An instrument that --instruments declared once is known to later imports into the same database.
    Scores of models that are not in the database are stored by name, and linked when a crawl finds the model.
    """
    from evaluation.imports.interface import ImportSettings
    from evaluation.imports.run import IMPORTERS, FileImported, as_result, import_files
    from store.drift.write_drift import refresh

    if form is not None and form not in IMPORTERS:
        raise UsageError(f"--as {form!r} is none of {', '.join(IMPORTERS)}{perhaps(form, IMPORTERS)}")
    catalogue = chosen_catalogue(instruments)
    outcomes = []
    with opened(db, "write") as database:
        wanted = ImportSettings(catalogue=with_stored(catalogue, database), model=model, revision=revision)
        for outcome in import_files(database, paths, wanted, now(), form):
            outcomes.append(outcome)
            _tell(outcome)
        if any(isinstance(outcome, FileImported) for outcome in outcomes):
            say("linking scores to models and measuring drift")
            refresh(database)
        if unknown := database.value("scores/count_unknown"):
            models, them = ("model is", "it links its") if unknown == 1 else ("models are", "them links their")
            say(f"{unknown:,} scored {models} not in the database yet; a crawl that finds {them} scores")
    if output is not Format.TABLE:
        print_result(as_result(outcomes), output)
    _conclude(outcomes)


@app.command(name="list", epilog=EPILOG)
def list_(
    selector: SelectorArgument = None,
    instrument: Annotated[
        str | None, typer.Option(help="Only scores of this instrument.", autocompletion=complete_instrument)
    ] = None,
    state: Annotated[ScoreState | None, typer.Option(help="Only scores of this state.")] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only scores of models that no crawl has found yet.")
    ] = False,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List scores with the settings that make them comparable.

    For each model and instrument, the current score comes first.
    """
    from store.scores.queries import list_scores

    with reading(db) as database:
        result = list_scores(
            database,
            selector=selector,
            name=instrument,
            state=None if state is None else state.value,
            known=False if unknown else None,
            limit=limit,
        )
    print_result(result, output, Layout.COLUMNS, ("name", "value", "state"))
    _note_contradictions(result)
    if not result.rows:
        near = perhaps(instrument, (one.name for one in chosen_catalogue(None)))
        say(f"no score matches{near}; `lineage scores import` and `lineage scores from-cards` add scores")
        note_unselected(db, selector)
        raise typer.Exit(1)


@app.command(epilog=EPILOG)
def reject(
    run: RunArgument,
    note: Annotated[str | None, typer.Option(help="The reason, which `lineage show` displays.")] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Reject a score: it is kept, and never counts again.

    Of published values that contradict each other none counts; reject the wrong one, and the other does. `scores
    restore` undoes it.
    """
    _judge(run, db, output, is_rejected=True, note=note)


@app.command(epilog=EPILOG)
def restore(run: RunArgument, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Let a rejected score count again."""
    _judge(run, db, output, is_rejected=False, note=None)


@app.command(epilog=EPILOG)
def rescore(
    run: RunArgument,
    scorer: Annotated[str, typer.Option(help="How to score the replies: refusal, incoherence, exact_match or judge.")],
    instrument: Annotated[
        str | None,
        typer.Option(help="What the new score measures. Default: the run's own.", autocompletion=complete_instrument),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="An option of the scorer, such as labelled=FILE or judge_prompt=FILE."),
    ] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="The address of the judge's server.")] = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Score kept replies again, with another scorer or judge.

    The model is not asked again. The new score is a run of its own, which names the one whose replies it scored; both
    are kept. `lineage sql "from replies"` shows replies.
    """
    from evaluation.commands.rescoring import rescored_facts
    from evaluation.engines.options import read_given

    given = read_given([*(option or []), f"scorer={scorer}", *([f"url={endpoint_url}"] if endpoint_url else [])])
    facts = rescored_facts(db, run, given, instrument, chosen_catalogue(instruments))
    print_done(output, **facts)
    if output is Format.TABLE:
        put(plain("{value} of {model} on {instrument}, by {scorer}: the run {run}".format(**facts), None) + "\n")


@app.command(epilog=EPILOG)
def remove(run: RunArgument, db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Delete a score with its items.

    `scores reject` keeps a wrong score and its note; removing is for what should never have been imported. Importing
    the same file again brings it back. A job that measured it stays done: `queue clear` forgets it.
    """
    from store.drift.rejections import remove_score

    with changing(db) as database:
        told = remove_score(database, run)
    print_done(output, run=told.run, model=told.model, instrument=told.instrument, value=told.value)
    if output is Format.TABLE:
        put(f"removed: {plain(f'{told.value:.6g} of {told.model} on {told.instrument}, {told.origin}', None)}\n")


@app.command(name="from-cards", epilog=EPILOG)
def from_cards(
    selector: SelectorArgument = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Import the results that model cards state.

    It reads `model-index` and `.eval_results` of crawled records, and stores the results as `reported`, because they
    were not measured here. Results with an instrument or a unit that the catalogue does not know are skipped, with a
    message.
    """
    from evaluation.imports.from_cards import scores_from_cards

    catalogue = chosen_catalogue(instruments)
    with changing(db) as database:
        _keep(database, scores_from_cards(database, catalogue, selector), output)


@app.command(epilog=EPILOG)
def leaderboard(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET...", help="Data sets that have a leaderboard on the Hub.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Import the leaderboard of every official benchmark.")
    ] = False,
    instruments: InstrumentsOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Import leaderboards of benchmarks from the Hub.

    Derivatives are included. The scores are stored as `reported`.
    """
    from crawler.http.hub_client import HubClient
    from crawler.http.rate_limit import RateLimiter
    from crawler.http.token import find_token

    if everything == bool(datasets):
        raise UsageError("name data sets that have a leaderboard, or give --all for every official benchmark")
    catalogue = chosen_catalogue(instruments)
    with opened(db, "write") as database, HubClient(endpoint, token=find_token(), rate_limiter=RateLimiter()) as client:
        _keep(database, _rows(client, datasets, catalogue), output)


def _judge(run: str, db: Path, output: Format, *, is_rejected: bool, note: str | None) -> None:
    """Reject or restore a score, and say which."""
    from store.drift.rejections import judge_score

    with changing(db) as database:
        told = judge_score(database, run, is_rejected=is_rejected, note=note, made_at=now())
    facts = {"run": told.run, "model": told.model, "instrument": told.instrument, "value": told.value}
    print_done(output, **facts, is_rejected=is_rejected, note=note)
    if output is Format.TABLE:
        what = plain(f"{told.value:.6g} of {told.model} on {told.instrument}, {told.origin}", None)
        put(f"{'rejected' if is_rejected else 'restored'}: {what}\n")


def _conclude(outcomes: Sequence[ImportOutcome]) -> None:
    """Summarise the files; raises SomeRefused, or exits with 1 if they contained no score."""
    from evaluation.imports.run import FileImported, FileJoined, FilePassedOver, FileRefused

    for kind, words in ((FileJoined, "read with the files they belong to"), (FilePassedOver, "not score files")):
        if count := sum(isinstance(outcome, kind) for outcome in outcomes):
            say(f"{count:,} other files: {words}")
    imported = [outcome for outcome in outcomes if isinstance(outcome, FileImported)]
    new, known = sum(one.new for one in imported), sum(one.known for one in imported)
    say(f"imported {new:,} scores, {known:,} were stored already; next: `lineage drift`, `lineage coverage`")
    if refused := sum(isinstance(outcome, FileRefused) for outcome in outcomes):
        raise SomeRefused(refused, refused + len(imported))
    if not new and not known:
        say("these files contain no readable score")
        raise typer.Exit(1)


def _tell(outcome: ImportOutcome) -> None:
    """Say on stderr whether a file was imported or refused."""
    from evaluation.imports.run import FileImported, FileRefused

    if isinstance(outcome, FileImported):
        items = f", {outcome.items:,} items" if outcome.items else ""
        name = plain(str(outcome.path))
        say(f"{name}: {outcome.format}, {outcome.new:,} new scores{items}, {outcome.known:,} known")
        _tell_skipped(outcome.skipped)
    elif isinstance(outcome, FileRefused):
        say(plain(f"refused: {outcome.error}", None))
        say(plain(f"  {outcome.error.hint}", None))


def _tell_skipped(skipped: Iterable[Skipped]) -> None:
    """Say on stderr what was skipped, grouped by reason, with one example each."""
    reasons: dict[str, list[str]] = {}
    for one in skipped:
        reasons.setdefault(one.reason.partition(": ")[0], []).append(f"{one.what}: {one.reason}")
    ranked = sorted(reasons.items(), key=lambda entry: -len(entry[1]))
    for reason, whats in ranked[:SKIPPED_SHOWN]:
        say(plain(f"  skipped {len(whats):,}: {reason}, such as {whats[0].removesuffix(f': {reason}')}", None))
    if len(ranked) > SKIPPED_SHOWN:
        say(f"  and {sum(len(whats) for _, whats in ranked[SKIPPED_SHOWN:]):,} more for other reasons")


def _note_contradictions(result: Result) -> None:
    """Say on stderr how many of the listed scores contradict each other, and what helps."""
    states = [row[result.columns.index("state")] for row in result.rows]
    if count := states.count(ScoreState.CONTRADICTORY):
        say(
            f"{count:,} of these contradict each other, so none of them counts: measure the model, "
            "or reject the wrong ones with `lineage scores reject RUN`"
        )


def _rows(client: HubClient, datasets: Iterable[str] | None, catalogue: Catalogue) -> Iterator[Score | Skipped]:
    """Yield the scores of leaderboards; with --all, one that cannot be read is skipped."""
    from crawler.errors import AccessDenied, NoLeaderboard
    from crawler.hub.leaderboards import fetch_leaderboard, list_benchmarks
    from evaluation.imports.interface import Skipped
    from evaluation.imports.leaderboard import scores_from_leaderboard
    from evaluation.imports.reported import Reports

    reports = Reports(catalogue)
    for dataset in datasets or list_benchmarks(client):
        try:
            board = fetch_leaderboard(client, dataset)
        except (NoLeaderboard, AccessDenied) as error:
            if datasets:
                raise
            is_hidden = isinstance(error, AccessDenied)
            yield Skipped(what=dataset, reason="access is denied" if is_hidden else "it has no leaderboard")
        else:
            say(f"{dataset}: {len(board.rows):,} rows")
            yield from scores_from_leaderboard(board, reports)


def _keep(database: Database, stated: Iterable[Score | Skipped], output: Format) -> None:
    """Store scores in batches, say what was skipped, and recompute drift.

    Scores that came before an error are kept.
    """
    from evaluation.imports.interface import Skipped
    from store.drift.write_drift import refresh
    from store.scores.write import write_scores

    skipped: list[Skipped] = []
    batch: list[Score] = []
    new, known, read_at = 0, 0, now()  # one moment for all, so that a place's statements are of one reading

    def flush() -> None:
        nonlocal new, known
        fresh, stored = write_scores(database, batch, read_at)
        new, known = new + len(fresh), known + len(stored)
        batch.clear()

    try:
        for one in stated:
            if isinstance(one, Skipped):
                skipped.append(one)
                continue
            batch.append(one)
            if len(batch) == BATCH:
                flush()
    finally:
        flush()
        refresh(database)
    print_done(output, new=new, known=known, left_out=len(skipped))
    say(f"imported {new:,} reported scores, {known:,} were stored already")
    _tell_skipped(skipped)
    if not new and not known:
        raise typer.Exit(1)
