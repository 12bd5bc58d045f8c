"""Run the MCP server: on stdin and stdout, or over HTTP on loopback, until the client ends or an interruption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.mcp.server import PATH, mcp_app, new_mcp_server
from store.serving.run import LOOPBACK, ListenAddress, listening, new_uvicorn

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.serving.reader_copies import Copies


def serve_stdio(copies: Copies) -> None:
    """Answer on stdin and stdout until stdin ends."""
    new_mcp_server(copies).run("stdio")


def serve_http(copies: Copies, port: int, tell: Callable[[str], None]) -> None:
    """Answer over HTTP on loopback until interrupted; `tell` is given the address. Raises PortTaken."""
    with listening(ListenAddress(host=LOOPBACK, port=port)) as place:
        tell(f"{place.url.rstrip('/')}{PATH}")
        new_uvicorn(mcp_app(copies, place.rules.hosts or frozenset())).run(sockets=[place.socket])
