"""Starting and stopping a sandbox Hub."""

from __future__ import annotations

import logging
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime

import httpx
import pytest

from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import _listener, serve, serve_forever

FOREGROUND = """
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve_forever
serve_forever(RepoStore(), announce=lambda url: print(url, flush=True))
print("stopped")
"""


def test_it_listens_on_loopback_at_the_asked_port_and_leaves_it() -> None:
    """The address is loopback; after the block the port is free again and the thread gone."""
    before = threading.active_count()
    with serve(RepoStore()) as hub:
        port = int(hub.url.rpartition(":")[2])
        assert hub.url == f"http://127.0.0.1:{port}"
        assert httpx.get(f"{hub.url}/api/models").json() == []
    assert threading.active_count() <= before + 1
    with serve(RepoStore(), port=port) as again:
        assert httpx.get(f"{again.url}/api/models").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{hub.url}/api/models")


def test_a_taken_port_is_an_error() -> None:
    """A port in use raises OSError at once, in the thread and in the foreground."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"), serve(RepoStore(), port=port):
            pytest.fail("served on a taken port")
        with pytest.raises(OSError, match="in use"):
            serve_forever(RepoStore(), port=port)


def test_a_bad_spec_is_an_error_before_anything_listens() -> None:
    """A fault spec is read first."""
    with pytest.raises(ValueError, match="no such fault"), serve(RepoStore(), faults="sloth=1"):
        pytest.fail("served under a bad spec")


def test_an_answer_does_not_wait_for_acknowledgements() -> None:
    """The listener tells its protocol, without which asyncio leaves Nagle's delay on: 40 ms an answer."""
    with _listener(0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        assert listener.getsockname()[0] == "127.0.0.1"


def test_one_connection_serves_many_requests() -> None:
    """Connections are kept alive."""
    with serve(RepoStore()) as hub, httpx.Client(base_url=hub.url) as client:
        ports = {client.get("/api/models").extensions["network_stream"].get_extra_info("client_addr") for _ in range(5)}
    assert len(ports) == 1


def test_the_server_says_nothing(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither requests nor faults leave a line in logs or on the terminal."""
    caplog.set_level(logging.WARNING)
    with serve(RepoStore(), faults="drop=0.5,truncate=0.5,seed=1") as hub, httpx.Client(base_url=hub.url) as client:
        for _ in range(10):
            try:
                client.get("/models-json")
            except httpx.RemoteProtocolError:
                continue
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_the_foreground_server_ends_on_interrupt() -> None:
    """It announces its address, answers, and returns on Ctrl-C."""
    with subprocess.Popen([sys.executable, "-c", FOREGROUND], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        answer = httpx.get(f"{url}/api/models")
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert answer.status_code == 200
    assert rest == "stopped\n"
    assert process.returncode == 0


def test_a_mistake_of_the_sandbox_is_logged_and_answered(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A handler that fails gives 500 and a traceback in the log, and the server goes on."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    repo_store = RepoStore()
    with serve(repo_store) as hub, httpx.Client(base_url=hub.url) as client:
        with monkeypatch.context() as patched:
            patched.setattr(RepoStore, "page", fail)
            assert client.get("/api/models").status_code == 500
        assert client.get("/api/models").status_code == 200
    assert [record.message for record in caplog.records] == ["the sandbox Hub has no answer to /api/models"]


def test_a_client_that_leaves_amid_its_request_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    """Half a request body and a closed connection leave no trace."""
    with serve(RepoStore()) as hub, httpx.Client(base_url=hub.url) as client:
        with socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2])), timeout=10) as connection:
            connection.sendall(
                b"POST /api/models/a/b/paths-info/main HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nx"
            )
        assert client.get("/api/models").status_code == 200
        assert len(hub.requests) == 1
    assert caplog.records == []


def test_bytes_that_are_no_address_are_refused() -> None:
    """Raw bytes beyond ASCII in the query get an answer."""
    with serve(RepoStore()) as hub:
        with socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2])), timeout=10) as connection:
            connection.sendall(b"GET /api/models?search=\xff\xfe HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            with connection.makefile("rb") as stream:
                status = stream.readline().split()[1]
        assert status in (b"200", b"400")
        assert hub.requests.count(status=500) == 0


def test_it_tells_the_time_of_what_it_holds() -> None:
    """Every answer has one Date, that of the clock by which changes are dated; refusals too."""
    moment = datetime(2031, 5, 4, 3, 2, 1, tzinfo=UTC)
    with serve(RepoStore(now=lambda: moment)) as hub, httpx.Client(base_url=hub.url) as client:
        answers = [client.get(path) for path in ("/api/models", "/api/models/acme/none")]
    assert [answer.headers.get_list("date") for answer in answers] == [["Sun, 04 May 2031 03:02:01 GMT"]] * 2
