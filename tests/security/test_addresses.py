"""No answer of a server makes us ask for what only our own network reaches."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from crawler.http.address_guard import AddressGuard, InnerAddressError
from crawler.http.hub_client import HubClient
from crawler.http.responses import ByteSpan, parse_endpoint
from crawler.http.retry_policy import RetryPolicy
from tests.security.network import listening

if TYPE_CHECKING:
    from tests.security.network import Names

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


@pytest.mark.parametrize(("name", "heard"), [("inner", []), ("both", []), ("turning", [b""])])
def test_a_name_of_a_redirect_leads_to_no_inner_address(name: str, heard: list[bytes], names: Names) -> None:
    """One inner address among those of a name is enough; where the name turns after the look, no byte is sent."""
    with listening("127.0.0.2") as inner:
        answer = (
            f"HTTP/1.1 302 Found\r\nLocation: https://{name}.example.org:{inner.port}/x\r\nContent-Length: 0\r\n\r\n"
        )
        with (
            listening(answer=answer) as hub,
            HubClient(f"http://hub.example.org:{hub.port}", retry_policy=RetryPolicy(attempts=1)) as client,
        ):
            response = client.get_span("/large", ByteSpan(start=0, stop=100), bucket="resolvers")
    assert (response.status, response.elsewhere) == (302, f"{name}.example.org")
    assert inner.heard == heard
    assert f"{name}.example.org" in names.asked


def test_the_endpoint_may_be_anywhere_and_its_files_too(names: Names) -> None:
    """A Hub of an inner network, which only its connection tells, may keep its files beside itself."""
    guard = AddressGuard(is_inner=False)
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
    guard = AddressGuard(is_inner=False)
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

    trace = AddressGuard(is_inner=False).trace("https://93.184.215.14/x", is_endpoint=is_endpoint)
    trace("connection.connect_tcp.started", {"host": "93.184.215.14"})
    trace("connection.connect_tcp.complete", {"return_value": Lost()})


def test_a_name_that_leads_nowhere_fails_as_a_connection(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be found is told by the connection that fails."""

    def nowhere(*_: object, **__: object) -> list[object]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    url = "http://nowhere.example.org/x"
    with httpx.Client(trust_env=False) as client, pytest.raises(httpx.ConnectError):
        client.get(url, extensions={"trace": AddressGuard(is_inner=False).trace(url, is_endpoint=False)})
    assert names.asked == []
