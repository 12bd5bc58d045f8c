"""llama.cpp's own server on a real GGUF file: what it tells of itself, what it answers, and what it runs of prompts."""

from __future__ import annotations

import asyncio
import json
import os
import select
import shutil
import socket
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

from evaluation.engines.endpoint.api_client import ApiClient
from evaluation.engines.endpoint.errors import EndpointAway
from evaluation.engines.endpoint.runner import EndpointRunner
from evaluation.engines.endpoint.server import Server
from evaluation.engines.endpoint.token_client import TokenClient
from evaluation.engines.interface import Batch, ItemResult, RunSummary
from lineage.scheduling.job import JobSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PROGRAM = os.environ.get("LINEAGE_LLAMA_SERVER") or shutil.which("llama-server")
GGUF = os.environ.get("LINEAGE_LLAMA_GGUF")
READY = b"listening on http"
START = "Numbers that leave nothing when they are halved are called even, and all of the others are odd. " * 4
CAPITALS = {"Italy": "Rome", "France": "Paris", "Japan": "Tokyo"}
NOISE_NATS = 0.3
"""What a choice of one word differs by between few and all tokens of a prompt at once, in the 4 bits of a file: at most
0.26 where it was measured, on three runs of nine choices. Another context or word makes 4 nats and more.
"""
EMOJI = (
    ("I feel", " \N{FREEZING FACE} and \N{CJK UNIFIED IDEOGRAPH-4E2D} today"),
    ("The weather is", " \N{FREEZING FACE}."),
)
"""Texts with tokens that end within a character, of which llama.cpp tells nothing by itself. A text like these was 1.06
nats from transformers in 32 bits, where plain ones were within 0.05.
"""
pytestmark = pytest.mark.skipif(
    not (PROGRAM and GGUF),
    reason="LINEAGE_LLAMA_SERVER names no server of llama.cpp, or LINEAGE_LLAMA_GGUF no file of a model for it",
)


