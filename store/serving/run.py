"""Run the server: a socket, its names, and uvicorn, until interrupted."""

from __future__ import annotations

import ipaddress
import secrets
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import uvicorn

from lineage.errors import LineageError, UsageError
from store.serving.app import build_app
from store.serving.connections import PatientConnection
from store.serving.guard import AccessRules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from store.serving.reader_copies import Copies

LOOPBACK: Final = "127.0.0.1"
MOST_CONNECTIONS: Final = 256
TOKEN_BYTES: Final = 24
LEAST_TOKEN_CHARACTERS: Final = 16


class PortTaken(LineageError):
    """The address cannot be listened on."""

    hint = "choose another one with --port; 0 picks a free one"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenAddress:
    """Where to listen. `port` 0 takes a free one; beyond loopback `token` is required, and None generates one."""

    host: str = LOOPBACK
    port: int = 0
    is_open: bool = False
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """A listening server: its address, with the token if one was generated, and its socket."""

    url: str
    rules: AccessRules
    socket: socket.socket


@contextmanager
def listening(place: ListenAddress) -> Iterator[Listening]:
    """Listen for the duration of the block. Raises UsageError beyond loopback without the flag, PortTaken."""
    is_local = _is_loopback(place.host)
    if not is_local and not place.is_open:
        raise UsageError(f"{place.host} can be reached from other machines: add --beyond-loopback if you want that")
    if place.token is not None and len(place.token) < LEAST_TOKEN_CHARACTERS:
        raise UsageError(f"the token has fewer than {LEAST_TOKEN_CHARACTERS} characters")
    token = place.token if is_local else place.token or secrets.token_urlsafe(TOKEN_BYTES)
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((place.host, place.port))
            listener.listen()
        except OSError as error:
            raise PortTaken(f"{place.host} port {place.port}: {error.strerror or error}") from error
        port = int(listener.getsockname()[1])
        name = f"[{place.host}]" if family is socket.AF_INET6 else place.host
        hosts = frozenset({f"{one}:{port}" for one in (name, "localhost", LOOPBACK)}) if is_local else None
        url = f"http://{name}:{port}/" + ("" if token == place.token else f"?token={token}")
        yield Listening(url=url, rules=AccessRules(hosts=hosts, token=token), socket=listener)


def run(copies: Copies, place: Listening) -> None:
    """Serve until interrupted."""
    new_server(copies, place).run(sockets=[place.socket])


def new_server(copies: Copies, place: Listening) -> uvicorn.Server:
    """Return a server that is not running yet; set its `should_exit` to stop it."""
    return new_uvicorn(build_app(copies, place.rules))


def new_uvicorn(app: Starlette) -> uvicorn.Server:
    """Return what serves an application, with our limits on connections; it is not running yet."""
    config = uvicorn.Config(
        app,
        http=PatientConnection,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError as error:
        raise UsageError(
            f"{host!r} is not an address to listen on: give a numeric one, such as {LOOPBACK} or 0.0.0.0"
        ) from error
