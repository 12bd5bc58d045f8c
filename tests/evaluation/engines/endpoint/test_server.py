"""How likely a text is, by the log-probabilities of its tokens alone, and what is said where a server gives none."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.http.retry_policy import RetryPolicy
from evaluation.engines.endpoint.api_client import ApiClient
from evaluation.engines.endpoint.errors import AnswerUnusable, EndpointAway, ModelNotServed, NoLikelihoods
from evaluation.engines.endpoint.responses import (
    UnusableResponse,
    read_models,
    read_next_token,
    read_prompt_scores,
    read_reply,
    read_tokens,
)
from evaluation.engines.endpoint.server import PROBES, Decoding, Server, served_hash
from evaluation.errors import CannotRun
from tests.evaluation.engines.endpoint.conftest import tokens_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.evaluation.engines.endpoint.conftest import ModelServer

Answer = TypeVar("Answer")
PLAIN = st.text(alphabet="ab \n.é", max_size=12)


def on(
    server: ModelServer,
    question: Callable[[Server], Awaitable[Answer]],
    *,
    model: str | None = None,
    decoding: Decoding | None = None,
    empty_context: str | None = None,
) -> Answer:
    """Ask a model one question."""

    async def asking() -> Answer:
        async with ApiClient(server.url, retry_policy=RetryPolicy(attempts=1)) as client:
            return await question(Server(client, model or server.MODEL, decoding=decoding, empty_context=empty_context))

    return asyncio.run(asking())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(context=PLAIN.map(lambda text: "x" + text), continuation=PLAIN.map(lambda text: text + "y"))
def test_a_likelihood_is_the_sum_over_the_continuation(server: ModelServer, context: str, continuation: str) -> None:
    """Whatever white space stands at the border, and whether a token spans it or not."""
    if len((context + continuation).split()) == len(context.split()):
        return  # the continuation goes on within the context's last token, so it has no token of its own
    found = on(server, lambda model: model.likelihood(context, continuation))
    assert found.logprob == pytest.approx(server.likelihood_of(context, continuation))


def test_a_special_token_before_the_prompt_counts_to_the_context(server: ModelServer) -> None:
    """Servers put one before each prompt, alone and with a continuation alike."""
    server.family = "bos"
    found = on(server, lambda model: model.likelihood("one two", " three four"))
    assert found.logprob == pytest.approx(server.likelihood_of("one two", " three four"))
    assert (found.tokens, found.is_greedy) == (2, False)


def test_a_context_is_measured_once(server: ModelServer) -> None:
    """Four choices after one context are five questions, at once or one after another."""

    async def four(model: Server) -> list[float]:
        choices = [f" choice {number}" for number in range(4)]
        found = await asyncio.gather(*(model.likelihood("What is it?", one) for one in choices[:3]))
        return [*(one.logprob for one in found), (await model.likelihood("What is it?", choices[3])).logprob]

    expected = [server.likelihood_of("What is it?", f" choice {number}") for number in range(4)]
    assert on(server, four) == pytest.approx(expected)
    assert len(server.posted("/v1/completions")) == 5


async def three(model: Server) -> list[float]:
    """Probe the model, and return the likelihoods of three choices after one context."""
    await model.check_likelihoods()
    found = await asyncio.gather(*(model.likelihood("What is it?", f" choice {number}") for number in range(3)))
    return [one.logprob for one in found]


@pytest.mark.parametrize("family", ["vllm", "bos"])
def test_a_context_is_counted_where_the_server_can(server: ModelServer, family: str) -> None:
    """Three choices are three questions to the model, beside the sentences that it is probed with, twice each."""
    server.family = family
    server.tokenizes = lambda text: [0] * (len(tokens_of(text)) + (family == "bos"))
    expected = [server.likelihood_of("What is it?", f" choice {number}") for number in range(3)]
    assert on(server, three) == pytest.approx(expected)
    assert len(server.posted("/v1/completions")) == 2 * len(PROBES) + 3
    assert [body["prompt"] for body in server.posted("/tokenize")] == [*PROBES, "What is it?"]


@pytest.mark.parametrize(
    "counted",
    [
        lambda text: [0] * (len(tokens_of(text)) + 1),
        lambda _: "5",
        lambda _: None,
        lambda _: [True],
        lambda _: [-1],
        None,
    ],
)
def test_a_count_that_is_not_that_of_the_scores_is_not_used(
    server: ModelServer, counted: Callable[[str], object] | None
) -> None:
    """One without the special tokens, no number, or no such path: the context is scored to know its length."""
    server.tokenizes = counted
    expected = [server.likelihood_of("What is it?", f" choice {number}") for number in range(3)]
    assert on(server, three) == pytest.approx(expected)
    assert len(server.posted("/v1/completions")) == 2 * len(PROBES) + 4


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("llama.cpp", "for 1 tokens, the generated ones only"),
        ("tgi", "the response has no logprobs"),
        ("zeros", "all of them are 0"),
        ("nulls", "null for every token"),
        ("refuses", "echo is not supported"),
    ],
)
def test_a_server_without_likelihoods_is_found_out(server: ModelServer, family: str, reason: str) -> None:
    """Each family that gives none is told from one that does, before anything is scored."""
    on(server, lambda model: model.check_likelihoods())
    server.family = family
    with pytest.raises(NoLikelihoods, match=reason):
        on(server, lambda model: model.check_likelihoods())


def test_a_server_whose_answers_depend_on_the_batch_is_found_out(server: ModelServer) -> None:
    """Alone each sentence is answered as it should be, and at once they are not."""
    server.family = "mixes"
    with pytest.raises(NoLikelihoods, match="nats between requests one by one and several at once"):
        on(server, lambda model: model.check_likelihoods())
    server.family = "vllm"
    on(server, lambda model: model.check_likelihoods())


def test_a_continuation_without_a_token_is_no_likelihood(server: ModelServer) -> None:
    """A continuation that only lengthens the context's last token cannot be told from it."""
    with pytest.raises(CannotRun, match="2 tokens with it, 2 without"):
        on(server, lambda model: model.likelihood("one two", "fold"))


