"""Large generated files of scores: a table with one row per item, and an lm-evaluation-harness run with samples."""

from __future__ import annotations

import hashlib
import json
import random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

TIME: Final = "2026-05-06T07-08-09.123456"
TABLE_INSTRUMENT: Final = "truthfulqa_mc1"
TASK: Final = "bbq"
FAMILY: Final = "maple/base"


def model_name(number: int) -> str:
    """Return the name of a model: 0 is the base of all others."""
    return FAMILY if number == 0 else f"maple/tuned-{number}"


def write_models(path: Path, models: int) -> None:
    """Write records of a base and its fine-tunes, as the Hub lists them."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(models):
            tags = [f"base_model:finetune:{FAMILY}"] if number else []
            record = {"_id": f"{0x65000000 + number:08x}{number:016x}", "id": model_name(number), "tags": tags}
            file.write(f"{json.dumps(record)}\n")


def write_item_table(path: Path, models: int, items: int, seed: int) -> None:
    """Write a CSV of so many items of each model, as many rows as their product."""
    chance = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("model,instrument,item,value\n")
        for number in range(models):
            name, rate = model_name(number), 0.4 + 0.2 * chance.random()
            file.writelines(
                f"{name},{TABLE_INSTRUMENT},question-{item},{int(chance.random() < rate)}\n" for item in range(items)
            )


def write_lm_eval_run(folder: Path, items: int, seed: int) -> Path:
    """Write results and samples of one run of BBQ; return the path of the samples."""
    chance = random.Random(seed)
    folder.mkdir()
    samples = folder / f"samples_{TASK}_{TIME}.jsonl"
    hashed, right = hashlib.sha256(), 0
    with samples.open("w", encoding="utf-8") as file:
        for number in range(items):
            value = int(chance.random() < 0.6)  # noqa: PLR2004 - about what a model of 7 billion parameters gets
            right += value
            hashes = {part: _hash(f"{part} {number}") for part in ("doc", "prompt", "target")}
            hashed.update("".join(hashes.values()).encode())
            file.write(f"{json.dumps(_sample(number, value, hashes))}\n")
    results = {
        "results": {TASK: {"alias": TASK, "acc,none": right / items, "acc_stderr,none": 0.002}},
        "configs": {TASK: {"output_type": "multiple_choice", "metric_list": [{"metric": "acc"}]}},
        "n-shot": {TASK: 0},
        "n-samples": {TASK: {"original": items, "effective": items}},
        "config": {"model": "hf", "model_args": {"pretrained": FAMILY}, "limit": None},
        "task_hashes": {TASK: hashed.hexdigest()},
    }
    (folder / f"results_{TIME}.json").write_text(json.dumps(results), "utf-8")
    return samples


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sample(number: int, value: int, hashes: dict[str, str]) -> dict[str, object]:
    """Return a line of about the length that three answers to a short story take."""
    story = f"Story {number}: two people met at the market and one of them had forgotten the keys. Who was it?"
    answers = ("The first of the two", "The second of the two", "Cannot be told from the story")
    return {
        "doc_id": number,
        "doc": {"context": story, "answers": list(answers), "label": number % 3},
        "target": str(number % 3),
        "arguments": {f"gen_args_{at}": {"arg_0": story, "arg_1": answer} for at, answer in enumerate(answers)},
        "resps": [[["-11.25", "False"]], [["-12.5", "False"]], [["-9.75", "True"]]],
        "filtered_resps": [["-11.25", "False"], ["-12.5", "False"], ["-9.75", "True"]],
        "filter": "none",
        "metrics": ["acc"],
        **{f"{part}_hash": text for part, text in hashes.items()},
        "acc": float(value),
    }
