"""A server of a model on loopback that speaks OpenAI's API strictly, and commits faults when it is asked to.

Its model is deterministic: a word's log-probability follows from a hash of the words up to it, and what it replies from
a hash of the prompt, so that a test computes by itself what must come out.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

MODEL = "maple/model-1"
COMPLETION_KEYS = {"model", "prompt", "echo", "logprobs", "max_tokens", "temperature", "seed", "stream", "stop"}
CHAT_KEYS = {"model", "messages", "max_tokens", "temperature", "seed", "stream", "stop"}
NEXT_KEYS = {*COMPLETION_KEYS, "logit_bias"}
TOKENIZE_KEYS = {"model", "prompt", "add_special_tokens"}
LLAMA_KEYS = {"content", "add_special", "parse_special"}
NEXT = {"next", "biased", "deaf", "short"}
SPLIT = "\N{SNOWMAN}"
"""A token that holds it ends within a character."""
LONGEST_WAIT = 100_000
"""Rounds of the event loop: seconds."""
WORDS = ("of", "course", "here", "is", "what", "you", "asked", "for", "and", "some", "more", "besides")
WRONG_BODIES = {
    "garbage": b'{"choices": [{"te',
    "list": b"[1, 2]",
    "huge": b" " * (65 << 20),
    "empty": b'{"object": "text_completion", "choices": []}',
}
TOKEN = re.compile(r"\s*\S+|\s+$")


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a text: words with the white space before them."""
    return TOKEN.findall(text)


def logprob_of(before: str, token: str) -> float:
    """Return what the model gives a token after a text, between -8 and 0."""
    digest = hashlib.sha256(f"{before}|{token}".encode()).digest()
    return -8 * int.from_bytes(digest[:4], "big") / 2**32


def likelihood_of(context: str, continuation: str) -> float:
    """Return the log-likelihood of a continuation, token by token."""
    context, continuation = context.rstrip(), context[len(context.rstrip()) :] + continuation
    tokens = tokens_of(context + continuation)
    start = len(tokens_of(context))
    return sum(logprob_of("".join(tokens[:place]), tokens[place]) for place in range(start, len(tokens)))


def reply_of(prompt: str) -> str:
    """Return what the model replies: words chosen by a hash, or a refusal where the prompt asks for harm."""
    if "harm" in prompt:
        return "I'm sorry, but I can't help with that."
    digest = hashlib.sha256(prompt.encode()).digest()
    return " ".join(WORDS[byte % len(WORDS)] for byte in digest[:12])


@dataclass(slots=True)
class Fault:
    """What goes wrong with the next `times` answers: a status, drop, stall, or one of WRONG_BODIES."""

    kind: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class ModelServer:
    """The server's state: what it was asked, the key it wants, the faults to come, and which family it plays.

    `family` is `vllm` (echo with log-probabilities), `llama.cpp` (of generated tokens alone), `tgi` (none), `zeros`,
    `nulls`, `silent` (not which tokens are the likeliest), `mixes` (other log-probabilities once several questions come
    at once), or `bos` (a special token before every prompt). `tokenizes` gives the tokens of a text, or is None where
    there is no such path. `about` is what it answers at other paths.

    Those of NEXT speak as llama.cpp does, and tell of the next token: `next` as it does, `biased` after `logit_bias`,
    `deaf` without it, and `short` of a prompt that lost a token. A token's number is its place in `names`.
    """

    MODEL: ClassVar[str] = MODEL

    url: str
    family: str = "vllm"
    key: str | None = None
    models: list[dict[str, Any]] | None = field(default_factory=lambda: [{"id": MODEL, "object": "model"}])
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    replies: Callable[[str], str] = reply_of
    about: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokenizes: Callable[[str], object] | None = None
    names: list[str] = field(default_factory=list)
    mixed: bool = False
    busiest: int = 0
    busy: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    order: Callable[[dict[str, Any]], int] | None = None

    @staticmethod
    def likelihood_of(context: str, continuation: str) -> float:
        """Return the log-likelihood of a continuation, as the server's model gives it."""
        return likelihood_of(context, continuation)

    @staticmethod
    def reply_of(prompt: str) -> str:
        """Return the model's reply to a prompt."""
        return reply_of(prompt)

    def fail(self, kind: str, *, times: int = 1, status: int = 0, **headers: str) -> None:
        """Commit a fault with the next answers to questions."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(kind, times, status, named))

    def numbers_of(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens; new ones get the next."""
        tokens = tokens_of(text)
        self.names += [token for token in dict.fromkeys(tokens) if token not in self.names]
        return [self.names.index(token) for token in tokens]

    def posted(self, path: str) -> list[dict[str, Any]]:
        """Return the questions that came to a path."""
        return [body for asked, body in self.asked if asked == path]


