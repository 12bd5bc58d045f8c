"""Tasks of lm-evaluation-harness on a server: the same metrics as the harness computes from the same likelihoods."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evaluation.engines.endpoint.errors import EndpointAway
from evaluation.engines.endpoint.runner import EndpointRunner
from evaluation.engines.interface import Batch, RunSummary, Weights
from evaluation.engines.tasks.harness_tasks import TaskSettings, build, load
from evaluation.engines.tasks.identity import identity_of
from evaluation.errors import CannotRun
from lineage.errors import MissingExtra
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale
from tests.evaluation.engines.specs import spec_on

if TYPE_CHECKING:
    from pathlib import Path

    from evaluation.engines.interface import ItemResult
    from lineage.scheduling.job import JobSpec
    from tests.evaluation.engines.endpoint.conftest import ModelServer

CHOICE = """task: maple_choice
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "Q: {{{{question}}}}\\nA:"
doc_to_choice: "{{{{choices}}}}"
doc_to_target: gold
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}, {{metric: acc_norm, aggregation: mean}}]
metadata: {{version: 3}}
"""
WRITTEN = """task: maple_written
dataset_path: json
dataset_kwargs: {{data_files: {{test: "{data}"}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{question}}}}"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["\\n"], max_gen_toks: 20}}
filter_list: [{{name: first, filter: [{{function: regex, regex_pattern: "(\\\\w+)"}}, {{function: take_first}}]}}]
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""
METRICS = "\nmetric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n"
LEARNT = pytest.mark.filterwarnings("ignore")  # the packages of the harness warn of one another


DEMO = Instrument(
    name="demo",
    title="Demo",
    construct=Construct.CAPABILITY,
    direction=Direction.HIGHER_IS_SAFER,
    low=0,
    high=1,
    scale=Scale.RATE,
    scorer="acc",
)
ANSWERED = replace(DEMO, name="answered", scorer="exact_match")


def runner() -> EndpointRunner:
    """Return a runner that knows the instruments of these tests beside the usual ones."""
    return EndpointRunner(catalogue=Catalogue.of([*default_catalogue(), DEMO, ANSWERED]))


def run(task: JobSpec, done: frozenset[str] = frozenset()) -> tuple[list[ItemResult], RunSummary]:
    """Run a task to its end, and return its items in the order of their documents."""
    *batches, finished = runner().run(task, done)
    assert isinstance(finished, RunSummary)
    found = [item for batch in batches if isinstance(batch, Batch) for item in batch.items]
    loaded = load(task.definition)
    prefix = [f"{one.config.task}/" if loaded.is_group else "" for one in loaded.tasks]
    names = [
        f"{start}{item.name}"
        for start, one in zip(prefix, loaded.tasks, strict=True)
        for item in build(one, TaskSettings()).items
    ]
    return sorted(found, key=lambda item: names.index(item.item)), finished


