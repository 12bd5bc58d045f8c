"""The user's own prompts and options: what is read of them, and that what is at fault is refused whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.engines.endpoint.options import read_options
from evaluation.engines.endpoint.prompts import Prompt, read_prompts
from evaluation.errors import ImportRefused, OptionInvalid
from evaluation.scorers.labelled import Labelled, labels_hash, read_labelled

if TYPE_CHECKING:
    from pathlib import Path

AN_ADDRESS = {"url": "http://127.0.0.1:1"}
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


def write_lines(path: Path, lines: list[dict[str, object]]) -> Path:
    """Write JSON lines and return where."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def test_prompts_are_read_as_they_are(tmp_path: Path) -> None:
    """The right choice by its place or its text, an answer to be written, and the group of a prompt."""
    lines: list[dict[str, object]] = [
        {"item": "a", "prompt": " p\n", "choices": ["x", "y"], "answer": 1, "cluster": "c"},
        {"item": "b", "prompt": "", "choices": ["x", "y"], "answer": "x"},
    ]
    found = read_prompts(write_lines(tmp_path / "p.jsonl", lines))
    assert found[0] == Prompt(item="a", prompt=" p\n", choices=("x", "y"), right=1, cluster="c")
    assert found[1].right == 0
    (written,) = read_prompts(write_lines(tmp_path / "w.jsonl", [{"item": "a", "prompt": "p", "answer": "42"}]))
    assert (written.answer, written.right, written.choices) == ("42", None, ())


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [{"item": "a"}],
        [{"item": "a", "prompt": "p"}, {"item": "a", "prompt": "q"}],
        [{"item": "a", "prompt": "p", "choices": ["x"], "answer": 0}],
        [{"item": "a", "prompt": "p", "choices": ["x", "y"], "answer": 2}],
        [{"item": "a", "prompt": "p", "choices": ["x", "y"], "answer": "z"}],
        [{"item": "a", "prompt": "p", "choices": ["x", "x"], "answer": "x"}],
        [{"item": "a", "prompt": "p", "choices": ["x", "y"], "answer": True}],
        [{"item": "a", "prompt": "p", "choices": ["x", "y"]}],
        [{"item": "a", "prompt": "p", "choices": ["x", "y"], "answer": "x"}, {"item": "b", "prompt": "p"}],
        [{"item": "a", "prompt": "p", "surprise": 1}],
        [{"item": "a", "prompt": "\ud800"}],
        [{"item": "a", "prompt": "x" * 300_000}],
        [{"item": 5, "prompt": "p"}],
        [{"prompt": "p"}],
    ],
)
def test_prompts_at_fault_are_refused(tmp_path: Path, lines: list[dict[str, object]]) -> None:
    """With the file's name, and mostly the line."""
    with pytest.raises(ImportRefused, match=r"p\.jsonl"):
        read_prompts(write_lines(tmp_path / "p.jsonl", lines))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(rows=st.lists(st.tuples(TEXT, TEXT, st.booleans()), min_size=1, max_size=8))
def test_labelled_replies_come_back(tmp_path: Path, rows: list[tuple[str, str, bool]]) -> None:
    """What is written is what is read, and the hash does not depend on the order."""
    written = [Labelled(prompt=prompt, reply=reply, label=label) for prompt, reply, label in rows]
    lines: list[dict[str, object]] = [{"prompt": p, "reply": r, "label": label} for p, r, label in rows]
    found = read_labelled(write_lines(tmp_path / "l.jsonl", lines))
    assert list(found) == written
    assert labels_hash(found) == labels_hash(tuple(reversed(found)))


@pytest.mark.parametrize(
    "line",
    [
        {"reply": "r"},
        {"reply": "r", "label": 1},
        {"reply": "r", "label": "yes"},
        {"label": True},
        {"reply": ["r"], "label": True},
        {"reply": "r", "label": True, "surprise": 1},
    ],
)
def test_labels_at_fault_are_refused(tmp_path: Path, line: dict[str, object]) -> None:
    """A label is true or false; nothing else is guessed to be one of them."""
    with pytest.raises(ImportRefused, match="line 2"):
        read_labelled(write_lines(tmp_path / "l.jsonl", [{"reply": "r", "label": True}, line]))
    with pytest.raises(ImportRefused, match="no labelled reply"):
        read_labelled(write_lines(tmp_path / "none.jsonl", []))


@pytest.mark.parametrize(
    "options",
    [
        {"surprise": 1},
        {"concurrency": 0},
        {"concurrency": 5000},
        {"concurrency": True},
        {"chat": "yes"},
        {"max_tokens": 0},
        {"attempts": -1},
        {"wait_seconds": float("nan")},
        {"answer_seconds": float("nan")},
        {"url": "http://maple:8000?key=word"},
        {"judge_url": "maple"},
        {"seed": "7"},
    ],
)
def test_options_at_fault_are_refused(options: dict[str, Any]) -> None:
    """An option of another name, type or range is an error that names it."""
    with pytest.raises(OptionInvalid, match=next(iter(options))):
        read_options(AN_ADDRESS | options)


def test_options_reach_what_they_are_of() -> None:
    """Whole numbers do for seconds, and an empty system prompt is none."""
    found = read_options({**AN_ADDRESS, "answer_seconds": 5, "wait_seconds": 0, "concurrency": 3, "system": ""})
    client = found.client(found.url, None)
    assert (client.answer_seconds, client.retry_policy.first_wait_seconds, client.concurrency) == (5.0, 0.0, 3)
    decoding = found.decoding(is_harness=False)
    assert (decoding.system, decoding.is_chat) == (None, True)


@pytest.mark.parametrize(("chat", "expected"), [(None, (False, True)), (True, (True, True)), (False, (False, False))])
def test_a_task_is_asked_alike_by_every_engine(chat: bool | None, expected: tuple[bool, bool]) -> None:  # noqa: FBT001 -- pytest passes it by name
    """A task of the harness is asked in its bare prompts unless a chat is asked for, as transformers asks it."""
    found = read_options(AN_ADDRESS if chat is None else {**AN_ADDRESS, "chat": chat})
    assert tuple(found.decoding(is_harness=is_harness).is_chat for is_harness in (True, False)) == expected
