"""The `lineage` command: each command parses, calls one function, prints and exits.

stdout carries the answer and nothing else; progress and summaries go to stderr. Heavy packages are imported inside the
commands, so that `lineage --help` stays fast.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.choices import DomainName, Format, RelationName, Sort, StatusName
from lineage.errors import LineageError, UsageError
from lineage.tally import Tally
from sandbox.commands import app as sandbox_app
from sandbox.commands import run_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum
    from types import TracebackType
    from typing import Self

    from crawler.pace import Quota, Waiting
    from crawler.scope import Scope
    from crawler.wire import Retrying
    from lineage.answers import Answer
    from lineage.progress import Event
    from lineage.terms import Lexicon
    from store.database import Database, Mode

EPILOG: Final = "Exit codes: 0 done, 1 the answer is no or nothing was found, 2 wrong usage, 3 could not finish."

app = typer.Typer(
    name="lineage",
    help="Crawl the Hugging Face Hub and track which model came from which, with evidence on every edge.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(sandbox_app, name="sandbox")

DbOption = Annotated[Path, typer.Option("--db", envvar="LINEAGE_DB", help="The database file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the answer.")]
EndpointOption = Annotated[
    str, typer.Option("--endpoint", envvar="HF_ENDPOINT", help="The Hub, or a server that speaks its API.")
]
LexiconOption = Annotated[
    Path | None,
    typer.Option("--lexicon", help="A file that adds to the words that make a domain (docs/lexicon.md)."),
]
DomainsOption = Annotated[
    list[DomainName] | None, typer.Option("--domain", help="A domain to crawl; repeatable. Default: all three.")
]
PIPED_WIDTH: Final = 1_000
DEFAULT_DB: Final = Path("lineage.duckdb")
DEFAULT_ENDPOINT: Final = "https://huggingface.co"


@app.command(epilog=EPILOG)
def crawl(
    domain: DomainsOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Crawl the whole Hub, about 3,300 requests.")] = False,
    siblings: Annotated[bool, typer.Option("--siblings", help="Take all derivatives of the bases too.")] = False,
    deep: Annotated[bool, typer.Option("--deep", help="Fetch files of models that name no parent.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Walk everything again and mark what vanished.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked, and stop.")] = False,
    lexicon: LexiconOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Crawl the Hub's models of some domains with their families, or the whole Hub.

    Stop it at any moment: the same command goes on where it stopped. Run again when finished, it asks only for what is
    new or changed. The token is the one that huggingface_hub finds (HF_TOKEN, or the file of `hf auth login`).
    """
    from crawler.scope import Scope

    if everything and domain:
        raise UsageError("--all crawls every domain: leave --domain out")
    names = () if everything else tuple(item.value for item in (domain or list(DomainName)))
    scope = Scope(domains=names, siblings=siblings, deep=deep, sweep=sweep)
    words = _lexicon(lexicon)
    with _database(db, "write") as database:
        answer = _crawl(database, scope, words, endpoint, dry_run=dry_run)
    _print(answer, output)