class _App:
    def __init__(self, server: ModelServer) -> None:
        self.server = server
        self.routes = [
            Route("/v1/models", self.models),
            Route("/v1/completions", self.completions, methods=["POST"]),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/tokenize", self.tokenize, methods=["POST"]),
            Route("/{path:path}", self.about),
        ]

    async def about(self, request: Request) -> Response:
        told = self.server.about.get(request.url.path)
        return JSONResponse({"error": "not found"}, 404) if told is None else JSONResponse(told)

    async def models(self, request: Request) -> Response:
        self.server.asked.append(("/v1/models", {}))
        if self.server.models is None:
            return JSONResponse({"error": "not found"}, 404)
        if (refused := self._refused(request)) is not None:
            return refused
        return JSONResponse({"object": "list", "data": self.server.models})

    async def tokenize(self, request: Request) -> Response:
        if self.server.family in NEXT:
            return await self._answer(
                request, LLAMA_KEYS, lambda body: {"tokens": self.server.numbers_of(body["content"])}
            )
        if self.server.tokenizes is None:
            return JSONResponse({"error": "not found"}, 404)
        return await self._answer(request, TOKENIZE_KEYS, self._count)

    def _count(self, body: dict[str, Any]) -> dict[str, Any] | str:
        assert self.server.tokenizes is not None
        assert body["add_special_tokens"] is True
        return {"tokens": self.server.tokenizes(body["prompt"]), "max_model_len": 2048}

    async def completions(self, request: Request) -> Response:
        keys = NEXT_KEYS if self.server.family in NEXT else COMPLETION_KEYS
        return await self._answer(request, keys, self._completion)

    async def chat(self, request: Request) -> Response:
        return await self._answer(request, CHAT_KEYS, self._chat)

    async def _answer(
        self, request: Request, keys: set[str], make: Callable[[dict[str, Any]], dict[str, Any] | str]
    ) -> Response:
        body = await request.json()
        if "/props" in self.server.about:  # llama.cpp's
            keys = keys | {"id_slot"}
        self.server.asked.append((request.url.path, body))
        self.server.busy += 1
        self.server.busiest = max(self.server.busiest, self.server.busy)
        self.server.mixed = self.server.mixed or self.server.busy > 1
        try:
            if self.server.family == "mixes" and [asked for _, asked in self.server.asked].count(body) > 1:
                for _ in range(LONGEST_WAIT):  # for another question to come, however slow the machine is
                    if self.server.mixed:
                        break
                    await asyncio.sleep(0)
            if self.server.order is not None:
                for _ in range(self.server.order(body)):
                    await asyncio.sleep(0)
            if (refused := self._refused(request)) is not None:
                return refused
            if (fault := await self._fault()) is not None:
                return fault
            is_plain = request.url.path == "/tokenize" and set(body) == keys - {"id_slot"}
            problem = "" if is_plain else _problem(body, keys)
            made = problem or make(body)
            return JSONResponse({"error": {"message": made}}, 400) if isinstance(made, str) else JSONResponse(made)
        finally:
            self.server.busy -= 1

    def _refused(self, request: Request) -> Response | None:
        wanted = self.server.key
        sent = request.headers.get("authorization")
        if wanted is None or sent == f"Bearer {wanted}":
            return None
        return JSONResponse({"error": {"message": f"invalid key {sent}"}}, 401)

    async def _fault(self) -> Response | None:
        if not self.server.faults:
            return None
        fault = self.server.faults[0]
        fault.times -= 1
        if not fault.times:
            self.server.faults.pop(0)
        if fault.kind == "status":
            return JSONResponse({"error": {"message": "not now"}}, fault.status, headers=fault.headers)
        if fault.kind == "stall":
            await self.server.released.wait()
        return Response(WRONG_BODIES.get(fault.kind, b""), media_type="application/json")

    def _completion(self, body: dict[str, Any]) -> dict[str, Any] | str:
        prompt = body["prompt"]
        if isinstance(prompt, list) and self.server.family in NEXT:
            return self._next(prompt, body)
        if not isinstance(prompt, str) or not prompt:
            return "prompt must be a text"
        if body.get("echo") and self.server.family == "refuses":
            return "echo is not supported"
        tokens = tokens_of(prompt)
        text = self.server.replies(prompt)
        choice: dict[str, Any] = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
        if body.get("echo"):
            choice |= {"text": f"{prompt} of", "finish_reason": "length", "logprobs": self._logprobs(tokens)}
        return {
            "id": "cmpl-1",
            "object": "text_completion",
            "model": body["model"],
            "choices": [choice],
            "usage": {"prompt_tokens": len(tokens) + (self.server.family == "bos"), "completion_tokens": 1},
        }

    def _next(self, prompt: list[int], body: dict[str, Any]) -> dict[str, Any]:
        """Write the token that is wanted, and tell how likely it and the likeliest ones were before it was wanted."""
        names, family = self.server.names, self.server.family
        before = "".join(names[number] for number in prompt)
        values = {number: logprob_of(before, name) - 1 for number, name in enumerate(names)}
        (wanted,) = map(int, body["logit_bias"])
        best = sorted(values, key=lambda number: -values[number])
        written = best[0] if family == "deaf" else wanted
        tops = [{"id": number, "logprob": values[number]} for number in best[: body["logprobs"]]]
        if family == "biased":
            values[wanted], tops = 0.0, [{"id": wanted, "logprob": 0.0}]
        told = {"content": [{"id": written, "logprob": values[written], "top_logprobs": tops}]}
        choice = {"text": names[written], "logprobs": None if SPLIT in names[written] else told}
        return {"choices": [choice], "usage": {"prompt_tokens": len(prompt) - (family == "short")}}

    def _logprobs(self, tokens: list[str]) -> dict[str, Any] | None:
        values: list[float | None] = [None]
        values += [logprob_of("".join(tokens[:place]), tokens[place]) for place in range(1, len(tokens))]
        match self.server.family:
            case "llama.cpp" | "next" | "biased" | "deaf" | "short":
                tokens, values = [" of"], [-0.5]
            case "tgi":
                return None
            case "silent":
                return {"tokens": [*tokens, " of"], "token_logprobs": [*values, -0.5], "top_logprobs": None}
            case "mixes" if self.server.mixed:
                values = [None, *(2 * value for value in values[1:] if value is not None), -0.5]
                tokens = [*tokens, " of"]
            case "zeros":
                values = [None] + [0.0] * len(tokens)
            case "nulls":
                values = [None] * len(tokens) + [-0.5]
            case "bos":
                values = [None, logprob_of("", tokens[0]), *values[1:], -0.5]
                tokens = ["<s>", *tokens, " of"]
            case _:
                values, tokens = [*values, -0.5], [*tokens, " of"]
        tops = [
            None if value is None else {token: value, "x": -4.0} for token, value in zip(tokens, values, strict=False)
        ]
        return {"tokens": tokens, "token_logprobs": values, "top_logprobs": tops, "text_offset": [0] * len(tokens)}

    def _chat(self, body: dict[str, Any]) -> dict[str, Any] | str:
        messages = body["messages"]
        if [set(one) for one in messages] != [{"role", "content"}] * len(messages) or messages[-1]["role"] != "user":
            return "messages are malformed"
        message = {"role": "assistant", "content": self.server.replies(messages[-1]["content"])}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {"id": "chatcmpl-1", "object": "chat.completion", "model": body["model"], "choices": [choice]}


