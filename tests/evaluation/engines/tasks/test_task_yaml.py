"""A task's YAML file is a stranger's text until it was looked at: bounded, and its code lies in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluation.engines.tasks.task_yaml import DEEPEST, LARGEST_BYTES, group_of
from evaluation.errors import CannotRun

pytest.importorskip("lm_eval", reason="the extra eval is not installed")
PLAIN = "task: maple\ndoc_to_text: question\nmetric_list: [{metric: acc}]\n"
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]\n" for n in range(1, 8)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder of tasks with a Python file, beside it another one that must not be run."""
    found = tmp_path / "tasks"
    (found / "more").mkdir(parents=True)
    for file in (found / "own.py", found / "more" / "own.py", tmp_path / "foreign.py"):
        file.write_text("def text(document): return 'text'\n")
    (tmp_path / "foreign.yaml").write_text("doc_to_text: !function foreign.text\n")
    (found / "own.yaml").write_text("doc_to_text: !function own.text\n")
    return found


def looked_at(folder: Path, text: str) -> str | None:
    """Write a task's file and look at it."""
    file = folder / "task.yaml"
    file.write_text(text)
    return group_of(file)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        "",
        "task: maple\ndoc_to_text: !function own.text\n",
        "task: maple\ndoc_to_text: !function more.own.text\n",
        "task: maple\ndoc_to_text: !function lm_eval.tasks.hellaswag.utils.preprocess\n",
        "task: maple\ninclude: own.yaml\n",
        "task: maple\ninclude: [own.yaml, task.yaml]\n",
        "task: maple\nmetric_list: [{metric: !function own.text}]\n",
        "task: maple\nprocess_results: !function own.text\nmetric_list: [{metric: leaves}]\n",
        "task: maple\nmetadata: &a {version: 1}\nmore: [*a, *a]\n",
    ],
)
def test_what_a_task_of_ones_own_needs_is_left_to_it(folder: Path, text: str) -> None:
    """Python and YAML beside the file or below, references, and metrics that the task makes itself."""
    assert looked_at(folder, text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("doc_to_text: !function {outside}/foreign.text", "in no Python file of"),
        ("doc_to_text: !function ...foreign.text", "in no Python file of"),
        ("doc_to_text: !function os.system", "in no Python file of"),
        ("doc_to_text: !function text", "in no Python file of"),
        ("task: [{{a: !function os.system}}]", "in no Python file of"),
        ("include: ../foreign.yaml", "it lies outside of"),
        ("include: {outside}/foreign.yaml", "it lies outside of"),
        ("metric_list: [{{metric: maple/evil}}]", "would fetch code of that name"),
        ("metric_list: [{{metric: acc, hf_evaluate: true}}]", "would fetch code of that name"),
        ("metadata: &a [*a]", "nested too deeply"),
        ("metadata: " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "nested too deeply"),
        ("metadata: " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        (BOMB.replace("{", "{{").replace("}", "}}"), "more than 100,000 values"),
        ("#" * LARGEST_BYTES, "more than 1,048,576 bytes"),
        ("task: [", "it is no YAML"),
    ],
)
def test_what_leads_elsewhere_or_has_no_end_is_refused(folder: Path, text: str, reason: str) -> None:
    """Before anything of it is made or run; the message names the file."""
    with pytest.raises(CannotRun, match=reason) as caught:
        looked_at(folder, text.format(outside=folder.parent) + "\n")
    assert ".yaml" in str(caught.value)


def test_a_link_does_not_make_foreign_code_ones_own(folder: Path) -> None:
    """What a link in the folder leads to lies where it lies."""
    (folder / "linked.py").symlink_to(folder.parent / "foreign.py")
    with pytest.raises(CannotRun, match="in no Python file of"):
        looked_at(folder, "task: maple\ndoc_to_text: !function linked.text\n")


def test_files_of_the_harness_are_its_own(folder: Path) -> None:
    """One that is named by its path may include and run what the harness holds elsewhere."""
    import lm_eval.tasks

    root = Path(lm_eval.tasks.__file__).parent
    upwards = next(file for file in root.glob("bigbench/*/*.yaml") if "include: ../" in file.read_text("utf-8"))
    assert group_of(upwards) is None
    (folder / "copy.yaml").write_text(upwards.read_text("utf-8"))
    with pytest.raises(CannotRun, match="it lies outside of"):
        group_of(folder / "copy.yaml")


def test_a_group_answers_for_its_folder(folder: Path) -> None:
    """The harness looks for its tasks in all YAML there; what is no YAML it passes over, and so do we."""
    (folder / "broken.yaml").write_text("task: [")
    assert looked_at(folder, "group: 'grove'\ntask: [maple]\n") == "grove"
    (folder / "more" / "maple.yaml").write_text("task: maple\ndoc_to_text: !function os.system\n")
    with pytest.raises(CannotRun, match=r"maple\.yaml: its function os\.system"):
        looked_at(folder, "group: grove\ntask: [maple]\n")
