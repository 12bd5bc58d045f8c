"""`lineage crawl`: fetch models and their families from the Hub."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.commands.drawing import CrawlDrawing
from crawler.commands.weights import use_one_thread
from lineage.errors import UsageError
from lineage.vocabulary import DEFAULT_ENDPOINT, Format
from store.commands.opening import chosen_lexicon, lexicon_in_force, now, opened
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    DomainsOption,
    EndpointOption,
    FormatOption,
    LexiconOption,
)
from store.commands.printing import print_result
from store.queries.completion import complete_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.crawl import CrawlTask
    from crawler.scope import Scope
    from lineage.crawl_records import WeightOptions
    from lineage.domains.lexicon import Lexicon
    from lineage.output.crawl_events import CrawlEvent
    from lineage.output.result import Result
    from store.database import Database

USUAL_KILOBYTES = 100
ALONE = "--models, --revisions and --weights are about single models: leave the other options of a crawl out"
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def crawl(
    domain: DomainsOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Crawl the whole Hub, about 3,300 requests.")] = False,
    siblings: Annotated[bool, typer.Option("--siblings", help="Include all derivatives of the bases.")] = False,
    files: Annotated[
        int | None,
        typer.Option(
            "--files",
            min=0,
            help="Read at most N files of models that declare no parent (default: what two windows of the Hub's quota "
            "leave for each domain, 3,000 without a token; with --all 0).",
            metavar="N",
        ),
    ] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read all those files, file lists and GGUF heads.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="List everything again and mark what has vanished.")] = False,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--models",
            metavar="SELECTOR",
            help="Fetch only these models, stored or not, and missing ancestors: a request each; repeatable.",
            autocompletion=complete_selector,
        ),
    ] = None,
    revisions: Annotated[
        list[str] | None,
        typer.Option(
            "--revisions",
            metavar="SELECTOR",
            help="The same, of those only whose current commit is not known, as after `lineage load`; repeatable.",
            autocompletion=complete_selector,
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            "--weights",
            metavar="SELECTOR",
            help="Read at most 100 kB of the weights of these stored models and their ancestors, and compare them; "
            "repeatable.",
            autocompletion=complete_selector,
        ),
    ] = None,
    closely: Annotated[
        bool,
        typer.Option(
            "--closely",
            help="With --weights: read up to 1 MB more of relatives of one origin, and tell how they differ.",
        ),
    ] = False,
    most_kilobytes: Annotated[
        int | None,
        typer.Option(
            "--kilobytes",
            min=1,
            max=10_000,
            help="With --weights: allow so many kilobytes for a model with a long header, as GGUF files have "
            "[default: 100].",
        ),
    ] = None,
    granted: Annotated[
        bool,
        typer.Option("--granted", help="With --weights: try those again that the Hub gave no access to before."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be requested, and stop.")] = False,
    lexicon: LexiconOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Crawl models of some domains with their families, or the Hub.

    You can stop it at any moment: the same command continues where it stopped. Once finished, running it again
    requests only what is new or changed. It uses the token that huggingface_hub finds (HF_TOKEN, or the file that
    `hf auth login` writes).
    """
    from crawler.scope import Scope
    from store.derive.domains import keep_lexicon

    if everything and domain:
        raise UsageError("--all crawls every domain: leave --domain out")
    options = _weight_options(weights, most_kilobytes, closely=closely, granted=granted)
    if single := [one for one in (models, revisions, weights) if one is not None]:
        if domain or everything or siblings or deep or sweep or files is not None or len(single) > 1:
            raise UsageError(ALONE)
        selector = " ".join(single[0])
        if weights is not None:
            found = _crawl_weights(db, selector, endpoint, options, dry_run=dry_run)
        else:
            found = _crawl_models(db, selector, lexicon, endpoint, only_unknown=bool(revisions), dry_run=dry_run)
        print_result(found, output)
        return
    words = chosen_lexicon(lexicon)
    with _place(db, dry_run=dry_run) as path, opened(path, "write") as database:
        words = lexicon_in_force(database, words, lexicon)
        names = () if everything else words.chosen(domain or words.names)
        scope = Scope(domains=names, siblings=siblings, deep=deep, sweep=sweep)
        if not dry_run:
            keep_lexicon(database, words)
        result = run_crawl(database, scope, words, endpoint, files=files, dry_run=dry_run)
    print_result(result, output)


def _weight_options(
    weights: list[str] | None, most_kilobytes: int | None, *, closely: bool, granted: bool
) -> WeightOptions:
    """Return how weights are read; raises UsageError for options without a selector of models to read."""
    from lineage.crawl_records import WeightOptions

    if weights is None and (closely or granted or most_kilobytes is not None):
        raise UsageError("--closely, --kilobytes and --granted belong to --weights")
    return WeightOptions(most_bytes=1000 * (most_kilobytes or USUAL_KILOBYTES), is_close=closely, granted=granted)


