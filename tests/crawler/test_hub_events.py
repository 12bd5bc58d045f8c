"""Events of the Hub: who may post them, what is read of them, and that each model they name waits once."""

from __future__ import annotations

import json
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from crawler.hub_events import MOST_BYTES, MOST_MODELS, EventQueue, NoEventError, build_receiver, models_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRET = "a secret of the tests"  # noqa: S105 -- nobody's
GIVEN = {"X-Webhook-Secret": SECRET}


def event(name: object = "maple/a", *, kind: str = "model", scope: str = "repo.content", **more: object) -> bytes:
    """Return an event as the Hub posts it."""
    repository = {"type": kind, "name": name, "id": "6" * 24, "private": False, "headSha": "0" * 40}
    return json.dumps({"event": {"action": "update", "scope": scope}, "repo": repository, **more}).encode()


@pytest.fixture(name="queue")
def fixture_queue() -> EventQueue:
    """Give an empty queue."""
    return EventQueue()


@pytest.mark.parametrize(
    ("body", "models"),
    [
        (event(), ("maple/a",)),
        (event(scope="repo"), ("maple/a",)),
        (event(movedTo={"name": "elm/a", "owner": {"id": "1"}}), ("maple/a", "elm/a")),
        (event(movedTo="elm/a"), ("maple/a",)),
        (event(kind="dataset"), ()),
        (event(scope="discussion.comment"), ()),
        (event(scope="repository"), ()),
    ],
)
def test_an_event_names_models(body: bytes, models: tuple[str, ...]) -> None:
    """Whatever happened to its content or settings; data sets and discussions are nobody's model."""
    assert models_of(body) == models


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{" * 5_000,
        b"\xff",
        b'{"event": 1, "repo": 2}',
        *(
            event(name)
            for name in (None, 7, ["maple/a"], "", "maple", "../etc/passwd", "maple/a b", "a/b/c", "x" * 5_000)
        ),
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """No model is fetched by a name that is none."""
    with pytest.raises(NoEventError):
        models_of(body)


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/", GIVEN, event(), 202),
        ("POST", "/", GIVEN, event(kind="space"), 202),
        ("POST", "/", {}, event(), 401),
        ("POST", "/", {"X-Webhook-Secret": SECRET[:-1]}, event(), 401),
        ("POST", "/", {"X-Webhook-Secret": "\u00e9".encode()}, event(), 401),
        ("POST", "/", GIVEN, b"{}", 400),
        ("POST", "/", GIVEN, b" " * (MOST_BYTES + 1), 413),
        ("GET", "/", GIVEN, None, 405),
        ("POST", "/api/models", GIVEN, event(), 404),
    ],
)
def test_only_who_knows_the_secret_is_heard(
    queue: EventQueue, method: str, path: str, headers: Mapping[str, Any], body: bytes | None, status: int
) -> None:
    """Every other post is refused with a reason that does not hold it, and puts nothing into the queue."""
    answer = TestClient(build_receiver(queue, SECRET)).request(method, path, headers=headers, content=body)
    assert answer.status_code == status
    assert SECRET not in answer.text
    found = queue.wait(0)
    assert (found is not None) == (status == 202 and b"space" not in (body or b""))


def test_each_model_waits_once(queue: EventQueue) -> None:
    """However often it is named, in the order of the first events; after that there is nothing until the next one."""
    assert all(queue.put(models) for models in (("maple/a",), ("elm/b", "maple/a"), ()))
    found = queue.wait(9)
    assert found is not None
    assert found.models == ("maple/a", "elm/b")
    assert 0 < found.seconds_left <= 9
    assert queue.wait(0) is None


def test_who_waits_hears_of_an_event_at_once(queue: EventQueue) -> None:
    """Long before the interval is over."""
    later = Thread(target=queue.put, args=(("maple/a",),))
    later.start()
    found = queue.wait(3_600)
    later.join()
    assert found is not None
    assert found.models == ("maple/a",)


def test_what_waits_is_bounded(queue: EventQueue) -> None:
    """Of more models than may wait none is taken, and the Hub is told to come again."""
    assert queue.put(tuple(f"maple/{number}" for number in range(MOST_MODELS)))
    answer = TestClient(build_receiver(queue, SECRET)).post("/", headers=GIVEN, content=event())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "600")
    found = queue.wait(0)
    assert found is not None
    assert len(found.models) == MOST_MODELS
