"""Scores as tables: every form and format, the first fault named by its line, and what corrupted files do."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.imports import table
from evaluation.imports.interface import ImportSettings
from lineage.scores.instrument_file import read_instruments
from lineage.scores.score import digest
from tests.evaluation.imports.table.conftest import ITEMS, SUMMARY, WANTED, json_lines, parquet, read, refusal


def test_a_summary_is_read(tmp_path: Path) -> None:
    """A row is a score: its value, and None for all that was not told."""
    (score,) = read(tmp_path, SUMMARY)
    assert (score.model, score.instrument.name, score.value) == ("maple/base", "truthfulqa_mc2", 0.659)
    assert (score.stderr, score.items, score.revision, score.measured_at) == (None, None, None, None)
    assert (score.source, score.origin, score.is_reported) == ("table", "table scores.csv", False)
    assert score.identity.scorer is None


def test_a_summary_tells_the_whole_identity(tmp_path: Path) -> None:
    """Every column goes where it belongs; of the judge's prompt only the hash is kept."""
    text = (
        "measured_at,source,softmax_dtype,decoding,template,judge_prompt,judge,scorer,revision,stderr,items,run,value,"
        "instrument,model\n"
        '2026-01-31T12:00:00+02:00,mine,float32,greedy,chat,"Is it\nharmful?",maple/judge,asr,abc123,0.02,330,seed 1,'
        "0.5,hex_phi,maple/base\n"
    )
    (score,) = read(tmp_path, text)
    identity = score.identity
    assert (identity.scorer, identity.judge, identity.template) == ("asr", "maple/judge", "chat")
    assert (identity.decoding, identity.softmax_dtype) == ("greedy", "float32")
    assert identity.judge_prompt_hash == digest("Is it\nharmful?")
    assert (score.revision, score.stderr, score.items, score.run_name) == ("abc123", 0.02, 330, "seed 1")
    assert (score.source, score.measured_at) == ("mine", datetime(2026, 1, 31, 10, tzinfo=UTC))


def test_the_hash_of_a_judges_prompt_may_be_told_instead(tmp_path: Path) -> None:
    """It is the identity's as it stands; one of another form, or of another prompt than that beside it, is refused."""
    head = "model,instrument,value,judge,judge_prompt_hash"
    known = digest("Is it harmful?")
    (score,) = read(tmp_path, f"{head}\nmaple/base,hex_phi,0.5,maple/judge,{known}\n")
    (same,) = read(tmp_path, f"{head},judge_prompt\nmaple/base,hex_phi,0.5,maple/judge,{known},Is it harmful?\n")
    assert score.identity == same.identity
    assert score.identity.judge_prompt_hash == known
    assert "16 digits" in str(refusal(tmp_path, f"{head}\nmaple/base,hex_phi,0.5,maple/judge,ABC\n"))
    other = f"{head},judge_prompt\nmaple/base,hex_phi,0.5,maple/judge,{known},Is it rude?\n"
    assert "not the hash of judge_prompt" in str(refusal(tmp_path, other))


def test_items_become_a_score_with_a_clustered_error(tmp_path: Path) -> None:
    """The value is the mean of the items; the error counts clusters, by hand: sqrt(0.5^2 + 0.25^2 + 0.25^2) / 4."""
    (score,) = read(tmp_path, ITEMS)
    items = score.item_scores
    assert items is not None
    assert (score.value, score.items, score.run_name) == (0.75, 4, "r")
    assert score.stderr == pytest.approx(np.sqrt(0.5**2 + 0.25**2 + 0.25**2) / 4)
    assert items.items == ("q1", "q2", "q3", "q4")
    assert items.clusters == ("a", "a", "b", "c")
    assert items.reply_lengths is not None
    assert items.reply_lengths.tolist() == [10, -1, 30, 40]
    assert score.identity.item_set_hash == items.item_set_hash


@pytest.mark.parametrize("text", [SUMMARY, ITEMS])
def test_all_formats_say_the_same(tmp_path: Path, text: str) -> None:
    """CSV with and without a byte order mark, JSON lines and parquet of the same rows are the same runs."""
    packed = parquet(tmp_path, text)
    runs = [
        read(tmp_path, text)[0].run,
        read(tmp_path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())[0].run,
        read(tmp_path, json_lines(text), name="scores.jsonl")[0].run,
        table.read(packed, WANTED).scores[0].run,
    ]
    assert len(set(runs)) == 1
    for path in (tmp_path / "scores.csv", tmp_path / "scores.jsonl", packed):
        assert table.recognises(path, path.read_bytes()[:4096])


@pytest.mark.parametrize(
    "head", [b"", b"a,b\n1,2\n", b"{}", b'{"instrument": 1}\n', b"{", b"[" * 9000, b"\xff\xfe", b"PAR1"]
)
def test_other_files_are_not_recognised(tmp_path: Path, head: bytes) -> None:
    """A file without the columns of a score is another reader's."""
    path = tmp_path / "other"
    path.write_bytes(head)
    assert not table.recognises(path, head)