def _crawl_models(
    db: Path, selector: str, lexicon: Path | None, endpoint: str, *, only_unknown: bool, dry_run: bool
) -> Result:
    """Fetch the models of a selector with their progress on stderr, and return the summary; raises UsageError."""
    from crawler.crawl import crawl_models
    from crawler.scope import Scope
    from store.derive.domains import keep_lexicon
    from store.queries.named_models import named_models

    words = chosen_lexicon(lexicon)
    with _place(db, dry_run=dry_run) as path, opened(path, "write") as database:
        words = lexicon_in_force(database, words, lexicon)
        chosen = named_models(database, selector, only_unknown=only_unknown)
        if not dry_run:
            keep_lexicon(database, words)
        return _run(database, Scope(), words, endpoint, 0, lambda task: crawl_models(task, chosen, dry_run=dry_run))


def _crawl_weights(db: Path, selector: str, endpoint: str, options: WeightOptions, *, dry_run: bool) -> Result:
    """Read the weights of the models of a selector, with progress on stderr, and return the summary.

    Raises UsageError for models that are not stored.
    """
    use_one_thread()
    from crawler.crawl import crawl_weights
    from crawler.scope import Scope
    from store.queries.named_models import named_models

    with opened(db, "write") as database:
        chosen = named_models(database, selector)
        if chosen.others:
            raise UsageError(
                f"not stored here: {', '.join(chosen.others)}; `lineage crawl --models ID` fetches a model's record"
            )
        words = lexicon_in_force(database, chosen_lexicon(None), None)
        return _run(
            database, Scope(), words, endpoint, 0, lambda task: crawl_weights(task, chosen, options, dry_run=dry_run)
        )


def fetch_commit(database: Database, model: str, endpoint: str) -> None:
    """Fetch the record of a model whose commit is not known, with its progress on stderr; raises HubError."""
    from crawler.crawl import crawl_models
    from crawler.scope import Scope
    from lineage.selectors.records import quoted
    from store.queries.named_models import named_models

    words = lexicon_in_force(database, chosen_lexicon(None), None)
    chosen = named_models(database, quoted(model), only_unknown=True)
    _run(database, Scope(), words, endpoint, 0, lambda task: crawl_models(task, chosen))


def fetch_models(database: Database, models: Sequence[str], words: Lexicon, endpoint: str) -> None:
    """Fetch the records of models, stored or not, and missing ancestors, with progress on stderr; raises HubError."""
    from crawler.crawl import crawl_models
    from crawler.scope import Scope
    from lineage.selectors.records import quoted
    from store.queries.named_models import named_models

    chosen = named_models(database, " ".join(map(quoted, models)))
    _run(database, Scope(), words, endpoint, 0, lambda task: crawl_models(task, chosen))


@contextmanager
def _place(db: Path, *, dry_run: bool) -> Iterator[Path]:
    """Yield the path of the database; a dry run without one uses a temporary file."""
    if not dry_run or db.exists():
        yield db
        return
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        yield Path(folder) / "plan.duckdb"


def run_crawl(
    database: Database, scope: Scope, words: Lexicon, endpoint: str, *, files: int | None = None, dry_run: bool = False
) -> Result:
    """Run a crawl with its progress on stderr and return its summary; with `dry_run` only the plan.

    `files` is the most files that it reads of models without a declared parent; None for what two windows of the quota
    leave for each domain, and for none of the whole Hub.
    """
    from crawler.crawl import crawl as crawl_hub

    most = 0 if files is None and scope.is_all else files
    return _run(database, scope, words, endpoint, most, lambda task: crawl_hub(task, dry_run=dry_run))


def _run(
    database: Database,
    scope: Scope,
    words: Lexicon,
    endpoint: str,
    files: int | None,
    crawling: Callable[[CrawlTask], Iterator[CrawlEvent]],
) -> Result:
    """Run a crawl of any kind with its progress on stderr and return its summary."""
    from crawler.crawl import CrawlTask
    from crawler.http.hub_client import HubClient
    from crawler.http.rate_limit import RateLimiter
    from crawler.http.token import find_token
    from store.ingest.crawl_store import DuckDBCrawlStore

    with CrawlDrawing() as drawing:
        rate_limiter = RateLimiter(on_event=drawing.wait)
        with (
            HubClient(endpoint, token=find_token(), rate_limiter=rate_limiter, on_event=drawing.retry) as client,
            DuckDBCrawlStore(database) as store,
        ):
            task = CrawlTask(client=client, store=store, scope=scope, lexicon=words, now=now, files=files)
            for event in crawling(task):
                drawing.draw(event, rate_limiter.quota("api"))
            return drawing.end(database)
