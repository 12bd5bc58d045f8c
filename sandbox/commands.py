"""`lineage sandbox`: a Hub in a box, served on this machine."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.holdings import Holdings

app = typer.Typer(
    help="A Hub in a box: the Hub's API on this machine over a fictional catalogue.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def sandbox() -> None:
    """Serve a fictional Hub."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="The seed of the fictional catalogue.")] = 0,
    models: Annotated[int, typer.Option(help="How many fictional models.")] = 600,
    records: Annotated[
        Path | None,
        typer.Option(help="Serve the records of a file instead: JSON lines, plain, .gz or .xz."),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(help="Faults to commit, such as 503=0.05,drop=0.02,seed=7 (docs/sandbox.md)."),
    ] = None,
    quota: Annotated[bool, typer.Option("--quota", help="Enforce the Hub's rate limits.")] = False,
) -> None:
    """Serve the Hub's API on this machine until interrupted; the address is printed first.

    Exit codes: 0 interrupted, 2 an option cannot be used.
    """
    from sandbox.running import serve_forever

    def announce(url: str) -> None:
        typer.echo(url)
        typer.echo(f"try: lineage crawl --endpoint {url} --db sandbox.duckdb", err=True)

    try:
        serve_forever(_holdings(seed, models, records), port=port, quota=quota, faults=faults, announce=announce)
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from error


@contextmanager
def run_sandbox(*, seed: int = 0, models: int = 600) -> Iterator[str]:
    """Serve the fictional catalogue from a thread while the block runs, and yield its address."""
    from sandbox.running import serve as serve_in_thread

    with serve_in_thread(_holdings(seed, models, None)) as served:
        yield served.url


def _holdings(seed: int, models: int, records: Path | None) -> Holdings:
    from sandbox.holdings import Holdings

    if records is not None:
        from sandbox.recordfile import RecordFile

        return Holdings(records=RecordFile.read(records))
    from sandbox.catalogue import generate

    return Holdings(generate(seed=seed, models=models))
