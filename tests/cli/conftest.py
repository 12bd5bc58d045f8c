"""The command line as its user runs it, a sandbox Hub for it to crawl, and a database that it crawled."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pytest

import cli
from sandbox.catalogue import generate
from sandbox.holdings import Holdings
from sandbox.quota import Quota
from sandbox.running import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LINEAGE = Path(sys.executable).with_name("lineage")
MODELS = 600
# A test does not wait for a window to pass: the quota is told as the Hub tells it, only larger.
GENEROUS = Quota(
    plans={plan: dict.fromkeys(("api", "resolvers", "pages"), 10**6) for plan in ("anonymous", "free", "pro")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


class Runs(Protocol):
    """Runs `lineage` with some arguments."""

    def __call__(self, *arguments: str) -> Ran:
        """Run it and return what it did."""


@pytest.fixture(scope="session")
def holdings() -> Holdings:
    """Give a small fictional catalogue."""
    return Holdings(generate(seed=0, models=MODELS))


@pytest.fixture
def serve_hub(holdings: Holdings) -> Iterator[Callable[[str], str]]:
    """Give a function that serves the catalogue with faults, and returns the address."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda faults: stack.enter_context(serve(holdings, quota=GENEROUS, faults=faults)).url


@pytest.fixture(scope="session")
def hub(holdings: Holdings) -> Iterator[str]:
    """Give the address of a Hub without faults."""
    with serve(holdings, quota=GENEROUS) as served:
        yield served.url


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give an environment without the user's token, terminal and settings."""
    ours = {"PYTHONUNBUFFERED", "LINEAGE_DB", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "HF_HOME": str(tmp_path_factory.mktemp("hf")), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="session")
def start(environment: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Give a function that starts `lineage` as a process of its own."""

    def started(*arguments: str, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [LINEAGE, *arguments],
            env={**environment, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


@pytest.fixture
def lineage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: dict[str, str]) -> Runs:
    """Give a function that runs `lineage` in this process, all of it from the arguments to the exit code."""
    from huggingface_hub import constants

    for name in ("LINEAGE_DB", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(Path(environment["HF_HOME"]) / "token"))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["lineage", *arguments])
        with pytest.raises(SystemExit) as exited:
            cli.main()
        written = capsys.readouterr()
        assert isinstance(exited.value.code, int)
        return Ran(code=exited.value.code, out=written.out, err=written.err)

    return run


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory, hub: str, start: Callable[..., subprocess.Popen[str]]) -> Path:
    """Give a database that `lineage crawl` filled; tests only read it."""
    db = tmp_path_factory.mktemp("crawled") / "crawled.duckdb"
    with start("crawl", "--all", "--endpoint", hub, "--db", str(db)) as process:
        _, err = process.communicate()
    assert process.returncode == 0, err
    return db


@pytest.fixture
def own_db(crawled: Path, tmp_path: Path) -> Path:
    """Give a copy of the crawled database that a test may change."""
    return Path(shutil.copy(crawled, tmp_path / "own.duckdb"))


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
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.fixture(scope="session")
def score_files() -> type[ScoreFiles]:
    """Give what writes files of scores."""
    return ScoreFiles
