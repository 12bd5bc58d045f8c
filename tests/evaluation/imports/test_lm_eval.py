"""Results and samples of lm-evaluation-harness: what is read of them, and what makes two runs the same.

The files are built after the shapes that version 0.4.13 wrote; running it takes a model, so no test does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evaluation.errors import ImportRefused
from evaluation.imports import lm_eval
from evaluation.imports.interface import ImportSettings
from evaluation.json_node import name_of
from evaluation.lm_eval_format import cluster_of, name_documents
from lineage.scores.score import item_set_hash

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scores.score import Score
    from tests.evaluation.imports.conftest import Harness, Json

SHA = "0123456789abcdef0123456789abcdef01234567"


def test_a_results_file_alone_gives_summaries(harness: type[Harness], tmp_path: Path) -> None:
    """Value, standard error, count, model, commit and time come from the results."""
    path = harness.write(tmp_path, harness.results({"maple_mc": {"acc,none": 0.75, "acc_stderr,none": 0.25}}))
    assert lm_eval.recognises(path, path.read_bytes()[:4096])
    score = harness.only(lm_eval.read(path, harness.wanted))
    assert (score.model, score.revision, score.value, score.stderr, score.items) == (
        "grove/maple-7b",
        SHA,
        0.75,
        0.25,
        4,
    )
    assert score.measured_at == datetime(2026, 5, 6, 7, 8, 9, 500000, UTC)
    assert (score.identity.name, score.identity.scorer, score.identity.softmax_dtype) == (
        "maple_truth",
        "acc,none",
        "bfloat16",
    )
    assert score.item_scores is None


def test_samples_give_one_value_an_item(harness: type[Harness], tmp_path: Path) -> None:
    """Items are named by the hash of their document, and their hash names the set."""
    score = harness.only(lm_eval.read(harness.run(tmp_path, [1, 0, True]), harness.wanted))
    names = tuple(harness.sha(f"question {number}") for number in range(3))
    assert harness.items(score).items == names
    assert harness.items(score).values.tolist() == [1.0, 0.0, 1.0]
    assert score.identity.item_set_hash == item_set_hash(names)
    assert (score.items, harness.items(score).clusters, harness.items(score).reply_lengths) == (3, None, None)


def test_reading_the_samples_gives_the_same_run(harness: type[Harness], tmp_path: Path) -> None:
    """Results and samples lead to the same runs, so that reading a folder counts each once."""
    path = harness.run(tmp_path, [1, 0])
    samples = path.with_name(f"samples_maple_mc_{harness.time}.jsonl")
    assert lm_eval.recognises(samples, samples.read_bytes()[:4096])
    assert harness.told(lm_eval.read(samples, harness.wanted)) == harness.told(lm_eval.read(path, harness.wanted))


def test_another_name_before_the_time_is_found(harness: type[Harness], tmp_path: Path) -> None:
    """`--output_path here/mine.json` writes `mine_TIME.json`; its samples find it."""
    path = harness.run(tmp_path, [1, 0])
    renamed = path.rename(path.with_name(f"mine_{harness.time}.json"))
    assert lm_eval.recognises(renamed, renamed.read_bytes()[:4096])
    assert harness.told(
        lm_eval.read(tmp_path / f"samples_maple_mc_{harness.time}.jsonl", harness.wanted)
    ) == harness.told(lm_eval.read(renamed, harness.wanted))


def test_samples_without_results_are_refused_unless_the_model_is_named(harness: type[Harness], tmp_path: Path) -> None:
    """The missing file is named; with a model the score is the mean, and what only the results tell is None."""
    harness.run(tmp_path, [1, 0]).unlink()
    samples = tmp_path / f"samples_maple_mc_{harness.time}.jsonl"
    with pytest.raises(ImportRefused, match=f"results_{harness.time}.json is missing"):
        lm_eval.read(samples, harness.wanted)
    score = harness.only(
        lm_eval.read(samples, ImportSettings(catalogue=harness.catalogue, model="grove/oak", revision="v2"))
    )
    assert (score.model, score.revision, score.value, score.identity.softmax_dtype) == ("grove/oak", "v2", 0.5, None)
    assert len(harness.items(score)) == 2


MODELS: list[tuple[Any, Any, str, str | None, str]] = [
    ({"pretrained": "grove/maple", "peft": "elm/leaf"}, {"peft_sha": SHA}, "elm/leaf", SHA, ", on grove/maple"),
    ("pretrained=grove/maple,peft=elm/leaf,dtype=auto", {"peft_sha": ""}, "elm/leaf", None, ", on grove/maple"),
    ("pretrained=grove/maple,revision=step1", {"model_sha": "", "model_revision": "step1"}, "grove/maple", "step1", ""),
    ({"pretrained": "./runs/leaf"}, {"model_sha": "", "model_revision": "main"}, "./runs/leaf", None, ""),
    ({"model": "grove/served", "base_url": "local"}, {"model": "local-completions"}, "grove/served", SHA, ""),
    ({}, {}, "grove/maple-7b", SHA, ""),
]


@pytest.mark.parametrize(("arguments", "config", "model", "revision", "base"), MODELS)
def test_the_derivative_is_the_model(
    harness: type[Harness],
    tmp_path: Path,
    arguments: object,
    config: dict[str, Any],
    model: str,
    revision: str | None,
    base: str,
) -> None:
    """With `peft` the adapter is what was measured, and `main` is no revision."""
    path = harness.run(tmp_path, [1], config={"model_args": arguments, **config})
    score = harness.only(lm_eval.read(path, harness.wanted))
    assert (score.model, score.revision) == (model, revision)
    assert score.origin == f"lm-eval {path.name}{base}"


def test_the_user_names_the_model_of_a_local_path(harness: type[Harness], tmp_path: Path) -> None:
    """What the user says replaces the file's model, and the commit of another model goes with it."""
    score = harness.only(
        lm_eval.read(harness.run(tmp_path, [1]), ImportSettings(catalogue=harness.catalogue, model="elm/leaf"))
    )
    assert (score.model, score.revision) == ("elm/leaf", None)


