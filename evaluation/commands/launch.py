"""`lineage launch`: run the queue as Hugging Face Jobs."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from lineage.vocabulary import EngineName, Format
from store.commands.opening import opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption
from store.commands.printing import print_result, say

app = typer.Typer(rich_markup_mode=None, add_completion=False)
HOUR_SECONDS: Final = 3600


@app.command(epilog=EPILOG)
def launch(
    image: Annotated[str, typer.Option(help="The image to run, with lineage[eval] installed.")],
    bucket: Annotated[str, typer.Option(help="The bucket for results, as OWNER/NAME.")],
    flavor: Annotated[str, typer.Option(help="The kind of machine.")] = "cpu-basic",
    namespace: Annotated[
        str | None, typer.Option(help="The user or organisation that runs and pays for the jobs. Default: you.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.1, help="Stop a job after this many hours.")] = 1.0,
    engine: Annotated[EngineName | None, typer.Option(help="Launch only jobs of this engine.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be started, and stop.")] = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Run the queue as Hugging Face Jobs, one job per family.

    The queue stays as it is: each job writes a table of scores into the bucket, and `lineage scores import` reads it
    (`lineage docs cluster`).
    """
    from evaluation.jobs.hf_jobs import LaunchSettings
    from evaluation.jobs.hf_jobs import launch as launch_queue

    seconds = round(hours * HOUR_SECONDS)
    offer = LaunchSettings(image=image, bucket=bucket, flavor=flavor, timeout_seconds=seconds, namespace=namespace)
    with opened(db, "read") as database:
        result = launch_queue(database, None if engine is None else engine.value, offer, is_dry_run=dry_run)
    print_result(result, output)
    say(f"{len(result.rows):,} jobs {'would be' if dry_run else 'were'} started; import the tables that they write")
    if not result.rows:
        raise typer.Exit(1)
