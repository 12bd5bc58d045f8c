"""`lineage sandbox serve`: a fictional Hub on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

SERVE_EPILOG: Final = "Exit codes: 0 interrupted, 2 an option cannot be used."

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=SERVE_EPILOG)
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="The seed of the fictional catalogue.")] = 0,
    models: Annotated[int, typer.Option(help="How many fictional models to make.")] = 600,
    records: Annotated[
        Path | None,
        typer.Option(help="Serve the records of this file instead: JSON lines, plain, .gz or .xz."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Also serve the models in this folder, which `lineage sandbox weights` made."),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(help="Faults to inject, such as 503=0.05,drop=0.02,seed=7 (`lineage docs sandbox`)."),
    ] = None,
    quota: Annotated[bool, typer.Option("--quota", help="Enforce the Hub's rate limits.")] = False,
) -> None:
    """Serve the Hub's API over a fictional catalogue until Ctrl-C.

    The address is printed first.
    """
    from sandbox.hub.run import serve_forever
    from sandbox.run_sandbox import chosen_repositories

    def announce(url: str) -> None:
        typer.echo(url)
        typer.echo(f"try: lineage crawl --endpoint {url} --db sandbox.duckdb", err=True)

    try:
        serve_forever(
            chosen_repositories(seed, models, records, weights),
            port=port,
            quota=quota,
            faults=faults,
            announce=announce,
        )
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from error
