"""Scores of single files of a repository: kept apart, shown by name, and compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lineage.drift.plus import PLUS_OF_BOTH
from tests.cli.scores.test_contradicting import Scored

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs

POLICY = """
[[rule]]
kind = "measured"
instruments = ["truthfulqa_mc1"]
accept_reported = true
accept_unknown_commit = true
[[rule]]
kind = "no_worse"
margin = 3.0
instruments = ["truthfulqa_mc1"]
[[rule]]
kind = "declared_parents"
"""
FILES = ("oak/medic:f16,truthfulqa_mc1,0.44,817,,", "oak/medic:Q2_K,truthfulqa_mc1,0.3,817,,")


@pytest.fixture(name="scored")
def fixture_scored(lineage: Runs, tmp_path: Path, kept_pair: Path) -> Scored:
    """Give a base and a derivative of which two files are scored, and a folder."""
    scored = Scored(lineage, tmp_path, kept_pair)
    scored.table("files", *FILES, "oak/medic#step-100,truthfulqa_mc1,0.41,817,,")
    return scored


def test_files_of_one_repository_are_apart(scored: Scored) -> None:
    """They neither replace nor contradict each other, and say nothing about the repository as a whole."""
    listed = {one["model"]: (one["value"], one["state"]) for one in scored.rows("scores", "list", "oak/medic")}
    assert listed == {
        "oak/medic:F16": (0.44, "measured"),
        "oak/medic:Q2_K": (0.3, "measured"),
        "oak/medic#step-100": (0.41, "measured"),
    }
    covered = {one["model"]: one["state"] for one in scored.rows("coverage", "oak/medic")}
    assert covered == {"oak/medic": "unscored", **dict.fromkeys(listed, "measured")}
    assert "of 1 models: 0 measured" in scored.run("coverage", "oak/medic").err
    assert "truthfulqa_mc1:Q2_K" in scored.run("show", "oak/medic").out
    assert [one["id"] for one in scored.rows("models", "unscored")] == ["oak/medic"]
    (row,) = scored.rows("sql", "select model, variant from scores where value = 0.3")
    assert row == {"model": "oak/medic", "variant": ":Q2_K"}


def test_a_file_is_compared_with_its_repository_and_above(scored: Scored) -> None:
    """The repository's own score comes first; without one, the nearest scored ancestor does."""
    (row,) = scored.rows("drift", "oak/medic:Q2_K")
    assert (row["model"], row["reference"], row["distance"], row["verdict"]) == (
        "oak/medic:Q2_K",
        "elm/base",
        1,
        "worse",
    )
    scored.table("whole", "oak/medic,truthfulqa_mc1,0.45,817,,")
    (row,) = scored.rows("drift", "oak/medic:Q2_K")
    assert (row["reference"], row["distance"], row["relation"]) == ("oak/medic", 0, "quantized")
    (folder,) = scored.rows("drift", "oak/medic#step-100")
    assert (folder["reference"], folder["relation"], folder["verdict"]) == ("oak/medic", None, "undecided")
    assert len(scored.rows("drift", "oak/medic")) == 4
    stored = scored.rows("sql", "select model from drift where against = 'scored_ancestor' order by model")
    assert [one["model"] for one in stored] == ["oak/medic", "oak/medic#step-100", "oak/medic:F16", "oak/medic:Q2_K"]


def test_one_file_against_another(scored: Scored) -> None:
    """Any model or file may be the reference of a question, in any capitals."""
    (row,) = scored.rows("drift", "oak/medic:q2_k", "--reference", "oak/medic:F16")
    assert (row["reference"], row["against"], row["verdict"]) == ("oak/medic:F16", None, "worse")
    assert "against oak/medic:F16" in scored.run("drift", "oak/medic:Q2_K", "--reference", "oak/medic:F16").out
    every = scored.rows("drift", "oak/medic", "--reference", "elm/base")
    assert [one["model"] for one in every] == ["oak/medic#step-100", "oak/medic:F16", "oak/medic:Q2_K"]
    both = scored.rows("drift", "oak/medic:Q2_K oak/medic:F16", "--reference", "elm/base")
    assert [one["model"] for one in both] == ["oak/medic:F16", "oak/medic:Q2_K"]
    assert scored.run("drift", "oak/medic:Q2_K", "--reference", "elm/base", "--against", "root").code == 2


