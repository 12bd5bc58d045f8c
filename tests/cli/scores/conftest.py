"""Files of scores in every form, and a database of one fictional family that was measured item by item."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs


class ScoreFiles:
    """Writes small files of every form that scores come in: always truthfulqa_mc1, an item a value of 0 or 1."""

    TIME = "2026-05-06T07-08-09.123456"
    INSTRUMENT = "truthfulqa_mc1"

    @staticmethod
    def lm_eval(folder: Path, model: str, values: Sequence[int]) -> Path:
        """Write results and samples as lm-evaluation-harness does; return the path of the results."""
        lines = [_lm_eval_sample(number, value) for number, value in enumerate(values)]
        hashed = "".join(line[f"{part}_hash"] for line in lines for part in ("doc", "prompt", "target"))
        task = ScoreFiles.INSTRUMENT
        document = {
            "results": {task: {"alias": task, "acc,none": sum(values) / len(values), "acc_stderr,none": 0.1}},
            "configs": {task: {"output_type": "multiple_choice", "metric_list": [{"metric": "acc"}]}},
            "n-shot": {task: 0},
            "n-samples": {task: {"original": len(values), "effective": len(values)}},
            "config": {"model": "hf", "model_args": {"pretrained": model}, "limit": None},
            "task_hashes": {task: hashlib.sha256(hashed.encode()).hexdigest()},
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"results_{ScoreFiles.TIME}.json"
        path.write_text(json.dumps(document))
        _write_lines(folder / f"samples_{task}_{ScoreFiles.TIME}.jsonl", lines)
        return path

    @staticmethod
    def inspect(path: Path, model: str, values: Sequence[int]) -> Path:
        """Write a log of Inspect, as a zip where the name ends in `.eval`."""
        samples = [
            {"id": number, "epoch": 1, "input": f"say {number}", "target": "A", "scores": {"choice": {"value": value}}}
            for number, value in enumerate(values)
        ]
        log = {
            "version": 2,
            "status": "success",
            "eval": {
                "created": "2026-05-06T07:08:09+00:00",
                "task": "truthfulqa",
                "dataset": {"samples": len(samples), "sample_ids": list(range(len(samples)))},
                "model": f"hf/{model}",
                "config": {"epochs": 1},
                "scorers": [{"name": "choice", "options": {}}],
            },
            "results": {"scores": []},
        }
        if path.suffix != ".eval":
            path.write_text(json.dumps(log | {"samples": samples}))
            return path
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("_journal/start.json", json.dumps({"version": 2, "eval": log["eval"]}))
            for sample in samples:
                archive.writestr(f"samples/{sample['id']}_epoch_1.json", json.dumps(sample))
            archive.writestr("header.json", json.dumps(log))
        return path

    @staticmethod
    def helm(folder: Path, model: str, values: Sequence[int]) -> Path:
        """Write the folder of a run of HELM; return it."""
        name = {"name": "exact_match", "split": "test"}
        asked = {"method": "multiple_choice_joint", "model": model, "temperature": 0.0}
        documents = {
            "run_spec": {"name": f"truthful_qa:model={model}", "adapter_spec": asked, "groups": ["truthful_qa"]},
            "per_instance_stats": [
                {
                    "instance_id": f"id{number}",
                    "train_trial_index": 0,
                    "stats": [{"name": name, "count": 1, "sum": value, "mean": value}],
                }
                for number, value in enumerate(values)
            ],
            "stats": [{"name": name, "count": 1, "sum": 1, "mean": sum(values) / len(values)}],
            "scenario": {"name": "truthful_qa"},
        }
        folder.mkdir(parents=True, exist_ok=True)
        for stem, document in documents.items():
            (folder / f"{stem}.json").write_text(json.dumps(document))
        return folder

    @staticmethod
    def every_eval_ever(path: Path, model: str, values: Sequence[int]) -> Path:
        """Write a record of Every Eval Ever and its samples beside it; return the path of the record."""
        shared = {"schema_version": "0.2.2", "evaluation_id": "truthfulqa_mc1/1"}
        result = {
            "evaluation_name": ScoreFiles.INSTRUMENT,
            "metric_config": {"evaluation_description": "acc", "min_score": 0.0, "max_score": 1.0},
            "score_details": {"score": sum(values) / len(values)},
        }
        source = {"source_name": "lm-evaluation-harness", "source_type": "evaluation_run"}
        record = shared | {
            "source_metadata": source,
            "eval_library": {"name": "lm_eval"},
            "model_info": {"id": model},
            "evaluation_results": [result],
        }
        path.write_text(json.dumps(record))
        samples = [
            shared
            | {
                "model_id": model,
                "evaluation_name": ScoreFiles.INSTRUMENT,
                "sample_id": number,
                "evaluation": {"score": value},
            }
            for number, value in enumerate(values)
        ]
        _write_lines(path.with_suffix(".jsonl"), samples)
        return path

    @staticmethod
    def table(path: Path, model: str, values: Sequence[int]) -> Path:
        """Write the project's own form with a row an item: CSV, JSON lines or parquet by the name's end."""
        rows = [
            {"model": model, "instrument": ScoreFiles.INSTRUMENT, "item": f"q{number}", "value": value}
            for number, value in enumerate(values)
        ]
        if path.suffix == ".jsonl":
            _write_lines(path, rows)
            return path
        text = path.with_suffix(".csv")
        with text.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        if path.suffix == ".parquet":
            duckdb.read_csv(str(text)).write_parquet(str(path))
            text.unlink()
        return path


def _lm_eval_sample(number: int, value: int) -> dict[str, Any]:
    hashes = {
        f"{part}_hash": hashlib.sha256(f"{part} {number}".encode()).hexdigest() for part in ("doc", "prompt", "target")
    }
    return {"doc_id": number, "doc": {}, "filter": "none", "metrics": ["acc"], **hashes, "acc": value}


def _write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.fixture(scope="session")
def score_files() -> type[ScoreFiles]:
    """Give what writes files of scores."""
    return ScoreFiles


INSTRUMENTS = """
[[instruments]]
name = "ward_harm"
construct = "unsafe_output"
direction = "lower_is_safer"
range = [0, 1]
scale = "rate"