def _problem(body: dict[str, Any], keys: set[str]) -> str:
    if unknown := set(body) - keys:
        return f"unknown fields: {sorted(unknown)}"
    if body.get("temperature") != 0 or body.get("stream") is not False or not isinstance(body.get("seed"), int):
        return "not asked for the likeliest reply"
    if not isinstance(body.get("max_tokens"), int) or body["max_tokens"] < 1:
        return "max_tokens must be at least 1"
    return ""


class _Dropping:
    """Middleware that hangs up where the next fault is to drop the connection."""

    def __init__(self, app: Starlette, server: ModelServer) -> None:
        self.app, self.server = app, server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- ASGI's own types
        if scope["type"] == "http" and scope["method"] == "POST" and self.server.faults[:1]:
            fault = self.server.faults[0]
            if fault.kind == "drop":
                fault.times -= 1
                if not fault.times:
                    self.server.faults.pop(0)
                await receive()
                await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
        await self.app(scope, receive, send)


@pytest.fixture(name="server")
def fixture_server() -> Iterator[ModelServer]:
    """Give a server of one model, in a thread of its own."""
    # Named as TCP, asyncio sends small answers at once; a bare socket waits 40 ms for each (Nagle).
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    server = ModelServer(url=f"http://127.0.0.1:{listening.getsockname()[1]}")
    app = _Dropping(Starlette(routes=_App(server).routes), server)
    config = uvicorn.Config(app, log_level="critical", lifespan="off", access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    thread.start()
    yield server
    server.released.set()
    running.should_exit = True
    thread.join()
    listening.close()
