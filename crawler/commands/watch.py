"""`lineage watch`: crawl again and again, and report what is new."""

from __future__ import annotations

import json
import os
import time
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Final

import typer

from crawler.commands.crawl import fetch_models, run_crawl
from lineage.errors import UsageError
from lineage.selectors.parser import parse
from lineage.text.plain import plain
from lineage.vocabulary import DEFAULT_ENDPOINT
from store.commands.opening import chosen_lexicon, lexicon_in_force, now, opened
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    DomainsOption,
    EndpointOption,
    LexiconOption,
)
from store.commands.printing import say, warn
from store.queries.completion import complete_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crawler.hub_events import EventQueue, ToldModels
    from lineage.domains.lexicon import Lexicon
    from store.database import Database

SECRET: Final = "LINEAGE_WEBHOOK_SECRET"  # noqa: S105 -- the name of the variable that holds it
LEAST_SECRET_CHARACTERS: Final = 16

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def watch(
    domain: DomainsOption = None,
    follow: Annotated[
        str | None,
        typer.Option(
            help="Report only models of this selector. Default: the models of the domains.",
            autocompletion=complete_selector,
        ),
    ] = None,
    every: Annotated[str, typer.Option(help="How long to wait between crawls: 30m, 6h, 1d.")] = "6h",
    once: Annotated[bool, typer.Option("--once", help="Crawl once, report, and stop.")] = False,
    webhook: Annotated[
        str | None, typer.Option(envvar="LINEAGE_WEBHOOK", help="Also post the news as JSON to this address.")
    ] = None,
    listen: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            help="Also take the events of a webhook of the Hub on this port of 127.0.0.1, and fetch the models that "
            f"they name at once; its secret is in {SECRET}. 0 takes a free port.",
        ),
    ] = None,
    lexicon: LexiconOption = None,
    endpoint: EndpointOption = DEFAULT_ENDPOINT,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Keep the database current, and print what is new as JSON lines.

    It crawls what `crawl` crawls, again and again until Ctrl-C, and prints one line for each new derivative, deletion
    and change of licence. Between crawls, others can read the database. A failed crawl or post is reported on stderr,
    and the watch continues.
    """
    from crawler.watch import read_every

    if follow is not None:
        parse(follow)
    seconds = read_every(every)
    words = chosen_lexicon(lexicon)

    if once and listen is not None:
        raise UsageError("--listen waits for events between crawls: leave --once out")

    def look(models: tuple[str, ...]) -> list[dict[str, object]]:
        with opened(db, "write") as database:
            return _look(database, lexicon_in_force(database, words, lexicon), domain, endpoint, follow, models)

    with _waiting(listen) as wait:
        _watch(look, wait, seconds, rounds=1 if once else None, webhook=webhook)


@contextmanager
def _waiting(port: int | None) -> Iterator[Callable[[float], ToldModels | None]]:
    """Yield what waits between two rounds: for the time alone, or for events of the Hub too, that a server takes."""
    if port is None:
        yield time.sleep
        return
    from crawler.hub_events import EventQueue, build_receiver
    from store.serving.run import ListenAddress, listening, new_uvicorn

    secret = os.environ.get(SECRET, "")
    if len(secret) < LEAST_SECRET_CHARACTERS:
        raise UsageError(
            f"--listen needs the secret of the webhook, of {LEAST_SECRET_CHARACTERS} characters or more, in {SECRET}"
        )
    queue: EventQueue = EventQueue()
    with listening(ListenAddress(port=port)) as place:
        server = new_uvicorn(build_receiver(queue, secret))
        thread = Thread(target=server.run, kwargs={"sockets": [place.socket]}, name="events of the Hub")
        thread.start()
        warn(f"taking events of the Hub at {place.url}")
        try:
            yield queue.wait
        finally:
            server.should_exit = True
            thread.join()


def _look(
    database: Database,
    words: Lexicon,
    domains: Sequence[str] | None,
    endpoint: str,
    follow: str | None,
    models: tuple[str, ...],
) -> list[dict[str, object]]:
    """Crawl once, some models or all that is watched, and return what is new of the models that are followed."""
    from crawler.scope import Scope
    from store.derive.domains import keep_lexicon
    from store.queries.news import known_members, notices

    scope = Scope(domains=words.chosen(domains or words.names))
    selector = follow or " ".join(f"domain:{name}" for name in scope.domains)
    keep_lexicon(database, words)
    since = now().replace(microsecond=0)
    before = known_members(database, selector)
    if models:
        fetch_models(database, models, words, endpoint)
    else:
        run_crawl(database, scope, words, endpoint)
    return list(notices(database, selector, before, since))


def _watch(
    look: Callable[[tuple[str, ...]], list[dict[str, object]]],
    wait: Callable[[float], ToldModels | None],
    seconds: int,
    *,
    rounds: int | None,
    webhook: str | None,
) -> None:
    """Run the rounds of a watch: news as JSON lines on stdout, failures on stderr."""
    from crawler.watch import RoundFailed
    from crawler.watch import watch as run_watch
    from crawler.webhook import Webhook

    with ExitStack() as stack:
        post = stack.enter_context(Webhook(webhook, sleep=time.sleep)).post if webhook else None
        for event in run_watch(look, wait=wait, every_seconds=seconds, rounds=rounds, post=post):
            if isinstance(event, RoundFailed):
                warn("\n".join(plain(line, None) for line in f"lineage: {event.reason}".splitlines()))
                continue
            for notice in event.notices:
                typer.echo(json.dumps(notice))
            about = ", ".join(event.models) if event.models else f"round {event.round_number}"
            say(f"{about}: {len(event.notices)} news")
