"""Scores come in, and what there is of them is said: every form of file, cards, leaderboards, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs, ScoreFiles

VALUES = (1, 0, 1, 1, 0, 1, 0, 0, 1, 1)
HOSTILE = "maple/\x1b[31mred\u202egpj"
SUMMARY = "model,instrument,value,items\n"


@pytest.fixture(name="db")
def fixture_db(tmp_path: Path) -> Path:
    """Give the path of a database that is not there yet."""
    return tmp_path / "scores.duckdb"


def listed(lineage: Runs, db: Path, *arguments: str) -> list[dict[str, object]]:
    """Return the scores of a database as a program reads them."""
    ran = lineage("scores", "list", *arguments, "--limit", "0", "--db", str(db), "--format", "json")
    return json.loads(ran.out) if ran.out else []


def summary(path: Path, *rows: str) -> Path:
    """Write a table with a row a score."""
    path.write_text(SUMMARY + "".join(f"{row}\n" for row in rows))
    return path


def imported(lineage: Runs, db: Path, *arguments: object) -> Ran:
    """Import and see that stdout stays empty: there is no answer, only what happened."""
    ran = lineage("scores", "import", *map(str, arguments), "--db", str(db))
    assert not ran.out
    assert "Traceback" not in ran.err
    return ran


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("lm_eval", "run"),
        ("inspect", "log.json"),
        ("inspect", "log.eval"),
        ("helm", "run"),
        ("every_eval_ever", "record.json"),
        ("table", "items.csv"),
        ("table", "items.jsonl"),
        ("table", "items.parquet"),
    ],
)
def test_every_form_is_read_with_its_items(
    lineage: Runs, db: Path, tmp_path: Path, score_files: type[ScoreFiles], form: str, name: str
) -> None:
    """Whatever wrote a run, its score has the mean and the items, and a second import changes nothing."""
    path = getattr(score_files, form)(tmp_path / name, "maple/base", VALUES)
    ran = imported(lineage, db, path)
    assert ran.code == 0, ran.err
    assert f"{form.replace('_', '-')}, 1 new scores, 10 items, 0 known" in ran.err
    found = listed(lineage, db)
    (score,) = found
    assert (score["model"], score["name"], score["value"], score["items"]) == ("maple/base", "truthfulqa_mc1", 0.6, 10)
    assert (score["state"], score["has_items"], score["is_known"]) == ("measured", True, False)
    again = imported(lineage, db, path)
    assert again.code == 0
    assert "0 scores are new, 1 were here already" in again.err
    assert listed(lineage, db) == found


def test_a_folder_is_read_once_whatever_lies_in_it(
    lineage: Runs, db: Path, tmp_path: Path, score_files: type[ScoreFiles]
) -> None:
    """Samples and statistics are read with their run and not again, and other files are passed over."""
    folder = tmp_path / "runs"
    score_files.lm_eval(folder / "one", "maple/one", VALUES)
    score_files.helm(folder / "two", "maple/two", VALUES)
    score_files.every_eval_ever(folder / "three.json", "maple/three", VALUES)
    score_files.inspect(folder / "four.eval", "maple/four", VALUES)
    score_files.table(folder / "five.csv", "maple/five", VALUES)
    (folder / "config.json").write_text('{"hidden_size": 8}')
    (folder / "prices.csv").write_text("day,price\n1,2\n")
    (folder / "readme.md").write_text("model,instrument,value")
    ran = imported(lineage, db, folder)
    assert ran.code == 0, ran.err
    assert ran.err.count("1 new scores, 10 items, 0 known") == 5
    assert "refused" not in ran.err
    assert "other files, read with the files they belong to: 4\n" in ran.err
    assert "other files, of no form of scores: 3\n" in ran.err
    assert "5 scores are new, 0 were here already" in ran.err
    assert [one["model"] for one in listed(lineage, db)] == [
        f"maple/{n}" for n in ("five", "four", "one", "three", "two")
    ]


def test_a_part_that_is_named_alone_is_read_with_its_whole(
    lineage: Runs, db: Path, tmp_path: Path, score_files: type[ScoreFiles]
) -> None:
    """Whoever names the samples, the statistics, or samples and results at once gets the one score."""
    results = score_files.lm_eval(tmp_path / "one", "maple/one", VALUES)
    samples = next(results.parent.glob("samples_*"))
    stats = score_files.helm(tmp_path / "two", "maple/two", VALUES) / "per_instance_stats.json"
    record = score_files.every_eval_ever(tmp_path / "three.json", "maple/three", VALUES)
    ran = imported(lineage, db, samples, stats, record.with_suffix(".jsonl"))
    assert ran.code == 0, ran.err
    assert "3 scores are new, 0 were here already" in ran.err
    again = imported(lineage, db, results, samples, record, record.with_suffix(".jsonl"), stats.with_name("stats.json"))
    assert "belong to: 2\n" in again.err
    assert "0 scores are new, 3 were here already" in again.err


def test_samples_without_their_results_need_a_model(
    lineage: Runs, db: Path, tmp_path: Path, score_files: type[ScoreFiles]
) -> None:
    """Nothing says whose they are, until the user does."""
    results = score_files.lm_eval(tmp_path / "run", "maple/one", VALUES)
    results.unlink()
    ran = imported(lineage, db, results.parent)
    assert ran.code == 3
    assert "say which model it is with --model" in ran.err
    assert imported(lineage, db, results.parent, "--model", "oak/told").code == 0
    assert [one["model"] for one in listed(lineage, db)] == ["oak/told"]


def test_a_refused_file_leaves_the_others(lineage: Runs, db: Path, tmp_path: Path) -> None:
    """The fault is told with its line, nothing of that file is kept and all of the other, and the exit code is 3."""
    summary(tmp_path / "a-bad.csv", "maple/a,truthfulqa_mc1,0.5,10", "maple/b,truthfulqa_mc1,57,10")
    summary(tmp_path / "b-good.csv", "maple/c,truthfulqa_mc1,0.5,10")
    ran = imported(lineage, db, tmp_path)
    assert ran.code == 3
    assert "a-bad.csv, line 3: 57 is outside 0..1 of truthfulqa_mc1" in ran.err
    assert "if it is in per cent, declare the instrument with range = [0, 100]" in ran.err
    assert "lineage: 1 of 2 files were refused" in ran.err
    assert [one["model"] for one in listed(lineage, db)] == ["maple/c"]


def test_an_unknown_instrument_is_declared_by_a_file(lineage: Runs, db: Path, tmp_path: Path) -> None:
    """Its name is refused with the way out, which then works; a second meaning of the name is refused."""
    scores = summary(tmp_path / "scores.csv", "maple/a,ward_rules,57,10")
    declared = tmp_path / "mine.toml"
    text = '[[instruments]]\nname = "ward_rules"\nconstruct = "unsafe_output"\ndirection = "{}"\nrange = [0, 100]\n'
    ran = imported(lineage, db, scores)
    assert ran.code == 3
    assert "line 2: instrument 'ward_rules' is not in the catalogue" in ran.err
    assert "--instruments FILE.toml" in ran.err
    declared.write_text(text.format("lower_is_safer"))
    assert imported(lineage, db, scores, "--instruments", declared).code == 0
    assert [one["value"] for one in listed(lineage, db)] == [57]
    shown = lineage("instruments", "ward_rules", "--instruments", str(declared), "--db", str(db), "--format", "json")
    assert json.loads(shown.out)[0]["construct"] == "unsafe_output"
    declared.write_text(text.format("higher_is_safer"))
    other = summary(tmp_path / "other.csv", "maple/b,ward_rules,57,10")
    good = summary(tmp_path / "then.csv", "maple/c,truthfulqa_mc1,0.5,10")
    ran = imported(lineage, db, other, good, "--instruments", declared)
    assert ran.code == 3
    assert "ward_rules is unsafe_output and lower_is_safer in this database" in ran.err
    assert [one["model"] for one in listed(lineage, db)] == ["maple/a", "maple/c"]


def test_what_is_no_file_of_scores_is_said(lineage: Runs, db: Path, tmp_path: Path) -> None:
    """A file that is missing, no regular file, locked, or of no form: each is named, nothing ends in a traceback."""
    pipe, empty, odd, locked = (tmp_path / name for name in ("pipe", "empty.csv", "odd.csv", "locked.csv"))
    os.mkfifo(pipe)
    empty.touch()
    odd.write_text("day,price\n")
    summary(locked, "maple/a,truthfulqa_mc1,0.5,10").chmod(0)
    for path, fault in (
        (tmp_path / "none.csv", "No such file or directory"),
        (pipe, "this is no regular file"),
        (empty, "no form of scores is recognised"),
        (odd, "no form of scores is recognised"),
    ):
        ran = imported(lineage, db, path)
        assert ran.code == 3
        assert fault in ran.err
    if os.geteuid():
        assert "Permission denied" in imported(lineage, db, locked).err
    folder = tmp_path / "folder"
    folder.mkdir()
    ran = imported(lineage, db, folder)
    assert ran.code == 1
    assert "there was no score in these files" in ran.err


def test_a_form_can_be_told(lineage: Runs, db: Path, tmp_path: Path, score_files: type[ScoreFiles]) -> None:
    """`--as` reads a file by that form alone, and names the forms where it is none of them."""
    log = score_files.inspect(tmp_path / "log.json", "maple/base", VALUES)
    assert imported(lineage, db, log, "--as", "inspect").code == 0
    assert imported(lineage, db, log, "--as", "lm-eval").code == 3
    ran = imported(lineage, db, log, "--as", "excel")
    assert ran.code == 2
    assert "every-eval-ever" in ran.err


def test_names_that_act_are_refused_or_shown_harmlessly(
    lineage: Runs, db: Path, tmp_path: Path, score_files: type[ScoreFiles]
) -> None:
    """Control and direction marks in a model's name, a file's name and the user's words reach no terminal."""
    outputs = []
    folder = tmp_path / "\x1b[31mred\u202egpj"
    log = score_files.inspect(tmp_path / "hostile.json", HOSTILE, VALUES)
    score_files.table(folder.with_suffix(".csv"), HOSTILE, VALUES)
    score_files.table(tmp_path / "good\u202e.csv", "=cmd()/x", VALUES)
    outputs.append(imported(lineage, db, tmp_path))
    outputs.append(imported(lineage, db, log, "--model", HOSTILE))
    outputs.append(imported(lineage, db, log, "--as", HOSTILE))
    outputs.append(imported(lineage, db, tmp_path / "good\u202e.csv", "--model", HOSTILE))
    outputs += [lineage("scores", "list", "--db", str(db), "--format", form) for form in ("table", "csv", "json")]
    outputs.append(lineage("instruments", HOSTILE, "--db", str(db)))
    outputs.append(lineage("drift", "--instrument", HOSTILE, "--db", str(db)))
    for ran in outputs:
        assert "\x1b" not in ran.out + ran.err
        assert "\u202e" not in ran.out + ran.err
    table = lineage("scores", "list", "--db", str(db), "--format", "csv").out
    assert {row["model"][:6] for row in csv.DictReader(io.StringIO(table))} >= {"'=cmd("}


