"""`lineage mcp`: let assistants ask the database."""

from __future__ import annotations

import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from lineage.errors import MissingPackage
from store.commands.opening import now
from store.commands.options import DEFAULT_DB, EPILOG, DbOption
from store.commands.printing import warn

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def mcp(
    http: Annotated[
        bool, typer.Option("--http", help="Serve HTTP on this machine instead of stdin and stdout.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="With --http: the port; 0 takes a free one.")] = 0,
    db: DbOption = DEFAULT_DB,
) -> None:
    """Let assistants ask the database (Model Context Protocol).

    Five read-only tools find models, show lineage and drift, list what is unscored, and check a policy. An assistant
    starts this command and speaks to it on stdin and stdout; with --http it listens at the printed address. A crawl can
    write meanwhile, because copies are read.
    """
    try:
        from store.mcp.transports import serve_http, serve_stdio
    except ModuleNotFoundError as error:
        if error.name not in {"mcp", "mcp_types"}:
            raise
        raise MissingPackage("mcp", "lineage mcp") from error
    from store.serving.reader_copies import Copies

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it must not keep the copies of the database
    with (
        suppress(KeyboardInterrupt),
        tempfile.TemporaryDirectory(prefix="lineage-mcp-") as folder,
        Copies(db, Path(folder), now) as copies,
    ):
        copies.check()
        if http:
            serve_http(copies, port, lambda url: warn(f"tools of {db} at {url}"))
        else:
            serve_stdio(copies)
