"""Events that the Hub posts about repositories that somebody watches: which models they name, until they are fetched.

The Hub posts JSON with `event` (`action`, and a `scope` such as `repo.content`) and `repo` (`type`, `name`), and sends
the secret of the webhook in the header `X-Webhook-Secret`. An event is a hint and nothing more: what it says of a model
is not believed, the model is asked for at the Hub.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lineage.parents.declared_ids import is_possible_id

if TYPE_CHECKING:
    from starlette.requests import Request

HEADER: Final = "x-webhook-secret"
MOST_BYTES: Final = 262_144
MOST_MODELS: Final = 1_000
"""Models that wait to be fetched; what comes then is refused, and the Hub's own list of events has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldModels:
    """The models that events named, in the order in which they came, and how many seconds of the wait are left."""

    models: tuple[str, ...]
    seconds_left: float


class NoEventError(ValueError):
    """A post that is none of the Hub's events."""


def models_of(body: bytes) -> tuple[str, ...]:
    """Return the models that an event names, also under the name that one was moved to; none if it is of other things.

    Raises NoEventError for what is no event.
    """
    try:
        event = json.loads(body)
        scope, repository = event["event"]["scope"], event["repo"]
        kind, name = repository["type"], repository["name"]
        moved = event.get("movedTo")
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError) as error:
        raise NoEventError("no event of the Hub: event.scope, repo.type and repo.name are needed") from error
    if kind != "model" or not isinstance(scope, str) or scope.partition(".")[0] != "repo":
        return ()
    names = (name, moved.get("name") if isinstance(moved, dict) else None)
    found = tuple(one for one in names if isinstance(one, str) and "/" in one and is_possible_id(one))
    if not found:
        raise NoEventError("no event of the Hub: repo.name is no model's id")
    return found


class EventQueue:
    """The models that events have named and nobody has fetched yet, each once; for threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._models: dict[str, None] = {}
        self._changed = threading.Condition()

    def put(self, models: tuple[str, ...]) -> bool:
        """Add models, and return whether there was room for them."""
        with self._changed:
            merged = self._models | dict.fromkeys(models)
            if len(merged) > MOST_MODELS:
                return False
            self._models = merged
            self._changed.notify_all()
            return True

    def wait(self, seconds: float) -> ToldModels | None:
        """Wait until an event has named a model, and return all that were named; None once the time has passed."""
        end = time.monotonic() + seconds
        with self._changed:
            if not self._changed.wait_for(lambda: bool(self._models), timeout=seconds):
                return None
            models, self._models = tuple(self._models), {}
        return ToldModels(models=models, seconds_left=max(0.0, end - time.monotonic()))


def build_receiver(queue: EventQueue, secret: str) -> Starlette:
    """Return the application that takes the events of a webhook with this secret, posted to `/`."""

    async def take(request: Request) -> PlainTextResponse:
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return PlainTextResponse("the secret of the webhook is missing or wrong", 401)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse(f"an event has at most {MOST_BYTES:,} bytes", 413)
        try:
            models = models_of(body)
        except NoEventError as error:
            return PlainTextResponse(str(error), 400)
        if not queue.put(models):
            return PlainTextResponse(f"{MOST_MODELS:,} models wait to be fetched", 503, {"retry-after": "600"})
        return PlainTextResponse("will be fetched" if models else "nothing to fetch", 202)

    return Starlette(routes=[Route("/", take, methods=["POST"])])
