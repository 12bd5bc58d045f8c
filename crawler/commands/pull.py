"""`lineage pull`: start from what others published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.output.result import Result
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.opening import chosen_lexicon, now, opened, reading
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, EndpointOption, FormatOption
from store.commands.printing import print_result, say
from store.commands.progress_line import ProgressLine

if TYPE_CHECKING:
    from pathlib import Path

    from crawler.hub.dataset_repo import PublishedGraph

LISTING: Final = "hub-stats"
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def pull(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A data set that `lineage publish` made (ORG/DATASET), or hub-stats."),
    ],
    revision: Annotated[
        str | None,
        typer.Option("--revision", help="A commit, tag or branch of the data set. Default: the newest commit."),
    ] = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Start from what others published on the Hub.

    A published graph becomes a new database: every file must have the hash that its manifest lists. `hub-stats` is a
    weekly listing of the Hub, loaded as by `lineage load`. Afterwards `lineage crawl` requests what is newer.
    """
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
