"""`lineage weights`: what the weights of models say of their origin."""

from __future__ import annotations

from typing import Annotated

import typer

from lineage.output.terminal import Layout
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.opening import reading as stored
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, EndpointOption, FormatOption
from store.commands.printing import print_result, say
from store.queries.completion import complete_model

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
    most_kilobytes: Annotated[
        int, typer.Option("--kilobytes", min=1, max=10_000, help="Read at most so many kilobytes of each model.")
    ] = 100,
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
    its start. The exit code is 1 if A has an origin in common with none of the others, and fits none as an adapter.
    """
    from crawler.http.hub_client import HubClient
    from crawler.http.token import find_token
    from crawler.weights import read_all
    from lineage.weights.origin_table import compare, tabulate_readings
    from store.weights.pairs import find_relatives

    with HubClient(endpoint, token=find_token()) as client:
        ours, others = read_all(client, models, revision=revision, most_bytes=most_kilobytes * 1000)
        spent = client.counts
    say(f"{spent.requests} requests, {spent.bytes_received:,} bytes")
    if not reading and len(models) == 1 and ours.adapter is None and db.exists():
        with stored(db) as database:
            others = dict(find_relatives(database, ours))
        if not others:
            say(f"nothing in {db} looks like it; `lineage crawl --weights SELECTOR` reads more weights")
    if reading or not others:
        print_result(tabulate_readings(ours, others), output, Layout.COLUMNS)
        return
    result, is_related = compare(ours, others)
    print_result(result, output, Layout.COLUMNS, ("reason",))
    if not is_related:
        raise typer.Exit(1)
