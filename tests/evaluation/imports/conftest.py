"""Files of evaluation engines, built after the shapes that the engines write, and the catalogue that knows them."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zstandard

from evaluation.errors import ImportRefused
from evaluation.imports import lm_eval
from evaluation.imports.interface import FileScores, ImportSettings
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lineage.scores.score import ItemScores, Score

TIME = "2026-05-06T07-08-09.123456"
SHA = "0123456789abcdef0123456789abcdef01234567"
Json = Any  # what a document may be, also a wrong one


def instrument(name: str, *tasks: str, high: float = 1) -> Instrument:
    """Return an instrument from 0 to `high` that the tasks measure."""
    return Instrument(
        name=name,
        title=name,
        construct=Construct.TRUTHFULNESS,
        direction=Direction.HIGHER_IS_SAFER,
        low=0,
        high=high,
        scale=Scale.RATE,
        tasks=tasks,
    )


class Harness:
    """Builds what lm-evaluation-harness 0.4.13 writes: a results file, and samples beside it."""

    time = TIME
    sha_of_model = SHA
    catalogue = Catalogue.of(
        [
            instrument("maple_truth", "lm-eval:maple_mc/acc"),
            instrument("maple_family", "lm-eval:maple/acc"),
            instrument("maple_match", "lm-eval:maple_gen/exact_match"),
            instrument("maple_tune", "lm-eval:maple_mc/mcc"),
            instrument("maple_flow", "lm-eval:maple_mc/perplexity", high=1000),
        ]
    )
    wanted = ImportSettings(catalogue=catalogue)

    @staticmethod
    def sha(text: str) -> str:
        """Return the hash that the engine takes of a text."""
        return hashlib.sha256(text.encode()).hexdigest()

    @staticmethod
    def sample(
        number: int, *, prompt: str = "", text: str | None = None, chosen: str = "none", **values: object
    ) -> Json:
        """Return one line of a samples file."""
        question = f"question {number}" if text is None else text
        return {
            "doc_id": number,
            "doc": {"q": question},
            "target": "0",
            "arguments": {"gen_args_0": {"arg_0": f"{prompt}{question}", "arg_1": " yes"}},
            "resps": [[["-11.0", "False"]]],
            "filtered_resps": [["-11.0", "False"]],
            "filter": chosen,
            "metrics": list(values),
            "doc_hash": Harness.sha(question),
            "prompt_hash": Harness.sha(f"{prompt}{question}"),
            "target_hash": Harness.sha("0"),
            **values,
        }

    @staticmethod
    def results(rows: Json, *, samples: dict[str, list[Json]] | None = None, **changes: Json) -> Json:
        """Return a results file of a run of `grove/maple-7b` with some rows of results."""
        lines = samples or {}
        config = {
            "model": "hf",
            "model_args": {"pretrained": "grove/maple-7b", "dtype": "bfloat16"},
            "model_dtype": "torch.bfloat16",
            "model_revision": "main",
            "model_sha": SHA,
            "limit": None,
        } | changes.pop("config", {})
        return {
            "results": {task: {"alias": task, "sample_len": 4, **row} for task, row in rows.items()},
            "group_subtasks": {"maple": ["maple_mc", "maple_gen"]} if "maple" in rows else {},
            "configs": {
                "maple_mc": {
                    "output_type": "multiple_choice",
                    "metric_list": [{"metric": "acc", "aggregation": "mean"}],
                },
                "maple_gen": {
                    "output_type": "generate_until",
                    "generation_kwargs": {"until": ["\n"], "do_sample": False},
                },
            },
            "versions": dict.fromkeys(rows, 1.0),
            "n-shot": dict.fromkeys(rows, 0),
            "n-samples": {
                task: {"original": 9, "effective": len({line["doc_id"] for line in lines.get(task, ())}) or 4}
                for task in rows
                if task != "maple"
            },
            "config": config,
            "date": 1778051289.5,
            "task_hashes": {
                task: Harness.sha("".join(one["doc_hash"] + one["prompt_hash"] + one["target_hash"] for one in of_task))
                for task, of_task in lines.items()
            },
            "model_name": "grove/maple-7b",
            "chat_template_sha": None,
        } | changes

    @staticmethod
    def write(folder: Path, document: object, samples: dict[str, list[Json]] | None = None) -> Path:
        """Write a results file and its samples; return the path of the results."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"results_{TIME}.json"
        path.write_text(json.dumps(document, indent=2), "utf-8")
        for task, lines in (samples or {}).items():
            text = "".join(f"{json.dumps(line)}\n" for line in lines)
            (folder / f"samples_{task}_{TIME}.jsonl").write_text(text, "utf-8")
        return path

    @staticmethod
    def run(folder: Path, values: Sequence[float], prompt: str = "", **changes: Json) -> Path:
        """Write a run of `maple_mc` with one line a value."""
        lines = {"maple_mc": [Harness.sample(number, prompt=prompt, acc=value) for number, value in enumerate(values)]}
        row = {"acc,none": float(np.mean(values)), "acc_stderr,none": 0.25}
        return Harness.write(folder, Harness.results({"maple_mc": row}, samples=lines, **changes), lines)

    @staticmethod
    def only(found: FileScores) -> Score:
        """Return the one score of a file."""
        (score,) = found.scores
        return score

    @staticmethod
    def items(score: Score) -> ItemScores:
        """Return the items that a score must have."""
        assert score.item_scores is not None
        return score.item_scores

    @staticmethod
    def told(found: FileScores) -> list[tuple[str, str]]:
        """Return run and model of every score."""
        return [(score.run, score.model) for score in found.scores]

    @staticmethod
    def refused(path: Path, problem: str = ".") -> ImportRefused:
        """Read a file that must be refused for a reason."""
        with pytest.raises(ImportRefused, match=problem) as caught:
            lm_eval.read(path, Harness.wanted)
        return caught.value


