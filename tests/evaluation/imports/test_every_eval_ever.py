"""Every Eval Ever: records, samples and parquet, units and directions, and what is refused or left out."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb
import pytest

from evaluation.errors import ImportRefused
from evaluation.imports import every_eval_ever
from evaluation.imports.interface import FileScores, ImportSettings
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.score import digest

if TYPE_CHECKING:
    from pathlib import Path

WANTED: Final = ImportSettings(catalogue=default_catalogue())
RESULT: Final[dict[str, Any]] = json.loads("""{
    "evaluation_name": "truthfulqa_mc1", "evaluation_timestamp": "1767225600",
    "source_data": {"source_type": "hf_dataset", "dataset_name": "truthfulqa_mc1", "hf_repo": "maple/items"},
    "metric_config": {"evaluation_description": "acc", "lower_is_better": false, "score_type": "continuous",
        "min_score": 0.0, "max_score": 1.0},
    "score_details": {"score": 0.5, "uncertainty": {"standard_error": {"value": 0.25}, "num_samples": 4}},
    "generation_config": {"generation_args": {"temperature": 0.5, "max_tokens": 64, "prompt_template": "Q: {q}"}}
}""")
RECORD: Final[dict[str, Any]] = json.loads("""{
    "schema_version": "0.2.2", "evaluation_id": "truthfulqa_mc1/maple/base/1767225600",
    "retrieved_timestamp": "1767300000",
    "source_metadata": {"source_name": "lm-evaluation-harness", "source_type": "evaluation_run",
        "source_organization_name": "Maple", "evaluator_relationship": "first_party"},
    "eval_library": {"name": "lm_eval", "version": "0.4.9"},
    "model_info": {"name": "base", "id": "maple/base", "additional_details": {"sha": "abc123"}}
}""") | {"evaluation_results": [RESULT]}


def record(**changes: object) -> dict[str, Any]:
    """Return a record whose only result, or whose own fields, are changed: `result__score_details={...}`."""
    changed = copy.deepcopy(RECORD)
    for name, value in changes.items():
        result, _, field = name.partition("__")
        if result == "result":
            changed["evaluation_results"][0][field] = value
        else:
            changed[name] = value
    return changed


def sample(number: int, score: float, **changes: object) -> dict[str, Any]:
    """Return a sample of the record."""
    return {
        "schema_version": "instance_level_eval_0.2.2",
        "evaluation_id": RECORD["evaluation_id"],
        "model_id": "maple/base",
        "evaluation_name": "truthfulqa_mc1",
        "sample_id": number,
        "sample_hash": f"hash {number}",
        "interaction_type": "single_turn",
        "input": {"raw": "Which?", "reference": ["this"]},
        "output": {"raw": ["x" * number]},
        "evaluation": {"score": score, "is_correct": score == 1},
        **changes,
    }


SAMPLES: Final = [sample(number, float(number % 2)) for number in range(1, 5)]


def read(path: Path, content: object, wanted: ImportSettings = WANTED) -> FileScores:
    """Write a record, or lines of them, and read them."""
    lines = content if isinstance(content, list) else [content]
    path.write_text("".join(json.dumps(line, indent=None if len(lines) > 1 else 1) + "\n" for line in lines))
    return every_eval_ever.read(path, wanted)


def test_a_record_is_read(tmp_path: Path) -> None:
    """A result of a known task becomes a score with its error, revision, moment and what made the prompt."""
    found = read(tmp_path / "a.json", RECORD)
    (score,) = found.scores
    assert (score.model, score.revision, score.instrument.name) == ("maple/base", "abc123", "truthfulqa_mc1")
    assert (score.value, score.stderr, score.items) == (0.5, 0.25, 4)
    assert score.measured_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (score.identity.scorer, score.identity.decoding) == ("acc", "temperature=0.5, max_tokens=64")
    assert score.identity.template == digest("Q: {q}")
    assert (score.source, score.is_reported, found.skipped) == ("every-eval-ever", False, ())


@pytest.mark.parametrize(
    "arguments", ["pretrained=maple/base,peft=maple/lora", "{'pretrained': 'maple/base', 'peft': 'maple/lora'}"]
)
def test_an_adapters_score_is_not_its_bases(tmp_path: Path, arguments: str) -> None:
    """The converter names the weights that were loaded first, with their commit; the arguments name the adapter."""
    details = {"sha": "abc123", "model_args": arguments}
    (score,) = read(tmp_path / "a.json", record(model_info=model_info(details))).scores
    assert (score.model, score.revision, score.origin) == ("maple/lora", None, "Every Eval Ever a, on maple/base")
    (told,) = read(tmp_path / "a.json", record(model_info=model_info({**details, "peft_sha": "def456"}))).scores
    assert (told.model, told.revision) == ("maple/lora", "def456")


@pytest.mark.parametrize(
    "arguments", ["pretrained=maple/base", "{'pretrained': 'maple/base', 'peft': None}", "{1/0}", "["]
)
def test_other_arguments_leave_the_model_as_it_is_named(tmp_path: Path, arguments: str) -> None:
    """Arguments are never run, and what cannot be read names nothing."""
    details = {"sha": "abc123", "model_args": arguments}
    (score,) = read(tmp_path / "a.json", record(model_info=model_info(details))).scores
    assert (score.model, score.revision, score.origin) == ("maple/base", "abc123", "Every Eval Ever a")


def test_a_file_of_a_repository_is_kept_apart(tmp_path: Path) -> None:
    """The argument that names a file of the repository names what was run."""
    details = {"model_args": "pretrained=maple/base,gguf_file=base-Q4_K_M.gguf"}
    (score,) = read(tmp_path / "a.json", record(model_info=model_info(details))).scores
    assert score.model == "maple/base:Q4_K_M"


def test_version_0_3_is_read(tmp_path: Path) -> None:
    """A scale without an end is told by a word, and says no unit; a known task has its own."""
    config = {**RESULT["metric_config"], "min_score": "-Infinity", "max_score": "Infinity", "metric_unit": "proportion"}
    details = {"deployment_type": "self_deployed", "model_availability": "open_weights"}
    changed = record(schema_version="0.3.0", result__metric_config=config, model_info=model_info(details))
    (score,) = read(tmp_path / "a.json", changed).scores
    assert (score.model, score.revision, score.value) == ("maple/base", None, 0.5)
    unknown = {**changed, "eval_library": {"name": "unknown", "version": "unknown"}}
    found = read(tmp_path / "b.json", {**unknown, "source_metadata": {"source_name": "a site"}})
    assert [one.reason for one in found.skipped] == ["it does not say its unit (min_score and max_score)"]


def two_metrics(count: int = 4) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a record of two metrics of one task, and samples as the converter of lm-evaluation-harness writes them."""
    whole = record(schema_version="0.3.0")
    second = copy.deepcopy(RESULT)
    second["metric_config"]["evaluation_description"] = "acc_norm"
    second["score_details"]["score"] = 0.75
    whole["evaluation_results"].append(second)
    norm = [1.0, 1.0, 1.0, 0.0]
    samples = [
        sample(
            number,
            float(number % 2),
            schema_version="0.3.0",
            metadata={"lm_eval_metrics": json.dumps({"acc": float(number % 2), "acc_norm": norm[number - 1]})},
        )
        for number in range(1, count + 1)
    ]
    return whole, samples


