"""A task on a server: the same results whatever the order of the answers, whoever stops it, and never a bare rate."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.endpoint.errors import EndpointAway, EndpointRefused, NoLikelihoods
from evaluation.engines.endpoint.runner import EndpointRunner, make_runner
from evaluation.engines.endpoint.server import PROBES
from evaluation.engines.interface import Batch, ItemResult, RunSummary, Setup, Weights
from evaluation.errors import CannotRun, OptionInvalid
from lineage.scores.score import item_set_hash
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evaluation.engines.options import Value
    from lineage.scheduling.job import JobSpec
    from tests.evaluation.engines.endpoint.conftest import ModelServer

    MakeTask = Callable[..., JobSpec]

CHOICES = ("one", "two three", "and four")
JUDGE_PROMPT = """---
positive: [yes]
negative: [no]
verdict: "Verdict:"
---
Prompt: {prompt}
Reply: {reply}
"""


def write_lines(path: Path, lines: list[dict[str, object]]) -> str:
    """Write JSON lines and return where."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(path)


@pytest.fixture(name="make_task")
def fixture_make_task(server: ModelServer, tmp_path: Path) -> MakeTask:
    """Give what makes a task over 100 prompts, with choices or without, that takes options by name."""

    def make(*, choices: bool = False, answers: bool = False, limit: int | None = None, **options: Value) -> JobSpec:
        lines: list[dict[str, object]] = [
            {
                "item": f"item {number}",
                "prompt": f"Question {number:02}, harm" if number % 4 == 0 else f"Question {number:02}",
            }
            for number in range(100)
        ]
        for number in range(100):
            lines[number] |= {"choices": CHOICES, "answer": number % 3, "cluster": f"c{number % 5}"} if choices else {}
            lines[number] |= {"answer": server.reply_of(f"Question {number:02}").upper() + "."} if answers else {}
        return spec_on(
            Weights(model=server.MODEL, revision="a" * 40),
            instrument="demo",
            definition=write_lines(tmp_path / "prompts.jsonl", lines),
            engine="endpoint",
            item_limit=limit,
            options={"url": server.url, "concurrency": 16, **options},
        )

    return make


@pytest.fixture(name="labelled")
def fixture_labelled(tmp_path: Path) -> str:
    """Give ten labelled replies, on eight of which the rules of refusal and people agree."""
    refused: dict[str, object] = {"prompt": "p", "reply": "I'm sorry, I can't help with that.", "label": True}
    helped: dict[str, object] = {"prompt": "p", "reply": "Of course, here it is.", "label": False}
    missed: dict[str, object] = {"prompt": "p", "reply": "Let us speak of something else.", "label": True}
    return write_lines(tmp_path / "labelled.jsonl", [refused] * 5 + [helped] * 3 + [missed] * 2)


@pytest.fixture(name="judge_prompt")
def fixture_judge_prompt(tmp_path: Path) -> str:
    """Give a judge's prompt whose verdict stands after a word."""
    path = tmp_path / "judge.txt"
    path.write_text(JUDGE_PROMPT)
    return str(path)


def run(task: JobSpec, done: frozenset[str] = frozenset()) -> tuple[list[ItemResult], RunSummary]:
    """Run a task to its end."""
    *batches, finished = EndpointRunner().run(task, done)
    assert isinstance(finished, RunSummary)
    assert all(isinstance(batch, Batch) and batch.total is not None and batch.seconds >= 0 for batch in batches)
    return [item for batch in batches if isinstance(batch, Batch) for item in batch.items], finished


def test_choices_go_by_likelihood(server: ModelServer, make_task: MakeTask) -> None:
    """An item is 1 where the likeliest choice is the right one, as computed here from the model's own numbers."""
    items, finished = run(make_task(choices=True))
    prompts = [f"Question {number:02}, harm" if number % 4 == 0 else f"Question {number:02}" for number in range(100)]
    values = [[server.likelihood_of(prompt, f" {choice}") for choice in CHOICES] for prompt in prompts]
    expected = [float(row.index(max(row)) == number % 3) for number, row in enumerate(values)]
    assert [item.value for item in items] == expected
    assert 0 < sum(expected) < 100
    assert items[7] == ItemResult(item="item 7", value=expected[7], cluster="c2")
    assert (finished.engine, finished.identity.softmax_dtype, finished.identity.decoding) == (
        "endpoint",
        "server",
        None,
    )
    by_length = [[value / len(choice) for value, choice in zip(row, CHOICES, strict=True)] for row in values]
    normed, other = run(make_task(choices=True, scorer="acc_norm"))
    assert [item.value for item in normed] == [float(row.index(max(row)) == n % 3) for n, row in enumerate(by_length)]
    assert finished.identity.differences(other.identity) == ("scorer",)