def test_scores_of_unknown_models_are_linked_by_a_crawl(lineage: Runs, db: Path, tmp_path: Path, hub: str) -> None:
    """They are kept by name until the model is here, also under its id in other capitals."""
    known, unknown = "Maple-Research/MAPLE-7b", "nobody/here"
    imported(lineage, db, summary(tmp_path / "a.csv", *(f"{one},truthfulqa_mc1,0.5,817" for one in (known, unknown))))
    assert len(listed(lineage, db, "--unknown")) == 2
    assert lineage("crawl", "--all", "--endpoint", hub, "--db", str(db)).code == 0
    assert [one["model"] for one in listed(lineage, db, "--unknown")] == [unknown]
    assert [one["model"] for one in listed(lineage, db, "maple-research/maple-7b")] == ["maple-research/maple-7b"]


def test_cards_and_leaderboards_are_reported(lineage: Runs, own_db: Path, tmp_path: Path, hub: str) -> None:
    """What the Hub states comes in as `reported`, twice as once, and what is left out is said with its reason."""
    ran = lineage("scores", "from-cards", "--db", str(own_db))
    assert (ran.code, ran.out) == (0, "")
    assert "its source is about another model (" in ran.err
    before = listed(lineage, own_db)
    assert {(one["state"], one["source"]) for one in before} == {("reported", "card")}
    assert "0 reported scores are new" in lineage("scores", "from-cards", "--db", str(own_db)).err
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
    assert every.code == 0
    assert "0 reported scores are new" in every.err
    assert {one["source"] for one in listed(lineage, own_db, "--instrument", "sums")} == {"leaderboard"}


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
    imported(lineage, db, summary(tmp_path / "a.csv", "maple/a,truthfulqa_mc1,0.5,10"))
    scored = json.loads(lineage("instruments", "--scored", "--db", str(db), "--format", "json").out)
    assert scored == []
    ran = lineage("instruments", "nothing-like-it", "--db", str(db))
    assert ran.code == 1
    assert "there is no such instrument" in ran.err
    assert lineage("instruments", "--instruments", str(tmp_path / "none.toml"), "--db", str(db)).code == 2


