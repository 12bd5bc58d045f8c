"""`lineage sandbox weights`: a family of real tiny models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

WEIGHTS_EPILOG: Final = "Exit codes: 0 made, 2 the folder cannot be written or the extra is missing."

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=WEIGHTS_EPILOG)
def weights(
    folder: Annotated[Path, typer.Argument(help="The folder to write; it is made if missing.")],
    seed: Annotated[int, typer.Option(help="The seed of the fictional world and of the weights.")] = 0,
    hidden: Annotated[
        bool, typer.Option("--hidden", help="Make the family whose cards hide where its models come from.")
    ] = False,
) -> None:
    """Make a family of real tiny models and instruments for them.

    It takes half a minute at most, and prints the id of each model once its files are written. Needs the extra `eval`.
    """
    from sandbox.weights.family import plan_family
    from sandbox.weights.hidden import plan_hidden
    from sandbox.weights.make_family import make_family

    try:
        for model in make_family(folder, seed=seed, plan=plan_hidden if hidden else plan_family):
            typer.echo(model)
    except ImportError as error:
        needed = "making weights needs the extra 'eval': pip install 'hub-lineage[eval]'"
        raise typer.BadParameter(needed) from error
    except OSError as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"try: lineage sandbox serve --weights {folder}", err=True)