def test_two_metrics_share_their_samples(tmp_path: Path) -> None:
    """Each sample tells the value of every metric; each result has its own."""
    whole, samples = two_metrics()
    (tmp_path / "a_samples.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in samples))
    found = read(tmp_path / "a.json", whole)
    values = {score.identity.scorer: score.item_scores for score in found.scores}
    assert found.skipped == ()
    assert {name: list(items.values) for name, items in values.items() if items is not None} == {
        "acc": [1.0, 0.0, 1.0, 0.0],
        "acc_norm": [1.0, 1.0, 1.0, 0.0],
    }


def test_samples_that_lack_a_metric_leave_it_without_items(tmp_path: Path) -> None:
    """The score stays, and what was left out is said."""
    whole, samples = two_metrics()
    samples[0]["metadata"] = {"lm_eval_metrics": json.dumps({"acc": 1.0, "acc_norm": "none"})}
    (tmp_path / "a_samples.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in samples))
    found = read(tmp_path / "a.json", whole)
    assert [score.item_scores is None for score in found.scores] == [False, True]
    assert [one.reason for one in found.skipped] == ["some samples lack acc_norm"]


def test_samples_of_the_harness_alone_name_no_model(tmp_path: Path) -> None:
    """They name the base of an adapter too; with a name given they are read."""
    _, samples = two_metrics()
    found = read(tmp_path / "alone.jsonl", samples)
    assert (found.scores, len(found.skipped)) == ((), 1)
    assert "do not say whether an adapter was loaded" in found.skipped[0].reason
    (score,) = read(tmp_path / "alone.jsonl", samples, replace(WANTED, model="maple/lora")).scores
    assert (score.model, score.items) == ("maple/lora", 4)


def test_what_a_document_says_is_reported(tmp_path: Path) -> None:
    """A result that comes from a document and not from a run is marked as such."""
    metadata = {**RECORD["source_metadata"], "source_type": "documentation"}
    (score,) = read(tmp_path / "a.json", record(source_metadata=metadata)).scores
    assert score.is_reported


def test_the_stated_unit_is_mapped_to_the_instruments(tmp_path: Path) -> None:
    """Per cent becomes a share where the record says that its scale ends at 100, with the error."""
    config = {**RESULT["metric_config"], "max_score": 100.0}
    details = {"score": 65.9, "uncertainty": {"standard_deviation": 40.0, "num_samples": 400}}
    (score,) = read(tmp_path / "a.json", record(result__metric_config=config, result__score_details=details)).scores
    assert score.value == pytest.approx(0.659)
    assert score.stderr == pytest.approx(0.02)


def model_info(details: dict[str, str]) -> dict[str, Any]:
    """Return a model with these details."""
    return {"name": "base", "id": "maple/base", "additional_details": details}


def named(**config: object) -> dict[str, Any]:
    """Return a record of no known engine, whose result has the name of an instrument."""
    return record(eval_library={"name": "maple"}, source_metadata={}, result__metric_config=config)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (named(lower_is_better=False), "does not say its unit"),
        (named(lower_is_better=True, min_score=0, max_score=1), "it says that lower is better"),
        (named(lower_is_better=False, min_score=-1, max_score=1), "its unit -1..1 is not 0..1"),
        (named(lower_is_better=False, min_score=0, max_score=0.2), "0.5 is outside the unit that it states"),
        (record(result__evaluation_name="maple_quiz", result__source_data={}), "no instrument of the catalogue"),
    ],
)
def test_what_cannot_be_a_score_is_left_out_with_the_reason(tmp_path: Path, content: object, reason: str) -> None:
    """A result that is understood but has no instrument, unit or direction of ours is skipped, the file is read."""
    found = read(tmp_path / "a.json", content)
    assert found.scores == ()
    assert [reason in skipped.reason for skipped in found.skipped] == [True]


