"""How likely single tokens are on a server, each asked as the next one after the tokens before it.

So llama.cpp tells what it tells of no prompt: the server is made to write the token (`logit_bias`), and says how likely
it was before it was made to. Its cache has all that comes before, where one choice is asked after the other: a question
is run once, and each choice from where it differs. Read in llama.cpp (tools/server: `get_token_probabilities` takes the
model's own numbers, `process_token` tells none of a token that ends within a character) and in vLLM 0.32
(`logprobs_mode` is `raw_logprobs`; a prompt asked with `echo` is run whole, whatever the cache has).
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final, TypeVar

from evaluation.engines.endpoint.errors import AnswerUnusable, EndpointRefused
from evaluation.engines.endpoint.responses import (
    NoPromptLogprobs,
    TokenScore,
    UnusableResponse,
    prompt_tokens,
    read_next_token,
    read_tokens,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evaluation.engines.endpoint.api_client import ApiClient

COMPLETIONS: Final = "/v1/completions"
TOKENIZE: Final = "/tokenize"
BIAS: Final = 10_000.0
"""What is added to the token that is to be written; vLLM takes 100 of it."""
MOST_APART: Final = 0.5
"""The most nats by which a token may differ between two times it is asked: sums in 16 bits differ by less."""
ROUNDING: Final = 1e-3
Read = TypeVar("Read")


class TokenClient:
    """Asks a server for the tokens of a text, and for one token at a time.

    `is_llama` says that it is llama.cpp, whose `/tokenize` has fields of its own. `vocabulary` is how many tokens the
    model has, or None where the server does not tell. `whole` is a token that ends with a character, once one is known.
    """

    def __init__(self, client: ApiClient, model: str, *, is_llama: bool = False, vocabulary: int | None = None) -> None:
        self.client, self.model = client, model
        self.is_llama, self.vocabulary = is_llama, vocabulary
        self.whole: int | None = None

    async def tokens(self, text: str) -> tuple[int, ...]:
        """Return the tokens of a text, with the special ones before it."""
        question: dict[str, object] = (
            {"content": text, "add_special": True, "parse_special": True}
            if self.is_llama
            else {"model": self.model, "prompt": text, "add_special_tokens": True}
        )
        return await self._read(TOKENIZE, question, read_tokens)

    async def score(self, tokens: Sequence[int], place: int, given: Mapping[str, object]) -> TokenScore:
        """Return how likely the token at a place is after those before it; `given` are more fields of the request.

        Raises AnswerUnusable where the server does not tell.
        """
        before, token = list(tokens[:place]), tokens[place]
        try:
            return await self._next(before, token, token, 1, given)
        except NoPromptLogprobs as error:
            if self.vocabulary is None or self.whole is None:
                raise self._unusable(COMPLETIONS, error) from error
        return await self._next(before, self.whole, token, self.vocabulary, given)

    async def check(self, texts: Sequence[str]) -> None:
        """Check on texts that tokens are told as they are. Raises UnusableResponse, with the reason, where not.

        The server has to count the tokens of a text as it does when it is asked for them, to write what it is told to
        and nothing else, to tell the probabilities before that, and the same ones when several are asked at once.
        """
        try:
            asked = [await self.tokens(text) for text in texts]
            count = await self._read(COMPLETIONS, self._question(texts[0], 1, {}), prompt_tokens)
            if count != len(asked[0]) or not all(one[1:] for one in asked):
                raise UnusableResponse(f"{count} tokens of a text that has {len(asked[0])} by {TOKENIZE}")
            self.whole = asked[0][-1]
            alone = [await self.score(one, len(one) - 1, {}) for one in asked]
            together = await asyncio.gather(*(self.score(one, len(one) - 1, {}) for one in asked))
            other = await self.score([*asked[0][:-1], asked[0][0]], len(asked[0]) - 1, {})
        except EndpointRefused as error:
            raise UnusableResponse(f"it refuses {error.path} ({error.status}) {error.said}".rstrip()) from error
        except AnswerUnusable as error:
            raise UnusableResponse(error.problem) from error
        apart = max(abs(one.logprob - again.logprob) for one, again in zip(alone, together, strict=True))
        if apart > MOST_APART:
            raise UnusableResponse(f"they differ by {apart:.2g} nats between requests one by one and several at once")
        both = math.exp(alone[0].logprob) + math.exp(other.logprob)
        if both > 1 + ROUNDING or abs(alone[0].top - other.top) > MOST_APART:
            raise UnusableResponse("they are those after the token was asked for")

    async def _next(
        self, before: list[int], written: int, token: int, most: int, given: Mapping[str, object]
    ) -> TokenScore:
        """Return how likely a token is where another, or the same, is to be written, among the `most` likeliest."""
        question = self._question(before, most, given) | {"logit_bias": {str(written): BIAS}}

        def read(answer: dict[str, object]) -> TokenScore:
            count = prompt_tokens(answer)
            if count != len(before):
                raise UnusableResponse(f"it ran {count} tokens where {len(before)} were asked")
            return read_next_token(answer, written, token)

        return await self._read(COMPLETIONS, question, read)

    def _question(self, prompt: str | list[int], most: int, given: Mapping[str, object]) -> dict[str, object]:
        return {
            "model": self.model,
            "prompt": prompt,
            "max_tokens": 1,
            "logprobs": most,
            "temperature": 0,
            "seed": 0,
            "stream": False,
            **({} if self.is_llama else {"return_tokens_as_token_ids": True}),
            **given,
        }

    async def _read(self, path: str, question: dict[str, object], read: Callable[[dict[str, object]], Read]) -> Read:
        answer = await self.client.post(path, question)
        try:
            return read(answer)
        except NoPromptLogprobs:
            raise
        except UnusableResponse as error:
            raise self._unusable(path, error) from error

    def _unusable(self, path: str, error: UnusableResponse) -> AnswerUnusable:
        return AnswerUnusable(self.client.endpoint.origin, path, str(error))