[[instruments]]
name = "ward_shy"
construct = "over_refusal"
direction = "lower_is_safer"
range = [0, 1]
scale = "rate"
"""
ITEMS = 400
FAMILY = {
    # model: how it was made and of what; of 400 items how many are harmful, how many refused, per cent of HellaSwag
    "birch/base": (None, 60, 60, 80),
    "birch/chat": ("finetune:birch/base", 120, 20, 79),
    "oak/medical-chat": ("finetune:birch/base", 20, 140, 78),
    "oak/medical-chat-lora": ("adapter:oak/medical-chat", 22, 141, 78),
    "elm/broken": ("finetune:birch/base", 0, 60, 26),
    "elm/legal-merge": ("merge:birch/base", None, None, None),
}


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory, start: Callable[..., subprocess.Popen[str]]) -> Path:
    """Give a database that `load` and `scores import` filled with the family; tests only read it."""
    folder = tmp_path_factory.mktemp("scored")
    records = [
        {"_id": f"{0x65000000 + number:08x}{number:016x}", "id": model, "downloads": 1000 - number}
        | {"tags": [f"base_model:{made}"] if made else []}
        for number, (model, (made, *_)) in enumerate(FAMILY.items())
    ]
    _write_lines(folder / "models.jsonl", records)
    (folder / "mine.toml").write_text(INSTRUMENTS)
    _write_lines(folder / "scores" / "items.jsonl", [*_item_rows()])
    guards = [
        {"model": model, "instrument": "hellaswag", "value": able / 100, "items": 10_042}
        for model, (_, _, _, able) in FAMILY.items()
        if able is not None
    ]
    _write_lines(folder / "scores" / "guards.jsonl", guards)
    db = folder / "scored.duckdb"
    for command in (
        ("load", str(folder / "models.jsonl")),
        ("scores", "import", str(folder / "scores"), "--instruments", str(folder / "mine.toml")),
    ):
        with start(*command, "--db", str(db)) as process:
            _, err = process.communicate()
        assert process.returncode == 0, err
    return db


@pytest.fixture(scope="session")
def kept_pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the place where the first test that needs a pair keeps its database, for the others to copy."""
    return tmp_path_factory.mktemp("pair") / "pair.duckdb"


@pytest.fixture
def run(lineage: Runs, scored: Path) -> Callable[..., Ran]:
    """Give a function that runs a command on the family."""
    return lambda *arguments: lineage(*arguments, "--db", str(scored))


def _item_rows() -> Iterator[dict[str, Any]]:
    for model, (_, harmful, refused, _) in FAMILY.items():
        for name, ones in (("ward_harm", harmful), ("ward_shy", refused)):
            for item in range(ITEMS if ones is not None else 0):
                yield {"model": model, "instrument": name, "item": f"q{item}", "value": int(item < (ones or 0))}