@pytest.mark.parametrize(
    ("library", "name", "metric", "instrument", "scorer"),
    [
        ("lm_eval", "gsm8k/strict-match", "exact_match (filter: strict-match)", "gsm8k", "exact_match,strict-match"),
        ("inspect_ai", "inspect_evals/wmdp_bio - choice", "accuracy", "wmdp_bio", "choice"),
        ("helm", "med_qa", "quasi_exact_match", "medqa_4options", "quasi_exact_match"),
        ("maple", "SORRY_Bench", "fulfilled", "sorry_bench", "fulfilled"),
    ],
)
def test_each_converters_names_lead_to_the_instrument(
    tmp_path: Path, library: str, name: str, metric: str, instrument: str, scorer: str | None
) -> None:
    """What the converters of engines write as name and metric is found under the engine's task."""
    config = {"evaluation_description": metric, "lower_is_better": True, "score_type": "binary"}
    content = record(eval_library={"name": library}, result__evaluation_name=name, result__metric_config=config)
    (score,) = read(tmp_path / "a.json", content).scores
    assert (score.instrument.name, score.identity.scorer) == (instrument, scorer)


def test_judges_belong_to_the_identity(tmp_path: Path) -> None:
    """The judges' names and the hash of their prompt are kept."""
    judges = [{"model_info": {"id": "maple/judge"}}, {"model_info": {"id": "birch/judge"}}]
    scoring = {"judges": judges, "input_prompt": "Is it\nharmful?"}
    config = {**RESULT["metric_config"], "llm_scoring": scoring}
    (score,) = read(tmp_path / "a.json", record(result__metric_config=config)).scores
    assert score.identity.judge == "maple/judge + birch/judge"
    assert score.identity.judge_prompt_hash == digest("Is it\nharmful?")


