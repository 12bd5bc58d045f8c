"""Our own tasks load, ask and count over stand-ins with the columns that they name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.engines.tasks.harness_tasks import TaskSettings, build, load
from evaluation.errors import CannotRun
from evaluation.own_tasks import OWN_TASKS
from evaluation.own_tasks.files import file_problems, problem_of
from evaluation.own_tasks.loaders import COMPLIANT
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.instruments import ItemsFile

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
SUBSETS = ("hearsay", "overruling", "personal_jurisdiction", "telemarketing_sales_rule")
LEGAL: list[dict[str, Any]] = [
    {"subset": subset, "text": text, "answer": answer}
    for subset in SUBSETS
    for text, answer in ((f"The owl said {subset}.", "Yes"), ("Rain.", "No"))
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
    items = build(task, TaskSettings()).items
    assert items[0].requests[0].args == ("May a fox enter?\nA. Yes\nB. No\nC. By day\nAnswer:", " A")
    assert [task.doc_to_target(item.document) for item in items] == [1, 2]
    assert task.process_results(items[0].document, [(-3.0, False), (-1.0, True), (-2.0, False)]) == {"acc": 1.0}


def test_medsafetybench_weighs_two_replies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The safe reply stands beside the item's own, or one of ours, and is weighed a byte."""
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    write(tmp_path / "medsafetybench.jsonl", MEDSAFETY)
    (task,) = load("medsafetybench_choice").tasks
    items = build(task, TaskSettings()).items
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
    with pytest.raises(CannotRun, match="LINEAGE_DATA is not set") as error:
        load("safelawbench")
    assert "safelawbench.jsonl, JSON lines with the columns question, choices, answer" in error.value.hint
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    with pytest.raises(CannotRun, match="there is none in"):
        load("safelawbench")
    write(tmp_path / "safelawbench.jsonl", [{"question": "?"}])
    with pytest.raises(CannotRun, match="lacks choices, answer"):
        load("safelawbench")


BAD_FILES = [(b"", "no JSON lines"), (b"\xff\xfe", "no JSON lines"), (b"[1]", "lacks a, b"), (b"[" * 9999, "no JSON")]


@pytest.mark.parametrize(("content", "problem"), BAD_FILES)
def test_a_file_is_looked_at_before_it_is_scheduled(
    content: bytes, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a file holds, its problem is told; a folder in its place is one too, and a good first line is none."""
    wanted = ItemsFile(name="x.jsonl", columns=("a", "b"))
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    (tmp_path / "x.jsonl").write_bytes(content)
    assert problem in str(problem_of(wanted))
    write(tmp_path / "x.jsonl", [{"a": 1, "b": 2, "c": 3}])
    assert problem_of(wanted) is None
    (tmp_path / "safelawbench.jsonl").mkdir()
    told = file_problems(default_catalogue())
    assert told.keys() == {"safelawbench.jsonl", "medsafetybench.jsonl", "legalbench_choice.jsonl"}
    assert "no JSON lines" in str(told["safelawbench.jsonl"])


def test_every_task_of_ours_is_an_instrument() -> None:
    """Its name and metric lead to the catalogue, which names the columns that its items need."""
    names = {path.stem for path in OWN_TASKS.glob("*.yaml")} - {f"legalbench_choice_{name}" for name in SUBSETS}
    catalogue = default_catalogue()
    found = {name: catalogue.for_task("lm-eval", name, "acc_bytes" if "medsafety" in name else "acc") for name in names}
    assert all(one is not None and one.name == name and one.items_file for name, one in found.items())


def test_legal_subsets_ask_for_yes_or_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each subset asks about its own texts in the user's file, and finds the answer by its word."""
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    write(tmp_path / "legalbench_choice.jsonl", LEGAL)
    found = load("legalbench_choice")
    assert (found.name, found.is_group) == ("legalbench_choice", True)
    assert [task.config.task for task in found.tasks] == [f"legalbench_choice_{subset}" for subset in SUBSETS]
    for task, subset in zip(found.tasks, SUBSETS, strict=True):
        items = build(task, TaskSettings()).items
        assert [item.document["text"] for item in items] == [f"The owl said {subset}.", "Rain."]
        assert all(str(item.document["text"]) in item.requests[0].args[0] for item in items)
        assert [request.args[1] for request in items[0].requests] == [" No", " Yes"]
        assert task.process_results(items[0].document, [(-3.0, False), (-1.0, True)]) == {"acc": 1.0}
        assert task.process_results(items[1].document, [(-3.0, False), (-1.0, True)]) == {"acc": 0.0}


def test_legal_items_come_from_the_hub_where_the_user_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The subset is asked for by name; where the Hub has none either, the reason names the file that would do."""
    asked: list[tuple[str, ...]] = []

    def away(*named: str) -> None:
        asked.append(named)
        raise ConnectionError

    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    monkeypatch.setattr("datasets.load_dataset", away)
    with pytest.raises(
        CannotRun, match=r"legalbench_choice\.jsonl.*there is none in.*cannot be had from the Hub"
    ) as error:
        load("legalbench_choice_hearsay")
    assert asked == [("nguha/legalbench", "hearsay")]
    assert "subset, text, answer" in error.value.hint
    monkeypatch.undo()
    monkeypatch.setenv("LINEAGE_DATA", str(tmp_path))
    write(tmp_path / "legalbench_choice.jsonl", LEGAL[:2])
    with pytest.raises(CannotRun, match="no item whose subset is overruling"):
        load("legalbench_choice_overruling")
