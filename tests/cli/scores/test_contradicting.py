"""Several values of one measurement: none is chosen, no verdict rests on them, and a person can settle it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

HUB = (
    {"_id": "650000000000000000000001", "id": "elm/base", "author": "elm", "sha": "1" * 40, "tags": []},
    {
        "_id": "650000000000000000000002",
        "id": "oak/medic",
        "author": "oak",
        "sha": "2" * 40,
        "tags": ["base_model:elm/base"],
        "cardData": {"base_model": "elm/base"},
    },
)
POLICY = """
[[rule]]
kind = "measured"
instruments = ["truthfulqa_mc1"]
accept_reported = true
accept_unknown_commit = true

[[rule]]
kind = "no_withheld"
"""
BOTH = "two published values of the model: 0.149 and 0.706"


def with_results(*values: object) -> dict[str, object]:
    """Return the derivative's record with a card that states these values of one measurement."""
    results = [
        {
            "dataset": {"type": "hellaswag", "name": "HellaSwag"},
            "metrics": [{"type": "acc_norm", "value": value}],
            "source": {"name": "Open LLM Leaderboard"},
        }
        for value in values
    ]
    index = [{"name": "medic", "results": results}]
    return HUB[1] | {"model-index": index, "lastModified": "2024-03-01T00:00:00.000Z"}


class Scored:
    """A database of a base and its derivative, and the commands that fill and ask it."""

    def __init__(self, lineage: Runs, folder: Path, kept: Path) -> None:
        self._lineage, self._folder = lineage, folder
        self.db = folder / "scores.duckdb"
        if kept.exists():
            shutil.copy(kept, self.db)
            return
        listing = folder / "hub.jsonl"
        listing.write_text("".join(f"{json.dumps(one)}\n" for one in HUB))
        assert self.run("load", str(listing)).code == 0
        self.table("base", "elm/base,truthfulqa_mc1,0.4,817,,")
        shutil.copy(self.db, kept)

    def run(self, *arguments: str) -> Ran:
        """Run a command on the database."""
        return self._lineage(*arguments, "--db", str(self.db))

    def table(self, name: str, *rows: str) -> None:
        """Import a table of this name with these rows."""
        path = self._folder / f"{name}.csv"
        path.write_text("model,instrument,value,items,measured_at,run\n" + "".join(f"{row}\n" for row in rows))
        ran = self.run("scores", "import", str(path))
        assert ran.code == 0, ran.err

    def rows(self, *arguments: str) -> list[dict[str, object]]:
        """Return the rows of an answer."""
        found: list[dict[str, object]] = json.loads(self.run(*arguments, "--format", "json").out or "[]")
        return found

    def states(self) -> dict[object, object]:
        """Return the state of each value of the derivative."""
        return {one["value"]: one["state"] for one in self.rows("scores", "list", "oak/medic")}

    def verdict(self) -> tuple[object, object]:
        """Return the only verdict on the derivative, and its reason."""
        (row,) = self.rows("drift", "oak/medic")
        return row["verdict"], row["reason"]


@pytest.fixture(name="scored")
def fixture_scored(lineage: Runs, tmp_path: Path, kept_pair: Path) -> Scored:
    """Give a base with one score, and a derivative without any."""
    return Scored(lineage, tmp_path, kept_pair)


def two_values(scored: Scored) -> None:
    """Import two values of one measurement of the derivative, of two places."""
    scored.table("one", "oak/medic,truthfulqa_mc1,0.706,817,,")
    scored.table("two", "oak/medic,truthfulqa_mc1,0.149,817,,")


def test_two_values_of_one_measurement_are_kept_and_none_counts(scored: Scored) -> None:
    """Lists show both with their places, coverage has the state, and drift and gates say which values there are."""
    two_values(scored)
    listed = scored.rows("scores", "list", "oak/medic", "--state", "contradictory")
    assert {(one["value"], one["origin"]) for one in listed} == {(0.706, "table one.csv"), (0.149, "table two.csv")}
    assert "2 of these contradict each other" in scored.run("scores", "list").err
    verdict, reason = scored.verdict()
    assert verdict == "withheld"
    assert BOTH in str(reason)
    (covered,) = scored.rows("coverage", "oak/medic")
    assert (covered["state"], covered["contradictory"]) == ("contradictory", ["truthfulqa_mc1"])
    assert "1 contradictory" in scored.run("coverage").err
    shown = scored.run("show", "oak/medic").out
    for place in ("0.706 over 817 items, contradictory, from table one.csv", "contradictory, from table two.csv"):
        assert place in shown
    policy = scored.db.with_name("policy.toml")
    policy.write_text(POLICY)
    checked = scored.run("check", "oak/medic", "--policy", str(policy))
    assert checked.code == 1
    assert f"no score counts: {BOTH}" in checked.out
    assert "table one.csv" in checked.out
    assert "table two.csv" in checked.out


