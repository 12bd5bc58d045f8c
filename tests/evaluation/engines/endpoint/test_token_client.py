"""Likelihoods of a server that tells how likely the next token is, and of no prompt: what llama.cpp does."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from crawler.http.retry_policy import RetryPolicy
from evaluation.engines.endpoint.api_client import ApiClient
from evaluation.engines.endpoint.errors import NoLikelihoods
from evaluation.engines.endpoint.responses import UnusableResponse, read_next_token
from evaluation.engines.endpoint.server import PROBES, Likelihood, Server
from evaluation.engines.endpoint.token_client import TokenClient
from tests.evaluation.engines.endpoint.conftest import SPLIT, logprob_of, tokens_of

if TYPE_CHECKING:
    from tests.evaluation.engines.endpoint.conftest import ModelServer


def asked(
    server: ModelServer, pairs: list[tuple[str, str]], *, slots: int = 1, vocabulary: int | None = None
) -> list[Likelihood]:
    """Probe a server that calls itself llama.cpp, and ask it all pairs at once."""
    meta = {} if vocabulary is None else {"n_vocab": vocabulary}
    server.models = [{"id": server.MODEL, "owned_by": "llamacpp", "meta": meta}]
    server.about = {"/props": {"total_slots": slots}}

    async def asking() -> list[Likelihood]:
        async with ApiClient(server.url, retry_policy=RetryPolicy(attempts=1)) as client:
            model = Server(client, server.MODEL)
            await model.software(await model.find())
            await model.check_likelihoods()
            return await asyncio.gather(*(model.likelihood(*pair) for pair in pairs))

    return asyncio.run(asking())


def expected(context: str, continuation: str) -> float:
    """Return what the server's model gives a continuation, which has a nat less for each token here."""
    tokens, start = tokens_of(context + continuation), len(tokens_of(context))
    return sum(logprob_of("".join(tokens[:place]), tokens[place]) - 1 for place in range(start, len(tokens)))


def test_choices_are_asked_token_by_token_and_each_start_once_for_a_slot(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values are sums over tokens; choices come to a slot one after the other, whichever is counted first."""
    counting, counted = TokenClient.tokens, asyncio.Event()

    async def tokens(client: TokenClient, text: str) -> tuple[int, ...]:
        if text.startswith("What is a? choice 0"):
            await counted.wait()
        found = await counting(client, text)
        if text.startswith("What is d? choice 2"):
            counted.set()
        return found

    monkeypatch.setattr(TokenClient, "tokens", tokens)
    server.family = "next"
    pairs = [(f"What is {number}?", f" choice {one} of it") for number in "abcd" for one in range(3)]
    found = asked(server, pairs, slots=2)
    assert [one.logprob for one in found] == pytest.approx([expected(*pair) for pair in pairs])
    assert {(one.tokens, one.is_greedy) for one in found} == {(4, False)}
    order: dict[int, list[str]] = defaultdict(list)
    for body in server.posted("/v1/completions"):
        if "id_slot" in body:
            order[body["id_slot"]].append("".join(server.names[number] for number in body["prompt"][:3]))
    assert order == {0: ["What is a?"] * 12 + ["What is c?"] * 12, 1: ["What is b?"] * 12 + ["What is d?"] * 12}
    texts = [body["content"] for body in server.posted("/tokenize")]
    assert len(texts) == len(set(texts)) == len(PROBES) + 4 + 12


def test_a_token_that_ends_within_a_character_is_found_among_all(server: ModelServer) -> None:
    """llama.cpp tells nothing of such a token when it writes it, so that another is written and all are told."""
    server.family = "next"
    pair = ("What is a?", f" a {SPLIT} b")
    (found,) = asked(server, [pair], vocabulary=10_000)
    assert found.logprob == pytest.approx(expected(*pair))
    assert [body["logprobs"] for body in server.posted("/v1/completions")][-4:] == [1, 1, 10_000, 1]


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("biased", "those after the token was asked for"),
        ("deaf", "writes another token than it is told to"),
        ("short", r"it ran \d+ tokens where"),
    ],
)
def test_a_server_that_tells_other_probabilities_is_found_out(server: ModelServer, family: str, reason: str) -> None:
    """Nothing is scored on a server whose numbers are not the model's own, after exactly these tokens."""
    server.family = family
    with pytest.raises(NoLikelihoods, match=reason):
        asked(server, [("What is a?", " b")])


def test_the_form_of_completions_is_read_too() -> None:
    """A token has its number for a name, as vLLM writes it; one that it was not told to write is refused."""
    logprobs: dict[str, Any] = {
        "tokens": ["token_id:7"],
        "token_logprobs": [-2.0],
        "top_logprobs": [{"token_id:7": -2.0, "token_id:9": -0.5}],
    }
    answer: dict[str, object] = {"choices": [{"logprobs": logprobs}]}
    found = read_next_token(answer, 7, 7)
    assert (found.logprob, found.top, found.is_top) == (-2.0, -0.5, False)
    with pytest.raises(UnusableResponse, match="another token"):
        read_next_token(answer, 9, 9)
