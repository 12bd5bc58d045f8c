"""What a question can meet on its way: everything that passes is tried again, nothing shows the key."""

from __future__ import annotations

import asyncio
import copy
import logging
import pickle
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.http.retry_policy import RetryPolicy, read_retry_after
from evaluation.engines.endpoint.api_client import RETRIES, ApiClient, explain, parse_url
from evaluation.engines.endpoint.api_key import ApiKey, find_key
from evaluation.engines.endpoint.errors import AnswerUnusable, EndpointAway, EndpointRefused, KeyRefused, ModelNotServed
from evaluation.errors import CannotRun, NotServed, OptionInvalid

if TYPE_CHECKING:
    from tests.evaluation.engines.endpoint.conftest import ModelServer

SECRET = "sk-maple-0123456789"  # noqa: S105 -- opens nothing
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
QUESTION: dict[str, object] = {
    "model": "maple/model-1",
    "prompt": "one two",
    "temperature": 0,
    "stream": False,
    "seed": 1,
    "max_tokens": 1,
}


class Naps:
    """Sleeps that take no time, and are remembered."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Remember a sleep."""
        self.seconds.append(seconds)


def ask(
    server: ModelServer,
    *,
    naps: Naps | None = None,
    key: ApiKey | None = None,
    answer_seconds: float = 600.0,
    **retry_policy: float,
) -> dict[str, object]:
    """Ask one question with a client of its own."""

    async def asking() -> dict[str, object]:
        patient = replace(RETRIES, attempts=4, jitter=lambda: 1.0)
        async with ApiClient(
            server.url,
            key=key,
            retry_policy=replace(patient, **retry_policy),  # type: ignore[arg-type]  # whole numbers where they must be
            answer_seconds=answer_seconds,
            sleep=naps or Naps(),
            now=lambda: NOW,
        ) as client:
            return await client.post("/v1/completions", QUESTION)

    return asyncio.run(asking())


@pytest.mark.parametrize("kind", ["garbage", "list", "drop"])
def test_what_breaks_off_is_asked_again(server: ModelServer, kind: str) -> None:
    """Half an answer, one that is no object, and a lost connection are tried again until there is a whole one."""
    server.fail(kind, times=3)
    assert ask(server)["object"] == "text_completion"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_passing_statuses_are_waited_out(server: ModelServer, status: int) -> None:
    """The waits double from the first one, with the jitter at its largest."""
    server.fail("status", times=3, status=status)
    naps = Naps()
    assert ask(server, naps=naps, first_wait_seconds=0.5)["object"] == "text_completion"
    assert naps.seconds == [0.5, 1.0, 2.0]


def test_the_servers_own_wait_is_obeyed_and_bounded(server: ModelServer) -> None:
    """Seconds and a date count alike, and nobody is made to wait for a day."""
    server.fail("status", status=429, retry_after="7")
    server.fail("status", status=503, retry_after="Sun, 01 Mar 2026 12:00:09 GMT")
    server.fail("status", status=503, retry_after="86400")
    naps = Naps()
    ask(server, naps=naps, longest_retry_after_seconds=20.0)
    assert naps.seconds == [7.0, 9.0, 20.0]


def test_it_gives_up_after_its_attempts(server: ModelServer) -> None:
    """The error counts the attempts and says what the server said last."""
    server.fail("status", times=9, status=503)
    with pytest.raises(EndpointAway, match=r"4 attempts\): status 503: not now"):
        ask(server)


def test_nobody_there(server: ModelServer) -> None:
    """A port where nobody listens is an error of ours, not of httpx."""

    async def asking() -> None:
        async with ApiClient("http://127.0.0.1:1", retry_policy=RetryPolicy(attempts=2), sleep=Naps()) as client:
            await client.get("/v1/models")

    assert server.url
    with pytest.raises(EndpointAway, match=r"http://127\.0\.0\.1:1 does not answer \(2 attempts\)"):
        asyncio.run(asking())


def test_an_answer_that_never_comes(server: ModelServer) -> None:
    """One whole answer has its time, however often bytes arrive."""
    server.fail("stall")
    with pytest.raises(EndpointAway, match=r"no answer in 0\.05 seconds"):
        ask(server, attempts=1, answer_seconds=0.05)


def test_a_refusal_is_final(server: ModelServer) -> None:
    """A status that no attempt would change is raised at once, with the server's words."""
    server.fail("status", status=400)
    with pytest.raises(EndpointRefused, match=r"refuses /v1/completions \(400\): not now") as caught:
        ask(server)
    assert (caught.value.status, len(server.posted("/v1/completions"))) == (400, 1)


def test_a_redirect_is_not_followed(server: ModelServer) -> None:
    """The key goes to no other address."""
    server.fail("status", status=307, location="http://127.0.0.1:1/")
    with pytest.raises(EndpointRefused, match="307"):
        ask(server, key=ApiKey(SECRET, variable="MAPLE_KEY"))


def test_an_endless_answer_is_cut(server: ModelServer) -> None:
    """More bytes than an answer may have are not read, and not asked for again."""
    server.fail("huge")
    with pytest.raises(AnswerUnusable, match="longer than 67,108,864 bytes"):
        ask(server)


