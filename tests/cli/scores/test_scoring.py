"""What there is of scores: listed, counted, linked to models; and what the Hub itself states of them."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs

HOSTILE = "maple/\x1b[31mred\u202egpj"


@pytest.fixture(name="db")
def fixture_db(tmp_path: Path) -> Path:
    """Give the path of a database that is not there yet."""
    return tmp_path / "scores.duckdb"


def listed(lineage: Runs, db: Path, *arguments: str) -> list[dict[str, object]]:
    """Return the scores of a database as a program reads them."""
    ran = lineage("scores", "list", *arguments, "--limit", "0", "--db", str(db), "--format", "json")
    rows: list[dict[str, object]] = json.loads(ran.out)
    return rows


def imported(lineage: Runs, db: Path, folder: Path, *rows: str) -> Ran:
    """Import a table with a row a score."""
    path = folder / "summary.csv"
    path.write_text("model,instrument,value,items\n" + "".join(f"{row}\n" for row in rows))
    ran = lineage("scores", "import", str(path), "--db", str(db))
    assert ran.code == 0, ran.err
    return ran


def test_scores_of_unknown_models_are_linked_by_a_crawl(lineage: Runs, db: Path, tmp_path: Path, hub: str) -> None:
    """They are kept by name until the model is here, also under its id in other capitals."""
    known, unknown = "Maple-Research/MAPLE-7b", "nobody/here"
    ran = imported(lineage, db, tmp_path, *(f"{one},truthfulqa_mc1,0.5,817" for one in (known, unknown)))
    assert "2 scored models are not in the database yet;" in ran.err
    assert len(listed(lineage, db, "--unknown")) == 2
    assert lineage("crawl", "--all", "--endpoint", hub, "--db", str(db)).code == 0
    assert [one["model"] for one in listed(lineage, db, "--unknown")] == [unknown]
    assert [one["model"] for one in listed(lineage, db, "maple-research/maple-7b")] == ["maple-research/maple-7b"]


def test_cards_and_leaderboards_are_reported(lineage: Runs, own_db: Path, tmp_path: Path, hub: str) -> None:
    """What the Hub states comes in as `reported`, twice as once, and what is left out is said with its reason."""
    ran = lineage("scores", "from-cards", "--db", str(own_db))
    assert (ran.code, ran.out) == (0, "")
    assert ": its source is about another model, such as " in ran.err
    before = listed(lineage, own_db)
    assert {(one["state"], one["source"]) for one in before} == {
        ("reported", "card"),
        ("reported", "eval-results"),
    }
    assert "imported 0 reported scores" in lineage("scores", "from-cards", "--db", str(own_db)).err
    assert listed(lineage, own_db) == before
    assert len(listed(lineage, own_db, "--instrument", "hellaswag", "--state", "reported")) < len(before)
    nothing = lineage("scores", "list", "--state", "measured", "--db", str(own_db))
    assert (nothing.code, nothing.out.count("\n")) == (1, 1)
    sums = tmp_path / "sums.toml"
    sums.write_text(
        '[[instruments]]\nname = "sums"\nconstruct = "capability"\ndirection = "capability"\nrange = [0, 1]\n'
        'reported = [{ dataset = "kestrelworks/sums", metric = "sums", range = [0, 1] }]\n'
    )
    common = ("--instruments", str(sums), "--endpoint", hub, "--db", str(own_db))
    ran = lineage("scores", "leaderboard", "kestrelworks/sums", *common)
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert "kestrelworks/sums: " in ran.err
    every = lineage("scores", "leaderboard", "--all", *common)
    assert (every.code, every.out) == (0, "")
    assert "alder-group/unused-riddles: 0 rows" in every.err
    assert "imported 0 reported scores" in lineage("scores", "leaderboard", "--all", *common).err
    for instrument in ("sums", "gsm8k"):
        assert "leaderboard" in {one["source"] for one in listed(lineage, own_db, "--instrument", instrument)}


def test_what_cards_and_boards_say_is_harmless(lineage: Runs, own_db: Path, hub: str) -> None:
    """Results of hostile records are told on stderr and listed in every form without a character that acts."""
    ran = [
        lineage("scores", "from-cards", "--db", str(own_db)),
        lineage("scores", "leaderboard", "--all", "--endpoint", hub, "--db", str(own_db)),
    ]
    for command in (
        *("scores list", "coverage", "drift", "coverage --predicted", "drift --mixed", "research study"),
        "instruments",
    ):
        forms = ("table", "json") if command == "research study" else ("table", "csv", "json")
        ran += [lineage(*command.split(), "--db", str(own_db), "--format", form) for form in forms]
    assert {one.code for one in ran} <= {0, 1}
    for one in ran:
        written = (one.out + one.err).replace("\n", "")
        assert not [letter for letter in written if unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"}]


def test_a_leaderboard_that_is_not_there_is_said(lineage: Runs, own_db: Path, hub: str) -> None:
    """One without a board, one that is not shown, and a question for none and for all at once."""
    common = ("--endpoint", hub, "--db", str(own_db))
    for dataset in ("orchard/lantern-dialogues", "vault/held-back", "nobody/none", HOSTILE):
        ran = lineage("scores", "leaderboard", dataset, *common)
        assert (ran.code, ran.out) == (1, "")
        assert "has no leaderboard" in ran.err
        assert "\x1b" not in ran.err
    assert lineage("scores", "leaderboard", *common).code == 2
    assert lineage("scores", "leaderboard", "kestrelworks/sums", "--all", *common).code == 2


def test_instruments_are_listed_with_and_without_a_database(lineage: Runs, db: Path, tmp_path: Path) -> None:
    """The catalogue needs no database; with one it says how many models each instrument speaks of."""
    ran = lineage("instruments", "--construct", "truthfulness", "--db", str(db), "--format", "json")
    rows = json.loads(ran.out)
    assert not db.exists()
    assert {row["construct"] for row in rows} == {"truthfulness"}
    assert {row["models"] for row in rows} == {0}
    imported(lineage, db, tmp_path, "maple/a,truthfulqa_mc1,0.5,10")
    scored = json.loads(lineage("instruments", "--scored", "--db", str(db), "--format", "json").out)
    assert scored == []
    ran = lineage("instruments", "nothing-like-it", "--db", str(db))
    assert ran.code == 1
    assert "no instrument matches" in ran.err
    assert lineage("instruments", "--instruments", str(tmp_path / "none.toml"), "--db", str(db)).code == 2


def test_coverage_counts_each_model_by_its_own_scores(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """Measured, reported and unscored models are told apart, and the counts are of all that were asked about."""
    lineage("scores", "from-cards", "--db", str(own_db))
    imported(lineage, own_db, tmp_path, "maple-research/maple-1b,truthfulqa_mc1,0.5,817")
    ran = lineage("coverage", "maple-research/maple-1b+", "--db", str(own_db), "--format", "json", "--limit", "0")
    rows = {row["model"]: row for row in json.loads(ran.out)}
    assert rows["maple-research/maple-1b"]["state"] == "measured"
    assert rows["maple-research/maple-1b"]["measured"] == ["truthfulqa_mc1"]
    assert {row["state"] for row in rows.values()} >= {"measured", "unscored"}
    counts = Counter(row["state"] for row in rows.values())
    told = f"1 measured, {counts['reported']} reported, 0 stale, {counts['unscored']} unscored"
    assert f"of {len(rows):,} models: {told}" in ran.err
    part = lineage(
        "coverage", "maple-research/maple-1b+", "--state", "measured", "--db", str(own_db), "--format", "csv"
    )
    assert [row["model"] for row in csv.DictReader(io.StringIO(part.out))] == ["maple-research/maple-1b"]
    assert part.err == ran.err
    assert lineage("coverage", "nobody/none", "--db", str(own_db)).code == 1
    assert lineage("coverage", "--db", str(tmp_path / "none.duckdb")).code == 3


def test_show_and_status_tell_of_scores(lineage: Runs, scored: Path) -> None:
    """Each score with its state and source, each drift with its ancestor and figures, and how many there are of all."""
    shown = json.loads(lineage("show", "birch/chat", "--db", str(scored), "--format", "json").out)
    told = {(row["section"].partition(",")[0], row["name"]): row["value"] for row in shown}
    assert told["scores", "ward_harm"] == "0.3 over 400 items, measured, from table"
    harm = told["drift from the nearest scored ancestor", "ward_harm"]
    assert harm.startswith("worse, +15.0 points from birch/base (+")
    assert harm.endswith("), 400 common items")
    broken = json.loads(lineage("show", "elm/broken", "--db", str(scored), "--format", "json").out)
    assert any(row["name"] == "ward_harm" and "hellaswag is 26.0%" in row["value"] for row in broken)
    status = json.loads(lineage("status", "--db", str(scored), "--format", "json").out)
    counts = {row["name"]: row["value"] for row in status if row["section"] == "scores"}
    assert counts == {"measured": 15, "models with scores": 5}
