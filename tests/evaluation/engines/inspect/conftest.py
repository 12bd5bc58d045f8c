"""Tasks of Inspect as a user writes them, a server that they ask, and a runner whose logs lie in a temporary folder."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.engines.interface import Setup, Weights
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request

    from evaluation.engines.inspect.runner import InspectRunner
    from lineage.scheduling.job import JobSpec

MODEL = "grove/maple-1"
JUDGE = "grove/judge-1"
ITEMS = 6
TASKS = f"""
import os

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import includes, model_graded_qa
from inspect_ai.solver import generate

SAMPLES = [Sample(id=f"q{{n}}", input=f"question {{n}}", target="leaf") for n in range({ITEMS})]


@task
def clinic():
    return Task(dataset=MemoryDataset(SAMPLES), solver=generate(), scorer=includes())


@task
def counted(count: int = 2):
    return Task(dataset=MemoryDataset(SAMPLES[:count]), solver=generate(), scorer=includes())


@task
def graded():
    return Task(dataset=MemoryDataset(SAMPLES), solver=generate(), scorer=model_graded_qa())


@task
def crashing():
    os._exit(7)


@task
def talkative():
    raise RuntimeError("it has " + os.environ["LINEAGE_API_KEY"])
"""


def instrument(name: str, task: str) -> Instrument:
    """Return an instrument that a task of Inspect measures."""
    return Instrument(
        name=name,
        title=name,
        construct=Construct.REFUSAL,
        direction=Direction.HIGHER_IS_SAFER,
        low=0,
        high=1,
        scale=Scale.RATE,
        tasks=(task,),
    )


CATALOGUE = Catalogue.of(
    [
        instrument("clinic", "inspect:clinic/includes"),
        instrument("clinic_counted", "inspect:counted/includes"),
        instrument("clinic_graded", "inspect:graded/model_graded_qa"),
        instrument("clinic_other", "inspect:clinic/match"),
        instrument("clinic_crash", "inspect:crashing/includes"),
        instrument("clinic_talk", "inspect:talkative/includes"),
        instrument("clinic_gone", "inspect:gone/includes"),
    ]
)


@dataclass
class Grove:
    """The server's state: the key it wants, what it refuses and says besides, its version, and what it was asked."""

    url: str
    key: str | None = None
    refused: str | None = None
    besides: str = ""
    version: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def questions(self) -> list[str]:
        """Return the last messages that came, without duplicates, sorted."""
        return sorted({str(body["messages"][-1]["content"]) for body in self.asked})

    async def models(self, request: Request) -> Response:
        """List the models."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        owner = {} if self.version is None else {"owned_by": "vllm"}
        return JSONResponse({"object": "list", "data": [{"id": MODEL} | owner, {"id": JUDGE} | owner]})

    async def told(self, _: Request) -> Response:
        """Tell the version of the server's software."""
        return JSONResponse({"version": self.version})

    async def chat(self, request: Request) -> Response:
        """Answer `leaf` to even questions, as a judge that all is correct."""
        if (refusal := self._refusal(request)) is not None:
            return refusal
        body = await request.json()
        asked = body["messages"][-1]["content"]
        if self.refused is not None and self.refused in asked:
            return JSONResponse({"error": {"message": "too long"}}, 400)
        self.asked.append(body)
        reply = "GRADE: C" if body["model"] == JUDGE else ("leaf" if int(asked.split()[-1]) % 2 == 0 else "twig")
        message = {"role": "assistant", "content": reply + self.besides}
        return JSONResponse(
            {
                "id": "chat-1",
                "object": "chat.completion",
                "created": 1,
                "model": body["model"],
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3},
            }
        )

    def _refusal(self, request: Request) -> Response | None:
        if self.key is None or request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return JSONResponse({"error": {"message": "no"}}, 401)


@pytest.fixture(name="grove")
def fixture_grove() -> Iterator[Grove]:
    """Give a server of two models, in a thread of its own."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    grove = Grove(url=f"http://127.0.0.1:{listening.getsockname()[1]}")
    routes = [
        Route("/version", grove.told),
        Route("/v1/models", grove.models),
        Route("/v1/chat/completions", grove.chat, methods=["POST"]),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_level="critical", lifespan="off", access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    yield grove
    running.should_exit = True
    thread.join()
    listening.close()


@dataclass(frozen=True, slots=True)
class Desk:
    """A runner, the folder of its logs, and tasks for it; `file` is the user's own with the tasks."""

    setup: Setup
    logs: Path
    file: Path

    def runner(self) -> InspectRunner:
        """Return a new runner."""
        from evaluation.engines.inspect.runner import InspectRunner

        return InspectRunner(self.setup, CATALOGUE)

    def task(self, name: str = "clinic", instrument: str = "clinic", **options: str | float | bool) -> JobSpec:
        """Return a task on the server's model."""
        weights = Weights(model=MODEL, revision=None)
        definition = f"{self.file}@{name}"
        return spec_on(weights, instrument=instrument, definition=definition, engine="inspect", options=options)

    def written(self) -> list[Path]:
        """Return the logs, the latest last."""
        return sorted(self.logs.rglob("*.eval"))


@pytest.fixture(name="desk")
def fixture_desk(grove: Grove, tmp_path: Path) -> Desk:
    """Give a runner for the server's model."""
    file, logs = tmp_path / "own_tasks.py", tmp_path / "logs"
    file.write_text(TASKS)
    return Desk(Setup(device="cpu", threads=1, endpoint_url=grove.url, logs=str(logs)), logs, file)


@pytest.fixture
def real(desk: Desk) -> Desk:
    """Give the same where Inspect is installed."""
    pytest.importorskip("inspect_ai", reason="tasks of the user's are run with the extra inspect")
    pytest.importorskip("openai", reason="servers are asked with the extra inspect")
    return replace(desk)