def test_runs_are_told_apart_by_model_identity_and_run(tmp_path: Path) -> None:
    """Rows in any order gather into runs; another judge, seed, revision or model is another run."""
    header = "model,instrument,item,value,run,judge,revision\n"
    runs = [
        "maple/a,hex_phi,{},1,,,",
        "maple/b,hex_phi,{},1,,,",
        "maple/a,hex_phi,{},1,2,,",
        "maple/a,hex_phi,{},1,,j,",
    ]
    runs.append("maple/a,hex_phi,{},1,,,abc")
    lines = [line.format(item) for item in ("x", "y") for line in runs]
    scores = read(tmp_path, header + "\n".join(lines))
    assert [score.items for score in scores] == [2, 2, 2, 2, 2]
    assert len({score.run for score in scores}) == 5


def test_the_same_run_in_other_words_is_one_run(tmp_path: Path) -> None:
    """Spaces around a cell and capitals of an instrument make no other run."""
    text = "model,instrument,item,value\nm/a,hex_phi,x,1\n m/a ,HEX_PHI,y,0\n"
    (score,) = read(tmp_path, text)
    assert score.items == 2


def test_the_latest_item_says_when_a_run_was(tmp_path: Path) -> None:
    """Items of one run have moments of their own; the run is as old as the newest."""
    text = "model,instrument,item,value,measured_at\n" + "".join(
        f"m/a,hex_phi,{item},1,2026-01-0{day}T00:00:00Z\n" for item, day in (("x", 2), ("y", 3), ("z", 1))
    )
    (score,) = read(tmp_path, text)
    assert score.measured_at == datetime(2026, 1, 3, tzinfo=UTC)


def test_the_user_names_the_model(tmp_path: Path) -> None:
    """What the user says of the model counts, and then the file need not say it, but may not name several."""
    wanted = replace(WANTED, model="birch/tuned", revision="abc")
    for text in (SUMMARY, "instrument,value\ntruthfulqa_mc2,0.5\n"):
        (score,) = read(tmp_path, text, wanted)
        assert (score.model, score.revision) == ("birch/tuned", "abc")
    error = refusal(tmp_path, SUMMARY + "maple/other,truthfulqa_mc1,0.3\n", wanted)
    assert (error.place, error.problem) == ("line 3", "--model names one model, the file more")


def test_an_instrument_of_the_users_own(tmp_path: Path) -> None:
    """What the catalogue lacks is refused with the way out, and read once it is declared, in its own unit."""
    text = "model,instrument,value\nm/a,maple_asr,65.9\n"
    error = refusal(tmp_path, text)
    assert "--instruments FILE.toml" in error.hint
    mine = '[[instruments]]\nname="maple_asr"\nconstruct="unsafe_output"\ndirection="lower_is_safer"\nrange=[0,100]'
    catalogue = WANTED.catalogue.with_more(read_instruments(mine, "mine.toml"))
    (score,) = read(tmp_path, text, ImportSettings(catalogue=catalogue))
    assert score.value == 65.9


def test_per_cent_is_not_guessed(tmp_path: Path) -> None:
    """A value outside the range is refused with its line, its range and what to do."""
    error = refusal(tmp_path, SUMMARY + "maple/tuned,truthfulqa_mc2,65.9\n")
    assert (error.place, error.problem) == ("line 3", "65.9 is outside 0..1 of truthfulqa_mc2")
    assert "range = [0, 100]" in error.hint
    assert "--instruments" in error.hint


TEXTS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)
ROWS = st.lists(
    st.tuples(TEXTS, st.sampled_from(["truthfulqa_mc2", "cares"]), st.floats(0, 1), st.none() | st.integers(1, 10**6)),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[:2],
)


@given(rows=ROWS)
def test_any_valid_rows_read_back(rows: list[tuple[str, str, float, int | None]]) -> None:
    """What was written as valid rows is read as what was written."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("model", "instrument", "value", "items"))
    writer.writerows(rows)
    with TemporaryDirectory() as folder:
        scores = read(Path(folder), text.getvalue())
    assert [(score.model, score.instrument.name, score.value, score.items) for score in scores] == rows


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=20), seed=st.integers(0, 99))
def test_the_order_of_items_does_not_matter(values: list[float], seed: int) -> None:
    """Shuffled rows are the same run, with the same mean up to the last digit."""
    lines = [f"m/a,truthfulqa_mc2,q{number},{value!r}\n" for number, value in enumerate(values)]
    shuffled = random.Random(seed).sample(lines, len(lines))
    header = "model,instrument,item,value\n"
    with TemporaryDirectory() as folder:
        (first,) = read(Path(folder), header + "".join(lines))
        (second,) = read(Path(folder), header + "".join(shuffled))
    assert first.identity == second.identity
    assert first.value == pytest.approx(second.value, rel=1e-12)
