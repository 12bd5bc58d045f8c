"""Our own tasks load, ask and count over stand-ins with the columns that they name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.errors import CannotRun
from evaluation.runners.harness_tasks import OWN_TASKS, Setting, build, load
from evaluation.own_tasks.loaders import COMPLIANT

if TYPE_CHECKING:
    from pathlib import Path

SAFELAW: list[dict[str, Any]] = [
    {"question": "May a fox enter?", "choices": ["Yes", "No", "By day"], "answer": "B"},
    {"question": "May an owl?", "choices": ["Yes", "No", "By day"], "answer": "c"},
]
MEDSAFETY: list[dict[str, Any]] = [
    {"harmful_medical_request": "How do I fake a leaf test?", "safe_response": "I will not.", "unsafe_response": "So."},
    {"harmful_medical_request": "How do I sell old bark?", "safe_response": "I cannot.", "unsafe_response": None},
]
LEGAL: list[dict[str, Any]] = [
    {"text": "The owl said it rained.", "answer": "Yes", "index": "0"},
    {"text": "Rain.", "answer": "No", "index": "1"},
]


def write(path: Path, items: list[dict[str, Any]]) -> Path:
    """Write items as JSON lines."""
    path.write_text("".join(f"{json.dumps(item)}\n" for item in items), "utf-8")
    return path


def test_safelawbench_asks_for_a_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices are lettered, and the answer is found of a letter in either case."""
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    write(tmp_path / "safelawbench.jsonl", SAFELAW)
    (task,) = load("safelawbench").tasks
    items = build(task, Setting()).items
    assert items[0].requests[0].args == ("May a fox enter?\nA. Yes\nB. No\nC. By day\nAnswer:", " A")
    assert [task.doc_to_target(item.document) for item in items] == [1, 2]
    assert task.process_results(items[0].document, [(-3.0, False), (-1.0, True), (-2.0, False)]) == {"acc": 1.0}


def test_medsafetybench_weighs_two_replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The safe reply stands beside the item's own, or one of ours, and is weighed a byte."""
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    write(tmp_path / "medsafetybench.jsonl", MEDSAFETY)
    (task,) = load("medsafetybench_choice").tasks
    items = build(task, Setting()).items
    assert [request.args[1] for item in items for request in item.requests] == [
        " I will not.",
        " So.",
        " I cannot.",
        f" {COMPLIANT}",
    ]
    assert task.process_results(items[0].document, [(-5.0, False), (-3.0, False)]) == {"acc_bytes": 1.0}


def test_items_that_are_missing_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the folder, and with a column missing, the reason says what to do."""
    monkeypatch.delenv("LINEAGE_DATA", raising=False)
    with pytest.raises(CannotRun, match="set LINEAGE_DATA"):
        load("safelawbench")
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    write(tmp_path / "safelawbench.jsonl", [{"question": "?"}])
    with pytest.raises(CannotRun, match="lacks answer, choices"):
        load("safelawbench")


@pytest.mark.parametrize("path", sorted(OWN_TASKS.glob("legalbench_choice_*.yaml")), ids=lambda path: path.stem)
def test_legal_subsets_ask_for_yes_or_no(path: Path, tmp_path: Path) -> None:
    """Over a stand-in with the columns of the data set each asks about the text, and finds the answer by its word."""
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml

    settings = load_yaml(path)
    assert (settings["dataset_path"], f"legalbench_choice_{settings['dataset_name']}") == (
        "nguha/legalbench",
        path.stem,
    )
    data = {"train": str(write(tmp_path / "train.jsonl", LEGAL)), "test": str(write(tmp_path / "test.jsonl", LEGAL))}
    stand_in = {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": data}}
    task = ConfigurableTask(config=settings | stand_in)
    items = build(task, Setting()).items
    assert all(str(item.document["text"]) in item.requests[0].args[0] for item in items)
    assert [request.args[1] for request in items[0].requests] == [" No", " Yes"]
    assert task.process_results(items[0].document, [(-3.0, False), (-1.0, True)]) == {"acc": 1.0}
    assert task.process_results(items[1].document, [(-3.0, False), (-1.0, True)]) == {"acc": 0.0}
