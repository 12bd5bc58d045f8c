"""Logs of Inspect in both forms: what is read, what identifies a score, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ImportRefused
from evaluation.imports import inspect_logs
from evaluation.imports.interface import ImportSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lineage.scores.score import Score
    from tests.evaluation.imports.conftest import Inspector, Json


def score_of(inspector: type[Inspector], path: Path, log: Json) -> Score:
    """Write a log and return its one score."""
    (score,) = inspect_logs.read(inspector.write(path, log), inspector.wanted).scores
    return score


def refused(inspector: type[Inspector], path: Path, problem: str) -> ImportRefused:
    """Read a log that must be refused for a reason."""
    with pytest.raises(ImportRefused, match=problem) as caught:
        inspect_logs.read(path, inspector.wanted)
    return caught.value


@pytest.mark.parametrize("name", ["log.eval", "log.json"])
def test_both_forms_give_the_same_run(inspector: type[Inspector], tmp_path: Path, name: str) -> None:
    """Letters become numbers, ids become items, and the log converted from one form to the other is one run."""
    log = inspector.log([inspector.sample(name, grade) for name, grade in (("q1", "C"), (2, "P"), (3, "I"), (4, "N"))])
    path = inspector.write(tmp_path / name, log)
    assert inspect_logs.recognises(path, path.read_bytes()[:4096])
    score = score_of(inspector, path, log)
    assert score.item_scores is not None
    values = dict(zip(score.item_scores.items, score.item_scores.values.tolist(), strict=True))
    assert values == {"q1": 1.0, "2": 0.5, "3": 0.0, "4": 0.0}
    assert (score.model, score.value, score.items, score.instrument.name) == ("grove/maple-7b", 0.375, 4, "maple_hit")
    assert score.measured_at == datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert score.identity.decoding == '{"max_tokens":20,"temperature":0.5}'
    assert np.array(score.item_scores.reply_lengths).tolist() == [4] * 4
    assert score.run == score_of(inspector, tmp_path / "other.json", log).run


def test_epochs_are_reduced_by_their_mean(inspector: type[Inspector], tmp_path: Path) -> None:
    """Two epochs of a sample are one item."""
    samples = [inspector.sample(1, value, epoch=epoch) for epoch, value in ((1, 1.0), (2, 0.5))]
    score = score_of(inspector, tmp_path / "log.eval", inspector.log(samples, eval={"config": {"epochs": 2}}))
    assert (score.value, score.items) == (0.75, 1)


def test_a_scorer_of_several_values_gives_several_scores(inspector: type[Inspector], tmp_path: Path) -> None:
    """Keys of a mapping are found with the scorer and without."""
    log = inspector.log([inspector.sample(1, {"harm": 0.25, "refusal": True, "tone": 9}, scorer="rubric")])
    found = inspect_logs.read(inspector.write(tmp_path / "log.eval", log), inspector.wanted)
    assert [(score.instrument.name, score.identity.scorer, score.value) for score in found.scores] == [
        ("maple_harm", "rubric.harm", 0.25),
        ("maple_shy", "rubric.refusal", 1.0),
    ]
    assert [one.what for one in found.skipped] == ["grove_evals/maple rubric.tone"]


@pytest.mark.parametrize(("value", "reason"), [(float("nan"), "1 of 2 samples were not graded"), ("maybe", "letters")])
def test_what_was_not_graded_is_left_out(
    inspector: type[Inspector], tmp_path: Path, value: object, reason: str
) -> None:
    """A failed grader and words that are no grades skip the scorer with the reason, and invent no value."""
    log = inspector.log([inspector.sample(1, "C"), inspector.sample(2, value)])
    found = inspect_logs.read(inspector.write(tmp_path / "log.json", log), inspector.wanted)
    assert found.scores == ()
    assert reason in found.skipped[0].reason


MODELS: list[tuple[dict[str, Any], str, str | None, str]] = [
    ({"model": "hf/grove/oak", "model_args": {"revision": "v2"}}, "grove/oak", "v2", ""),
    ({"model": "hf/local", "model_args": {"model_path": "./runs/leaf"}}, "./runs/leaf", None, ""),
    ({"model": "vllm/grove/oak:elm/leaf", "model_args": {"revision": "v2"}}, "elm/leaf", None, ", on grove/oak"),
    ({"model": "openai-api/clinic/grove/oak", "model_args": {}}, "grove/oak", None, ""),
    ({"model": "openai-api/clinic/gpt-4o", "model_args": {}}, "openai-api/clinic/gpt-4o", None, ""),
    ({"model": "openai-api/clinic", "model_args": {}}, "openai-api/clinic", None, ""),
    ({"model": "vllm/grove/oak:q2_k", "model_args": {"revision": "v2"}}, "grove/oak:q2_k", "v2", ""),
    ({"model": "oakcloud/sapling"}, "oakcloud/sapling", None, ""),
]


@pytest.mark.parametrize(("setup", "model", "revision", "carrier"), MODELS)
def test_the_model_is_named_as_on_the_hub(
    inspector: type[Inspector], tmp_path: Path, setup: dict[str, Any], model: str, revision: str | None, carrier: str
) -> None:
    """Providers of Hub models are cut off, an adapter is what was measured, and a precision is a file."""
    score = score_of(inspector, tmp_path / "log.json", inspector.log([inspector.sample(1, "C")], eval=setup))
    assert (score.model, score.revision) == (model, revision)
    assert score.origin == f"inspect grove_evals/maple, log.json{carrier}"


def test_the_user_names_the_model(inspector: type[Inspector], tmp_path: Path) -> None:
    """What the user says replaces what the log says."""
    path = inspector.write(tmp_path / "log.json", inspector.log([inspector.sample(1, "C")]))
    (score,) = inspect_logs.read(path, ImportSettings(catalogue=inspector.wanted.catalogue, model="elm/leaf")).scores
    assert score.model == "elm/leaf"


JUDGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"model": "hf/birch/judge"}, {}, "birch/judge"),
    ({"model": {"model": "hf/birch/judge", "config": {}}}, {}, "birch/judge"),
    ({}, {"model_roles": {"grader": {"model": "hf/birch/judge"}}}, "birch/judge"),
    ({}, {}, "grove/maple-7b"),
]


@pytest.mark.parametrize(("options", "setup", "judge"), JUDGES)
def test_the_grader_is_the_judge(
    inspector: type[Inspector], tmp_path: Path, options: dict[str, Any], setup: dict[str, Any], judge: str
) -> None:
    """It stands in the options of the scorer, among the roles, or is the model itself."""
    setup = setup | {"scorers": [{"name": "model_graded_qa", "options": options | {"partial_credit": True}}]}
    log = inspector.log([inspector.sample(1, "C", scorer="model_graded_qa")], eval=setup)
    identity = score_of(inspector, tmp_path / "log.json", log).identity
    assert identity.judge == judge
    assert identity.judge_prompt_hash is not None


def test_another_prompt_is_another_identity(inspector: type[Inspector], tmp_path: Path) -> None:
    """Solvers, arguments and inputs make the template; ids that Inspect gives to messages do not."""
    message = [{"id": "x1", "role": "user", "content": "say it"}]
    again = [{"id": "x2", "role": "user", "content": "say it"}]
    logs = [inspector.log([inspector.sample(1, "C", input=said)]) for said in (message, again, "say that")]
    logs.append(
        inspector.log([inspector.sample(1, "C", input=message)], plan={"steps": [{"solver": "system_message"}]})
    )
    base, same, other, system = (
        score_of(inspector, tmp_path / f"{number}.json", log).identity for number, log in enumerate(logs)
    )
    assert same == base
    assert other.differences(base) == ("template",)
    assert set(system.differences(base)) == {"template", "decoding"}


def test_an_unfinished_run_is_refused_unless_all_samples_are_there(inspector: type[Inspector], tmp_path: Path) -> None:
    """A run that was cut off counts where its samples cover the data set in every epoch."""
    samples = [inspector.sample(1, "C"), inspector.sample(2, "I")]
    whole = inspector.log(samples, status="error")
    assert score_of(inspector, tmp_path / "whole.eval", whole).value == 0.5
    assert score_of(inspector, tmp_path / "crashed.eval", whole | {"status": "crashed"}).value == 0.5
    for name, changes in (
        ("part", {"samples": samples[:1]}),
        ("failed", {"samples": [samples[0], samples[1] | {"error": {"message": "x"}}]}),
        ("epochs", {"eval": whole["eval"] | {"config": {"epochs": 2}}}),
    ):
        path = inspector.write(tmp_path / f"{name}.eval", whole | changes)
        assert refused(inspector, path, "the run is not whole").place == "header.json.status"


def test_a_changed_log_is_refused(inspector: type[Inspector], tmp_path: Path) -> None:
    """A mean that the samples do not have is named with its place; a metric of another kind is not compared."""
    row = {"name": "includes", "scorer": "includes", "metrics": {"accuracy": {"value": 0.9, "params": {}}}}
    log = inspector.log([inspector.sample(1, "C")], results={"scores": [row]})
    error = refused(inspector, inspector.write(tmp_path / "a.json", log), "the mean of the samples is 1")
    assert error.place == "results.scores.entry 1.metrics.accuracy.value"
    row["metrics"] = {"accuracy": {"value": 0.9, "params": {"to_float": "own"}}, "stderr": {"value": 0.1}}
    assert score_of(inspector, tmp_path / "b.json", log).stderr == 0.1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"invalidated": True}, "marked as invalid"),
        ({"samples": []}, "no samples"),
        ({"samples": [{"id": None, "scores": {}}]}, "not an id"),
        ({"samples": [{"id": 1, "scores": {"includes": {"value": 7}}}]}, "outside of 0 to 1"),
        ({"samples": [{"id": 1}, {"id": 1}]}, "comes twice"),
        ({"samples": 3}, "not a list"),
        ({"status": "a\u202eb"}, "control characters"),
    ],
)
def test_a_wrong_log_is_refused(
    inspector: type[Inspector], tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    """Each fault has its reason."""
    log = inspector.log([inspector.sample(1, "C")]) | changes
    refused(inspector, inspector.write(tmp_path / "log.json", log), problem)


def test_a_bomb_is_not_unpacked(
    inspector: type[Inspector],
    packer: Callable[[dict[str, bytes]], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An entry, and all of them together, unpack to no more than their bounds."""
    header = json.dumps(inspector.log([])).encode()
    path = tmp_path / "log.eval"
    path.write_bytes(packer({"header.json": header, "samples/1.json": b" " * 5_000_000}))
    monkeypatch.setattr("evaluation.imports.zip_entries.LARGEST_ENTRY_BYTES", 1_000_000)
    assert refused(inspector, path, "unpacks to more than 1,000,000 bytes").place == "samples/1.json"


