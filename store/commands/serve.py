"""`lineage serve`: serve pages, the explorer and a read-only API."""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

import typer

from store.commands.opening import now
from store.commands.options import DEFAULT_DB, EPILOG, DbOption
from store.commands.printing import warn

DEFAULT_PORT: Final = 8642
VARIABLE: Final = "LINEAGE_SERVE_TOKEN"

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 takes a free one.")] = DEFAULT_PORT,
    beyond_loopback: Annotated[
        bool, typer.Option("--beyond-loopback", help="Accept other machines, which must send the printed token.")
    ] = False,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Serve families, the explorer and a read-only JSON API.

    Any model is found by parts of its id, author, domain or licence, and has a page. It runs until Ctrl-C. A crawl or
    an evaluation can write the database meanwhile, because copies of it are served, each taken while nothing was being
    written. Other machines need a token: that in LINEAGE_SERVE_TOKEN, or a new one that is printed. /openapi.json
    describes the API.
    """
    from store.serving.reader_copies import Copies
    from store.serving.run import ListenAddress, listening, run

    # uvicorn ends in good order at SIGTERM, and sends it again: that must not keep the copies of the database.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    token = os.environ.get(VARIABLE) or None  # no option: other users can read the command lines of processes
    place = ListenAddress(host=host, port=port, is_open=beyond_loopback, token=token)
    with (
        suppress(KeyboardInterrupt),  # the way to end it, at SIGTERM too
        listening(place) as served,
        tempfile.TemporaryDirectory(prefix="lineage-serve-") as folder,
        Copies(db, Path(folder), now) as copies,
    ):
        copies.check()
        warn(f"serving {db} at {served.url}")
        run(copies, served)
