"""The `lineage` command: each command parses, calls one function, prints and exits.

stdout carries the answer and nothing else; progress and summaries go to stderr. Heavy packages are imported inside the
commands, so that `lineage --help` stays fast.
"""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer import main as typer_main
from typer.core import TyperCommand
from typer.main import get_command

from evaluation.commands.calibrate import app as endpoint_app
from evaluation.commands.demo import app as demo_app
from evaluation.commands.doctor import app as doctor_app
from evaluation.commands.evaluate import app as evaluate_app
from evaluation.commands.queue import queue_app
from evaluation.commands.schedule import app as schedule_app
from evaluation.commands.scores import app as evaluation_app
from evaluation.commands.scores_from_hub import scores_app
from lineage.errors import LineageError, UsageError
from lineage.output.crawl_events import StageBegan
from lineage.output.crawl_progress import QuotaLeft, Tally, clock
from lineage.output.settings_file import described
from lineage.output.shell_completion import SCRIPTS, SHELL, rejoined
from lineage.selectors.parser import parse
from lineage.text.plain import plain
from lineage.text.suggest import clearer
from lineage.vocabulary import DomainName, Format
from sandbox.commands import app as sandbox_app
from store.commands.changes import app as news_app
from store.commands.check import app as check_app
from store.commands.completion import complete_selector
from store.commands.drift import app as drift_app
from store.commands.edge import app as edge_app
from store.commands.export import app as export_app
from store.commands.graph import app as graph_app
from store.commands.models import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    LexiconOption,
    chosen_lexicon,
    now,
    opened,
    tell_other_words,
)
from store.commands.models import app as store_app
from store.commands.printing import QUIET, is_quiet, print_result, put, say, warn
from store.commands.report import app as report_app
from store.commands.serve import app as serve_app
from store.commands.settings import load_settings
from store.commands.snapshot import app as snapshot_app
from store.commands.study import app as study_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from crawler.http.rate_limit import Quota, WaitingForQuota
    from crawler.http.retry_policy import Retrying
    from crawler.scope import Scope
    from lineage.domains.lexicon import Lexicon
    from lineage.output.crawl_events import CrawlEvent
    from lineage.output.result import Result
    from store.database import Database