def test_a_damaged_entry_is_refused(
    inspector: type[Inspector], packer: Callable[[dict[str, bytes]], bytes], tmp_path: Path
) -> None:
    """An archive of nothing, one of something else and a text with the name of a log are refused."""
    path = tmp_path / "log.eval"
    for content, problem in ((b"", "not a whole zip"), (b"text", "not a whole zip"), (packer({"a": b""}), "not a log")):
        path.write_bytes(content)
        refused(inspector, path, problem)
    refused(inspector, tmp_path / "absent.eval", "No such file")


@settings(max_examples=100, deadline=None)
@given(data=st.data(), form=st.sampled_from(["eval", "json"]))
def test_a_broken_log_is_refused_or_read(
    inspector: type[Inspector], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, form: str
) -> None:
    """Cut anywhere or with any byte changed, a log is refused or gives values in range; nothing else is raised."""
    log = inspector.log([inspector.sample(number, grade) for number, grade in enumerate("CIP")])
    path = inspector.write(tmp_path_factory.mktemp("log") / f"log.{form}", log)
    content = path.read_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    replaced = bytes([data.draw(st.integers(0, 255))])
    cut = data.draw(st.booleans())
    path.write_bytes(content[:place] if cut else content[:place] + replaced + content[place + 1 :])
    try:
        found = inspect_logs.read(path, inspector.wanted)
    except ImportRefused:
        return
    assert not cut
    assert all(score.instrument.holds(score.value) for score in found.scores)
