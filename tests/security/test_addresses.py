"""No answer of a server makes us ask for what only our own network reaches."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from crawler import addresses
from crawler.addresses import Guard, InnerAddressError
from crawler.effort import Effort
from crawler.replies import parse_endpoint
from crawler.wire import Wire
from evaluation.errors import CannotRun
from evaluation.runners import guarded_hub
from evaluation.runners.snapshots import Snapshots
from evaluation.work import Weights

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAST = b"last"
HUB = "https://hub.example.org"
INNER = (
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://anything.localhost/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.7/x",
    "https://192.168.1.1/x",
    "https://172.16.0.1/x",
    "https://0.0.0.0/x",
    "https://[::1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
    "https://100.64.0.1/x",
    "https://224.0.0.1/x",
    "https://[64:ff9b::10.0.0.1]/x",
    "https://[64:ff9b:1::8.8.8.8]/x",
    "https://[2002:a00:1::]/x",
)


@pytest.mark.parametrize("target", INNER)
def test_a_hub_sends_us_to_no_inner_address(target: str) -> None:
    """Numbers of this machine, of a private network and of a cloud's metadata are refused in all their forms."""
    assert not parse_endpoint(HUB).trusts(target)


@pytest.mark.parametrize(
    ("endpoint", "target"),
    [
        (HUB, "https://cdn.example.net/x"),
        (HUB, "https://93.184.215.14/x"),
        (HUB, "https://[64:ff9b::93.184.215.14]/x"),
        ("https://10.0.0.1", "https://10.0.0.2/x"),
        ("http://127.0.0.1:8080", "http://localhost:9090/x"),
    ],
)
def test_a_file_may_lie_elsewhere(endpoint: str, target: str) -> None:
    """Names and public addresses are trusted over https, and a Hub of an inner network leads to inner addresses."""
    assert parse_endpoint(endpoint).trusts(target)


class Listener:
    """A server on an address of this machine: what each connection said, and one answer to whoever asks."""

    def __init__(self, address: str, answer: str) -> None:
        self.heard: list[bytes] = []
        self._answer = answer.encode()
        self.socket = socket.create_server((address, 0))
        self.port = self.socket.getsockname()[1]

    def serve(self) -> None:
        """Take connections until one says that it is the last."""
        while True:
            connection = self.socket.accept()[0]
            with connection:
                said = connection.recv(4096)
                if said == LAST:
                    return
                self.heard.append(said)
                if said:
                    connection.sendall(self._answer)

    def close(self) -> None:
        """Take no connections but those that are waiting."""
        with socket.socket() as last:
            last.connect(self.socket.getsockname())
            last.sendall(LAST)


@contextmanager
def listening(address: str = "127.0.0.1", answer: str = "HTTP/1.1 204 None\r\n\r\n") -> Iterator[Listener]:
    """Yield a server while the block runs."""
    listener = Listener(address, answer)
    thread = threading.Thread(target=listener.serve)
    thread.start()
    try:
        yield listener
    finally:
        listener.close()
        thread.join()
        listener.socket.close()