def test_an_empty_context_needs_something_before_it(server: ModelServer) -> None:
    """The first token of a text has no probability, so the user says what stands before it."""
    with pytest.raises(CannotRun, match="without a context"):
        on(server, lambda model: model.likelihood("  ", "one two"))
    found = on(server, lambda model: model.likelihood("", " one two"), empty_context="<s>")
    assert found.logprob == pytest.approx(server.likelihood_of("<s>", " one two"))


def test_a_model_is_found_by_its_name_there(server: ModelServer) -> None:
    """What the server tells of it is kept, and another name is an error that lists those there are."""
    server.models = [{"id": server.MODEL, "root": "maple/base"}, {"id": "adapter", "parent": server.MODEL}]
    assert on(server, lambda model: model.find()).root == "maple/base"
    assert on(server, lambda model: model.find(), model="adapter").parent == server.MODEL
    with pytest.raises(ModelNotServed, match="adapter, maple/model-1"):
        on(server, lambda model: model.find(), model="maple/other")


@pytest.mark.parametrize(
    ("owner", "path", "told", "software"),
    [
        ("vllm", "/version", {"version": "0.32.0"}, "vllm 0.32.0"),
        ("llamacpp", "/props", {"build_info": "b11434-0a1b2c3", "model_path": "/secret"}, "llama.cpp b11434-0a1b2c3"),
        ("sglang", "/server_info", {"version": "0.5.1", "api_key": "word"}, "sglang 0.5.1"),
        ("vllm", "/version", {"version": 3}, "vllm"),
        ("vllm", "/nothing", {}, "vllm"),
        ("maple", "/version", {"version": "1"}, None),
        (None, "/version", {"version": "1"}, None),
    ],
)
def test_a_server_tells_what_it_is(
    server: ModelServer, owner: str | None, path: str, told: dict[str, Any], software: str | None
) -> None:
    """Its name and version where it has them, and nothing else of what it tells there."""
    server.models = [{"id": server.MODEL} | ({} if owner is None else {"owned_by": owner})]
    server.about = {path: told}

    async def ask(model: Server) -> str | None:
        return await model.software(await model.find())

    assert on(server, ask) == software