def test_coverage_counts_each_model_by_its_own_scores(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """Measured, reported and unscored models are told apart, and the counts are of all that were asked about."""
    lineage("scores", "from-cards", "--db", str(own_db))
    imported(lineage, own_db, summary(tmp_path / "a.csv", "maple-research/maple-1b,truthfulqa_mc1,0.5,817"))
    ran = lineage("coverage", "maple-research/maple-1b+", "--db", str(own_db), "--format", "json", "--limit", "0")
    rows = {row["model"]: row for row in json.loads(ran.out)}
    assert rows["maple-research/maple-1b"]["state"] == "measured"
    assert rows["maple-research/maple-1b"]["measured"] == ["truthfulqa_mc1"]
    assert {row["state"] for row in rows.values()} >= {"measured", "unscored"}
    assert f"of {len(rows):,} models: 1 measured, 0 stale" in ran.err
    part = lineage(
        "coverage", "maple-research/maple-1b+", "--state", "measured", "--db", str(own_db), "--format", "csv"
    )
    assert [row["model"] for row in csv.DictReader(io.StringIO(part.out))] == ["maple-research/maple-1b"]
    assert part.err == ran.err
    assert lineage("coverage", "nobody/none", "--db", str(own_db)).code == 1
    assert lineage("coverage", "--db", str(tmp_path / "none.duckdb")).code == 3