@app.command(epilog=EPILOG)
def load(
    file: Annotated[
        Path, typer.Argument(help="JSON lines of the Hub's records (.jsonl, .gz, .xz) or a snapshot's .parquet.")
    ],
    as_of: Annotated[
        str | None, typer.Option(help="When the file was made (YYYY-MM-DD). Default: its newest model.")
    ] = None,
    lexicon: LexiconOption = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Load a bulk listing of the Hub as a starting point; a crawl then asks only for what is newer."""
    from store.loading import load_file, read_as_of

    words = _lexicon(lexicon)
    moment = read_as_of(as_of)
    with _database(db, "write") as database, _Drawing() as drawing:
        for event in load_file(database, file, words, _now(), as_of=moment):
            drawing.draw(event, None)
        answer = drawing.summary(database.value("read/count_models"))
    _print(answer, output)


@app.command(epilog=EPILOG)
def resolve(lexicon: LexiconOption = None, db: DbOption = DEFAULT_DB) -> None:
    """Compute parents, families and domains anew from the stored records."""
    from store.derive import derive

    words = _lexicon(lexicon)
    with _database(db, "write") as database:
        derive(database, words, _now())
    status(db=db)


@app.command(epilog=EPILOG)
def status(db: DbOption = DEFAULT_DB, output: FormatOption = Format.TABLE) -> None:
    """Say what the database holds: how many models, how fresh, by domain, relation and status, and the last crawls."""
    from store.reading import read_status

    with _database(db, "read") as database:
        answer = read_status(database)
    _print(answer, output, sections=True)


@app.command(epilog=EPILOG)
def models(
    domain: Annotated[DomainName | None, typer.Option(help="Only models of this domain.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Only models that show the domain by their own signs.")] = False,
    confidence: Annotated[float | None, typer.Option(help="Only models at least this surely of the domain.")] = None,
    author: Annotated[str | None, typer.Option(help="Only models of this user or organisation.")] = None,
    library: Annotated[str | None, typer.Option(help="Only models of this library, such as transformers.")] = None,
    license_name: Annotated[str | None, typer.Option("--license", help="Only models under this licence.")] = None,
    relation: Annotated[RelationName | None, typer.Option(help="Only derivatives made this way.")] = None,
    status_name: Annotated[StatusName | None, typer.Option("--status", help="Only models of this status.")] = None,
    search: Annotated[str | None, typer.Option(help="Only models whose id contains this.")] = None,
    undeclared: Annotated[
        bool | None, typer.Option("--undeclared/--declared", help="Only models without, or with, a known parent.")
    ] = None,
    unscored: Annotated[
        bool | None, typer.Option("--unscored/--scored", help="Only models whose record reports no result, or some.")
    ] = None,
    sort: Annotated[Sort, typer.Option(help="What to order by, the greatest first.")] = Sort.DOWNLOADS,
    limit: Annotated[int, typer.Option(min=0, help="How many at most; 0 for all.")] = 20,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List models, with their domains and parents."""
    from store.reading import list_models

    with _database(db, "read") as database:
        answer = list_models(
            database,
            limit=limit,
            sort=sort.value,
            domain=_value(domain),
            basis="own" if own else None,
            confidence=confidence,
            author=author,
            library=library,
            license=license_name,
            relation=_value(relation),
            status=_value(status_name),
            search=search,
            undeclared=undeclared,
            unscored=unscored,
        )
    _print(answer, output, shown_columns=8)
    raise typer.Exit(0 if answer.rows else 1)


@app.command(epilog=EPILOG)
def show(
    model: Annotated[str, typer.Argument(help="A model's id, or a former one.")],
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Show everything that is known of one model: record, parents with their evidence, domains, problems, history."""
    from store.reading import show_model

    with _database(db, "read") as database:
        answer = show_model(database, model)
    _print(answer, output, sections=True)


@app.command(epilog=EPILOG)
def tree(
    model: Annotated[str, typer.Argument(help="A model's id, or a former one.")],
    depth: Annotated[int, typer.Option(min=1, help="How many generations.")] = 12,
    up: Annotated[
        bool, typer.Option("--up", help="Show where the model comes from instead of what was made of it.")
    ] = False,
    every: Annotated[bool, typer.Option("--full", help="Fold nothing.")] = False,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Draw a model's family as a tree, with how each derivative was made."""
    from store.trees import draw_tree, list_tree

    with _database(db, "read") as database:
        if output is Format.TABLE:
            columns = os.get_terminal_size().columns if sys.stdout.isatty() else 120
            is_ascii = "utf" not in (sys.stdout.encoding or "").lower()
            text = draw_tree(database, model, depth=depth, is_up=up, is_full=every, columns=columns, is_ascii=is_ascii)
            typer.echo(text, nl=False)
        else:
            _print(list_tree(database, model, depth=depth, is_up=up), output)


@app.command(epilog=EPILOG)
def sql(
    query: Annotated[str, typer.Argument(help="One statement that reads; - takes it from stdin.")],
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Ask the database in SQL. It only reads; the views are described in docs/schema.md."""
    with _database(db, "read") as database:
        found = database.query(sys.stdin.read() if query == "-" else query)
    _print(found, output)


@app.command(epilog=EPILOG)
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its database.")] = Path(".demo"),
) -> None:
    """Crawl a fictional Hub on this machine and look around: nothing leaves the machine."""
    from crawler.scope import Scope
    from store.reading import most_derived, read_status

    folder.mkdir(parents=True, exist_ok=True)
    db = folder / "demo.duckdb"
    db.unlink(missing_ok=True)
    scope = Scope(domains=tuple(item.value for item in DomainName))
    with run_sandbox() as url:
        _say(f"A fictional Hub serves 600 models at {url}; crawling its medical, legal and financial ones.")
        with _database(db, "write") as database:
            answer = _crawl(database, scope, _lexicon(None), url, dry_run=False, with_token=False)
        _print(answer, Format.TABLE)
    with _database(db, "read") as database:
        _print(read_status(database), Format.TABLE, sections=True)
        root = most_derived(database, "medical")
    tree(model=root, depth=12, up=False, every=False, db=db, output=Format.TABLE)
    _say(f"\nNext, on the same database:\n  lineage models --domain medical --db {db}\n  lineage show {root} --db {db}")
    _say("and on the real Hub:\n  lineage crawl --domain medical --dry-run")


def main() -> None:
    """Run the command line; every error becomes one clear sentence and an exit code."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        error.show()
        code = error.exit_code
    except LineageError as error:
        _say(f"lineage: {error}")
        if error.hint:
            _say(f"  {error.hint}")
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say("lineage: stopped; what is stored is kept, and the same command goes on from here")
        code = 3
    sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _database(path: Path, mode: Mode) -> Iterator[Database]:
    from store.database import open_database

    database = open_database(path, mode)
    try:
        yield database
    finally:
        database.close()


def _crawl(
    database: Database, scope: Scope, words: Lexicon, endpoint: str, *, dry_run: bool, with_token: bool = True
) -> Answer:
    """Run a crawl with its progress on stderr and return its summary, or the plan alone with `dry_run`."""
    from crawler.crawl import Task
    from crawler.crawl import crawl as run_crawl
    from crawler.pace import Pace
    from crawler.token import find_token
    from crawler.wire import Wire
    from store.crawls import CrawlShelf

    with _Drawing() as drawing:
        pace = Pace(on_event=drawing.wait)
        token = find_token() if with_token else None
        with Wire(endpoint, token=token, pace=pace, on_event=drawing.retry) as wire, CrawlShelf(database) as shelf:
            task = Task(wire=wire, shelf=shelf, scope=scope, lexicon=words, now=_now)
            for event in run_crawl(task, dry_run=dry_run):
                drawing.draw(event, pace.quota("api"))
            return drawing.summary(database.value("read/count_models"))


def _lexicon(path: Path | None) -> Lexicon:
    from lineage.lexicon import default_lexicon, read_lexicon
    from lineage.terms import merge

    if path is None:
        return default_lexicon()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the lexicon {path} cannot be read: {error}") from error
    return merge(default_lexicon(), read_lexicon(text, str(path)))


def _now() -> datetime:
    return datetime.now(UTC)


def _value(choice: StrEnum | None) -> str | None:
    return None if choice is None else choice.value


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print(answer: Answer, output: Format, *, sections: bool = False, shown_columns: int | None = None) -> None:
    from lineage.answers import as_csv, as_json

    if output is Format.JSON:
        typer.echo(as_json(answer))
    elif output is Format.CSV:
        typer.echo(as_csv(answer), nl=False)
    else:
        _print_table(answer if shown_columns is None else answer.narrowed(shown_columns), sections=sections)


def _print_table(answer: Answer, *, sections: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from lineage.answers import shown

    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)
    columns = answer.columns[1:] if sections else answer.columns
    table = Table(box=None, pad_edge=False, show_header=not sections)
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    section = None
    for row in answer.rows:
        if sections and row[0] != section:
            section = row[0]
            table.add_row(Text(shown(section), style="bold"), "")
        cells = row[1:] if sections else row
        indent = "  " if sections else ""
        table.add_row(*(Text((indent if not index else "") + shown(cell)) for index, cell in enumerate(cells)))
    console.print(table)


class _Drawing:
    """The progress of long work on stderr: a bar where that is a terminal, a line now and then where it is not."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._tally = Tally(started=time.monotonic())
        self._bar = self._progress.add_task("", total=None, rate="")
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def draw(self, event: Event, quota: Quota | None) -> None:
        line = self._tally.take(event)
        if line is not None:
            self._console.print(line, markup=False)
        tally = self._tally
        self._progress.update(
            self._bar,
            description=tally.stage,
            completed=tally.done,
            total=tally.steps,
            rate=tally.rate(time.monotonic(), None if quota is None else quota.remaining),
        )

    def summary(self, models: object) -> Answer:
        return self._tally.summary(models=int(str(models)), seconds=time.monotonic() - self._tally.started)

    def wait(self, event: Waiting) -> None:
        self._console.print(f"the quota is spent; going on in {event.seconds:.0f} s", markup=False)

    def retry(self, event: Retrying) -> None:
        if event.seconds >= 1:
            self._console.print(f"asking again in {event.seconds:.1f} s: {event.reason}", markup=False)
