"""Parts of a large file: read where it lies, within a cap, whatever a server answers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from crawler.hub.ranges import RangedFile
from crawler.hub.repository import Absent

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawler.http.hub_client import HubClient
    from tests.crawler.conftest import Asked, Canned, ScriptedHub

CONTENT = bytes(range(256)) * 40
COMMIT = "c" * 40


def part_of(canned: type[Canned], asked: Asked, *, content: bytes = CONTENT) -> Canned:
    """Answer a range as a store of large files does."""
    first, last = asked.headers["range"].removeprefix("bytes=").split("-")
    start, stop = int(first), min(int(last) + 1, len(content))
    told = {"Content-Range": f"bytes {start}-{stop - 1}/{len(content)}", "X-Repo-Commit": COMMIT}
    return canned(status=206, body=content[start:stop], headers=told)


def serving(hub: ScriptedHub, canned: type[Canned], answer: Callable[[Asked], Canned]) -> None:
    """Let the Hub redirect to a store elsewhere, which answers so."""
    elsewhere = hub.url.replace("127.0.0.1", "localhost")
    hub.answer = lambda asked: (
        answer(asked)
        if asked.path == "/store"
        else canned(status=302, headers={"Location": f"{elsewhere}/store?Signature=s3cret"})
    )


def open_file(client: HubClient, most_bytes: int = 5000) -> RangedFile:
    """Return a file of the scripted Hub."""
    return RangedFile(client, "maple/base", "main", "model.safetensors", most_bytes=most_bytes)


def test_the_file_is_found_once_and_read_by_parts(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The second part is asked for at the store, without a request of the endpoint's quota."""
    serving(hub, canned, lambda asked: part_of(canned, asked))
    file = open_file(client)
    assert file.read(0, 100) == CONTENT[:100]
    assert file.read(1000, 3000) == CONTENT[1000:3000]
    assert [asked.path for asked in hub.asked] == ["/maple/base/resolve/main/model.safetensors", "/store", "/store"]
    assert (file.file_bytes, file.bytes_read, file.left_bytes, file.commit) == (len(CONTENT), 2100, 2900, COMMIT)
    assert client.rate_limiter.sent("resolvers") == 2


def test_a_part_that_reaches_beyond_the_end_ends_there(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """A short file is whole."""
    serving(hub, canned, lambda asked: part_of(canned, asked, content=b"short"))
    assert open_file(client).read(0, 100) == b"short"


def test_no_more_is_read_than_allowed(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Asking for more is an error before anything is sent."""
    serving(hub, canned, lambda asked: part_of(canned, asked))
    file = open_file(client, most_bytes=150)
    assert file.read(0, 100) == CONTENT[:100]
    for start, stop in ((100, 151), (5, 5), (-1, 5), (9, 8)):
        with pytest.raises(ValueError, match="not a part"):
            file.read(start, stop)
    assert len(hub.asked) == 2


@pytest.mark.parametrize(
    "told",
    [
        "bytes 1-99/10240",
        "bytes 0-100/10240",
        "bytes 0-99/99",
        "bytes 99-0/10240",
        "bytes 0-99",
        "",
        "items 0-99/10240",
        "bytes 0-99/99999999999999999999",
        "bytes 0-x/10240",
    ],
)
def test_a_part_that_was_not_asked_for_is_refused(
    told: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """After a few attempts, with the reason."""
    serving(hub, canned, lambda _: canned(status=206, body=bytes(100), headers={"Content-Range": told}))
    refused = open_file(client).read(0, 100)
    assert isinstance(refused, Absent)
    assert "not the part of the file that was asked for" in refused.reason
    assert len(hub.asked) == 6


def test_a_server_that_does_not_heed_ranges_is_left(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The start of a whole file is its first part; another part of it is not waited for."""
    serving(hub, canned, lambda _: canned(body=bytes(3_000_000)))
    file = open_file(client)
    assert file.read(0, 100) == bytes(100)
    refused = file.read(1000, 1100)
    assert isinstance(refused, Absent)
    assert "sends the whole file" in refused.reason
    assert file.bytes_read == 100
    assert client.counts.bytes_received < 1_000_000


def test_a_store_that_says_two_sizes_or_too_little_is_refused(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """One file has one size, and a part has as many bytes as it says."""
    sizes = iter((10240, 20480))
    serving(
        hub,
        canned,
        lambda asked: canned(
            status=206,
            body=bytes(100),
            headers={"Content-Range": f"{asked.headers['range'].replace('=', ' ')}/{next(sizes)}"},
        ),
    )
    file = open_file(client)
    assert file.read(0, 100) == bytes(100)
    refused = file.read(100, 200)
    assert isinstance(refused, Absent)
    assert "two sizes" in refused.reason
    serving(hub, canned, lambda _: canned(status=206, body=b"x", headers={"Content-Range": "bytes 0-99/10240"}))
    cut = open_file(client).read(0, 100)
    assert isinstance(cut, Absent)
    assert (cut.is_cut, cut.is_passing) == (True, True)


def test_an_address_that_expired_is_asked_for_again(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """The store refuses the old signature, and the Hub gives a new one."""
    answers = iter((True, False, True))
    serving(hub, canned, lambda asked: part_of(canned, asked) if next(answers) else canned(status=403, body=b"expired"))
    file = open_file(client)
    assert file.read(0, 100) == CONTENT[:100]
    assert file.read(100, 200) == CONTENT[100:200]
    assert [asked.path.rpartition("/")[2] for asked in hub.asked] == [
        "model.safetensors",
        "store",
        "store",
        "model.safetensors",
        "store",
    ]


def test_refusals_and_invalid_names_are_reasons(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A gated file is not for us; nothing is sent for a path that leaves the repository."""
    hub.script(canned(status=403, headers={"X-Error-Code": "GatedRepo"}))
    refused = open_file(client).read(0, 100)
    assert isinstance(refused, Absent)
    assert (refused.reason, refused.status) == ("GatedRepo", 403)
    asked = len(hub.asked)
    for model, path in (("maple/base", "../x"), ("../x", "model.safetensors")):
        assert isinstance(RangedFile(client, model, "main", path, most_bytes=100).read(0, 10), Absent)
    assert len(hub.asked) == asked


def test_a_signed_address_is_never_logged(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither when it is followed nor when another part is asked for there, and no record shows it."""
    serving(hub, canned, lambda asked: part_of(canned, asked))
    file = open_file(client)
    with caplog.at_level(logging.DEBUG, logger="crawler"):
        file.read(0, 100)
        file.read(100, 200)
    assert len(caplog.records) == 3
    assert "s3cret" not in caplog.text