def test_no_more_at_once_than_allowed(server: ModelServer) -> None:
    """Of 40 questions at once five are under way, and each gets its own answer."""
    server.order = lambda _: 20

    async def asking() -> list[dict[str, Any]]:
        async with ApiClient(server.url, concurrency=5) as client:
            prompts = (QUESTION | {"prompt": f"prompt {number}"} for number in range(40))
            return await asyncio.gather(*(client.post("/v1/completions", one) for one in prompts))

    answers = asyncio.run(asking())
    assert [one["choices"][0]["text"] for one in answers] == [server.replies(f"prompt {n}") for n in range(40)]
    assert 1 < server.busiest <= 5


def test_the_key_is_sent_and_never_shown(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a log, a message, a representation or a copy, though the server repeats it."""
    server.key = SECRET
    wrong = ApiKey(SECRET + "x", variable="MAPLE_KEY")
    caplog.set_level(logging.DEBUG)
    assert ask(server, key=ApiKey(SECRET, variable="MAPLE_KEY"))["object"] == "text_completion"
    with pytest.raises(KeyRefused, match="the key in MAPLE_KEY: refused") as caught:
        ask(server, key=wrong)
    shown = f"{caught.value}{caught.value.hint}{wrong}{wrong!r}{ApiClient(server.url, key=wrong)!r}{caplog.text}"
    assert SECRET not in shown
    for copying in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            copying(wrong)


def test_a_key_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable is no key; one that is empty or holds two words is an error that shows nothing of it."""
    monkeypatch.setenv("MAPLE_KEY", SECRET)
    found = find_key("MAPLE_KEY")
    assert (find_key(None), find_key(""), found and found.reveal()) == (None, None, SECRET)
    monkeypatch.setenv("MAPLE_KEY", f"two {SECRET}")
    with pytest.raises(KeyRefused, match="not one word") as caught:
        find_key("MAPLE_KEY")
    assert SECRET not in str(caught.value)
    with pytest.raises(KeyRefused, match="not set"):
        find_key("MAPLE_KEY_THAT_IS_NOT")


@pytest.mark.parametrize(
    "url", ["ftp://maple", "http://user:word@maple", "http://maple/v1?key=word", "http://word@[maple", "", "maple"]
)
def test_what_is_no_address(url: str) -> None:
    """An address that is not http(s), or holds a user or a query, is refused, and the secret in it is not shown."""
    with pytest.raises(OptionInvalid) as caught:
        parse_url(url)
    assert "word" not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize(
    "url", ["http://maple:8000", "http://maple:8000/", "http://maple:8000/v1", "http://maple:8000/v1/"]
)
def test_an_address_with_or_without_its_end(url: str) -> None:
    """The path of the API is ours to add, whether the user wrote it or not."""
    assert parse_url(url).url("/v1/models") == "http://maple:8000/v1/models"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": {"message": "too long", "code": 400}}', "too long"),
        (b'{"error": "too long", "error_type": "validation"}', "too long"),
        (b'{"object": "error", "message": "too long"}', "too long"),
        (b'{"detail": "too long"}', "too long"),
        (b"<html><title>bad</title>too\x1b[2J long</html>", "bad too long"),
        (b'{"error": 5}', ""),
        (b"[" * 100_000, None),
    ],
)
def test_the_words_of_an_error(body: bytes, expected: str | None) -> None:
    """Each family's form is understood, and what is hostile is made harmless."""
    said = explain(body)
    assert said.isprintable()
    assert expected is None or said == expected


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode), st.text(max_size=40))
def test_reading_strangers_never_fails(body: bytes, header: str) -> None:
    """Whatever a server writes, an explanation is a harmless line and a wait is none or not negative."""
    assert explain(body).isprintable()
    waits = read_retry_after(header, NOW)
    assert waits is None or waits >= 0


def test_what_may_pass_is_told_from_what_cannot() -> None:
    """A queue tries again what is no CannotRun, and takes back what its server could not run."""
    assert all(issubclass(one, CannotRun) for one in (EndpointRefused, OptionInvalid))
    assert not any(issubclass(one, CannotRun) for one in (EndpointAway, AnswerUnusable, KeyRefused))
    assert all(issubclass(one, NotServed) for one in (EndpointAway, KeyRefused, ModelNotServed))
    assert not issubclass(AnswerUnusable, NotServed)
    assert (EndpointAway.is_away, KeyRefused.is_away, ModelNotServed.is_away) == (True, True, False)


def test_sleeping_is_asynchronous_by_default(server: ModelServer) -> None:
    """Without a test's own sleep the client waits by asyncio, here for no time, as the server asks."""
    server.fail("status", status=429, retry_after="0")

    async def asking() -> int:
        async with ApiClient(server.url) as client:
            await client.post("/v1/completions", QUESTION)
            return client.counts.retries

    assert asyncio.run(asking()) == 1


def test_every_request_is_told_where_it_is_asked_for(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    """With its path, status and size, and never with the key or the question."""
    caplog.set_level(logging.DEBUG, logger="evaluation.engines.endpoint.api_client")
    ask(server, key=ApiKey(SECRET, variable="MAPLE_KEY"))
    told = [record.getMessage() for record in caplog.records if record.name == "evaluation.engines.endpoint.api_client"]
    assert len(told) == 1
    assert told[0].startswith("POST http://127.0.0.1:")
    assert ": 200, " in told[0]
    assert SECRET not in caplog.text
    assert "one two" not in told[0]
