"""The first bytes of large files: read where the endpoint says that they lie, no more of them than were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from crawler.errors import BrokenBody
from crawler.http.responses import ByteSpan

if TYPE_CHECKING:
    from crawler.http.hub_client import HubClient
    from tests.crawler.conftest import Canned, ScriptedHub


def test_the_first_bytes_are_read_where_they_lie(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A large file is elsewhere: a range is asked for there, and no more is read than was asked for."""
    elsewhere = hub.url.replace("127.0.0.1", "localhost")
    hub.answer = lambda asked: (
        canned(status=206, body=b"GGUF" + bytes(96), headers={"Content-Range": "bytes 0-99/5000"})
        if asked.path == "/large"
        else canned(status=302, headers={"Location": f"{elsewhere}/large"})
    )
    response = client.get_span("/acme/base/resolve/main/x.gguf", ByteSpan(start=0, stop=100), bucket="resolvers")
    assert (response.status, response.body, response.elsewhere) == (200, b"GGUF" + bytes(96), None)
    assert [(asked.path, asked.headers["range"]) for asked in hub.asked][-1] == ("/large", "bytes=0-99")
    assert hub.asked[-1].headers["host"].startswith("localhost")
    assert hub.asked[-1].headers["accept-encoding"] == "identity"
    assert client.counts.requests == 2


def test_a_server_that_sends_the_whole_file_is_left(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Where the range is not heeded no more is read than was asked for; what is packed is not believed."""
    hub.script(canned(body=b"x" * 3_000_000))
    assert client.get_span("/x", ByteSpan(start=0, stop=100), bucket="resolvers").body == b"x" * 100
    hub.script(canned(body=b"x" * 3_000_000, is_gzip=True))
    with pytest.raises(BrokenBody, match="encoding"):
        client.get_span("/x", ByteSpan(start=0, stop=100), bucket="resolvers")


@pytest.mark.parametrize("target", ["http://192.0.2.1/large", "ftp://localhost/large", "file:///etc/passwd", "//x@y/z"])
def test_the_first_bytes_are_read_over_https_alone(
    target: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """A redirect to a plain address of another machine is not followed, nor one to anything but a server."""
    hub.script(canned(status=302, headers={"Location": target}))
    response = client.get_span("/x", ByteSpan(start=0, stop=100), bucket="resolvers")
    assert (response.status, response.elsewhere is not None, len(hub.asked)) == (302, True, 1)