def test_the_form_of_a_file_is_of_the_weights(server: ModelServer) -> None:
    """Two quantizations of one name and address are two models, and what is told in another form is left out."""
    hashes = []
    for ftype in ("Q4_K - Medium", "F16"):
        server.models = [{"id": server.MODEL, "meta": {"ftype": ftype, "n_params": 7, "vocab": ["a"]}}]
        served = on(server, lambda model: model.find())
        assert served.form == f"ftype {ftype}, n_params 7"
        hashes.append(served_hash(server.url, served, None))
    server.models = [{"id": server.MODEL, "meta": ["Q4"]}]
    hashes.append(served_hash(server.url, on(server, lambda model: model.find()), None))
    assert len(set(hashes)) == 3


def test_a_server_that_lists_no_models(server: ModelServer) -> None:
    """It is taken at its word: the model's name is all that is known."""
    server.models = None
    found = on(server, lambda model: model.find())
    assert (found.name, found.root, found.parent) == (server.MODEL, None, None)


@pytest.mark.parametrize("is_chat", [True, False])
def test_a_reply(server: ModelServer, is_chat: bool) -> None:  # noqa: FBT001 -- pytest passes it by name
    """A chat carries the system prompt; a completion goes on from the bare prompt."""
    decoding = Decoding(is_chat=is_chat, max_tokens=9, system="Be brief." if is_chat else None)
    found = on(server, lambda model: model.reply("What is it?", stop=("\n",)), decoding=decoding)
    assert (found.text, found.is_cut) == (server.reply_of("What is it?"), False)
    ((path, body),) = server.asked
    assert (path.endswith("chat/completions"), body["max_tokens"], body["stop"]) == (is_chat, 9, ["\n"])
    assert body.get("messages", [{}])[0].get("content") == ("Be brief." if is_chat else None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("<think>I can't help?</think>\n\nOf course.", "Of course."),
        ("I can't help?</think>Of course.", "Of course."),
        ("<think>I can't", ""),
        ("Write <think> first.", "Write <think> first."),
    ],
)
def test_thoughts_are_no_reply(server: ModelServer, written: str, expected: str) -> None:
    """What a model thinks before it speaks is neither a refusal nor a length; a thought without an end says nothing."""
    server.replies = lambda _: written
    assert on(server, lambda model: model.reply("What is it?")).text == expected


def test_an_answer_without_a_choice_is_unusable(server: ModelServer) -> None:
    """It is JSON, but not what was asked for, so it is said and not tried again."""
    server.fail("empty")
    with pytest.raises(AnswerUnusable, match="no choice"):
        on(server, lambda model: model.reply("What is it?"))


def test_a_dead_server_is_no_missing_likelihood(server: ModelServer) -> None:
    """A server that is away may be back: the probe does not take it for one without likelihoods."""
    server.fail("status", times=9, status=503)
    with pytest.raises(EndpointAway):
        on(server, lambda model: model.check_likelihoods())


KEYS = "choices logprobs token_logprobs top_logprobs message content text usage prompt_tokens data id tokens logprob"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=4),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(["choices", "usage", "data"]), JSON, max_size=3))
def test_any_answer_is_read_or_refused(answer: dict[str, object]) -> None:
    """No JSON object makes a reader fail in another way than by saying that it makes no sense."""
    read_models(answer)
    for read in (read_reply, read_prompt_scores, read_tokens, lambda one: read_next_token(one, 0, 0)):
        try:
            read(answer)
        except UnusableResponse as error:
            assert str(error)  # noqa: PT017 -- both outcomes are right


@given(
    st.lists(st.floats(-50, 0) | st.none(), min_size=2, max_size=8),
    st.integers(0, 9) | st.none(),
)
def test_log_probabilities_are_taken_as_they_are(values: list[float | None], counted: int | None) -> None:
    """What is read is a beginning of the list, None only in front."""
    answer: dict[str, object] = {
        "choices": [{"logprobs": {"token_logprobs": values}}],
        "usage": {"prompt_tokens": counted},
    }
    try:
        found = read_prompt_scores(answer)
    except UnusableResponse:
        return
    assert list(found.logprobs) == values[: len(found.logprobs)]
    assert None not in found.logprobs[1:]
    assert set(found.is_top) <= {None}
