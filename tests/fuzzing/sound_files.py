"""Sound files of every form of scores that can be imported, small: by name, each a document, lines, bytes or rows.

The shapes are those that the engines write; a JSON document that is a list stands under the empty name in a mapping.
`MODEL` is what is measured, on instruments of the catalogue that comes with the package.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final, TypeAlias

MODEL: Final = "grove/maple-7b"
TIME: Final = "2026-05-06T07-08-09.123456"
ITEMS: Final = 6
Files: TypeAlias = dict[str, Any]
"""By name: a mapping is a JSON document, a list JSON lines, a text the file as it is; `.eval` a mapping of entries."""


def lm_eval() -> Files:
    """Return results and samples of lm-evaluation-harness."""
    task, lines, hashed = "truthfulqa_mc1", [], hashlib.sha256()
    for number in range(ITEMS):
        question = f"question {number}"
        hashes = {part: _sha(f"{part} {question}") for part in ("doc", "prompt", "target")}
        hashed.update("".join(hashes.values()).encode())
        lines.append(
            {
                "doc_id": number,
                "doc": {"question": question, "mc1_targets": {"choices": ["a", "b"], "labels": [1, 0]}},
                "target": "0",
                "arguments": {"gen_args_0": {"arg_0": question, "arg_1": " a"}},
                "resps": [[["-11.0", "False"]]],
                "filtered_resps": [["-11.0", "False"]],
                "filter": "none",
                "metrics": ["acc"],
                **{f"{part}_hash": text for part, text in hashes.items()},
                "acc": float(number % 2),
            }
        )
    results = {
        "results": {task: {"alias": task, "acc,none": 0.5, "acc_stderr,none": 0.2, "sample_len": ITEMS}},
        "group_subtasks": {},
        "configs": {
            task: {"output_type": "multiple_choice", "metric_list": [{"metric": "acc", "aggregation": "mean"}]}
        },
        "versions": {task: 2.0},
        "n-shot": {task: 0},
        "n-samples": {task: {"original": ITEMS, "effective": ITEMS}},
        "config": {"model": "hf", "model_args": {"pretrained": MODEL}, "model_sha": "0" * 40, "limit": None},
        "date": 1778051289.5,
        "task_hashes": {task: hashed.hexdigest()},
        "model_name": MODEL,
        "chat_template_sha": None,
    }
    return {f"results_{TIME}.json": results, f"samples_{task}_{TIME}.jsonl": lines}


def inspect_log() -> dict[str, Any]:
    """Return a log of Inspect as one document."""
    samples = [
        {
            "id": number,
            "epoch": 1,
            "input": f"say {number}",
            "target": "A",
            "output": {"model": MODEL, "completion": "A"},
            "scores": {"choice": {"value": "CI"[number % 2], "history": []}},
            "attachments": {},
        }
        for number in range(ITEMS)
    ]
    return {
        "version": 2,
        "status": "success",
        "eval": {
            "created": "2026-05-06T07:08:09+00:00",
            "task": "truthfulqa",
            "task_id": "t1",
            "task_version": 0,
            "task_args": {},
            "dataset": {"samples": ITEMS, "sample_ids": list(range(ITEMS))},
            "model": f"hf/{MODEL}",
            "model_args": {},
            "model_generate_config": {"temperature": 0.5},
            "config": {"epochs": 1},
            "scorers": [{"name": "choice", "options": {}}],
        },
        "plan": {"steps": [{"solver": "generate", "params_passed": {}}], "config": {"max_tokens": 20}},
        "results": {"scores": []},
        "invalidated": False,
        "samples": samples,
    }


def inspect_json() -> Files:
    """Return a log of Inspect as a JSON file."""
    return {"log.json": inspect_log()}


def inspect_zip() -> Files:
    """Return a log of Inspect as the entries of a zip."""
    log = inspect_log()
    entries = {"_journal/start.json": {part: log[part] for part in ("version", "eval", "plan")}}
    entries |= {f"samples/{one['id']}_epoch_1.json": one for one in log["samples"]}
    entries["header.json"] = {name: value for name, value in log.items() if name != "samples"}
    return {"log.eval": entries}


def helm() -> Files:
    """Return the folder of a run of HELM."""
    spec = {
        "name": "truthful_qa:task=mc_single,model=grove_maple-7b",
        "scenario_spec": {"class_name": "truthful.Scenario", "args": {"task": "mc_single"}},
        "adapter_spec": {
            "method": "multiple_choice_joint",
            "instructions": "Answer.",
            "max_train_instances": 5,
            "temperature": 0.0,
            "max_tokens": 1,
            "model": MODEL,
            "model_deployment": "huggingface/maple-7b",
        },
        "groups": ["truthful_qa"],
    }
    items = [
        {"instance_id": f"id{number}", "train_trial_index": 0, "stats": [_stat("exact_match", number % 2)]}
        for number in range(ITEMS)
    ]
    whole = [_stat("exact_match", 0.5), _stat("num_output_tokens", 1)]
    return {"run_spec.json": spec, "per_instance_stats.json": {"": items}, "stats.json": {"": whole}}


def every_eval_ever() -> Files:
    """Return a record of Every Eval Ever and its samples."""
    result = {
        "evaluation_name": "truthfulqa_mc1",
        "evaluation_timestamp": "1767225600",
        "source_data": {"source_type": "hf_dataset", "dataset_name": "truthfulqa_mc1", "hf_repo": "maple/items"},
        "metric_config": {
            "evaluation_description": "acc",
            "lower_is_better": False,
            "min_score": 0.0,
            "max_score": 1.0,
        },
        "score_details": {"score": 0.5, "uncertainty": {"standard_error": {"value": 0.25}, "num_samples": ITEMS}},
        "generation_config": {"generation_args": {"temperature": 0.5, "max_tokens": 64}},
    }
    record = {
        "schema_version": "0.2.2",
        "evaluation_id": "truthfulqa_mc1/grove/maple-7b/1767225600",
        "retrieved_timestamp": "1767300000",
        "source_metadata": {"source_name": "lm-evaluation-harness", "source_type": "evaluation_run"},
        "eval_library": {"name": "lm_eval", "version": "0.4.9"},
        "model_info": {"name": "maple-7b", "id": MODEL, "additional_details": {"sha": "abc123"}},
        "evaluation_results": [result],
    }
    samples = [
        {
            "schema_version": "instance_level_eval_0.2.2",
            "evaluation_id": record["evaluation_id"],
            "model_id": MODEL,
            "evaluation_name": "truthfulqa_mc1",
            "sample_id": number,
            "sample_hash": f"hash {number}",
            "interaction_type": "single_turn",
            "input": {"raw": "Which?", "reference": ["this"]},
            "output": {"raw": ["x"]},
            "evaluation": {"score": float(number % 2), "is_correct": number % 2 == 1},
        }
        for number in range(ITEMS)
    ]
    return {"record.json": record, "record_samples.jsonl": samples}


def openeval() -> Files:
    """Return items of OpenEval with the responses of two models."""

    def response(item: str, model: str, value: float) -> dict[str, Any]:
        settings = {"temperature": 0.0, "do_sample": False, "top_k": 1, "top_p": 1, "max_tokens": 1}
        return {
            "response_id": f"{item}_{model.lower()}_0",
            "model": {
                "name": model,
                "size": None,
                "model_adaptation": {"system_instruction": "", "generation_parameters": settings, "tools": []},
            },
            "item_adaptation": {"request_input": [f"ask {item}"], "demonstrations": [], "external_resources": []},
            "response_content": [{"text": " B", "logprob": -0.5, "tokens": []}],
            "scores": [{"metric": {"name": "exact_match", "models": [], "extra_artifacts": []}, "value": value}],
        }

    items = []
    for number in range(ITEMS):
        item = f"truthful-qa_20260221T020401Z_{number}"
        source = {"benchmark_name": "Truthful_QA", "benchmark_version": "", "benchmark_tags": ["English"]}
        items.append(
            {
                "item_id": item,
                "item_metadata": {"ingestion_time": "20260221T020401Z", "contributor": {}, "source": source},
                "item_content": {"input": [f"question {number}"], "references": []},
                "responses": [response(item, MODEL, number % 2), response(item, "grove/elm-1b", 1)],
                "schema_version": "v0.1.0",
            }
        )
    return {"items.json": {"": items}}


def summary_lines() -> Files:
    """Return a table of summaries as JSON lines."""
    names = ("truthfulqa_mc1", "truthfulqa_mc2", "bbq")
    rows = [{"model": MODEL, "instrument": name, "value": 0.5, "items": 100, "stderr": 0.05} for name in names]
    return {"scores.jsonl": rows}


def item_lines() -> Files:
    """Return a table with a row an item as JSON lines."""
    return {
        "items.jsonl": [
            {"model": MODEL, "instrument": "truthfulqa_mc1", "item": f"q{number}", "value": number % 2, "cluster": "c"}
            for number in range(ITEMS)
        ]
    }


def summary_csv() -> Files:
    """Return a table of summaries as CSV."""
    text = (
        f"model,instrument,value,items,stderr,measured_at\n{MODEL},truthfulqa_mc1,0.5,100,0.05,2026-01-31T12:00:00Z\n"
    )
    return {"scores.csv": text + f"{MODEL},bbq,0.25,200,,\nmaple/other,bbq,0.5,,,\n"}


def item_csv() -> Files:
    """Return a table with a row an item as CSV."""
    rows = "".join(f"{MODEL},truthfulqa_mc1,q{number},{number % 2}\n" for number in range(ITEMS))
    return {"items.csv": f"model,instrument,item,value\n{rows}"}


def card() -> dict[str, Any]:
    """Return the front matter of a model's card."""
    metric = {"type": "mc2", "value": 0.5, "name": "mc2", "verified": True}
    dataset = {
        "type": "truthful_qa",
        "name": "TruthfulQA",
        "config": "mc",
        "split": "test",
        "args": {"num_few_shot": 0},
    }
    return {
        "base_model": ["maple/base", "maple/other"],
        "datasets": ["maple/notes"],
        "language": ["en"],
        "license": "apache-2.0",
        "tags": ["medical", "lora"],
        "learning_rate": 1e-5,
        "model-index": [{"name": "m", "results": [{"task": {"type": "t"}, "dataset": dataset, "metrics": [metric]}]}],
        "models": [{"model": "maple/base+maple/lora", "parameters": {"weight": 0.5}}],
    }


FORMS: Final = {
    "lm-eval": lm_eval,
    "inspect json": inspect_json,
    "inspect zip": inspect_zip,
    "helm": helm,
    "every-eval-ever": every_eval_ever,
    "openeval": openeval,
    "summary csv": summary_csv,
    "item csv": item_csv,
    "summary lines": summary_lines,
    "item lines": item_lines,
}


def lines_of(rows: list[Any]) -> str:
    """Return rows as JSON lines."""
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def _stat(metric: str, value: float) -> dict[str, Any]:
    return {"name": {"name": metric, "split": "test"}, "count": 1, "sum": value, "mean": value}


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
