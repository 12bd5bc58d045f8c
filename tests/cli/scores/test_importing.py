"""Scores come in from files of every form, each whole or not at all, once however often they are read."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ran, Runs
    from tests.cli.scores.conftest import ScoreFiles

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
    assert "imported 0 scores, 1 were stored already" in again.err
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
    assert "4 other files: read with the files they belong to\n" in ran.err
    assert "3 other files: not score files\n" in ran.err
    assert "imported 5 scores, 0 were stored already" in ran.err
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
    assert "imported 3 scores, 0 were stored already" in ran.err
    again = imported(lineage, db, results, samples, record, record.with_suffix(".jsonl"), stats.with_name("stats.json"))
    assert "2 other files: read with the files they belong to\n" in again.err
    assert "imported 0 scores, 3 were stored already" in again.err


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
    assert "if it is in per cent, divide by 100 first; an instrument of your own can be declared" in ran.err
    assert "lineage: 1 of 2 files were refused" in ran.err
    assert [one["model"] for one in listed(lineage, db)] == ["maple/c"]


def test_an_unknown_instrument_is_declared_by_a_file(lineage: Runs, db: Path, tmp_path: Path) -> None:
    """Its name is refused with the way out, which then works for good; a second meaning of the name is refused."""
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
    later = summary(tmp_path / "later.csv", "maple/d,ward_rules,58,10")
    assert imported(lineage, db, later).code == 0
    shown = lineage("instruments", "ward_rules", "--instruments", str(declared), "--db", str(db), "--format", "json")
    assert json.loads(shown.out)[0]["construct"] == "unsafe_output"
    declared.write_text(text.format("higher_is_safer"))
    other = summary(tmp_path / "other.csv", "maple/b,ward_rules,57,10")
    good = summary(tmp_path / "then.csv", "maple/c,truthfulqa_mc1,0.5,10")
    ran = imported(lineage, db, other, good, "--instruments", declared)
    assert ran.code == 3
    assert "ward_rules is unsafe_output and lower_is_safer in this database" in ran.err
    assert [one["model"] for one in listed(lineage, db)] == ["maple/a", "maple/c", "maple/d"]


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
        (empty, "not in a known format of scores"),
        (odd, "not in a known format of scores"),
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
    assert "these files contain no readable score" in ran.err


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
