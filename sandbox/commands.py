"""`lineage sandbox`: a Hub in a box, served on this machine."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.hub.repo import Repo
    from sandbox.hub.repo_store import RepoStore

SERVE_EPILOG: Final = "Exit codes: 0 interrupted, 2 an option cannot be used."
WEIGHTS_EPILOG: Final = "Exit codes: 0 made, 2 the folder cannot be written or the extra is missing."

app = typer.Typer(
    help="A Hub in a box: the Hub's API on this machine over a fictional catalogue.",
    epilog="Exit codes: 0 done, 2 wrong usage.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def sandbox() -> None:
    """Serve a fictional Hub."""


@app.command(epilog=SERVE_EPILOG)
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="The seed of the fictional catalogue.")] = 0,
    models: Annotated[int, typer.Option(help="How many fictional models.")] = 600,
    records: Annotated[
        Path | None,
        typer.Option(help="Serve the records of a file instead: JSON lines, plain, .gz or .xz."),
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Serve also the models of a folder that `lineage sandbox weights` made."),
    ] = None,
    faults: Annotated[
        str | None,
        typer.Option(help="Faults to commit, such as 503=0.05,drop=0.02,seed=7 (docs/sandbox.md)."),
    ] = None,
    quota: Annotated[bool, typer.Option("--quota", help="Enforce the Hub's rate limits.")] = False,
) -> None:
    """Serve the Hub's API on this machine until interrupted; the address is printed first."""
    from sandbox.hub.run import serve_forever

    def announce(url: str) -> None:
        typer.echo(url)
        typer.echo(f"try: lineage crawl --endpoint {url} --db sandbox.duckdb", err=True)

    try:
        serve_forever(
            _repo_store(seed, models, records, weights), port=port, quota=quota, faults=faults, announce=announce
        )
    except (ValueError, OSError) as error:
        raise typer.BadParameter(str(error)) from error


@app.command(epilog=WEIGHTS_EPILOG)
def weights(
    folder: Annotated[Path, typer.Argument(help="The folder to write; made where it is missing.")],
    seed: Annotated[int, typer.Option(help="The seed of the made-up world and of the weights.")] = 0,
) -> None:
    """Make a family of real tiny models and the instruments that measure them; takes about half a minute.

    Prints the id of each model once its files are written. Needs the extra `eval`.
    """
    from sandbox.weights.make_family import make_family

    try:
        for model in make_family(folder, seed=seed):
            typer.echo(model)
    except ImportError as error:
        needed = "making weights needs the extra 'eval': pip install 'hub-lineage[eval]'"
        raise typer.BadParameter(needed) from error
    except OSError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"try: lineage sandbox serve --weights {folder}", err=True)


@contextmanager
def run_sandbox(*, seed: int = 0, models: int = 600, weights_folder: Path | None = None) -> Iterator[str]:
    """Serve the fictional catalogue, perhaps with a family of real weights, from a thread, and yield its address."""
    from sandbox.hub.run import serve as serve_in_thread

    with serve_in_thread(_repo_store(seed, models, None, weights_folder)) as served:
        yield served.url


def _repo_store(seed: int, models: int, records: Path | None, weights_folder: Path | None) -> RepoStore:
    from sandbox.hub.repo_store import RepoStore

    family = _family(weights_folder, seed)
    if records is not None:
        from sandbox.hub.record_file import RecordFile

        return RepoStore(family, records=RecordFile.read(records))
    from sandbox.catalogue import generate

    return RepoStore((*generate(seed=seed, models=models), *family))


def _family(folder: Path | None, seed: int) -> tuple[Repo, ...]:
    if folder is None:
        return ()
    from sandbox.weights.repositories import read_family

    return read_family(folder, seed=seed)
