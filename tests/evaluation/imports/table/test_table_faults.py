"""Faulty tables: the first fault named by its line, and what corrupted files do."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.errors import ImportRefused
from evaluation.imports import table
from evaluation.json_node import LARGEST_FILE_BYTES
from tests.evaluation.imports.table.conftest import ITEMS, SUMMARY, WANTED, json_lines, parquet, read, refusal

HEAD = "model,instrument,value,items,stderr,measured_at\n"
ROW = "m/a,truthfulqa_mc2,0.5,10,0.1,\n"
ITEM_HEAD = "model,instrument,item,value,cluster,reply_length,source\n"
ITEM_ROW = "m/a,truthfulqa_mc1,q1,1,a,5,s\n"


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", None, "the file is empty"),
        (HEAD, None, "there are no rows"),
        ("model,value\nm,1", None, "column 'instrument' is missing"),
        ("model,instrument,value,colour\nm/a,hex_phi,1,red", None, "unknown column 'colour'; known are model"),
        ("model,instrument,value,value\nm/a,hex_phi,1,1", None, "column 'value' is there twice"),
        ("model,instrument,value,cluster\nm/a,hex_phi,1,a", None, "unknown column 'cluster'"),
        (HEAD + ROW + "m/b,truthfulqa_mc2\n", "line 3", "2 cells where the header has 6"),
        (HEAD + ROW + ROW, "line 3", "a second value of truthfulqa_mc2 for m/a"),
        (HEAD + ROW.replace("m/a", ""), "line 2", "model is empty"),
        (HEAD + ROW.replace("m/a", "m\u202ea"), "line 2", "model has control characters"),
        (HEAD + ROW.replace("m/a", "m" * 501), "line 2", "model is longer than 500"),
        (HEAD + ROW.replace("truthfulqa_mc2", ""), "line 2", "instrument is empty"),
        (HEAD + ROW.replace("0.5", ""), "line 2", "value is empty"),
        (HEAD + ROW.replace("0.5", "half"), "line 2", "value 'half' is no number"),
        (HEAD + ROW.replace("0.5", "nan"), "line 2", "value 'nan' is no number"),
        (HEAD + ROW.replace("0.5", "1e999"), "line 2", "is no finite number"),
        (HEAD + ROW.replace("0.5", "1_0"), "line 2", "value '1_0' is no number"),
        (HEAD + ROW.replace("0.5", "\u0660"), "line 2", "is no number"),
        (HEAD + ROW.replace("0.1", "-0.1"), "line 2", "stderr -0.1 is outside 0..1"),
        (HEAD + ROW.replace("10", "1.5"), "line 2", "items '1.5' is no whole number"),
        (HEAD + ROW.replace("10", "0"), "line 2", "items '0' is no whole number"),
        (HEAD + ROW.replace(",\n", ",2026-01-31\n"), "line 2", "says no zone"),
        (HEAD + ROW.replace(",\n", ",yesterday\n"), "line 2", "no ISO 8601 time"),
        (HEAD + ROW.replace(",\n", ",0001-01-01T00:00:00+05:00\n"), "line 2", "no time that can be kept"),
        (HEAD + '"m/a,truthfulqa_mc2', "line 2", "no CSV: unexpected end of data"),
        (HEAD + ROW + "\xe9".join("ab"), "line 3", "1 cells where"),
        ("model;instrument;value\nm;hex_phi;1", None, "column 'model' is missing"),
        (ITEM_HEAD + ITEM_ROW + ITEM_ROW, "line 3", "item 'q1' comes a second time for m/a, truthfulqa_mc1"),
        (ITEM_HEAD + ITEM_ROW.replace("1,a", "0.5,a"), "line 2", "0.5 is neither 0 nor 1"),
        (ITEM_HEAD + ITEM_ROW.replace("q1", ""), "line 2", "item is empty"),
        (ITEM_HEAD + ITEM_ROW.replace(",5", ",-1"), "line 2", "reply_length '-1' is no whole number of 0"),
        (ITEM_HEAD + ITEM_ROW + ITEM_ROW.replace("q1,1,a", "q2,1,"), "line 3", "cluster is given for some items"),
        (ITEM_HEAD + ITEM_ROW.replace("1,a", "1,") + ITEM_ROW.replace("q1", "q2"), "line 3", "cluster is given for"),
        (ITEM_HEAD + ITEM_ROW + ITEM_ROW.replace("q1", "q2").replace(",s", ",t"), "line 3", "source is 't'"),
        ('{"model": "m/a"', "line 1", "no JSON"),
        ('{"model": "m/a", "model": "m/b"}', "line 1", "a key is given twice"),
        ('{"model": "m/a", "instrument": "hex_phi", "value": NaN}', "line 1", "NaN is no number of JSON"),
        ('{"model": "m/a", "instrument": "hex_phi", "value": true}', "line 1", "value True is no number"),
        ('{"model": ["m/a"], "instrument": "hex_phi", "value": 1}', "line 1", "model is no text"),
        ('{"model": "m/a", "instrument": "hex_phi", "value": 1}\n[]', "line 2", "no JSON object"),
        ('{"model": "m/a", "instrument": "hex_phi", "value": 1, "hue": 1}', "line 1", "unknown column 'hue'"),
        ('{"model": "m/a", "instrument": "hex_phi", "value": 1, "item": ["x"]}', "line 1", "item is no text"),
        ('{"model": ["m"], "instrument": "hex_phi", "value": 1, "item": "x"}', "line 1", "lists or structures"),
        ('{"a":' * 9000, "line 1", "no JSON: nested too deeply"),
    ],
)
def test_the_first_fault_is_named(tmp_path: Path, text: str, place: str | None, problem: str) -> None:
    """A file with a fault is refused whole, with the line and what is wrong."""
    error = refusal(tmp_path, text)
    assert error.place == place
    assert problem in error.problem


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    """A file in another encoding is refused; nothing is guessed."""
    assert "not UTF-8" in refusal(tmp_path, SUMMARY.encode() + b"m/\xe9,truthfulqa_mc2,0.5\n").problem
    assert "not UTF-8" in refusal(tmp_path, SUMMARY.encode("utf-16")).problem


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """A line of several megabytes is no row, and is not read to its end."""
    assert "longer than" in refusal(tmp_path, "m" * (5 << 20)).problem


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    """A file beyond the bound is not opened; the hole in this one takes no disk."""
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.truncate(LARGEST_FILE_BYTES + 1)
    with pytest.raises(ImportRefused, match="larger than 4 GiB"):
        table.read(path, WANTED)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A file that is not there is refused like one that cannot be read."""
    with pytest.raises(ImportRefused, match="cannot be read"):
        table.read(tmp_path / "none.csv", WANTED)


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_corrupted_byte_is_refused_or_read(tmp_path: Path, form: str) -> None:
    """Whatever byte of a file breaks, it is read as what it says then, or refused, and nothing else happens."""
    packed = parquet(tmp_path, ITEMS)
    content = {"csv": ITEMS.encode(), "jsonl": json_lines(ITEMS).encode(), "parquet": packed.read_bytes()}[form]
    random_bytes = random.Random(7)
    path = tmp_path / f"broken.{form}"
    for _ in range(40 if form == "parquet" else 400):
        broken = bytearray(content)
        broken[random_bytes.randrange(len(broken))] = random_bytes.randrange(256)
        path.write_bytes(broken)
        table.recognises(path, bytes(broken[:4096]))
        try:
            scores = table.read(path, WANTED).scores
        except ImportRefused:
            continue
        assert all(score.instrument.holds(score.value) for score in scores)


@settings(max_examples=200)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(content: bytes) -> None:
    """Arbitrary bytes end in a refusal or in scores, never in another exception."""
    with TemporaryDirectory() as folder:
        try:
            read(Path(folder), content)
        except ImportRefused:
            return