def test_what_cannot_be_asked_of_files_is_said(scored: Scored) -> None:
    """An unknown file, its generations, and commands about whole models."""
    unknown = scored.run("drift", "oak/medic:Q9_K")
    assert (unknown.code, "there are scores of oak/medic#step-100, oak/medic:F16, oak/medic:Q2_K" in unknown.err) == (
        1,
        True,
    )
    assert scored.run("drift", "oak/medic:Q2_K+").code == 2
    shown = scored.run("show", "oak/medic:Q9_K")
    assert (shown.code, shown.err) == (unknown.code, unknown.err)
    for command in ("models", "schedule"):
        ran = scored.run(command, "oak/medic:Q2_K")
        assert (ran.code, "this command is about whole models" in ran.err) == (2, True)
    ran = scored.run("evaluate", "oak/medic:Q2_K", "winogender")
    assert (ran.code, "only whole repositories can be loaded here" in ran.err, "--endpoint-url" in ran.err) == (
        2,
        True,
        True,
    )


def test_a_file_is_shown_and_counted_by_itself(scored: Scored) -> None:
    """Its own scores and drift, the other files, and what its repository was made from."""
    shown = [(one["section"], one["name"]) for one in scored.rows("show", "oak/medic:q2_k")]
    assert shown == [
        ("file", "repository"),
        ("file", "variant"),
        ("file", "another file"),
        ("file", "another file"),
        ("parents", "elm/base"),
        ("scores", "truthfulqa_mc1:Q2_K"),
        (f"drift from the nearest scored ancestor, in points; {PLUS_OF_BOTH}", "truthfulqa_mc1:Q2_K"),
    ]
    covered = scored.run("coverage", "oak/medic:Q2_K oak/medic:Q9_K", "--format", "json")
    assert [(one["model"], one["state"]) for one in json.loads(covered.out)] == [
        ("oak/medic:Q2_K", "measured"),
        ("oak/medic:Q9_K", "unscored"),
    ]
    assert "of 2 models: 1 measured" in covered.err


def test_a_gate_judges_the_file_that_was_asked_for(scored: Scored, tmp_path: Path) -> None:
    """Its scores and drift count, with the record and parents of its repository; an unknown file fails."""
    policy = tmp_path / "policy.toml"
    policy.write_text(POLICY)
    asked = ("--policy", str(policy), "--format", "json")
    found = {
        model: {
            one["rule"]: one["state"]
            for one in json.loads(scored.run("check", model, *asked).out)
            if one["model"] != "*"
        }
        for model in ("oak/medic:F16", "oak/medic:Q2_K", "oak/medic")
    }
    assert found["oak/medic:F16"]["declared_parents"] == found["oak/medic:Q2_K"]["declared_parents"] == "ok"
    assert (found["oak/medic:F16"]["measured"], found["oak/medic:Q2_K"]["measured"]) == ("ok", "ok")
    assert (found["oak/medic:Q2_K"]["no_worse"], found["oak/medic"]["measured"]) == ("found", "found")
    both = json.loads(scored.run("check", "oak/medic:Q2_K oak/medic", *asked).out)
    assert {one["model"] for one in both} >= {"oak/medic:Q2_K", "oak/medic"}
    unknown = scored.run("check", "oak/medic:Q9_K", *asked)
    assert (unknown.code, "there are scores of oak/medic#step-100" in unknown.out) == (1, True)


def test_a_contradiction_is_of_one_file(scored: Scored) -> None:
    """Two values of one file withhold its verdict, and leave those of the others."""
    scored.table("again", "oak/medic:Q2_K,truthfulqa_mc1,0.7,817,,")
    verdicts = {row["model"]: row["verdict"] for row in scored.rows("drift", "oak/medic")}
    assert verdicts == {
        "oak/medic:Q2_K": "withheld",
        "oak/medic:F16": "undecided",
        "oak/medic#step-100": "undecided",
    }


def test_lm_eval_says_which_file_it_loaded(scored: Scored) -> None:
    """The arguments of its model name a GGUF file or a folder."""
    for number, (argument, value) in enumerate({"gguf_file": "medic.Q3_K.gguf", "subfolder": "step-7"}.items()):
        document = {
            "results": {"truthfulqa_mc1": {"acc,none": 0.5}},
            "configs": {"truthfulqa_mc1": {"output_type": "multiple_choice", "metric_list": [{"metric": "acc"}]}},
            "config": {"model": "hf", "model_args": {"pretrained": "oak/medic", argument: value}},
        }
        path = scored.db.with_name(f"results_2026-05-06T07-08-0{number}.123456.json")
        path.write_text(json.dumps(document))
        ran = scored.run("scores", "import", str(path))
        assert ran.code == 0, ran.err
    listed = {one["model"] for one in scored.rows("scores", "list", "oak/medic")}
    assert listed >= {"oak/medic:Q3_K", "oak/medic#step-7"}