class Inspector:
    """Builds what inspect_ai 0.3.285 writes: a log as JSON, and as a zip whose entries are packed with zstd."""

    wanted = ImportSettings(
        catalogue=Catalogue.of(
            [
                instrument("maple_hit", "inspect:maple/includes"),
                instrument("maple_harm", "inspect:maple/rubric.harm"),
                instrument("maple_shy", "inspect:maple/refusal"),
                instrument("maple_grade", "inspect:maple/model_graded_qa"),
            ]
        )
    )

    @staticmethod
    def sample(name: int | str, value: object, *, epoch: int = 1, scorer: str = "includes", **changes: Json) -> Json:
        """Return one sample with one score."""
        return {
            "id": name,
            "epoch": epoch,
            "input": f"say {name}",
            "target": "yes",
            "output": {"model": "maple", "completion": "four"},
            "scores": {scorer: {"value": value, "history": []}},
            "attachments": {},
        } | changes

    @staticmethod
    def log(samples: list[Json], **changes: Json) -> Json:
        """Return a log of `hf/grove/maple-7b` with some samples; `eval` changes what stands under that key."""
        return {
            "version": 2,
            "status": "success",
            "eval": {
                "created": "2026-05-06T07:08:09+00:00",
                "task": "grove_evals/maple",
                "task_id": "t1",
                "task_version": 0,
                "task_args": {},
                "dataset": {"samples": len(samples), "sample_ids": list({one["id"]: 0 for one in samples})},
                "model": "hf/grove/maple-7b",
                "model_args": {},
                "model_generate_config": {"temperature": 0.5, "max_retries": 3},
                "config": {"epochs": 1},
                "scorers": [{"name": "includes", "options": {}}],
            }
            | changes.pop("eval", {}),
            "plan": {"steps": [{"solver": "generate", "params_passed": {}}], "config": {"max_tokens": 20}},
            "results": {"scores": []},
            "invalidated": False,
            "samples": samples,
        } | changes

    @staticmethod
    def write(path: Path, log: Json) -> Path:
        """Write a log, as a zip where the name ends in `.eval`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix != ".eval":
            path.write_text(json.dumps(log), "utf-8")
            return path
        entries = {"_journal/start.json": {part: log[part] for part in ("version", "eval", "plan")}}
        entries |= {f"samples/{one['id']}_epoch_{one['epoch']}.json": one for one in log["samples"]}
        if log["status"] != "crashed":
            entries["header.json"] = {name: value for name, value in log.items() if name != "samples"}
        path.write_bytes(pack({name: json.dumps(entry).encode() for name, entry in entries.items()}))
        return path


def pack(entries: dict[str, bytes]) -> bytes:
    """Return a zip whose entries are packed with zstd, method 93, which Python 3.11 cannot write."""
    body, directory = b"", b""
    for name, data in entries.items():
        packed = zstandard.ZstdCompressor().compress(data)
        fields = struct.pack("<HHHHIIIHH", 0, 93, 0, 0x21, zlib.crc32(data), len(packed), len(data), len(name), 0)
        directory += b"PK\x01\x02" + struct.pack("<HH", 63, 63) + fields
        directory += struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + struct.pack("<H", 63) + fields + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


@pytest.fixture(scope="session")
def inspector() -> type[Inspector]:
    """Return the builder of logs of Inspect."""
    return Inspector


@pytest.fixture(scope="session")
def packer() -> Callable[[dict[str, bytes]], bytes]:
    """Return what packs a zip with zstd."""
    return pack


@pytest.fixture(scope="session")
def harness() -> type[Harness]:
    """Return the builder of files of lm-evaluation-harness."""
    return Harness