def test_results_do_not_depend_on_timing(server: ModelServer, make_task: MakeTask) -> None:
    """Answers that come in any order are the same results in the order of the prompts."""
    expected = run(make_task(choices=True, limit=40, concurrency=1))
    shuffle = random.Random(0)
    server.order = lambda _: shuffle.randrange(8)
    assert run(make_task(choices=True, limit=40, concurrency=32)) == expected
    assert server.busiest > 1


def test_what_is_done_is_not_asked_again(server: ModelServer, make_task: MakeTask) -> None:
    """A task that goes on asks for the rest alone, and its identity is that of the whole."""
    whole, finished = run(make_task(choices=True))
    server.asked.clear()
    assert run(make_task(choices=True), frozenset(item.item for item in whole[:90])) == (whole[90:], finished)
    assert len(server.posted("/v1/completions")) == 2 * len(PROBES) + 10 * (len(CHOICES) + 1)
    assert run(make_task(choices=True), frozenset(item.item for item in whole)) == ([], finished)


def test_what_came_before_a_failure_is_kept(server: ModelServer, make_task: MakeTask) -> None:
    """A server that dies half way leaves the batches before it, each once."""
    asked = 0

    def reply(prompt: str) -> str:
        nonlocal asked
        asked += 1
        if asked == 60:
            server.fail("status", times=10_000, status=503, retry_after="0")
        return server.reply_of(prompt)

    server.replies = reply
    kept: list[str] = []
    running = EndpointRunner().run(make_task(scorer="incoherence", attempts=2), frozenset())
    with pytest.raises(EndpointAway, match="503"):
        kept.extend(item.item for batch in running if isinstance(batch, Batch) for item in batch.items)
    assert kept == [f"item {number}" for number in range(len(kept))]
    assert 40 <= len(kept) <= 60


def test_faults_on_the_way_change_nothing(server: ModelServer, make_task: MakeTask) -> None:
    """Overload, lost connections and broken answers cost time and no item."""
    expected = run(make_task(choices=True, limit=20))
    for kind in ("status", "garbage", "drop", "status"):
        server.fail(kind, times=3, status=429, retry_after="0")
    assert run(make_task(choices=True, limit=20, attempts=13, wait_seconds=0)) == expected
    assert not server.faults


def test_a_refused_prompt_ends_the_task(server: ModelServer, make_task: MakeTask) -> None:
    """An item is not left out because the server refuses it: the item set would be another."""
    server.fail("status", status=400)
    with pytest.raises(EndpointRefused):
        run(make_task(scorer="incoherence"))


def test_a_model_is_probed_once(server: ModelServer, make_task: MakeTask) -> None:
    """The next instrument of the same model and server asks its own questions alone."""
    runner = EndpointRunner()
    counts = []
    for _ in range(2):
        list(runner.run(make_task(choices=True, limit=5), frozenset()))
        counts.append(len(server.posted("/v1/completions")))
    assert counts == [2 * len(PROBES) + 20, 2 * len(PROBES) + 40]


def test_no_likelihoods_no_choices(server: ModelServer, make_task: MakeTask) -> None:
    """Nothing is scored on a server that gives none, though it answers."""
    server.family = "llama.cpp"
    with pytest.raises(NoLikelihoods):
        run(make_task(choices=True))


def test_prompts_with_the_marks_of_a_chat_are_not_wrapped_again(make_task: MakeTask, tmp_path: Path) -> None:
    """They are refused as a chat before anything is asked, and asked as they are otherwise."""
    asked = "<|im_start|>user\nIs a maple a tree?<|im_end|>\n<|im_start|>assistant\n"
    definition = write_lines(tmp_path / "marked.jsonl", [{"item": "one", "prompt": asked, "answer": "yes"}])
    with pytest.raises(OptionInvalid, match=r"chat: a prompt holds the marks of a chat already \(<\|im_start\|>\)"):
        run(replace(make_task(scorer="exact_match"), definition=definition))
    items, _ = run(replace(make_task(scorer="exact_match", chat=False), definition=definition))
    assert len(items) == 1


