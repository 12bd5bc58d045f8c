"""Published scores for the sandbox Hub: records of Every Eval Ever of fictional models, and how they get there."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.hub.dataset_store import DatasetChange

if TYPE_CHECKING:
    from sandbox.hub.run import RunningHub

STORE = "evaleval/EEE_datastore"
NOW = datetime(2026, 12, 3, tzinfo=UTC)
ITEMS = 40


def record(model: str, score: float, name: str = "truthfulqa_mc1") -> dict[str, Any]:
    """Return a record of Every Eval Ever: one result of a run."""
    return {
        "schema_version": "0.3.0",
        "evaluation_id": f"{name}/{model}/1798761600",
        "source_metadata": {"source_name": "lm-evaluation-harness", "source_type": "evaluation_run"},
        "eval_library": {"name": "lm_eval", "version": "0.4.9"},
        "model_info": {"name": model, "id": model},
        "evaluation_results": [
            {
                "evaluation_name": name,
                "evaluation_timestamp": "1798761600",
                "source_data": {"source_type": "hf_dataset", "dataset_name": name, "hf_repo": "maple/items"},
                "metric_config": {"evaluation_description": "acc", "min_score": 0.0, "max_score": 1.0},
                "score_details": {"score": score},
                "generation_config": {"generation_args": {"temperature": 0}},
            }
        ],
    }


def samples(model: str, right: int) -> bytes:
    """Return the samples of a record, of which so many are right."""
    rows = [
        {
            "schema_version": "instance_level_eval_0.3.0",
            "evaluation_id": f"truthfulqa_mc1/{model}/1798761600",
            "model_id": model,
            "evaluation_name": "truthfulqa_mc1",
            "sample_id": str(number),
            "sample_hash": f"hash {number}",
            "evaluation": {"score": float(number < right), "is_correct": number < right},
        }
        for number in range(ITEMS)
    ]
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def path_of(model: str, number: int, ending: str = ".json", benchmark: str = "lm_eval") -> str:
    """Return where a record of a model lies."""
    return f"data/{benchmark}/{model}/{number:08d}-0000-4000-8000-000000000000{ending}"


def put(hub: RunningHub, files: dict[str, bytes], dataset: str = STORE) -> None:
    """Commit files to a data set; parquet and samples are large ones."""
    if dataset not in hub.datasets.ids():
        hub.datasets.create(dataset, is_private=False, at=NOW)
    large = {}
    for path, content in files.items():
        if path.endswith(("_samples.jsonl", ".parquet")):
            large[path] = hashlib.sha256(content).hexdigest()
            hub.datasets.keep_object(large[path], content)
    regular = {path: content for path, content in files.items() if path not in large}
    hub.datasets.commit(dataset, DatasetChange(regular=regular, large=large), at=NOW)
