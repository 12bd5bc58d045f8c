"""Contradictions and the tables of a study as their users ask for them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

Row = dict[str, Any]


@pytest.fixture
def ask(run: Callable[..., Ran]) -> Callable[..., list[Row]]:
    """Give a function that returns the rows of a command that finds something."""

    def asked(*arguments: str) -> list[Row]:
        ran = run(*arguments, "--format", "json")
        assert ran.code == 0, ran.err
        rows: list[Row] = json.loads(ran.out)
        return rows

    return asked


def test_contradictions_go_by_sign_and_by_verdict(run: Callable[..., Ran], ask: Callable[..., list[Row]]) -> None:
    """Two derivatives are riskier by one instrument and safer by another, significantly; the adapter is not mixed."""
    rows = {row["model"]: row for row in ask("drift", "--mixed", "--full")}
    for model in ("birch/chat", "oak/medical-chat"):
        assert (rows[model]["mixed"], rows[model]["mixed_significantly"]) == (True, True)
        assert rows[model]["instruments"] == 2
        assert 0 < rows[model]["expected"] < 1
    assert not rows["oak/medical-chat-lora"]["mixed"]
    assert {row["model"] for row in ask("drift", "--mixed")} == {"birch/chat", "oak/medical-chat"}
    ran = run("drift", "--mixed", "birch/chat")
    assert "1 derivatives have two or more instruments: 1 are mixed, 1 significantly" in ran.err
    assert run("drift", "--mixed", "birch/chat", "--direct").code == 1
    few = run("drift", "--mixed", "--full", "--limit", "1")
    assert few.out.count("\n") == 2
    assert "more; --limit 0 shows all)" in few.err


def test_contradictions_are_counted_by_groups(ask: Callable[..., list[Row]]) -> None:
    """A share has its interval, and what noise alone would give stands beside it."""
    (row,) = [one for one in ask("drift", "--mixed", "--by", "relation") if one["group"] == "finetune"]
    assert (row["derivatives"], row["mixed"], row["share"]) == (2, 2, 1)
    assert row["low"] < 1
    assert row["expected"] > 0


def test_the_same_seed_gives_the_same_figures(run: Callable[..., Ran]) -> None:
    """What is drawn depends on the seed alone."""
    assert run("drift", "--mixed", "--seed", "5").out == run("drift", "--mixed", "--seed", "5").out


def test_a_study_is_tables_by_name(run: Callable[..., Ran], ask: Callable[..., list[Row]]) -> None:
    """`--names` lists them, JSON holds all or those that are named, CSV one."""
    names = ask("research", "study", "--names")
    tables = ask("research", "study")
    assert [row["table"] for row in names] == [table["table"] for table in tables]
    assert [row["rows"] for row in names] == [len(table["rows"]) for table in tables]
    name = next(row["table"] for row in names if row["rows"])
    assert [table["table"] for table in ask("research", "study", "--table", name)] == [name]
    rows = list(csv.DictReader(io.StringIO(run("research", "study", "--table", name, "--format", "csv").out)))
    assert len(rows) == next(row["rows"] for row in names if row["table"] == name)
    ran = run("research", "study")
    assert ran.code == 0
    assert f"({name})\n" in ran.out
    assert "nothing to say in " in ran.err


def test_wrong_questions_are_usage_errors(run: Callable[..., Ran]) -> None:
    """CSV of several tables and a table that does not exist end with 2, before anything is written."""
    for arguments in (
        ("research", "study", "--format", "csv"),
        ("research", "study", "--table", "weather"),
        ("research", "study", "--domain", "sports"),
    ):
        ran = run(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err


def test_nothing_to_study_is_said(run: Callable[..., Ran], lineage: Runs, crawled: Path) -> None:
    """Of a domain without scores, and of a database without any, the answer is no."""
    for ran in (run("research", "study", "--domain", "financial"), lineage("research", "study", "--db", str(crawled))):
        assert (ran.code, ran.out) == (1, "")
        assert "nothing can be compared" in ran.err
    ran = lineage("drift", "--mixed", "--db", str(crawled))
    assert (ran.code, ran.out.count("\n")) == (1, 1)
    assert "0 derivatives have two or more instruments" in ran.err