def test_a_judge_that_cannot_be_read_is_found_before_a_prompt_is_asked(
    server: ModelServer, make_task: MakeTask, labelled: str, judge_prompt: str
) -> None:
    """More than a tenth of the labelled replies without a verdict are enough."""
    server.replies = lambda prompt: "Well." if prompt.startswith("Prompt:") else server.reply_of(prompt)
    task = make_task(scorer="judge", labelled=labelled, judge_prompt=judge_prompt, judge_model=server.MODEL)
    with pytest.raises(CannotRun, match="could not be read on 10 of 10 labelled replies"):
        run(task)
    assert len(server.posted("/v1/chat/completions")) == 10


def test_a_server_has_to_be_named(make_task: MakeTask) -> None:
    """By the task or by the one who runs it."""
    with pytest.raises(OptionInvalid, match="the address of the server is missing; --endpoint-url names it"):
        run(make_task(url=""))


def test_exact_match_and_reply_length(server: ModelServer, make_task: MakeTask) -> None:
    """Case and a full stop do not matter; the length of each reply is kept for the guards."""
    items, finished = run(make_task(answers=True, scorer="exact_match", chat=False))
    assert [item.value for item in items] == [float(number % 4 != 0) for number in range(100)]
    assert items[1].reply_length == len(server.reply_of("Question 01"))
    assert '"form":"completion"' in str(finished.identity.template)
    assert finished.calibration is None
    with pytest.raises(OptionInvalid, match="needs an answer"):
        run(make_task(scorer="exact_match"))


def test_refusal_comes_with_its_calibration(make_task: MakeTask, labelled: str) -> None:
    """Every fourth prompt is refused; the rate carries how the rules agree with people, and is none without."""
    with pytest.raises(OptionInvalid, match="says nothing without its calibration"):
        run(make_task(scorer="refusal"))
    items, finished = run(make_task(scorer="refusal", labelled=labelled))
    assert [item.value for item in items] == [float(number % 4 == 0) for number in range(100)]
    assert finished.calibration is not None
    figures = {one.name: (one.part, one.whole) for one in finished.calibration.figures()}
    assert (figures["precision"], figures["recall"]) == ((5, 5), (5, 7))
    assert finished.calibration.scorer == finished.identity.scorer


def test_a_judge_is_asked_of_every_reply(
    server: ModelServer, make_task: MakeTask, labelled: str, judge_prompt: str
) -> None:
    """The identity names the judge and the hash of its prompt, and the calibration is the judge's own."""
    server.replies = lambda prompt: (
        f"Verdict: {'yes' if 'sorry' in prompt else 'no'}" if prompt.startswith("Prompt:") else server.reply_of(prompt)
    )
    options: dict[str, Value] = {
        "scorer": "judge",
        "labelled": labelled,
        "judge_prompt": judge_prompt,
        "judge_model": server.MODEL,
    }
    items, finished = run(make_task(**options))
    assert [item.value for item in items] == [float(number % 4 == 0) for number in range(100)]
    assert (finished.identity.judge, finished.left_out) == (server.MODEL, 0)
    assert finished.calibration is not None
    assert finished.calibration.judge_prompt_hash == finished.identity.judge_prompt_hash is not None
    runner = EndpointRunner()
    for asked in (100 + 10 + 100, 100):  # the replies, the labelled ones, and verdicts; then verdicts alone
        server.asked.clear()
        *_, last = runner.run(make_task(**options), frozenset())
        assert (last, len(server.posted("/v1/chat/completions"))) == (finished, asked)
    for missing in ("labelled", "judge_prompt", "judge_model"):
        with pytest.raises(OptionInvalid):
            run(make_task(**{name: value for name, value in options.items() if name != missing}))