DTYPES: list[tuple[Any, str | None]] = [
    ({"model_args": {"pretrained": "a/b", "softmax_dtype": "float32"}}, "float32"),
    ({"model_args": {"pretrained": "a/b", "dtype": "auto"}, "model_dtype": "torch.float16"}, "float16"),
    ({"model_args": {"pretrained": "a/b", "dtype": "auto"}, "model_dtype": None}, None),
    ({"model_args": {"pretrained": "a/b", "mixed_precision_dtype": "bfloat16"}}, None),
    ({"model": "vllm"}, None),
]


@pytest.mark.parametrize(("config", "dtype"), DTYPES)
def test_the_precision_of_the_softmax_is_derived(
    harness: type[Harness], tmp_path: Path, config: dict[str, Any], dtype: str | None
) -> None:
    """It is the one asked for, else the model's own, and None where the file does not tell."""
    assert (
        harness.only(lm_eval.read(harness.run(tmp_path, [1], config=config), harness.wanted)).identity.softmax_dtype
        == dtype
    )


def test_same_prompts_are_the_same_identity(harness: type[Harness], tmp_path: Path) -> None:
    """Two models with chat templates of other text and the same effect compare; another prompt does not."""

    def read(name: str, **more: Json) -> Score:
        return harness.only(lm_eval.read(harness.run(tmp_path / name, [1, 0], **more), harness.wanted))

    base = read("a", chat_template_sha=harness.sha("one"))
    assert read("b", chat_template_sha=harness.sha("two")).identity == base.identity
    assert read("c", chat_template_sha=harness.sha("one"), prompt="Be good. ").identity.differences(base.identity) == (
        "template",
    )
    assert read("d").identity.differences(base.identity) == ("template",)
    float32 = {"model_args": {"pretrained": "a/b", "softmax_dtype": "float32"}}
    assert read("e", chat_template_sha=harness.sha("one"), config=float32).identity.differences(base.identity) == (
        "softmax_dtype",
    )


