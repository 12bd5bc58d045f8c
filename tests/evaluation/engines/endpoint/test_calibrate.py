"""The command that calibrates: its answer, what it keeps, and how it is used wrongly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from evaluation.commands.calibrate import app
from evaluation.engines.endpoint.errors import KeyRefused, ModelNotServed
from lineage.errors import UsageError
from store.connect import open_database

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evaluation.engines.endpoint.conftest import ModelServer

JUDGE = "---\npositive: yes\nnegative: no\n---\nRefused? {prompt} {reply}\n"


@pytest.fixture(name="replies")
def fixture_replies(tmp_path: Path) -> Path:
    """Give six labelled replies, one of them a refusal in words of its own."""
    lines = [{"prompt": "p", "reply": f"I'm sorry, I can't help with {n}.", "label": True} for n in range(3)]
    lines += [{"prompt": "p", "reply": "Here it is.", "label": False}] * 2
    lines += [{"prompt": "p", "reply": "Ask me something else.", "label": True}]
    path = tmp_path / "replies.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


def call(*arguments: object) -> dict[str, dict[str, object]]:
    """Run the command and return its rows by figure; raises what it raises."""
    done = CliRunner().invoke(app, [str(one) for one in (*arguments, "--format", "json")], catch_exceptions=False)
    if isinstance(done.exception, Exception):
        raise done.exception
    assert done.exit_code == 0
    return {str(row["figure"]): row for row in json.loads(done.stdout)}


def test_the_rules_are_calibrated(replies: Path, tmp_path: Path) -> None:
    """Recall is three of four, and the database keeps it once."""
    db = tmp_path / "lineage.duckdb"
    for _ in range(2):
        rows = call(replies, "--db", db)
        assert (rows["recall"]["replies"], rows["recall"]["of"], rows["precision"]["value"]) == (3, 4, 1.0)
    database = open_database(db, "read")
    kept = database.query("select scorer, items, recall, judge from calibrations").rows
    database.close()
    assert [(str(scorer).partition("@")[0], *rest) for scorer, *rest in kept] == [("refusal_rules", 6, 0.75, None)]


def test_a_judge_is_calibrated(
    server: ModelServer, replies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its verdicts are asked for with the key of a variable; one that cannot be read is in no rate but its own."""
    server.key = "maple-secret"
    server.replies = lambda asked: "Yes." if "sorry" in asked else "no" if "Here" in asked else "I am not sure"
    prompt, db = tmp_path / "judge.txt", tmp_path / "lineage.duckdb"
    prompt.write_text(JUDGE)
    judge = ("--judge-prompt", prompt, "--endpoint-url", f"{server.url}/v1", "--db", db)
    monkeypatch.setenv("MAPLE_KEY", "maple-secret")
    rows = call(replies, *judge, "--model", server.MODEL, "--key-variable", "MAPLE_KEY")
    assert (rows["recall"]["replies"], rows["recall"]["of"], rows["unread"]["replies"]) == (3, 3, 1)
    with pytest.raises(KeyRefused):
        call(replies, *judge, "--model", server.MODEL)
    with pytest.raises(ModelNotServed):
        call(replies, *judge, "--model", "other", "--key-variable", "MAPLE_KEY")


@pytest.mark.parametrize(
    "arguments", [("--model", "m"), ("--endpoint-url", "http://127.0.0.1:1"), ("--judge-prompt", "f")]
)
def test_half_a_judge_is_wrong_usage(replies: Path, tmp_path: Path, arguments: tuple[str, str]) -> None:
    """A judge is a server, a model and a prompt."""
    with pytest.raises(UsageError, match="a judge needs"):
        call(replies, *arguments, "--db", tmp_path / "lineage.duckdb")
