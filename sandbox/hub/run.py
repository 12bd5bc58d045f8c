"""Run a sandbox Hub: in a thread for tests and demos, or in the foreground until interrupted. Loopback only."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.hub.app import CLOSE, HubApp
from sandbox.hub.faults import Faults, parse_faults
from sandbox.hub.rate_limit import QuotaMeter, QuotaRules

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from sandbox.hub.dataset_store import DatasetStore
    from sandbox.hub.repo_store import RepoStore
    from sandbox.hub.request_log import RequestLog

HOST = "127.0.0.1"
_START_SECONDS = 30.0
_STOP_SECONDS = 1


class SandboxStartError(RuntimeError):
    """The sandbox Hub did not begin to listen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHub:
    """A sandbox Hub while it runs: its address, its models, its uploaded data sets and the requests it received."""

    url: str
    repo_store: RepoStore
    datasets: DatasetStore
    requests: RequestLog


@contextmanager
def serve(
    repo_store: RepoStore,
    *,
    port: int = 0,
    quota: QuotaRules | bool = False,
    faults: Faults | str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[RunningHub]:
    """Serve the repositories from a thread while the block runs.

    `port` 0 takes a free port. `quota=True` enforces the Hub's own limits, a `QuotaRules` enforces others, and False
    reports limits in every response without refusing anything. `clock` returns the seconds by which windows pass.
    `faults` is a spec (see `sandbox.hub.faults`). Raises OSError if the port is taken, FaultSpecError and
    SandboxStartError.
    """
    hub = _hub(repo_store, quota=quota, faults=faults, clock=clock)
    with _listener(port) as listener:
        server = _Server(_config(hub))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="sandbox-hub", daemon=True)
        thread.start()
        try:
            if not server.is_up.wait(_START_SECONDS):
                raise SandboxStartError("not up in time")
            yield RunningHub(url=_url(listener), repo_store=repo_store, datasets=hub.datasets, requests=hub.log)
        finally:
            server.should_exit = True
            thread.join()


def serve_forever(
    repo_store: RepoStore,
    *,
    port: int = 0,
    quota: QuotaRules | bool = False,
    faults: Faults | str | None = None,
    announce: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve the repositories in the calling thread until interrupted; `announce` is called with the address first.

    Raises OSError if the port is taken, FaultSpecError.
    """
    hub = _hub(repo_store, quota=quota, faults=faults, clock=time.monotonic)
    with _listener(port) as listener:
        announce(_url(listener))
        try:
            _Server(_config(hub)).run(sockets=[listener])
        except KeyboardInterrupt:
            return


class _Server(uvicorn.Server):
    """A server that reports when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


class _Breakable(H11Protocol):
    """HTTP/1.1 whose application may break the connection, through the scope's `CLOSE`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        application = self.app

        def close(last_words: bytes) -> None:
            if last_words:
                transport.write(last_words)
            transport.close()

        async def breakable(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- uvicorn's own types differ
            scope[CLOSE] = close
            await application(scope, receive, send)

        self.app = breakable


def _hub(
    repo_store: RepoStore, *, quota: QuotaRules | bool, faults: Faults | str | None, clock: Callable[[], float]
) -> HubApp:
    limits = quota if isinstance(quota, QuotaRules) else QuotaRules(is_enforced=quota)
    chosen = parse_faults(faults) if isinstance(faults, str) else faults
    return HubApp(repo_store=repo_store, meter=QuotaMeter(limits, clock), faults=chosen or Faults())


def _config(hub: HubApp) -> uvicorn.Config:
    return uvicorn.Config(
        hub,
        http=_Breakable,
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        date_header=False,  # responses carry the time of the repository store, which a test may move
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


def _listener(port: int) -> socket.socket:
    # asyncio turns off Nagle's delay only if the protocol is named; otherwise every response waits 40 ms for an ACK
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _url(listener: socket.socket) -> str:
    return f"http://{HOST}:{listener.getsockname()[1]}"
