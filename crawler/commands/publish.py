"""`lineage publish`: let others start from what this database knows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.output.result import Result
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.opening import now
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, EndpointOption, FormatOption
from store.commands.printing import print_result, say
from store.outputs.atomic_write import tidied

if TYPE_CHECKING:
    from crawler.publishing import PublishingPlan

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def publish(
    dataset: Annotated[str, typer.Argument(metavar="ORG/DATASET", help="The data set on the Hub; made if missing.")],
    private: Annotated[bool, typer.Option("--private", help="Make a new data set private.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be uploaded, and upload nothing.")
    ] = False,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Publish the graph as a data set on the Hub.

    Models, edges with their evidence, domains, scores and drift become parquet files with a card; `lineage pull` makes
    a database of them. READMEs, replies, weights and files of gated models are left out. One commit has what differs.
    """
    from importlib.metadata import version

    from crawler.hub.dataset_repo import DatasetRepository
    from crawler.publishing import find_published, plan_publishing, upload
    from store.publishing.published_tables import write_graph

    repo = DatasetRepository(dataset=dataset, endpoint=endpoint)
    if not dry_run:
        repo.check_token()
    with tidied(), tempfile.TemporaryDirectory(prefix="lineage-publish-") as place:
        folder, published = Path(place), find_published(repo)
        plan = plan_publishing(repo, folder, write_graph(db, folder, now(), version("hub-lineage")), published)
        commit = None if dry_run else upload(plan, folder, repo, is_private=private)
    print_result(_listed(plan), output)
    size = sum(file.size_bytes for file in plan.changed)
    files = f"{len(plan.changed)} of {len(plan.manifest.files)} files, {size:,} bytes"
    if not plan.changed and not plan.outdated:
        say(f"{dataset} is up to date")
    else:
        say(f"would upload {files}; nothing was uploaded" if dry_run else f"uploaded {files} as {dataset}@{commit}")


def _listed(plan: PublishingPlan) -> Result:
    """Return the files that differ from what is published, all of them at first."""
    rows = tuple((file.path, file.rows, file.size_bytes) for file in plan.changed)
    return Result(columns=("file", "rows", "size_bytes"), rows=rows)
