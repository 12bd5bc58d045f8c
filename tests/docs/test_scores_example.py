"""The instruments and tables that docs/scores.md shows can be read as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evaluation.imports import table
from evaluation.imports.interface import ImportSettings
from lineage.scores.instrument_file import default_catalogue, read_instruments

PAGE = Path(__file__).parents[2] / "docs" / "scores.md"


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of a language, of which there is at least one."""
    found = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found


def test_the_instruments_shown_can_be_read_and_name_every_field() -> None:
    """Every field that a file may have stands in the example, so that a reader can copy it."""
    (text,) = blocks("toml")
    declared = read_instruments(text, str(PAGE))
    assert len(declared) == 3
    assert set(re.findall(r"^(\w+) =", text, re.MULTILINE)) >= {"chance", "floor", "gated", "tasks", "reported", "note"}


@pytest.mark.parametrize("column", [*table.SUMMARY_COLUMNS, *table.ITEM_COLUMNS])
def test_every_column_is_described(column: str) -> None:
    """A column that the form knows is in the page."""
    assert f"`{column}`" in PAGE.read_text(encoding="utf-8")


def test_the_table_shown_can_be_read(tmp_path: Path) -> None:
    """The summary table is one, by the instruments declared below it."""
    catalogue = default_catalogue().with_more(read_instruments(blocks("toml")[0], str(PAGE)))
    (text,) = blocks("csv")
    path = tmp_path / "summary.csv"
    path.write_text(text, "utf-8")
    assert table.recognises(path, text.encode()[:4_096])
    assert len(table.read(path, ImportSettings(catalogue=catalogue)).scores) == 7