@pytest.fixture(scope="module")
def process() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Give the address of a server of the file, and its process."""
    assert PROGRAM is not None
    assert GGUF is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PROGRAM, "-m", GGUF, "--host", "127.0.0.1", "--port", str(port), "--alias", "maple/llama", "-c", "2048"]
    with subprocess.Popen(
        [*command, "-np", "1", "-t", "1", "--metrics"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as run:
        assert run.stderr is not None
        for line in run.stderr:
            if READY in line:
                break
        assert run.poll() is None
        yield f"http://127.0.0.1:{port}", run
        run.kill()
        while select.select([run.stderr], [], [], 0)[0] and run.stderr.read(1 << 16):
            pass


@pytest.fixture
def url(process: tuple[str, subprocess.Popen[bytes]]) -> str:
    """Give the address of the server."""
    return process[0]


def evaluated(url: str) -> float:
    """Return how many tokens of prompts the server has run so far."""
    lines = httpx.get(f"{url}/metrics", trust_env=False).text.splitlines()
    return float(next(line for line in lines if line.startswith("llamacpp:prompt_tokens_total ")).split()[1])


def sums(folder: Path, count: int, *, choices: bool = False) -> Path:
    """Write questions with an answer in writing, or with choices."""
    path = folder / "sums.jsonl"
    lines: list[dict[str, object]] = [
        {"item": str(one), "prompt": f"What is {one} + 1? Answer with the number alone.", "answer": str(one + 1)}
        for one in range(1, count + 1)
    ]
    for line in lines if choices else []:
        line |= {"choices": [line["answer"], "none"], "answer": 0}
    path.write_text("".join(f"{json.dumps(one)}\n" for one in lines), "utf-8")
    return path


def outcome(path: Path, url: str, **options: str | int) -> tuple[list[ItemResult], RunSummary]:
    """Ask the server the questions of a file."""
    given = {"url": url, "concurrency": 1, "attempts": 1, **options}
    spec = JobSpec(
        model="maple/llama",
        revision=None,
        instrument="sums",
        definition=str(path),
        engine="endpoint",
        options={**given},
    )
    *batches, finished = EndpointRunner().run(spec, frozenset())
    assert isinstance(finished, RunSummary)
    return [item for batch in batches if isinstance(batch, Batch) for item in batch.items], finished


def test_replies_are_the_same_again_and_name_the_build(tmp_path: Path, url: str) -> None:
    """Every item has a value and a reply; the score's identity names software and build, its hash the file's form."""
    path = sums(tmp_path, 4)
    items, finished = outcome(path, url, scorer="exact_match", max_tokens=8)
    assert [item.item for item in items] == ["1", "2", "3", "4"]
    assert all(item.reply_length for item in items)
    again, same = outcome(path, url, scorer="exact_match", max_tokens=8)
    assert (again, same) == (items, finished)
    assert "llama.cpp " in str(finished.identity.template)
    assert finished.engine.startswith("endpoint llama.cpp ")
    assert finished.weights_hash.startswith("served:")


async def twice(client: ApiClient, texts: Sequence[tuple[str, str]]) -> tuple[list[float], list[float]]:
    """Return how likely each continuation is, as the engine asks and token by token without a cache."""
    model = Server(client, "maple/llama")
    found = await model.find()
    await model.software(found)
    await model.check_likelihoods()
    asked = [one.logprob for one in await asyncio.gather(*(model.likelihood(*pair) for pair in texts))]
    tokens = TokenClient(client, "maple/llama", is_llama=True, vocabulary=found.vocabulary)
    tokens.whole = model.settings.whole
    alone = []
    for context, continuation in texts:
        start, whole = len(await tokens.tokens(context)), await tokens.tokens(context + continuation)
        given = {"cache_prompt": False}
        scores = [await tokens.score(whole, place, given) for place in range(start, len(whole))]
        alone.append(sum(one.logprob for one in scores))
    return asked, alone


def test_likelihoods_are_those_without_a_cache(tmp_path: Path, url: str) -> None:
    """Each word after each context is as likely as asked alone, to the noise; the right one is the likeliest."""
    texts = [(f"{START}The capital of {land} is", f" {town}") for land in CAPITALS for town in CAPITALS.values()]

    async def ask() -> tuple[list[float], list[float]]:
        async with ApiClient(url) as client:
            return await twice(client, texts)

    found, alone = asyncio.run(ask())
    assert found == pytest.approx(alone, abs=NOISE_NATS)
    towns = len(CAPITALS)
    rows = [found[place : place + towns] for place in range(0, len(found), towns)]
    assert [row.index(max(row)) for row in rows] == list(range(towns))
    items, finished = outcome(sums(tmp_path, 2, choices=True), url, scorer="acc")
    assert [item.item for item in items] == ["1", "2"]
    assert finished.identity.softmax_dtype == "server"


def test_tokens_that_end_within_a_character_are_told(url: str) -> None:
    """The parts of an emoji count, each as likely as it is without a cache."""

    async def ask() -> tuple[list[float], list[float]]:
        async with ApiClient(url) as client:
            return await twice(client, EMOJI)

    found, alone = asyncio.run(ask())
    assert found == pytest.approx(alone, abs=NOISE_NATS)


def test_starts_are_run_once(url: str) -> None:
    """Six choices run less than half of the tokens that their prompts have."""
    texts = [
        (f"{START}Question: Is {one} even?\nAnswer:", f" {text}") for one in (6, 7) for text in ("yes", "no", "so")
    ]

    async def ask() -> tuple[float, int]:
        async with ApiClient(url) as client:
            model = Server(client, "maple/llama")
            await model.software(await model.find())
            await model.check_likelihoods()
            before = evaluated(url)
            await asyncio.gather(*(model.likelihood(*pair) for pair in texts))
            tokens = TokenClient(client, "maple/llama", is_llama=True)
            ran = evaluated(url) - before
            return ran, sum([len(await tokens.tokens(context + text)) for context, text in texts])

    ran, count = asyncio.run(ask())
    assert 0 < ran < count / 2


def test_a_killed_server_is_away(tmp_path: Path, process: tuple[str, subprocess.Popen[bytes]]) -> None:
    """The job goes back to the queue; runs last, as the others need the server."""
    url, run = process
    run.kill()
    run.wait()
    with pytest.raises(EndpointAway):
        outcome(sums(tmp_path, 2), url, scorer="exact_match", max_tokens=8)
