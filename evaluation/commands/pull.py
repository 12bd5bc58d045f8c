"""`lineage pull`: start from what others published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from evaluation.commands.pulling_evals import EvalsName, EvalsOptions, pull_evals
from lineage.errors import UsageError
from lineage.output.result import Result
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.opening import chosen_lexicon, now, opened, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, EndpointOption, FormatOption, InstrumentsOption
from store.commands.printing import print_result, say
from store.commands.progress_line import ProgressLine
from store.queries.completion import complete_selector

if TYPE_CHECKING:
    from crawler.hub.dataset_repo import PublishedGraph

LISTING: Final = "hub-stats"
EVALS: Final = "evals"
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def pull(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A data set that `lineage publish` made (ORG/DATASET), or hub-stats, or evals."
        ),
    ],
    revision: Annotated[
        str | None,
        typer.Option("--revision", help="A commit, tag or branch of the data set. Default: the newest commit."),
    ] = None,
    projects: Annotated[
        list[EvalsName] | None,
        typer.Option("--from", help="Of evals: only this project's; repeatable. Default: both."),
    ] = None,
    benchmarks: Annotated[
        list[str] | None,
        typer.Option("--benchmark", help="Of evals: only this benchmark, as the data set calls it; repeatable."),
    ] = None,
    models: Annotated[
        str | None,
        typer.Option(
            "--models",
            metavar="SELECTOR",
            help="Of evals: only scores of these models. Default: of all in the database.",
            autocompletion=complete_selector,
        ),
    ] = None,
    all_models: Annotated[
        bool, typer.Option("--all-models", help="Of evals: also scores of models that the database does not have.")
    ] = False,
    without_items: Annotated[
        bool, typer.Option("--without-items", help="Of evals: leave the samples beside records out.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Of evals: list what would be read, with sizes, and read nothing.")
    ] = False,
    instruments: InstrumentsOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Start from what others published on the Hub.

    A published graph becomes a new database: every file must have the hash that its manifest lists. `hub-stats` is a
    weekly listing of the Hub, loaded as by `lineage load`. Afterwards `lineage crawl` requests what is newer.
    `evals` imports what Every Eval Ever and OpenEval publish into a database that is there: scores of the models in it,
    with their items where there are items. Pulled again, only what is new is read.
    """
    options = EvalsOptions(
        projects=tuple(dict.fromkeys(projects or EvalsName)),
        revision=revision,
        benchmarks=frozenset(benchmarks or ()),
        selector=models,
        all_models=all_models,
        with_items=not without_items,
        is_dry=dry_run,
        instruments=instruments,
    )
    if source == EVALS:
        raise typer.Exit(pull_evals(options, endpoint, db, output))
    if projects or benchmarks or models or all_models or without_items or dry_run or instruments:
        raise UsageError("only `lineage pull evals` takes more options than --revision, --endpoint, --db and --format")
    _pull_graph_or_listing(source, revision, endpoint, db, output)


def _pull_graph_or_listing(source: str, revision: str | None, endpoint: str, db: Path, output: Format) -> None:
    """Make a database of a published graph, or load a listing, and print what it holds."""
    if source == LISTING:
        origin, made_at = _load_listing(db, endpoint, revision)
    else:
        graph = _pull_graph(source, revision, endpoint, db)
        origin, made_at = f"{graph.dataset}@{graph.version.commit}", graph.manifest.made_at
    with reading(db) as database:
        counted = database.run("snapshots/summary").records()[0]
    told = {name: counted[name] for name in ("models", "edges", "scores", "verdicts")}
    facts = {"database": str(db), "source": origin, "made_at": made_at, **told}
    print_result(Result(columns=tuple(facts), rows=(tuple(facts.values()),)), output)
    say("`lineage crawl` requests from the Hub what is newer")


def _pull_graph(dataset: str, revision: str | None, endpoint: str, db: Path) -> PublishedGraph:
    from crawler.hub.dataset_repo import DatasetRepository
    from crawler.publishing import download_graph
    from store.publishing.published_tables import check_absent, read_graph

    check_absent(db)
    repo = DatasetRepository(dataset=dataset, endpoint=endpoint)
    with ProgressLine(every_seconds=30) as line:
        graph, folder = download_graph(
            repo,
            revision,
            lambda file, done: line.draw(f"{done} files, now {file.path} ({file.size_bytes:,} bytes)"),
        )
        line.draw("making the database")
        read_graph(folder, graph.manifest, db, f"{dataset}@{graph.version.commit}", now())
    return graph


def _load_listing(db: Path, endpoint: str, revision: str | None) -> tuple[str, str]:
    """Download the weekly listing, load it, and return where it came from and when it was made."""
    from crawler.commands.drawing import CrawlDrawing
    from crawler.publishing import LISTING_DATASET, download_listing
    from store.commands.opening import lexicon_in_force
    from store.ingest.bulk_load import load_file, read_as_of

    found = download_listing(endpoint, revision)
    say(f"the listing of {found.made_on} in {LISTING_DATASET} (ODbL-1.0)")
    with opened(db, "write") as database, CrawlDrawing() as drawing:
        words = lexicon_in_force(database, chosen_lexicon(None), None)
        for event in load_file(database, found.path, words, now(), as_of=read_as_of(found.made_on)):
            drawing.draw(event, None)
    return f"{LISTING_DATASET}@{found.commit}", f"{found.made_on}T00:00:00+00:00"