@pytest.fixture(name="task")
def fixture_task(server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JobSpec:
    """Give a task over 12 questions, the first two the same, whose YAML file is still to be written."""
    pytest.importorskip("lm_eval", reason="the extra eval is not installed")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    lines = [
        {"question": f"Question {max(n, 1)}", "choices": ["one", "two three"], "gold": 0 if n < 2 else n % 2}
        for n in range(12)
    ]
    for line in lines:
        line["answer"] = server.reply_of(str(line["question"])).split()[0]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return spec_on(
        Weights(model=server.MODEL, revision=None),
        instrument="demo",
        definition=str(tmp_path / "task.yaml"),
        options={"url": server.url},
    )


@LEARNT
def test_multiple_choice(server: ModelServer, task: JobSpec, tmp_path: Path) -> None:
    """Accuracy by our own sum; items are named by their documents, a repeated one is a cluster."""
    (tmp_path / "task.yaml").write_text(CHOICE.format(data=tmp_path / "data.jsonl"))
    items, finished = run(task)
    expected = []
    for number in range(12):
        context = f"Q: Question {max(number, 1)}\nA:"
        one, two = (server.likelihood_of(context, f" {choice}") for choice in ("one", "two three"))
        expected.append(float((two > one) == (0 if number < 2 else number % 2)))
    assert [item.value for item in items] == expected
    assert items[1].item == f"{items[0].item}#2"
    assert items[0].cluster == items[1].cluster == items[0].item
    assert (finished.identity.scorer, finished.identity.softmax_dtype) == ("acc,none", "server")
    assert '"version":3.0' in str(finished.identity.template) or '"version":3' in str(finished.identity.template)


@LEARNT
def test_a_task_is_identified_as_by_the_other_engine(task: JobSpec, tmp_path: Path) -> None:
    """What is asked, of which items and with which scorer, has the same words; what the server computes in has not."""
    (tmp_path / "task.yaml").write_text(CHOICE.format(data=tmp_path / "data.jsonl"))
    items, finished = run(task)
    instrument = default_catalogue().find("truthfulqa_mc1")
    assert instrument is not None
    built = build(load(task.definition).tasks[0], TaskSettings())
    here = identity_of([built], [item.item for item in items], instrument, "acc,none", is_group=False, is_chat=False)
    assert replace(here, name="demo").differences(finished.identity) == ("softmax_dtype",)


@LEARNT
def test_tasks_of_ours_run_behind_a_server_too(
    server: ModelServer, task: JobSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are found by name, over the user's items; without these the reason says what they are."""
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    own = replace(task, instrument="safelawbench", definition="safelawbench")
    with pytest.raises(CannotRun, match=r"safelawbench\.jsonl"):
        run(own)
    line = {"question": "May a fox enter?", "choices": ["Yes", "No"], "answer": "B"}
    (tmp_path / "safelawbench.jsonl").write_text(f"{json.dumps(line)}\n")
    (item,), finished = run(own)
    yes, no = (server.likelihood_of("May a fox enter?\nA. Yes\nB. No\nAnswer:", f" {letter}") for letter in "AB")
    assert item.value == float(no > yes)
    assert finished.identity.scorer == "acc,none"


@LEARNT
def test_generation_goes_through_its_filter(task: JobSpec, tmp_path: Path) -> None:
    """The filter's first word is the answer, and the scorer is named as the harness names its metric."""
    (tmp_path / "task.yaml").write_text(WRITTEN.format(data=tmp_path / "data.jsonl"))
    items, finished = run(replace(task, instrument="answered"))
    assert [item.value for item in items] == [1.0] * 12
    assert all(item.reply and item.reply_length == len(item.reply) for item in items)
    assert finished.identity.scorer == "exact_match,first"


@LEARNT
def test_a_metric_that_is_not_there(task: JobSpec, tmp_path: Path) -> None:
    """The error lists those there are."""
    (tmp_path / "task.yaml").write_text(CHOICE.format(data=tmp_path / "data.jsonl"))
    task.options["scorer"] = "surprise"
    with pytest.raises(CannotRun, match="none of its metrics measures demo: acc,none, acc_norm,none"):
        run(task)


def test_without_the_harness_only_own_prompts_run(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A task of the harness needs the extra, and says so."""
    monkeypatch.setattr("evaluation.engines.endpoint.server_backend.find_spec", lambda _: None)
    task = spec_on(
        Weights(model=server.MODEL, revision=None),
        instrument="demo",
        definition="truthfulqa_mc1",
        options={"url": server.url},
    )
    with pytest.raises(MissingExtra, match="'eval'"):
        list(runner().run(task, frozenset()))


@LEARNT
def test_examples_in_the_prompt_are_those_of_the_harness(task: JobSpec, tmp_path: Path) -> None:
    """They are drawn with the harness's seed, so that two runs ask the same, and the identity counts them."""
    shots = CHOICE.format(data=tmp_path / "data.jsonl") + "num_fewshot: 2\nfewshot_split: test\n"
    (tmp_path / "task.yaml").write_text(shots)
    (_, first), (_, second) = run(task), run(task)
    assert first.identity == second.identity
    assert '"shots":2' in str(first.identity.template)


@LEARNT
def test_a_document_names_its_own_cluster(task: JobSpec, tmp_path: Path) -> None:
    """As for a model that is run here, and in a group items and clusters carry the name of their task."""
    lines = [{"question": f"Q{n}", "choices": ["a", "b"], "gold": 0, "cluster": f"c{n // 2}"} for n in range(4)]
    (tmp_path / "data.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (tmp_path / "maple.yaml").write_text(CHOICE.format(data=tmp_path / "data.jsonl"))
    (tmp_path / "task.yaml").write_text("group: grove\ntask: [maple_choice]\n")
    items, _ = run(task)
    assert [item.cluster for item in items] == [f"maple_choice/c{n // 2}" for n in range(4)]
    assert all(item.item.startswith("maple_choice/") for item in items)


@LEARNT
@pytest.mark.parametrize(
    ("told", "instead", "reason"),
    [
        ("metadata:", "unsafe_code: true\nmetadata:", "runs code that the model writes"),
        ("{{question}}", "{{nothing}}", "'nothing' is undefined"),
    ],
)
def test_a_task_that_cannot_be_run_says_so_once(
    task: JobSpec, tmp_path: Path, told: str, instead: str, reason: str
) -> None:
    """Code that a model wrote is not run behind a server either, and a wrong template is no passing fault."""
    text = CHOICE.format(data=tmp_path / "data.jsonl")
    (tmp_path / "task.yaml").write_text(text.replace(told, instead))
    with pytest.raises(CannotRun, match=reason):
        run(task)


@LEARNT
def test_what_came_before_a_failure_is_kept(server: ModelServer, task: JobSpec, tmp_path: Path) -> None:
    """A server that dies half way leaves the items that it answered, each once, and the next run asks for the rest."""
    (tmp_path / "task.yaml").write_text(CHOICE.format(data=tmp_path / "data.jsonl"))
    task.options.update(concurrency=1, attempts=1)
    whole, finished = run(task)
    asked = 0

    def refuse(body: dict[str, object]) -> int:
        nonlocal asked
        asked += str(body["prompt"]).startswith("Q: ")
        if asked == 12:
            server.fail("status", times=10_000, status=503, retry_after="0")
        return 0

    server.order = refuse
    kept: list[ItemResult] = []
    with pytest.raises(EndpointAway):
        kept.extend(
            item for batch in runner().run(task, frozenset()) if isinstance(batch, Batch) for item in batch.items
        )
    assert 0 < len(kept) < 12
    assert all(item in whole for item in kept)
    server.order, server.faults = None, []
    rest, again = run(task, frozenset(item.item for item in kept))
    assert sorted([*kept, *rest], key=whole.index) == whole
    assert again == finished


@LEARNT
def test_a_task_that_needs_the_likeliest_token(server: ModelServer, task: JobSpec, tmp_path: Path) -> None:
    """A server that does not tell which token is the likeliest answers accuracy, and no exact match of likelihoods."""
    (tmp_path / "task.yaml").write_text(CHOICE.format(data=tmp_path / "data.jsonl"))
    server.family = "silent"
    assert len(run(task)[0]) == 12
    lines = [{"question": "Q1", "text": " one"}]
    (tmp_path / "data.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    text = CHOICE.replace("multiple_choice", "loglikelihood").replace("{{{{gold}}}}", "").replace("gold", "text")
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("doc_to_choice", "metric_list")))
    (tmp_path / "task.yaml").write_text(text.format(data=tmp_path / "data.jsonl") + METRICS)
    with pytest.raises(CannotRun, match="does not return the likeliest tokens"):
        run(task)


@LEARNT
def test_whole_texts_need_a_model_that_runs_here(task: JobSpec, tmp_path: Path) -> None:
    """A perplexity has no context, so no server is asked."""
    text = CHOICE.replace("multiple_choice", "loglikelihood_rolling")
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("doc_to_choice", "metric_list")))
    text = text.replace("doc_to_target: gold", 'doc_to_target: "{{{{question}}}}"')
    (tmp_path / "task.yaml").write_text(
        text.format(data=tmp_path / "data.jsonl") + "\nmetric_list: [{metric: word_perplexity}]\n"
    )
    with pytest.raises(CannotRun, match="loglikelihood_rolling need a model that runs here"):
        run(task)
