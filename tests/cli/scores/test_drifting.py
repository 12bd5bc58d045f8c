"""Drift and predictions as their users ask for them, over one family that was measured item by item."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from store.commands import drift as drift_commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

Row = dict[str, Any]


@pytest.fixture
def drift(run: Callable[..., Ran]) -> Callable[..., list[Row]]:
    """Give a function that returns the rows of `drift` as a program reads them."""

    def asked(*arguments: str) -> list[Row]:
        ran = run("drift", *arguments, "--format", "json")
        assert ran.code == 0, ran.err
        rows: list[Row] = json.loads(ran.out)
        return rows

    return asked


def verdicts(rows: list[Row]) -> dict[tuple[str, str], str]:
    """Return the verdict of each model and instrument."""
    return {(row["model"], row["name"]): row["verdict"] for row in rows}


def test_each_derivative_gets_a_verdict_with_its_figures(drift: Callable[..., list[Row]]) -> None:
    """Paired on items: 60 harmful replies of 400 became 120 and 20, and refusals moved the other way."""
    rows = drift("birch/base+")
    told = verdicts(rows)
    assert told["birch/chat", "ward_harm"] == told["oak/medical-chat", "ward_shy"] == "worse"
    assert told["birch/chat", "ward_shy"] == told["oak/medical-chat", "ward_harm"] == "better"
    assert told["oak/medical-chat-lora", "ward_harm"] == "equivalent"
    (row,) = [one for one in rows if (one["model"], one["name"]) == ("birch/chat", "ward_harm")]
    assert (row["reference"], row["pairing"], row["items"]) == ("birch/base", "items", 400)
    assert (row["delta"], row["at_risk"], row["worsened"], row["recovered"]) == (pytest.approx(15), 340, 60, 0)
    assert row["ci_low"] < 15 < row["ci_high"]
    assert row["p_value"] <= row["q_value"] < 0.001


def test_a_broken_model_is_not_called_safer(drift: Callable[..., list[Row]]) -> None:
    """A model that guesses at HellaSwag says nothing harmful any more, and the guard withholds the verdict."""
    rows = [row for row in drift("elm/broken") if row["name"] == "ward_harm"]
    assert [row["verdict"] for row in rows] == ["withheld"]
    assert "hellaswag is 26.0%; under 28% a model does not work" in rows[0]["reason"]
    assert rows[0]["delta"] == pytest.approx(-15)


def test_every_ancestor_that_is_asked_for_is_compared_with(drift: Callable[..., list[Row]]) -> None:
    """The adapter moved little from its parent and much from the root."""
    rows = drift("oak/medical-chat-lora", "--against", "parent", "--against", "root", "--instrument", "ward_harm")
    assert {(row["against"], row["reference"], row["verdict"]) for row in rows} == {
        ("parent", "oak/medical-chat", "equivalent"),
        ("root", "birch/base", "better"),
    }
    assert {row["name"] for row in rows} == {"ward_harm"}


def test_margin_and_alpha_move_the_verdicts(run: Callable[..., Ran], drift: Callable[..., list[Row]]) -> None:
    """Within a margin of a tenth of a point half a point is no equivalence; nothing is significant at a tiny rate."""
    one = ("oak/medical-chat-lora", "--instrument", "ward_harm")
    assert {row["verdict"] for row in drift(*one)} == {"equivalent"}
    assert {row["verdict"] for row in drift(*one, "--margin", "0.1")} == {"undecided"}
    otherwise = run("drift", *one, "--margin", "0.1", "--correct-over", "asked", "--reference", "birch/base").err
    differs = "a margin of 0.1 points, corrected over everything asked, the reference birch/base"
    assert f"asked otherwise than the stored verdicts: {differs}" in otherwise
    assert "asked otherwise" not in run("drift", *one).err
    capable = ("birch/chat", "--instrument", "hellaswag")
    assert {row["margin"] for row in drift(*capable, "--margin", "5")} == {5}
    assert {row["verdict"] for row in drift(*capable, "--margin", "0.5")} == {"undecided"}
    assert {row["verdict"] for row in drift(*capable, "--margin", "0.5", "--alpha", "0.2")} == {"worse"}


def test_a_verdict_picks_rows(run: Callable[..., Ran], drift: Callable[..., list[Row]]) -> None:
    """`--verdict` shows those alone, counts stay those of all, and nothing to show ends with 1."""
    rows = drift("--verdict", "worse", "--verdict", "withheld")
    assert {row["verdict"] for row in rows} == {"worse", "withheld"}
    some, every = run("drift", "--verdict", "worse"), run("drift")
    assert some.err == every.err
    assert "safety: 2 worse, 2 better, 2 equivalent, 2 withheld" in every.err
    assert "1 of 6 models are not scored yet - see `lineage coverage`" in every.err
    assert run("drift", "birch/chat", "--verdict", "withheld").code == 1


def test_a_table_is_sentences_and_csv_is_flat(run: Callable[..., Ran]) -> None:
    """People read a section a model; a spreadsheet gets a line a row with the columns of JSON."""
    ran = run("drift", "birch/chat")
    assert ran.code == 0
    assert ran.out.startswith("birch/chat against nearest scored ancestor\n")
    assert "WORSE: riskier by 15.0 points than birch/base" in ran.out
    assert "Of 340 items that the ancestor got right, this model loses 60; it gains 0 others." in ran.out
    rows = list(csv.DictReader(io.StringIO(run("drift", "birch/chat", "--format", "csv").out)))
    assert [*rows[0]] == [*json.loads(run("drift", "birch/chat", "--format", "json").out)[0]]
    limited = run("drift", "--limit", "2", "--format", "csv")
    assert limited.out.count("\n") == 3
    assert "more; --limit 0 shows all)" in limited.err


def test_a_table_of_everything_is_bounded(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """People get the first rows and how many more there are, unless they say how many; programs always get all."""
    whole = run("drift", "--limit", "0")
    monkeypatch.setattr(drift_commands, "TABLE_ROWS", 3)
    ran = run("drift")
    assert whole.out.startswith(ran.out)
    assert len(ran.out) < len(whole.out)
    assert "more; --limit 0 shows all)" in ran.err
    assert run("drift", "--limit", "0").out == whole.out
    for form in ("json", "csv"):
        every = run("drift", "--format", form)
        assert (every.out, "more;" in every.err) == (run("drift", "--limit", "0", "--format", form).out, False)


def test_nothing_to_compare_is_said(run: Callable[..., Ran], lineage: Runs, crawled: Path, tmp_path: Path) -> None:
    """An unknown instrument, a model without scores, one that is not here, a database without scores, and none."""
    ran = run("drift", "--instrument", "ward_harm", "--instrument", "word_harm")
    assert (ran.code, ran.out) == (1, "")
    assert "there are no scores for word_harm (did you mean ward_harm?) here" in ran.err
    assert "there are scores for hellaswag, ward_harm, ward_shy" in ran.err
    for selector in ("elm/legal-merge", "birch/base"):
        ran = run("drift", selector)
        assert (ran.code, ran.out) == (1, "")
        assert "nothing to compare" in ran.err
    assert run("drift", "nobody/none").code == 1
    assert run("drift", "--margin", "101").code == 2
    assert run("drift", "--against", "uncle").code == 2
    empty = lineage("drift", "--db", str(crawled))
    assert (empty.code, empty.out) == (1, "")
    assert "models are not scored yet" in empty.err
    assert lineage("drift", "--db", str(tmp_path / "none.duckdb")).code == 3


def test_unscored_models_are_predicted_and_never_scored(run: Callable[..., Ran]) -> None:
    """The merge has no score; its relatives say about where it stands, and it stays unscored."""
    ran = run("coverage", "--predicted", "elm/legal-merge", "--format", "json", "--instrument", "ward_harm")
    (row,) = json.loads(ran.out)
    assert (row["model"], row["name"]) == ("elm/legal-merge", "ward_harm")
    assert (row["state"], row["is_informed"]) == ("predicted", True)
    assert 0 <= row["low"] < row["mean"] < row["high"] <= 1
    assert "predicted, not measured" in ran.err
    listed = json.loads(run("scores", "list", "--limit", "0", "--format", "json").out)
    assert "elm/legal-merge" not in {row["model"] for row in listed}
    assert run("coverage", "--predicted", "--instrument", "word_harm").code == 1
    fared = run("coverage", "--predicted", "--calibration", "--format", "json")
    assert {"name", "coverage"} <= {*json.loads(fared.out)[0]}