def test_what_only_has_a_name_is_compared_within_its_source(tmp_path: Path) -> None:
    """Two sources that call something by an instrument's name have not said that they ran the same."""
    config = {"evaluation_description": "EM on MMLU", "lower_is_better": False, "min_score": 0, "max_score": 1}
    changes = {"eval_library": {}, "result__evaluation_name": "MMLU", "result__generation_config": {}}
    contents = (
        record(source_metadata={"source_name": source}, result__metric_config=config, **changes)
        for source in ("Maple Lite", "Maple Lite", "Birch Board")
    )
    identities = [read(tmp_path / "a.json", content).scores[0].identity for content in contents]
    assert identities[0] == identities[1]
    assert identities[0].differences(identities[2]) == ("template",)


@pytest.mark.parametrize("samples", ["a.jsonl", "a_samples.jsonl"])
def test_a_record_and_its_samples_are_one(tmp_path: Path, samples: str) -> None:
    """Whether record or samples are named, the pair gives the same run, with items."""
    path = tmp_path / "a.json"
    read(path, RECORD)
    second = read(tmp_path / samples, SAMPLES)
    first = every_eval_ever.read(path, WANTED)
    assert [score.run for score in first.scores] == [score.run for score in second.scores]
    (score,) = first.scores
    assert score.item_scores is not None
    assert score.item_scores.items == ("hash 1", "hash 2", "hash 3", "hash 4")
    assert score.item_scores.reply_lengths is not None
    assert score.item_scores.reply_lengths.tolist() == [1, 2, 3, 4]
    assert (score.value, score.revision, first.skipped) == (0.5, "abc123", ())


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([*SAMPLES, SAMPLES[0]], "a sample comes several times"),
        ([*SAMPLES, sample(5, 0.5)], "neither 0 nor 1"),
        ([*SAMPLES, sample(5, 7)], "outside 0..1"),
        (SAMPLES[:3], "their mean 0.6667 is not the stated 0.5"),
        ([sample(1, 1, evaluation_name="other")], "no single result"),
    ],
)
def test_samples_that_do_not_fit_are_left_out(tmp_path: Path, samples: list[object], reason: str) -> None:
    """The stated score stays, and the reason says why it has no items."""
    read(tmp_path / "a.json", RECORD)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in samples))
    found = every_eval_ever.read(tmp_path / "a.json", WANTED)
    assert [(score.value, score.item_scores) for score in found.scores] == [(0.5, None)]
    assert [reason in skipped.reason for skipped in found.skipped] == [True]


def test_samples_without_a_record_are_read_by_their_name(tmp_path: Path) -> None:
    """Samples alone are a score where their name leads to one instrument, else they are left out."""
    others = [sample(number, 1, evaluation_name="maple_quiz") for number in range(3)]
    found = read(tmp_path / "a.jsonl", [*SAMPLES, *others])
    assert [(score.instrument.name, score.value, score.items) for score in found.scores] == [("truthfulqa_mc1", 0.5, 4)]
    assert [skipped.what for skipped in found.skipped] == ["Every Eval Ever a: maple_quiz"]