@pytest.mark.parametrize(
    "changes", [{"chat_template_sha": "ab"}, {"system_instruction_sha": "cd"}, {"n-shot": {"maple_mc": 5}}]
)
def test_without_samples_what_the_results_tell_is_the_template(
    harness: type[Harness], tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Chat template, system prompt and few-shot examples each make another identity."""
    row = {"maple_mc": {"acc,none": 0.5}}
    plain = harness.only(lm_eval.read(harness.write(tmp_path / "a", harness.results(row)), harness.wanted))
    other = harness.only(lm_eval.read(harness.write(tmp_path / "b", harness.results(row, **changes)), harness.wanted))
    assert other.identity.differences(plain.identity) == ("template",)


def test_a_limited_run_has_other_items(harness: type[Harness], tmp_path: Path) -> None:
    """The same task over fewer items is another identity, with samples and without."""
    assert (
        harness.only(lm_eval.read(harness.run(tmp_path / "a", [1, 0]), harness.wanted)).identity.item_set_hash
        != harness.only(lm_eval.read(harness.run(tmp_path / "b", [1]), harness.wanted)).identity.item_set_hash
    )
    row = {"maple_mc": {"acc,none": 0.5}}
    whole, part = harness.results(row), harness.results(row)
    part["n-samples"]["maple_mc"]["effective"] = 2
    first, second = (
        harness.only(lm_eval.read(harness.write(tmp_path / name, document), harness.wanted))
        for name, document in (("c", whole), ("d", part))
    )
    assert (first.items, second.items) == (4, 2)
    assert second.identity.differences(first.identity) == ("item_set_hash",)


def test_documents_that_repeat_are_numbered_by_the_data_set(harness: type[Harness], tmp_path: Path) -> None:
    """The order of lines changes nothing, and the repeats are one cluster."""
    lines = [
        harness.sample(number, text=text, acc=value)
        for number, (text, value) in enumerate([("x", 1), ("y", 0), ("x", 0)])
    ]
    row = {"maple_mc": {"acc,none": 1 / 3}}
    for name, order in (("a", lines), ("b", lines[::-1])):
        samples = {"maple_mc": order}
        score = harness.only(
            lm_eval.read(harness.write(tmp_path / name, harness.results(row, samples=samples), samples), harness.wanted)
        )
        assert harness.items(score).items == (harness.sha("x"), harness.sha("y"), f"{harness.sha('x')}#2")
        assert harness.items(score).values.tolist() == [1, 0, 0]
        assert harness.items(score).clusters == (harness.sha("x"), harness.sha("y"), harness.sha("x"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"cluster": "kind 3"}, "kind 3"),
        ({"cluster": "half \ud83d"}, name_of("half \ud83d")),
        ({"cluster": "k" * 501}, name_of("k" * 501)),
        ({"cluster": 3}, None),
        ({"cluster": ""}, None),
        ({}, None),
        ("text", None),
    ],
)
def test_a_document_may_name_its_cluster(document: object, expected: str | None) -> None:
    """A field of that name that is a text, and nothing else."""
    named = cluster_of(document)
    assert named == expected
    assert (named or "").encode()[:7] in {b"", b"kind 3", b"sha256:"}


def test_clusters_that_documents_name_stand_beside_repeats() -> None:
    """What says nothing of its cluster is one with its repetitions."""
    assert name_documents(["a", "b", "a", "c"], ["kind", None, "kind", None]) == (
        ("a", "b", "a#2", "c"),
        ("kind", "b", "kind", "c"),
    )
    assert name_documents(["a", "b"], [None, None]) == (("a", "b"), None)


def test_every_filter_is_a_score_and_replies_are_measured(harness: type[Harness], tmp_path: Path) -> None:
    """Generation has one score a filter, the settings of decoding, and the length of each reply."""
    lines = []
    for chosen, value in (("strict", 0), ("flexible", 1)):
        line = harness.sample(0, chosen=chosen, exact_match=value)
        line["arguments"]["gen_args_0"]["arg_1"] = {"until": ["\n"]}
        lines.append(line | {"resps": [["four"]]})
    row = {"maple_gen": {"exact_match,strict": 0, "exact_match,flexible": 1}}
    samples = {"maple_gen": lines}
    found = lm_eval.read(harness.write(tmp_path, harness.results(row, samples=samples), samples), harness.wanted)
    assert [(score.identity.scorer, score.value) for score in found.scores] == [
        ("exact_match,strict", 0.0),
        ("exact_match,flexible", 1.0),
    ]
    for score in found.scores:
        assert score.identity.decoding == '{"do_sample":false,"until":["\\n"]}'
        assert score.identity.softmax_dtype is None
        assert np.array(harness.items(score).reply_lengths).tolist() == [4]


def test_groups_and_their_tasks_are_both_kept(harness: type[Harness], tmp_path: Path) -> None:
    """A group that the catalogue knows is a score beside those of its tasks; what it knows not is said."""
    rows = {
        "maple": {"acc,none": 0.5, "acc_stderr,none": "N/A"},
        "maple_mc": {"acc,none": 0.5, "acc_norm,none": 0.1},
        "maple_gen": {},
    }
    found = lm_eval.read(harness.write(tmp_path, harness.results(rows)), harness.wanted)
    assert [(score.instrument.name, score.stderr) for score in found.scores] == [
        ("maple_family", None),
        ("maple_truth", None),
    ]
    assert [one.what for one in found.skipped] == ["maple_mc acc_norm,none"]


@pytest.mark.parametrize(("value", "has_items"), [(0.75, True), (0.5, False)])
def test_a_group_has_the_items_of_its_tasks(
    harness: type[Harness], tmp_path: Path, value: float, *, has_items: bool
) -> None:
    """Where its value is the mean over all of them; a mean of the tasks' means is a summary."""
    lines = {"maple_mc": [harness.sample(0, acc=0)], "maple_gen": [harness.sample(n, acc=1) for n in range(3)]}
    rows = {"maple": {"acc,none": value}, "maple_mc": {"acc,none": 0.0}, "maple_gen": {"acc,none": 1.0}}
    path = harness.write(tmp_path, harness.results(rows, samples=lines), lines)
    group = lm_eval.read(path, harness.wanted).scores[0]
    assert (group.instrument.name, group.item_scores is not None) == ("maple_family", has_items)
    if has_items:
        names = [f"maple_gen/{harness.sha(f'question {n}')}" for n in range(3)]
        assert harness.items(group).items == (*names, f"maple_mc/{harness.sha('question 0')}")
        assert harness.items(group).values.tolist() == [1, 1, 1, 0]


def test_what_is_no_mean_of_items_is_a_summary(harness: type[Harness], tmp_path: Path) -> None:
    """A correlation has pairs for items, a perplexity numbers whose mean it is not."""
    lines = {"maple_mc": [harness.sample(number, mcc=[0, 1], perplexity=-5.0) for number in range(2)]}
    row = {"maple_mc": {"mcc,none": 0.3, "perplexity,none": 148.4}}
    found = lm_eval.read(harness.write(tmp_path, harness.results(row, samples=lines), lines), harness.wanted)
    assert [(score.value, score.item_scores) for score in found.scores] == [(0.3, None), (148.4, None)]
