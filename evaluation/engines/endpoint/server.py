"""A model on a server: its name there, how likely it finds a text, and what it replies.

How likely a text is, vLLM and SGLang tell of a prompt (`echo`); of llama.cpp it is asked token by token.
"""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from evaluation.engines.endpoint.errors import AnswerUnusable, EndpointRefused, ModelNotServed, NoLikelihoods
from evaluation.engines.endpoint.responses import (
    NoPromptLogprobs,
    PromptScores,
    Reply,
    ServedModel,
    UnusableResponse,
    read_models,
    read_prompt_scores,
    read_reply,
    read_slots,
    read_software,
)
from evaluation.engines.endpoint.token_client import COMPLETIONS, MOST_APART, TokenClient
from evaluation.errors import CannotRun, EvaluationError
from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from evaluation.engines.endpoint.api_client import ApiClient

MODELS: Final = "/v1/models"
CHAT: Final = "/v1/chat/completions"
PROBES: Final = (
    "The quick brown fox jumps over the lazy dog, and then it does so once more.",
    "Take the tablets with water.",
    "A contract is formed when an offer is accepted, unless the law asks for more than the parties' words.",
    "Seven, eight, nine, ten, eleven, twelve, thirteen, fourteen.",
)
"""Sentences of different lengths, asked one after the other and then at once."""
LLAMA: Final = "llamacpp"
"""What llama.cpp says that it is."""
SOFTWARE: Final = {
    LLAMA: ("llama.cpp", "/props", "build_info"),
    "vllm": ("vllm", "/version", "version"),
    "sglang": ("sglang", "/server_info", "version"),
}
"""By what a server says that it owns its models: its name, and where it tells its version, and in which field."""
Read = TypeVar("Read")
_NOT_THERE: Final = frozenset({404, 405, 501})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How replies are generated: always the likeliest token (temperature 0), up to a number of tokens.

    The seed matters only to servers that break ties by chance. `system` is the system prompt of a chat, or None.
    """

    is_chat: bool = True
    max_tokens: int = 512
    seed: int = 1234
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """How likely a continuation is: the sum of its tokens' log-probabilities in nats, and how many tokens it has.

    `is_greedy` says whether each token was the likeliest; None where the server does not tell.
    """

    logprob: float
    tokens: int
    is_greedy: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodSettings:
    """How a server was found to tell likelihoods: of whole prompts (`echoes`), or else of one token at a time.

    `counts_tokens` is true where it counts the tokens of a text as it scores them; `whole` is a token that ends with a
    character, or None where none was needed.
    """

    echoes: bool = True
    counts_tokens: bool = False
    whole: int | None = None


class Server:
    """A model of a server, within one event loop. `empty_context` replaces an empty context, or is None.

    `settings` are how it tells likelihoods, once that was checked. Of llama.cpp, prompts are shared out over its slots
    in their order, and those of one slot asked one after the other: it keeps the last prompt of each, and runs of the
    next one what differs.
    """

    def __init__(
        self, client: ApiClient, model: str, *, decoding: Decoding | None = None, empty_context: str | None = None
    ) -> None:
        self.client, self.model = client, model
        self.decoding = decoding or Decoding()
        self.empty_context = empty_context
        self.settings = LikelihoodSettings()
        self._token_client = TokenClient(client, model)
        self._lengths: dict[str, asyncio.Task[int]] = {}
        self._slots: tuple[asyncio.Lock, ...] = ()
        self._slot_of: dict[str, int] = {}

    async def find(self) -> ServedModel:
        """Return the model as the server lists it, by its mere name where it lists none; raises ModelNotServed."""
        try:
            served = read_models(await self.client.get(MODELS))
        except EndpointRefused as error:
            if error.status not in _NOT_THERE:
                raise
            served = ()
        known = {one.name: one for one in served}
        if known and self.model not in known:
            raise ModelNotServed(self.model, sorted(known))
        found = known.get(self.model, ServedModel(name=self.model))
        is_llama = found.owner == LLAMA
        self._token_client = TokenClient(self.client, self.model, is_llama=is_llama, vocabulary=found.vocabulary)
        return found

    async def software(self, served: ServedModel) -> str | None:
        """Return the name and version of the server's software, its mere name where it tells no version, or None.

        llama.cpp, vLLM and SGLang name themselves as the owner of their models. llama.cpp tells at the same place over
        how many slots prompts can be shared out, and from now on they are.
        """
        if served.owner not in SOFTWARE:
            return None
        name, path, field = SOFTWARE[served.owner]
        try:
            told = await self.client.get(path)
        except EndpointRefused:
            return name
        version = read_software(told, field)
        if served.owner == LLAMA:
            count = min(read_slots(told), self.client.concurrency)
            self._slots = tuple(asyncio.Lock() for _ in range(count))
        return name if version is None else f"{name} {version}"

    async def check_likelihoods(self) -> None:
        """Find out how the server tells likelihoods: of a whole prompt, or else of the next token.

        Raises NoLikelihoods where it tells neither, all are 0, or they depend on what else is asked at the time.
        """
        try:
            await self._check_prompts()
        except NoLikelihoods as error:
            try:
                await self._token_client.check(PROBES)
            except UnusableResponse as other:
                raise NoLikelihoods(self.model, f"{error.found}; and of the next token none: {other}") from error
            self.settings = LikelihoodSettings(echoes=False, counts_tokens=True, whole=self._token_client.whole)

    async def _check_prompts(self) -> None:
        """Ask for the log-probabilities of sentences, one after the other and then at once, and for their tokens."""
        try:
            alone = [await self._score(text) for text in PROBES]
            together = await asyncio.gather(*map(self._score, PROBES))
        except EndpointRefused as error:
            raise NoLikelihoods(self.model, f"it refuses the request ({error.status}) {error.said}".rstrip()) from error
        if not all(any(scores.logprobs) for scores in alone):
            raise NoLikelihoods(self.model, "all of them are 0")
        apart = max(map(_apart, alone, together))
        if apart > MOST_APART:
            reason = f"they differ by {apart:.2g} nats between requests one by one and several at once"
            raise NoLikelihoods(self.model, reason)
        self.settings = LikelihoodSettings(counts_tokens=await self._tokenizes(alone))

    async def _tokenizes(self, scores: Sequence[PromptScores]) -> bool:
        """Return whether the server counts as many tokens in the sentences as it scored.

        Then a context is counted without going through the model. Whatever goes wrong here, it is scored as before.
        """
        try:
            counts = [len(await self._token_client.tokens(text)) for text in PROBES]
        except EvaluationError:
            return False
        return counts == [len(one.logprobs) for one in scores]

    async def likelihood(self, context: str, continuation: str) -> Likelihood:
        """Return how likely a continuation is after a context.

        The continuation's tokens are those of both together after as many as the context has alone; white space at the
        context's end counts to the continuation. So does lm-evaluation-harness 0.4.13, and a token that spans the
        border is treated alike. Raises NoLikelihoods, what the client raises, and CannotRun for an
        empty context and for a continuation without a token of its own.
        """
        kept = context.rstrip()
        context, continuation = kept, context[len(kept) :] + continuation
        if not context:
            if not self.empty_context:
                reason = "a text without a context: its first token has no probability"
                raise CannotRun(self.model, reason, "set empty_context to the text that stands before it")
            context = self.empty_context
        if not self.settings.echoes:
            return await self._by_tokens(context, context + continuation)
        length, whole = await asyncio.gather(self._length(context), self._score(context + continuation))
        logprobs, is_top = whole.logprobs[length:], whole.is_top[length:]
        if not logprobs or None in logprobs:
            raise self._without_token(len(whole.logprobs), length)
        return Likelihood(
            logprob=sum(one for one in logprobs if one is not None),
            tokens=len(logprobs),
            is_greedy=None if None in is_top else all(is_top),
        )

    async def _by_tokens(self, context: str, whole: str) -> Likelihood:
        """Return how likely what follows a context is, one token after the other in one slot of the server.

        The place in the slot is taken before the tokens are known, so that texts are asked in the order they are given
        in, and not in that of the answers on their tokens.
        """
        self._token_client.whole = self.settings.whole
        counted = asyncio.gather(self._length(context), self._token_client.tokens(whole))
        try:
            async with self._slot(context) as given:
                length, tokens = await counted
                if len(tokens) <= length:
                    raise self._without_token(len(tokens), length)
                scores = [await self._token_client.score(tokens, place, given) for place in range(length, len(tokens))]
        finally:
            counted.cancel()
        return Likelihood(
            logprob=sum(one.logprob for one in scores),
            tokens=len(scores),
            is_greedy=all(one.is_top for one in scores),
        )

    def _without_token(self, count: int, length: int) -> CannotRun:
        counts = f"{count} tokens with it, {length} without"
        return CannotRun(self.model, f"a continuation has no token of its own: {counts}")

    @asynccontextmanager
    async def _slot(self, prompt: str) -> AsyncIterator[dict[str, object]]:
        """Wait for the slot of a prompt, and provide what a request has to say for it; nothing without slots."""
        if not self._slots:
            yield {}
            return
        number = self._slot_of.setdefault(digest(prompt), len(self._slot_of) % len(self._slots))
        async with self._slots[number]:
            yield {"id_slot": number}

    async def reply(self, prompt: str, *, stop: tuple[str, ...] = (), max_tokens: int | None = None) -> Reply:
        """Return what the model replies to a prompt, as a chat or as its continuation."""
        question: dict[str, object] = {
            "model": self.model,
            "temperature": 0,
            "seed": self.decoding.seed,
            "max_tokens": max_tokens or self.decoding.max_tokens,
            "stream": False,
        }
        if stop:
            question["stop"] = list(stop)
        async with self._slot(prompt) as given:
            if not self.decoding.is_chat:
                return await self._read(COMPLETIONS, question | {"prompt": prompt} | given, read_reply)
            system = [] if self.decoding.system is None else [{"role": "system", "content": self.decoding.system}]
            messages = [*system, {"role": "user", "content": prompt}]
            return await self._read(CHAT, question | {"messages": messages} | given, read_reply)

    async def _length(self, context: str) -> int:
        """Return how many tokens a context has, asked once however many continuations wait for it."""
        key = digest(context)
        if key not in self._lengths:
            self._lengths[key] = asyncio.ensure_future(self._count(context))
        return await asyncio.shield(self._lengths[key])

    async def _count(self, context: str) -> int:
        if self.settings.counts_tokens:
            return len(await self._token_client.tokens(context))
        return len((await self._score(context)).logprobs)

    async def _score(self, text: str) -> PromptScores:
        """Return the log-probabilities of a text; one token is generated, as vLLM and others refuse to make none."""
        question: dict[str, object] = {
            "model": self.model,
            "prompt": text,
            "echo": True,
            "logprobs": 1,
            "max_tokens": 1,
            "temperature": 0,
            "seed": self.decoding.seed,
            "stream": False,
        }
        try:
            return await self._read(COMPLETIONS, question, read_prompt_scores)
        except NoPromptLogprobs as error:
            raise NoLikelihoods(self.model, str(error)) from error

    async def _read(self, path: str, question: dict[str, object], read: Callable[[dict[str, object]], Read]) -> Read:
        answer = await self.client.post(path, question)
        try:
            return read(answer)
        except NoPromptLogprobs:
            raise
        except UnusableResponse as error:
            raise AnswerUnusable(self.client.endpoint.origin, path, str(error)) from error


def _apart(one: PromptScores, other: PromptScores) -> float:
    """Return the largest difference of a token's log-probability, infinity for other tokens."""
    if len(one.logprobs) != len(other.logprobs):
        return math.inf
    pairs = zip(one.logprobs, other.logprobs, strict=True)
    return max((abs(first - second) for first, second in pairs if None not in (first, second)), default=0.0)  # type: ignore[operator]  # neither is None


def served_hash(url: str, served: ServedModel, revision: str | None) -> str:
    """Return a stand-in for the hash of a served model's weights: only what the server says about them is known."""
    told = [url, served.name, served.root, served.parent, revision]
    return f"served:{digest(told if served.form is None else [*told, served.form])}"
