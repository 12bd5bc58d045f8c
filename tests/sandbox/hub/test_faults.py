"""Fault specs, and what a client meets under each fault."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.hub.faults import KNOWN, Chance, Dice, Faults, parse_faults
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.hub.repo import Repo

ALL = (
    "503=0.05,500=0.01,504>250=0.1,429=0.01,html=0.01,drop=0.02,truncate=0.02,slow=0.01,garbage=0.01,"
    "expand,expand:baseModels=1,cursor=0.01,nohandmade,delay=0.5,seed=7"
)


def test_a_spec_is_read_part_by_part() -> None:
    """Every form of part ends up where it belongs."""
    faults = parse_faults(ALL)
    assert (faults.only_issued_cursors, faults.delay_seconds, faults.seed) == (True, 0.5, 7)
    assert Chance(name="504", chance=0.1, above=250) in faults.chances
    assert Chance(name="expand", chance=1.0, key="baseModels") in faults.chances
    assert Chance(name="expand", chance=1.0) in faults.chances
    assert len(faults.chances) == 12
    assert parse_faults(" , ") == Faults()


@pytest.mark.parametrize(
    "part",
    [
        "505=1",
        "slwo=1",
        "slow=2",
        "slow=-1",
        "slow=nan",
        "slow=x",
        "slow=",
        "slow>5=1",
        "html:tags=1",
        "expand:nope=1",
        "nohandmade=1",
        "seed",
        "seed=1.5",
        "delay=-1",
        "=1",
        "504>x=1",
    ],
)
def test_a_bad_part_is_named_beside_the_known(part: str) -> None:
    """A spec with a bad part is a ValueError that names the part and what is known."""
    with pytest.raises(ValueError, match="known are") as caught:
        parse_faults(f"503=0.1,{part}")
    assert repr(part) in str(caught.value)
    assert all(name in str(caught.value) for name in KNOWN)


def test_the_same_seed_strikes_alike() -> None:
    """Two dice of one seed agree, of two seeds do not, and the chances are about right."""
    faults = parse_faults("503=0.2,slow=0.5,seed=3")
    first, second, other = Dice(faults), Dice(faults), Dice(parse_faults("503=0.2,slow=0.5,seed=4"))
    strikes = [first.breakage(1000) for _ in range(2000)]
    assert strikes == [second.breakage(1000) for _ in range(2000)]
    assert strikes != [other.breakage(1000) for _ in range(2000)]
    assert 300 < strikes.count("503") < 500


@pytest.fixture
def answer_under(make_repo: Callable[..., Repo]) -> Callable[..., httpx.Response]:
    """Give a function that asks a Hub under faults once."""

    def ask(spec: str, address: str = "/api/models?limit=1000", method: str = "GET") -> httpx.Response:
        repo_store = RepoStore(make_repo(f"acme/m{number}", number) for number in range(20))
        with serve(repo_store, faults=spec) as hub, httpx.Client(base_url=hub.url) as client:
            answer = client.request(method, address)
            line = hub.requests[-1]
            assert line.status == answer.status_code
            answer.extensions["fault"] = line.fault
            return answer

    return ask


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_statuses(answer_under: Callable[..., httpx.Response], status: int) -> None:
    """Each status comes as told, with RateLimit headers that leave something; gateways answer in HTML."""
    answer = answer_under(f"{status}=1")
    assert answer.status_code == status
    assert '"api";r=499;' in answer.headers["RateLimit"]
    assert answer.headers["Content-Type"].startswith("text/html") == (status >= 502)
    assert answer.extensions["fault"] == str(status)


def test_a_status_above_a_limit(answer_under: Callable[..., httpx.Response]) -> None:
    """`504>250` strikes larger pages, and the missing limit, only."""
    assert answer_under("504>250=1", "/api/models?limit=251").status_code == 504
    assert answer_under("504>250=1", "/api/models").status_code == 504
    assert answer_under("504>250=1", "/api/models?limit=250").status_code == 200


def test_html_in_place_of_json(answer_under: Callable[..., httpx.Response]) -> None:
    """A page of HTML says 200."""
    answer = answer_under("html=1")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_garbage_is_cut_json_of_the_told_length(answer_under: Callable[..., httpx.Response]) -> None:
    """The body ends amid the JSON although all of it came."""
    answer = answer_under("garbage=1")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()


def test_a_truncated_body_is_shorter_than_told(answer_under: Callable[..., httpx.Response]) -> None:
    """The connection ends before the told length; HEAD, which has no body, goes through."""
    with pytest.raises(httpx.RemoteProtocolError, match="peer closed connection"):
        answer_under("truncate=1")
    assert answer_under("truncate=1", method="HEAD").status_code == 200


def test_dropped_connections(make_repo: Callable[..., Repo]) -> None:
    """A drop comes before any byte or amid the headers, is logged with status 0, and the server goes on."""
    with serve(RepoStore([make_repo("acme/a", 1)]), faults="drop=0.7,seed=2") as hub:
        heard = set()
        for _ in range(30):
            with socket.create_connection(("127.0.0.1", int(hub.url.rpartition(":")[2])), timeout=10) as connection:
                connection.sendall(b"GET /api/models HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")
                with connection.makefile("rb") as stream:
                    heard.add(stream.read()[:28])
        assert {b"", b"HTTP/1.1 200 OK\r\nContent-Ty"} < heard
        assert 0 < hub.requests.count(status=0) < 30
        assert hub.requests.count(status=0) + hub.requests.count(status=200) == 30


def test_slow_answers_are_whole(answer_under: Callable[..., httpx.Response]) -> None:
    """A slow answer waits and is right; it comes on top of a breakage."""
    assert answer_under("slow=1,delay=0.001").extensions["fault"] == "slow"
    assert answer_under("slow=1,delay=0,503=1").extensions["fault"] == "503+slow"


def test_a_slow_answer_can_outlast_a_client(make_repo: Callable[..., Repo]) -> None:
    """A delay longer than the client's patience is a timeout, and the server still stops."""
    with (
        serve(RepoStore([make_repo("acme/a", 1)]), faults="slow=1,delay=60") as hub,
        httpx.Client(base_url=hub.url, timeout=0.05) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get("/api/models")


@pytest.mark.parametrize(
    ("spec", "query", "status"),
    [
        ("expand=1", "", 200),
        ("expand=1", "?expand=tags", 400),
        ("expand:baseModels=1", "?expand=tags", 200),
        ("expand:baseModels=1", "?expand=tags&expand=baseModels", 400),
        ("expand:baseModels=0", "?expand=tags&expand=baseModels", 200),
    ],
)
def test_refused_expand(answer_under: Callable[..., httpx.Response], spec: str, query: str, status: int) -> None:
    """`expand` is refused as a whole or for one key, on lists and records, with the Hub's own 400."""
    for path in ("/api/models", "/api/models/acme/m1"):
        answer = answer_under(spec, f"{path}{query}")
        assert answer.status_code == status
        assert status == 200 or answer.json()["error"].startswith('"expand" must be one of [')


def test_refused_cursors(make_repo: Callable[..., Repo]) -> None:
    """A cursor that the server issued is refused all the same; the first page has none and goes through."""
    repo_store = RepoStore(make_repo(f"acme/m{number}", number) for number in range(4))
    with serve(repo_store, faults="cursor=1") as hub, httpx.Client(base_url=hub.url) as client:
        first = client.get("/api/models?sort=createdAt&limit=2")
        assert first.status_code == 200
        assert client.get(first.links["next"]["url"]).status_code == 400
