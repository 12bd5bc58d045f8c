"""Tables of scores in the project's own form, and what reading them gives."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Final

import duckdb
import pytest

from evaluation.errors import ImportRefused
from evaluation.imports import table
from evaluation.imports.interface import ImportSettings
from lineage.scores.instrument_file import default_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from lineage.scores.score import Score

WANTED: Final = ImportSettings(catalogue=default_catalogue())
SUMMARY: Final = "model,instrument,value\nmaple/base,truthfulqa_mc2,0.659\n"
ITEMS: Final = (
    "model,instrument,item,value,cluster,reply_length,run\n"
    "maple/base,truthfulqa_mc1,q1,1,a,10,r\n"
    "maple/base,truthfulqa_mc1,q2,0,a,,r\n"
    "maple/base,truthfulqa_mc1,q3,1,b,30,r\n"
    "maple/base,truthfulqa_mc1,q4,1,c,40,r\n"
)


def read(
    folder: Path, text: str | bytes, wanted: ImportSettings = WANTED, name: str = "scores.csv"
) -> tuple[Score, ...]:
    """Write a file and read it."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return table.read(path, wanted).scores


def refusal(folder: Path, text: str | bytes, wanted: ImportSettings = WANTED) -> ImportRefused:
    """Return the error that reading a file ends in."""
    with pytest.raises(ImportRefused) as caught:
        read(folder, text, wanted)
    return caught.value


def json_lines(text: str) -> str:
    """Return CSV as JSON lines, with numbers where it has numbers, and without empty cells."""
    rows = csv.DictReader(io.StringIO(text))
    texts = {"model", "instrument", "item", "cluster", "run"}
    return "".join(
        json.dumps({key: value if key in texts else float(value) for key, value in row.items() if value}) + "\n"
        for row in rows
    )


def parquet(folder: Path, text: str) -> Path:
    """Return CSV as a parquet file, with numbers where it has numbers."""
    source, path = folder / "source.csv", folder / "scores.parquet"
    source.write_text(text)
    with duckdb.connect() as connection:
        connection.execute(f"copy (from read_csv('{source}')) to '{path}' (format parquet)")
    return path