class Names:
    """A resolver of names: each has the answers of a list, one a question, the last for ever."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.asked: list[str] = []
        self._answers = {f"{name}.example.org": known for name, known in answers.items()}

    def __call__(self, host: str, port: object = None, *_: object, **__: object) -> list[tuple[object, ...]]:
        """Answer as `socket.getaddrinfo`."""
        self.asked.append(host)
        known = self._answers.get(host, [[host]])
        found = known.pop(0) if len(known) > 1 else known[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Put a resolver in the system's place, and take 127.0.0.1 for a public address, which a test may ask."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    leads = {"hub": [["127.0.0.1"]], "inner": [["127.0.0.2"]], "both": [["127.0.0.1", "127.0.0.2"]]}
    names = Names(**leads, turning=[["127.0.0.1"], ["127.0.0.2"]])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setattr(addresses, "is_inner", lambda host: host == "127.0.0.2")
    return names


@pytest.mark.parametrize(("name", "heard"), [("inner", []), ("both", []), ("turning", [b""])])
def test_a_name_of_a_redirect_leads_to_no_inner_address(name: str, heard: list[bytes], names: Names) -> None:
    """One inner address among those of a name is enough; where the name turns after the look, no byte is sent."""
    with listening("127.0.0.2") as inner:
        answer = (
            f"HTTP/1.1 302 Found\r\nLocation: https://{name}.example.org:{inner.port}/x\r\nContent-Length: 0\r\n\r\n"
        )
        with (
            listening(answer=answer) as hub,
            Wire(f"http://hub.example.org:{hub.port}", effort=Effort(attempts=1)) as wire,
        ):
            reply = wire.get_first("/large", 100, bucket="resolvers")
    assert (reply.status, reply.elsewhere) == (302, f"{name}.example.org")
    assert inner.heard == heard
    assert f"{name}.example.org" in names.asked


def test_the_endpoint_may_be_anywhere_and_its_files_too(names: Names) -> None:
    """A Hub of an inner network, which only its connection tells, may keep its files beside itself."""
    guard = Guard(is_inner=False)
    with listening("127.0.0.2") as server, httpx.Client(trust_env=False) as client:
        url = f"http://inner.example.org:{server.port}/x"
        with pytest.raises(InnerAddressError):
            client.get(url, extensions={"trace": guard.trace(url, is_endpoint=False)})
        assert client.get(url, extensions={"trace": guard.trace(url, is_endpoint=True)}).status_code == 204
        assert client.get(url, extensions={"trace": guard.trace(url, is_endpoint=False)}).status_code == 204
    assert (guard.is_inner, len(server.heard)) == (True, 2)
    assert names.asked == ["inner.example.org"] * 3


def test_a_proxy_of_the_users_looks_names_up_itself(names: Names) -> None:
    """Where a proxy is used it is connected to, wherever it is; names are its affair, and are not looked up here."""
    guard = Guard(is_inner=False)
    with (
        listening("127.0.0.2", answer="HTTP/1.1 403 No\r\n\r\n") as proxy,
        httpx.Client(proxy=f"http://127.0.0.2:{proxy.port}") as client,
    ):
        for host, is_endpoint in (("hub", True), ("inner", False)):
            url = f"https://{host}.example.org/x"
            with pytest.raises(httpx.ProxyError):
                client.get(url, extensions={"trace": guard.trace(url, is_endpoint=is_endpoint)})
    assert [said.split()[:2] for said in proxy.heard] == [
        [b"CONNECT", b"hub.example.org:443"],
        [b"CONNECT", b"inner.example.org:443"],
    ]
    assert not guard.is_inner  # the proxy is, which says nothing of the Hub
    assert names.asked == ["127.0.0.2"] * 2


@pytest.mark.parametrize("is_endpoint", [True, False])
def test_a_connection_that_is_lost_at_once_is_no_fault_of_ours(*, is_endpoint: bool) -> None:
    """A server may hang up before its address was looked at: what is sent then fails, as ever."""

    class Lost:
        def get_extra_info(self, _: str) -> object:
            with socket.socket() as unconnected:
                return unconnected.getpeername()

    trace = Guard(is_inner=False).trace("https://93.184.215.14/x", is_endpoint=is_endpoint)
    trace("connection.connect_tcp.started", {"host": "93.184.215.14"})
    trace("connection.connect_tcp.complete", {"return_value": Lost()})


def test_a_name_that_leads_nowhere_fails_as_a_connection(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be found is told by the connection that fails."""

    def nowhere(*_: object, **__: object) -> list[object]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    url = "http://nowhere.example.org/x"
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(url, extensions={"trace": Guard(is_inner=False).trace(url, is_endpoint=False)})
    assert names.asked == []


SHA = "0" * 40
XET = {"X-Xet-Hash": "a" * 64}


class WeightsHub(BaseHTTPRequestHandler):
    """A Hub with one model, whose files lie at the place `place`, or in the Xet storage there."""

    place = ""
    in_xet = False

    def do_GET(self) -> None:
        """Answer what huggingface_hub asks before it downloads."""
        names = ("config.json", "model.safetensors")
        if "/tree/" in self.path:
            self._show([{"type": "file", "path": name, "size": 2, "oid": SHA} for name in names])
        elif self.path.startswith("/api/"):
            self._show({"id": "acme/m", "sha": SHA, "siblings": [{"rfilename": name, "size": 2} for name in names]})
        elif self.path == "/xet":
            stated = {"X-Xet-Cas-Url": self.place, "X-Xet-Access-Token": "t", "X-Xet-Token-Expiration": "9999999999"}
            self._answer(200, b"{}", stated)
        else:
            self.do_HEAD()

    def do_HEAD(self) -> None:
        """Lead to the bytes of a file."""
        refresh = {"X-Xet-Refresh-Route": f"http://{self.headers['host']}/xet"} | XET if self.in_xet else {}
        linked = {"X-Repo-Commit": SHA, "X-Linked-Size": "2", "X-Linked-Etag": f'"{"b" * 64}"'}
        self._answer(302, b"", {"Location": f"{self.place}/file"} | linked | refresh)

    def _show(self, content: object) -> None:
        self._answer(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving_weights(place: str, *, in_xet: bool = False) -> Iterator[str]:
    """Yield the address of a Hub whose files are at a place."""
    kind = type("Hub", (WeightsHub,), {"place": place, "in_xet": in_xet})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://hub.example.org:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("name", "heard", "in_xet"),
    [("inner", [], False), ("both", [], False), ("turning", [b""], False), ("inner", [], True), ("both", [], True)],
)
@pytest.mark.usefixtures("names")
def test_a_hub_keeps_no_weights_at_an_inner_address(
    name: str, heard: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_xet: bool
) -> None:
    """Where the bytes of a model are said to lie in our own network nothing is sent there, and the host is named."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", not in_xet)
    monkeypatch.setattr(guarded_hub._guard, "is_inner", False)  # other tests have their Hubs on this machine
    with listening("127.0.0.2") as inner:
        place = f"http://{name}.example.org:{inner.port}"
        with (
            serving_weights(place, in_xet=in_xet) as hub,
            closing(Snapshots(tmp_path, endpoint=hub)) as snapshots,
            pytest.raises(CannotRun, match=rf"acme/m: the Hub leads to {name}\.example\.org "),
        ):
            snapshots.fetch(Weights(model="acme/m", revision=SHA))
    assert inner.heard == heard