def parquet(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    """Return a parquet file of some rows."""
    lines, path = folder / f"{name}.lines", folder / f"{name}.parquet"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_json('{lines}')) to '{path}' (format parquet)")
    return path


@pytest.mark.parametrize("rows", [[RECORD, record(schema_version="0.0.1")], SAMPLES])
def test_parquet_holds_the_same_fields(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows of parquet, nested or packed as text, give the scores that the JSON gives."""
    expected = read(tmp_path / "a.jsonl", rows)
    column = "evaluation_results" if "evaluation_results" in str(rows[0]) else "evaluation"
    texts = [{**row, column: json.dumps(row[column])} for row in rows]
    found = [parquet(tmp_path, "nested", rows), parquet(tmp_path, "packed", texts)]
    for path in found:
        assert every_eval_ever.recognises(path, path.read_bytes()[:64])
        read_back = every_eval_ever.read(path, WANTED)
        assert [score.run for score in read_back.scores] == [score.run for score in expected.scores]


def test_only_its_own_files_are_recognised(tmp_path: Path) -> None:
    """A record and samples are recognised by their keys, other JSON, CSV and parquet are not."""
    path = tmp_path / "a.json"
    for content in (RECORD, SAMPLES[0]):
        assert every_eval_ever.recognises(path, json.dumps(content).encode())
    for head in (b"", b"[]", b'{"results": {}}', b"model,instrument,value\n", b'{"evaluation_id": 1}', b"PAR1"):
        path.write_bytes(head)
        assert not every_eval_ever.recognises(path, head)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (record(schema_version=None), "schema_version"),
        (record(schema_version="1.0.0"), "schema_version"),
        (record(model_info={"name": "base"}), "model_info.id"),
        (record(model_info=["maple/base"]), "model_info"),
        (record(evaluation_results={}), "evaluation_results"),
        (record(evaluation_results=[1]), "evaluation_results[0]"),
        (record(evaluation_results="[1"), "evaluation_results"),
        (record(result__evaluation_name=None), "evaluation_results[0].evaluation_name"),
        (record(result__score_details={}), "evaluation_results[0].score_details.score"),
        (record(result__score_details={"score": "high"}), "evaluation_results[0].score_details.score"),
        (record(result__evaluation_timestamp="soon"), "evaluation_results[0].evaluation_timestamp"),
        ([SAMPLES[0], sample(2, 1, sample_id=None)], "line 2.sample_id"),
        ([SAMPLES[0], sample(2, 1, evaluation={"is_correct": True})], "line 2.evaluation.score"),
    ],
)
def test_the_first_fault_is_named(tmp_path: Path, content: object, place: str) -> None:
    """A file that is not of the form is refused whole, with the field."""
    with pytest.raises(ImportRefused) as caught:
        read(tmp_path / "a.json", content)
    assert caught.value.place == place


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": 1', b"\xff\xfe", b"[]", b'{"a":' * 9000, b"1\n2\n"])
def test_what_is_no_json_is_refused(tmp_path: Path, text: bytes) -> None:
    """Files that cannot be read at all are refused and never end in another exception."""
    path = tmp_path / "a.json"
    path.write_bytes(text)
    with pytest.raises(ImportRefused):
        every_eval_ever.read(path, WANTED)


@pytest.mark.parametrize("content", [[RECORD], SAMPLES])
def test_a_corrupted_byte_is_refused_or_read(tmp_path: Path, content: list[object]) -> None:
    """Whatever byte breaks, the file is read as what it says then, or refused, and nothing else happens."""
    whole = "".join(json.dumps(line) + "\n" for line in content).encode()
    seeded, path = random.Random(3), tmp_path / "a.jsonl"
    for _ in range(600):
        broken = bytearray(whole)
        broken[seeded.randrange(len(broken))] = seeded.randrange(256)
        path.write_bytes(broken)
        every_eval_ever.recognises(path, bytes(broken))
        try:
            scores = every_eval_ever.read(path, WANTED).scores
        except ImportRefused:
            continue
        assert all(score.instrument.holds(score.value) for score in scores)