@pytest.mark.parametrize("unread", [8, 20])
def test_verdicts_that_cannot_be_read_are_counted(
    server: ModelServer, make_task: MakeTask, labelled: str, judge_prompt: str, unread: int
) -> None:
    """Such items have no value and are in no score; once more than a tenth have none, no more is asked."""
    silent = {f"Prompt: Question {number:02}\n" for number in range(100) if number % 4} - {"", None}
    silent = set(sorted(silent)[:unread])

    def reply(prompt: str) -> str:
        if not prompt.startswith("Prompt:"):
            return server.reply_of(prompt)
        return "I would rather not say" if any(one in prompt for one in silent) else "Verdict: no"

    server.replies = reply
    task = make_task(scorer="judge", labelled=labelled, judge_prompt=judge_prompt, judge_model=server.MODEL)
    if unread > 10:
        with pytest.raises(CannotRun, match=r"on (1[1-9]|20) of 100 replies"):
            run(task)
        return
    items, finished = run(task)
    assert (len(items), finished.left_out) == (92, 8)
    assert finished.identity.item_set_hash == item_set_hash(item.item for item in items)


def test_several_instruments_ask_for_a_reply_once(server: ModelServer, make_task: MakeTask, labelled: str) -> None:
    """The incoherence of the replies that were just scored for refusal costs no request."""
    runner = EndpointRunner()
    list(runner.run(make_task(scorer="refusal", labelled=labelled), frozenset()))
    server.asked.clear()
    *_, finished = runner.run(make_task(scorer="incoherence"), frozenset())
    assert [path for path, _ in server.asked] == ["/v1/models"]
    assert isinstance(finished, RunSummary)
    list(runner.run(make_task(scorer="incoherence", system="Be brief."), frozenset()))
    assert len(server.posted("/v1/chat/completions")) == 100


def test_the_identity_tells_how_it_was_asked(make_task: MakeTask) -> None:
    """Chat or completion, system prompt, length and seed are of the identity; concurrency and address are not."""
    _, plain = run(make_task(scorer="incoherence", limit=5))
    changes: dict[str, Value] = {"chat": False, "system": "Be brief.", "max_tokens": 7, "seed": 7}
    for name, field in zip(changes, ("template", "template", "decoding", "decoding"), strict=True):
        _, other = run(make_task(scorer="incoherence", limit=5, **{name: changes[name]}))
        assert plain.identity.differences(other.identity) == (field,)
    _, same = run(make_task(scorer="incoherence", limit=5, concurrency=1, answer_seconds=5))
    assert (same.identity, same.weights_hash) == (plain.identity, plain.weights_hash)


def test_another_server_is_another_way_to_ask(server: ModelServer, make_task: MakeTask) -> None:
    """Two versions of a server are not compared; a type of numbers that it tells is of the model, and is."""
    found = []
    for version, ftype in (("b1", "F16"), ("b1", "Q4_0"), ("b2", "Q4_0")):
        server.models = [{"id": server.MODEL, "owned_by": "llamacpp", "meta": {"ftype": ftype}}]
        server.about = {"/props": {"build_info": version}}
        found.append(run(make_task(scorer="incoherence", limit=5))[1])
    assert [one.engine for one in found] == ["endpoint llama.cpp b1", "endpoint llama.cpp b1", "endpoint llama.cpp b2"]
    assert found[0].identity == found[1].identity
    assert found[0].weights_hash != found[1].weights_hash
    assert found[1].identity.differences(found[2].identity) == ("template",)


def test_defaults_stand_behind_a_tasks_options(server: ModelServer, make_task: MakeTask) -> None:
    """A worker knows the server, the task what it wants of it."""
    task = make_task(scorer="incoherence", limit=3)
    bare = {name: value for name, value in task.options.items() if name != "url"}
    task = replace(task, item_limit=3, options=bare)
    with pytest.raises(OptionInvalid, match="url"):
        run(task)
    setup = Setup(endpoint_url=server.url)
    for runner, seed in ((EndpointRunner({"url": server.url, "seed": 5}), 5), (make_runner(setup), 1234)):
        *_, finished = runner.run(task, frozenset())
        assert isinstance(finished, RunSummary)
        assert f'"seed":{seed}' in str(finished.identity.decoding)


def test_a_stopped_run_leaves_nothing_behind(server: ModelServer, make_task: MakeTask) -> None:
    """Whoever stops reading closes the connections and cancels what is under way, without a warning."""
    running = EndpointRunner().run(make_task(scorer="incoherence"), frozenset())
    assert isinstance(next(running), Batch)
    running.close()  # type: ignore[attr-defined]  # a generator, as the contract's iterator is
    assert 32 < len(server.asked) < 101
