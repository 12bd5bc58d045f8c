"""No answer of a Hub makes huggingface_hub fetch weights from our own network, or where they could be changed."""

from __future__ import annotations

import json
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.interface import Weights
from evaluation.engines.transformers import download_guard as guarded_hub
from evaluation.engines.transformers.downloads import Snapshots
from evaluation.errors import CannotRun
from tests.security.network import listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        place = f"https://{name}.example.org:{inner.port}"
        with (
            serving_weights(place, in_xet=in_xet) as hub,
            closing(Snapshots(tmp_path, endpoint=hub)) as snapshots,
            pytest.raises(CannotRun, match=rf"acme/m: the Hub leads to {name}\.example\.org "),
        ):
            snapshots.fetch(Weights(model="acme/m", revision=SHA))
    assert inner.heard == heard


@pytest.mark.parametrize("in_xet", [False, True])
@pytest.mark.usefixtures("names")
def test_weights_are_not_fetched_without_https(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_xet: bool
) -> None:
    """Who is on the way could change them; nothing is sent."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", not in_xet)
    monkeypatch.setattr(guarded_hub._guard, "is_inner", False)
    with (
        listening() as elsewhere,
        serving_weights(f"http://hub.example.org:{elsewhere.port}", in_xet=in_xet) as hub,
        closing(Snapshots(tmp_path, endpoint=hub)) as snapshots,
        pytest.raises(CannotRun, match=r"leads to hub\.example\.org for its files without https"),
    ):
        snapshots.fetch(Weights(model="acme/m", revision=SHA))
    assert elsewhere.heard == []


def test_an_inner_hub_keeps_weights_where_it_likes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Hub on this machine, which only its connection tells, leads elsewhere on it, and no token goes along."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(guarded_hub._guard, "is_inner", False)
    monkeypatch.setenv("HF_TOKEN", "hf_for_the_hub_alone")
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    with listening(answer=answer) as elsewhere, serving_weights(f"http://127.0.0.1:{elsewhere.port}") as hub:
        endpoint = hub.replace("hub.example.org", "127.0.0.1")
        with closing(Snapshots(tmp_path, endpoint=endpoint)) as snapshots:
            folder = snapshots.fetch(Weights(model="acme/m", revision=SHA)).folder
    assert (folder / "model.safetensors").read_bytes() == b"{}"
    assert [said.split()[:2] for said in elsewhere.heard] == [[b"GET", b"/file"]]  # two names of one content
    assert b"hf_for_the_hub_alone" not in elsewhere.heard[0]
