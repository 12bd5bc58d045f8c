"""The commands that bring in what the Hub itself states of scores: cards and leaderboards."""

# ruff: noqa: FBT002

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from evaluation.commands.scores import InstrumentsOption, scores_app, tell_skipped
from evaluation.imports.catalogue import chosen_catalogue
from lineage.errors import UsageError
from lineage.vocabulary import Format
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, SelectorArgument, changing, now, opened
from store.commands.printing import print_done, say

__all__ = ["scores_app"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from crawler.http.hub_client import HubClient
    from evaluation.imports.interface import Skipped
    from lineage.scores.instruments import Catalogue
    from lineage.scores.score import Score
    from store.database import Database

DEFAULT_ENDPOINT = "https://huggingface.co"
BATCH = 5_000
EndpointOption = Annotated[
    str, typer.Option("--endpoint", envvar="HF_ENDPOINT", help="The Hub, or a server that speaks its API.")
]


@scores_app.command(name="from-cards", epilog=EPILOG)
def from_cards(
    selector: SelectorArgument = None,
    instruments: InstrumentsOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take the results that crawled records state of their own models: model-index and .eval_results.

    They are kept as `reported`: nobody here measured them. A result whose instrument or unit the catalogue does not
    know is left out and said so.
    """
    from evaluation.imports.from_cards import scores_from_cards

    catalogue = chosen_catalogue(instruments)
    with changing(db) as database:
        _keep(database, scores_from_cards(database, catalogue, selector), output)


@scores_app.command(epilog=EPILOG)
def leaderboard(
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET...", help="Data sets with a leaderboard on the Hub.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Ask every official benchmark.")] = False,
    instruments: InstrumentsOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take the leaderboards of benchmarks from the Hub, derivatives included; they are kept as `reported`."""
    from crawler.http.hub_client import HubClient
    from crawler.http.rate_limit import RateLimiter
    from crawler.http.token import find_token

    if everything == bool(datasets):
        raise UsageError("name the data sets whose leaderboards to take, or all of them with --all")
    catalogue = chosen_catalogue(instruments)
    with opened(db, "write") as database, HubClient(endpoint, token=find_token(), rate_limiter=RateLimiter()) as client:
        _keep(database, _rows(client, datasets, catalogue), output)


def _rows(client: HubClient, datasets: Iterable[str] | None, catalogue: Catalogue) -> Iterator[Score | Skipped]:
    """Yield what the leaderboards state; one that is not shown is left out where all are asked for."""
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
    """Store scores a batch at a time, say what was left out, and compute what follows.

    What was stated before an error is kept.
    """
    from evaluation.imports.interface import Skipped
    from store.drift.measure import refresh
    from store.scores.write import write_scores

    skipped: list[Skipped] = []
    batch: list[Score] = []
    new = known = 0

    def flush() -> None:
        nonlocal new, known
        written = write_scores(database, batch, now())
        new, known = new + written.new, known + written.known
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
    say(f"{new:,} reported scores are new, {known:,} were here already")
    tell_skipped(skipped)
    if not new and not known:
        raise typer.Exit(1)