app = typer.Typer(
    name="lineage",
    help="Crawl the Hugging Face Hub and track which model came from which, with evidence on every edge.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(store_app)
app.add_typer(news_app)
app.add_typer(edge_app, name="edge")
app.add_typer(graph_app)
app.add_typer(scores_app, name="scores")
app.add_typer(evaluation_app)
app.add_typer(schedule_app)
app.add_typer(evaluate_app)
app.add_typer(queue_app, name="queue")
app.add_typer(demo_app)
app.add_typer(doctor_app)
app.add_typer(endpoint_app)
app.add_typer(drift_app)
app.add_typer(study_app)
app.add_typer(report_app)
app.add_typer(serve_app)
app.add_typer(export_app)
app.add_typer(check_app)
app.add_typer(snapshot_app)
app.add_typer(sandbox_app, name="sandbox")

EndpointOption = Annotated[
    str, typer.Option("--endpoint", envvar="HF_ENDPOINT", help="The Hub, or a server that speaks its API.")
]
DomainsOption = Annotated[
    list[DomainName] | None, typer.Option("--domain", help="A domain to crawl; repeatable. Default: all three.")
]
LINE_EVERY_SECONDS: Final = 30
TYPER_INTERRUPTED: Final = 130  # typer turns Ctrl-C into this exit code
DEFAULT_ENDPOINT: Final = "https://huggingface.co"


def _be_quiet(*, is_wanted: bool) -> None:
    if is_wanted:
        os.environ[QUIET] = "1"


def _tell_requests(*, is_wanted: bool) -> None:
    if is_wanted:
        import logging

        logging.basicConfig(format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
        for package in ("crawler", "evaluation", "store"):
            logging.getLogger(package).setLevel(logging.DEBUG)


def _tell_version(*, is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        put(f"lineage {version('hub-lineage')}\n")
        raise typer.Exit


QUIET_HELP: Final = "Write answers and errors alone."
VERBOSE_HELP: Final = "Tell every request, on stderr."
_everywhere = typer.Typer(add_completion=False)


@app.callback()
def settle(
    quiet: Annotated[bool, typer.Option("--quiet", "-q", envvar=QUIET, help=QUIET_HELP)] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", envvar="LINEAGE_VERBOSE", help=VERBOSE_HELP)] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, expose_value=False, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Take what holds for every command."""
    os.environ[QUIET] = ""
    _be_quiet(is_wanted=quiet)
    _tell_requests(is_wanted=verbose)


@_everywhere.command()
def _switched(
    _quiet: Annotated[
        bool, typer.Option("--quiet", "-q", callback=_be_quiet, expose_value=False, help=QUIET_HELP)
    ] = False,
    _verbose: Annotated[
        bool, typer.Option("--verbose", "-v", callback=_tell_requests, expose_value=False, help=VERBOSE_HELP)
    ] = False,
) -> None: ...


_switches = cache(lambda: get_command(_everywhere).params)  # once a start, and not once a command


class _Leaf(TyperCommand):
    """A command that takes --quiet and --verbose behind its name too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - handed on as typer gives them
        super().__init__(*args, **kwargs)
        self.params.extend(_switches())


def _take_switches(group: typer.Typer) -> None:
    """Let every command of a group, and of those within, take what holds for all."""
    for command in group.registered_commands:
        command.cls = _Leaf
    for member in group.registered_groups:
        if member.typer_instance is not None:
            _take_switches(member.typer_instance)


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
    words = chosen_lexicon(lexicon)
    with _place(db, dry_run=dry_run) as path, opened(path, "write") as database:
        tell_other_words(database, words, lexicon)
        answer = _crawl(database, scope, words, endpoint, dry_run=dry_run)
    print_result(answer, output)


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
    from store.ingest.bulk_load import load_file, read_as_of

    words = chosen_lexicon(lexicon)
    moment = read_as_of(as_of)
    with opened(db, "write") as database, _Drawing() as drawing:
        tell_other_words(database, words, lexicon)
        for event in load_file(database, file, words, now(), as_of=moment):
            drawing.draw(event, None)
        answer = drawing.end(database)
    print_result(answer, output)


@app.command(epilog=EPILOG)
def watch(
    domain: DomainsOption = None,
    follow: Annotated[
        str | None,
        typer.Option(
            help="A selector: whose news to tell. Default: the models of the domains.", autocompletion=complete_selector
        ),
    ] = None,
    every: Annotated[str, typer.Option(help="How long to wait between crawls: 30m, 6h, 1d.")] = "6h",
    once: Annotated[bool, typer.Option("--once", help="Crawl once, tell, and end.")] = False,
    webhook: Annotated[
        str | None, typer.Option(envvar="LINEAGE_WEBHOOK", help="Post the news as JSON to this address too.")
    ] = None,
    lexicon: LexiconOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Keep the database current, and print a JSON line for each new derivative, deletion and change of licence.

    It crawls what `crawl` crawls, again and again, until Ctrl-C; between crawls others can read the database. A failed
    crawl or post is said on stderr, and the watch goes on.
    """
    from crawler.scope import Scope
    from crawler.watch import read_every

    scope = Scope(domains=tuple(item.value for item in (domain or list(DomainName))))
    selector = follow or " ".join(f"domain:{name}" for name in scope.domains)
    parse(selector)
    seconds = read_every(every)
    words = chosen_lexicon(lexicon)
    _watch(lambda: _look(db, scope, words, endpoint, selector), seconds, rounds=1 if once else None, webhook=webhook)


_take_switches(app)


def main() -> None:
    """Run the command line; every error becomes one clear sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    os.environ.update(rejoined(os.environ))
    _mend_typer()
    try:
        _check_words(sys.argv[1:])
        code = app(
            prog_name="lineage", standalone_mode=False, default_map=load_settings(lambda: described(get_command(app)))
        )
    except typer.TyperException as error:
        code = _show(error)
    except LineageError as error:
        _complain(str(error), error.hint)
        code = error.exit_code
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        _end_as_others_do()
        code = 3
    except OSError as error:
        _complain(str(error))
        code = 3
    except (KeyboardInterrupt, typer.Abort):
        code = TYPER_INTERRUPTED
    if code == TYPER_INTERRUPTED:
        _complain("stopped; what is stored is kept, and the same command goes on from here")
        code = 3
    sys.exit(code if isinstance(code, int) else 0)


def _check_words(words: list[str]) -> None:
    """Raise UsageError where a word of the command line is no text, which the database could not be asked for."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"{word!a} on the command line is not UTF-8") from error


@contextmanager
def _place(db: Path, *, dry_run: bool) -> Iterator[Path]:
    """Yield where the database is; a plan made before there is one leaves no file behind."""
    if not dry_run or db.exists():
        yield db
        return
    with tempfile.TemporaryDirectory(prefix="lineage-") as folder:
        yield Path(folder) / "plan.duckdb"


def _crawl(database: Database, scope: Scope, words: Lexicon, endpoint: str, *, dry_run: bool) -> Result:
    """Run a crawl with its progress on stderr and return its summary, or the plan alone with `dry_run`."""
    from crawler.crawl import CrawlTask
    from crawler.crawl import crawl as run_crawl
    from crawler.http.hub_client import HubClient
    from crawler.http.rate_limit import RateLimiter
    from crawler.http.token import find_token
    from store.ingest.crawl_store import DuckDBCrawlStore

    with _Drawing() as drawing:
        rate_limiter = RateLimiter(on_event=drawing.wait)
        with (
            HubClient(endpoint, token=find_token(), rate_limiter=rate_limiter, on_event=drawing.retry) as client,
            DuckDBCrawlStore(database) as store,
        ):
            task = CrawlTask(client=client, store=store, scope=scope, lexicon=words, now=now)
            for event in run_crawl(task, dry_run=dry_run):
                drawing.draw(event, rate_limiter.quota("api"))
            return drawing.end(database)


def _look(db: Path, scope: Scope, words: Lexicon, endpoint: str, selector: str) -> list[dict[str, object]]:
    """Crawl once and return what is new of the models that are followed."""
    from store.queries.news import known_members, notices

    with opened(db, "write") as database:
        since = now().replace(microsecond=0)
        tell_other_words(database, words, None)
        before = known_members(database, selector)
        _crawl(database, scope, words, endpoint, dry_run=False)
        return list(notices(database, selector, before, since))


def _watch(
    look: Callable[[], list[dict[str, object]]], seconds: int, *, rounds: int | None, webhook: str | None
) -> None:
    """Run the rounds of a watch: news as JSON lines on stdout, what fails on stderr."""
    from crawler.watch import RoundFailed
    from crawler.watch import watch as run_watch
    from crawler.webhook import Webhook

    with ExitStack() as stack:
        post = stack.enter_context(Webhook(webhook, sleep=time.sleep)).post if webhook else None
        for event in run_watch(look, wait=time.sleep, every_seconds=seconds, rounds=rounds, post=post):
            if isinstance(event, RoundFailed):
                _complain(event.reason)
                continue
            for notice in event.notices:
                typer.echo(json.dumps(notice))
            say(f"round {event.round_number}: {len(event.notices)} news")


def _end_as_others_do() -> None:
    """End by the signal by which other tools end when whoever reads their answer has enough: 141 in a shell."""
    if (pipe := getattr(signal, "SIGPIPE", None)) is not None:  # Windows has none
        signal.signal(pipe, signal.SIG_DFL)
        os.kill(os.getpid(), pipe)


def _mend_typer() -> None:
    """Give typer our completion scripts, and let it read a signature once; one made otherwise is left."""
    with suppress(ImportError, AttributeError):
        typer_main.get_params_from_function = cache(typer_main.get_params_from_function)  # type: ignore[attr-defined]
        import_module("typer._completion_shared")._completion_scripts.update(SCRIPTS)  # noqa: SLF001


def _show(error: typer.TyperException) -> int:
    """Let typer say what is wrong with the command line; it keeps the method off its public class."""
    error.message = clearer(error.message)
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        _complain(str(error))
    return error.exit_code


def _complain(message: str, hint: str = "") -> None:
    """Write an error to stderr; it may quote text from the database or the Hub, and is made harmless."""
    if SHELL in os.environ:
        return  # a shell asks while its user types
    lines = [plain(line, None) for line in message.splitlines()]
    warn(
        "\n".join([f"lineage: {lines[0] if lines else ''}", *lines[1:], *([f"  {plain(hint, None)}"] if hint else [])])
    )


class _Drawing:
    """The progress of long work on stderr: a bar where that is a terminal, a line now and then where it is not."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        stage, figures = (
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[figures]}", markup=False),
        )
        self._progress = Progress(
            stage,
            BarColumn(bar_width=12),
            figures,
            console=self._console,
            transient=True,
            disable=is_quiet() or not self._console.is_terminal,
        )
        self._tally = Tally(started=time.monotonic())
        self._bar = self._progress.add_task("", total=None, figures="")
        self._said_at = self._waits_until = time.monotonic()
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def draw(self, event: CrawlEvent, quota: Quota | None) -> None:
        tally, now = self._tally, time.monotonic()
        if line := tally.take(event, now):
            self._line(line)
        left = None if quota is None else QuotaLeft(quota.remaining, quota.limit, quota.window_seconds)
        figures = tally.figures(now, left)
        if not self._console.is_terminal and (
            now - self._said_at > LINE_EVERY_SECONDS or isinstance(event, StageBegan)
        ):
            self._line(f"{tally.stage}: {figures}" if figures else tally.stage)
        self._progress.update(
            self._bar, description=tally.stage, completed=tally.done, total=tally.steps, figures=figures
        )

    def end(self, database: Database) -> Result:
        """Say that the work is done, and return its summary."""
        now = time.monotonic()
        self._progress.stop()
        if line := self._tally.ending(now):
            self._line(line)
        models = int(str(database.value("read/count_models")))
        return self._tally.summary(models=models, seconds=now - self._tally.started)

    def wait(self, event: WaitingForQuota) -> None:
        """Say once for all connections that the quota is spent."""
        until = time.monotonic() + event.seconds
        if until > self._waits_until + 1:
            self._waits_until = until
            self._line(f"the quota is spent; going on in {clock(event.seconds)}")

    def retry(self, event: Retrying) -> None:
        if event.seconds >= 1:
            self._line(f"asking again in {event.seconds:.1f} s: {event.reason}")

    def _line(self, text: str) -> None:
        self._said_at = time.monotonic()
        if not is_quiet():
            self._console.print(plain(text, None), markup=False)


if __name__ == "__main__":
    main()