def test_a_person_rejects_one_value_and_the_other_counts(scored: Scored) -> None:
    """The rejected score is kept with its reason, and restoring it brings the contradiction back."""
    two_values(scored)
    (wrong,) = (one for one in scored.rows("scores", "list", "oak/medic") if one["value"] == 0.149)
    run = str(wrong["run"])
    ran = scored.run("scores", "reject", run[:8], "--note", "of the 2-bit file")
    assert (ran.code, ran.out.startswith("rejected: 0.149 of oak/medic on truthfulqa_mc1@")) == (0, True), ran.err
    assert scored.states() == {0.706: "measured", 0.149: "rejected"}
    assert scored.verdict()[0] == "better"
    assert "rejected, from table: of the 2-bit file" in scored.run("show", "oak/medic").out
    assert scored.run("scores", "restore", run).code == 0
    assert scored.states() == {0.706: "contradictory", 0.149: "contradictory"}
    assert scored.run("scores", "reject", "0" * 16).code == 1
    assert scored.run("scores", "reject", run[:3]).code == 2


def test_a_person_removes_a_score_that_should_not_be_there(scored: Scored) -> None:
    """It is gone with its items and what was said of it, down to the last one, and an import brings it back."""
    two_values(scored)
    (wrong,) = (one for one in scored.rows("scores", "list", "oak/medic") if one["value"] == 0.149)
    run = str(wrong["run"])
    assert scored.run("scores", "reject", run, "--note", "of the 2-bit file").code == 0
    ran = scored.run("scores", "remove", run[:8])
    assert (ran.code, ran.out.startswith("removed: 0.149 of oak/medic on truthfulqa_mc1@")) == (0, True), ran.err
    assert scored.states() == {0.706: "measured"}
    assert scored.verdict()[0] == "better"
    assert scored.run("scores", "remove", run).code == 1
    two_values(scored)
    assert scored.states() == {0.706: "contradictory", 0.149: "contradictory"}
    for one in scored.rows("scores", "list"):
        assert scored.run("scores", "remove", str(one["run"])).code == 0
    assert scored.run("scores", "list").code == 1
    counts = "select (select count(*) from items) as items, (select count(*) from scores) as scores"
    assert scored.rows("sql", counts) == [{"items": 0, "scores": 0}]
    (covered,) = scored.rows("coverage", "oak/medic")
    assert covered["state"] == "unscored"


@pytest.mark.parametrize("other", ["0.7059", "0.71", "0.7058823529"])
def test_rounded_values_are_equal(scored: Scored, other: str) -> None:
    """A value that another one may be a rounding of does not contradict it."""
    scored.table("one", "oak/medic,truthfulqa_mc1,0.706,817,,")
    scored.table("two", f"oak/medic,truthfulqa_mc1,{other},817,,")
    assert set(scored.states().values()) == {"measured"}


@pytest.mark.parametrize("other", ["0.709", "0.7", "0.72"])
def test_values_that_no_rounding_explains_contradict(scored: Scored, other: str) -> None:
    """Few digits do not make values equal that differ by more than half a point."""
    scored.table("one", "oak/medic,truthfulqa_mc1,0.706,817,,")
    scored.table("two", f"oak/medic,truthfulqa_mc1,{other},817,,")
    assert set(scored.states().values()) == {"contradictory"}


def test_a_later_run_and_a_corrected_file_replace_what_was_said(scored: Scored) -> None:
    """Runs at different times do not contradict each other, nor does a place what it said before."""
    two_values(scored)
    scored.table("two", "oak/medic,truthfulqa_mc1,0.7061,817,,")
    assert scored.states() == {0.706: "measured", 0.7061: "measured", 0.149: "measured"}
    assert scored.verdict()[0] == "better"
    scored.table("late", "oak/medic,truthfulqa_mc1,0.5,817,2024-05-01T00:00:00Z,")
    scored.table("later", "oak/medic,truthfulqa_mc1,0.6,817,2024-06-01T00:00:00Z,")
    (current,) = (one for one in scored.rows("scores", "list", "oak/medic") if one["is_standing"])
    assert current["value"] == 0.6


def test_a_card_with_two_values_contradicts_itself(scored: Scored) -> None:
    """Shares, per cents and roundings are equal; a card that was corrected counts as it is now."""
    listing = scored.db.with_name("cards.jsonl")
    for values, states in (
        ((70.6, 14.9), {0.706: "contradictory", 0.149: "contradictory"}),
        ((70.6, "70.59%"), {0.706: "reported", 0.7059: "reported", 0.149: "reported"}),
    ):
        listing.write_text(f"{json.dumps(with_results(*values))}\n")
        assert scored.run("load", str(listing)).code == 0
        ran = scored.run("scores", "from-cards")
        assert ran.code == 0, ran.err
        assert scored.states() == states
    (current,) = (one for one in scored.rows("scores", "list", "oak/medic") if one["is_standing"])
    assert current["value"] in {0.706, 0.7059}


def test_reports_and_exports_have_every_value(scored: Scored) -> None:
    """Each value is there with its state and its place."""
    two_values(scored)
    report = scored.db.with_name("report.md")
    ran = scored.run("report", "oak/medic", "--output", str(report))
    assert ran.code == 0, ran.err
    lines = [line for line in report.read_text().splitlines() if "contradictory" in line and "table " in line]
    assert [("7060" in line, "table one.csv" in line) for line in lines] == [(True, True), (False, False)]
    folder = scored.db.with_name("export")
    assert scored.run("export", "oak/medic", "--format", "csv", "--output", str(folder)).code == 0
    written = "".join(path.read_text() for path in folder.rglob("*scores*"))
    assert written.count("contradictory") == 2
