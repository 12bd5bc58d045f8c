"""`lineage weights`: what the weights of models say of their origin."""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.opening import changing, now
from store.commands.opening import reading as stored
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, EndpointOption, FormatOption
from store.commands.printing import print_result, say
from store.queries.completion import complete_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from crawler.http.hub_client import HubClient
    from lineage.output.result import Result
    from lineage.weights.span_rows import SpanReading

FEWEST_PARENTS = 2
THREADS = "OPENBLAS_NUM_THREADS"
"""numpy reads it when it is loaded."""


class Mode(Enum):
    """What is read, and what for."""

    ORIGIN = "origin"
    CLOSELY = "closely"
    MIXTURE = "mixture"
    KEEP = "keep"


app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def weights(
    models: Annotated[
        list[str],
        typer.Argument(metavar="A [B...]", help="Ids of models on the Hub.", autocompletion=complete_model),
    ],
    reading: Annotated[
        bool, typer.Option("--reading", help="Show what is read of each model, and compare nothing.")
    ] = False,
    revision: Annotated[str, typer.Option(help="The branch, tag or commit of A that is read.")] = "main",
    closely: Annotated[
        bool, typer.Option("--closely", help="Read more of models of one origin, and tell how they differ.")
    ] = False,
    mixture: Annotated[bool, typer.Option("--mixture", help="Weigh A as a mixture of the others.")] = False,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Read more of all of them, and keep in --db what predictions of drift need."),
    ] = False,
    base: Annotated[str | None, typer.Option(help="With --mixture: what all of them were made from.")] = None,
    most_kilobytes: Annotated[
        int | None,
        typer.Option(
            "--kilobytes",
            min=1,
            max=10_000,
            help="Read at most so many kilobytes of each model [default: 100; 1000 with --closely, --mixture, --keep].",
        ),
    ] = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Test by rows of weights whether models have one origin.

    It reads at most 100 kB of each model by ranges, and nothing is downloaded whole. Safetensors are read, and GGUF
    files where --kilobytes allows their long headers, of which 2,000 to 10,000 kB list tokens. A is tested against each
    of the others; alone, against its parents and the five models that look most like it among those whose weights
    `lineage crawl --weights` has read: how many columns match those of the same number, and how probable so many are by
    chance (p). "same origin" means one initialisation: it does not say which of the two came first, or that one was
    made from the other. An adapter is compared with a model by the sizes of its modules, and with another adapter by
    its start. With --closely, up to 1 MB more of each model of one origin tells what was frozen, rounded, edited, or
    changed in few directions, as by an adapter. With --keep, as much is read of every model, related or not, and some
    sums of each part are kept for predictions (`lineage docs predicting`). The exit code is 1 if A has an origin in
    common with none of the others and fits none as an adapter, or is no mixture of them.
    """
    use_one_thread()
    from crawler.close_reading import compare_closely, weigh_parents
    from crawler.http.hub_client import HubClient
    from crawler.http.token import find_token

    chosen = Mode.KEEP if keep else Mode.MIXTURE if mixture else Mode.CLOSELY if closely else Mode.ORIGIN
    if closely + mixture + keep > 1:
        raise UsageError("--closely, --mixture and --keep are three ways to read: give one of them")
    most_bytes = check_mode(models, base, most_kilobytes, chosen)
    with HubClient(endpoint, token=find_token()) as client:
        if keep:
            result, is_yes = keep_parts(client, models, db, revision=revision, most_bytes=most_bytes)
        elif mixture:
            result, is_yes = weigh_parents(client, models, base=base, revision=revision, most_bytes=most_bytes)
            say_spent(client)
        elif closely:
            result, is_yes = compare_closely(client, models, revision=revision, most_bytes=most_bytes)
            say_spent(client)
        else:
            result, is_yes = find_origin(client, models, db, revision=revision, most_bytes=most_bytes, reading=reading)
    print_result(result, output, Layout.COLUMNS, ("reason",) if "reason" in result.columns else ())
    if not is_yes:
        raise typer.Exit(1)


def use_one_thread() -> None:
    """Let numpy multiply in one thread, unless the user said otherwise: on matrices this small more only wait."""
    os.environ.setdefault(THREADS, "1")


def check_mode(models: Sequence[str], base: str | None, most_kilobytes: int | None, mode: Mode) -> int:
    """Return how many bytes may be read of each model; raises UsageError for options that do not go together."""
    if mode is Mode.MIXTURE and len(models) < FEWEST_PARENTS + 1:
        raise UsageError("--mixture takes a model and two parents or more")
    if mode is Mode.CLOSELY and len(models) == 1:
        raise UsageError("--closely compares a model with another: give both")
    if base is not None and mode is not Mode.MIXTURE:
        raise UsageError("--base belongs to --mixture")
    return 1000 * (most_kilobytes or (100 if mode is Mode.ORIGIN else 1000))


def keep_parts(
    client: HubClient, models: Sequence[str], db: Path, *, revision: str, most_bytes: int
) -> tuple[Result, bool]:
    """Read rows of every part of some models, as their own shapes decide, and keep sums of them.

    Returns what was kept of each, and whether anything was.
    """
    from crawler.close_reading import read_closely
    from crawler.errors import WeightsNotRead
    from lineage.output.result import Result
    from store.connect import check_there
    from store.weights.modules import keep_modules

    check_there(db)
    readings: list[SpanReading] = []
    for number, model in enumerate(models):
        try:
            readings += read_closely(client, (model,), revision="main" if number else revision, most_bytes=most_bytes)
        except WeightsNotRead as error:
            say(str(error))
    say_spent(client)
    with changing(db) as database, database.transaction():
        parts = {reading.model: keep_modules(database, (reading,), now()) for reading in readings}
    rows = tuple((one.model, one.revision, parts[one.model], one.bytes_read) for one in readings)
    return Result(columns=("model", "revision", "parts", "bytes_read"), rows=rows), bool(rows)


def find_origin(
    client: HubClient, models: Sequence[str], db: Path, *, revision: str, most_bytes: int, reading: bool
) -> tuple[Result, bool]:
    """Test whether a model has one origin with others, or alone with what is stored, or tell what was read.

    Returns the table, and whether any other has an origin in common.
    """
    from crawler.weights import read_all
    from lineage.weights.origin_table import compare, tabulate_readings
    from store.weights.pairs import find_relatives

    ours, others = read_all(client, models, revision=revision, most_bytes=most_bytes)
    say_spent(client)
    if not reading and len(models) == 1 and ours.adapter is None and db.exists():
        with stored(db) as database:
            others = dict(find_relatives(database, ours))
        if not others:
            say(f"nothing in {db} looks like it; `lineage crawl --weights SELECTOR` reads more weights")
    return (tabulate_readings(ours, others), True) if reading or not others else compare(ours, others)


def say_spent(client: HubClient) -> None:
    """Say what reading has cost."""
    say(f"{client.counts.requests} requests, {client.counts.bytes_received:,} bytes")
