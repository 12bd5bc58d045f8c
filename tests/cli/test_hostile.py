"""Text from strangers does no harm on the way out: on a terminal, in a spreadsheet, to a program, in an error."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Runs

ANSI = "\x1b[31m\x1b]0;owned\x07red"
BIDI = "invoice\u202egpj.exe"
FORMULA = '=cmd|" /c calc"!A1'
ASK = "select chr(27) || '[31mred' as ansi, 'invoice' || chr(8238) || 'gpj' as bidi, '=1+1' as formula, 'a\nb' as lines"


def is_harmless(text: str) -> bool:
    """Return whether a terminal shows a text as it is: no control or format character but line ends."""
    return all(one == "\n" or unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co"} for one in text)


def test_a_terminal_gets_no_commands(lineage: Runs, crawled: Path) -> None:
    """Escapes and direction marks of a stored text do not reach a table."""
    ran = lineage("sql", ASK, "--db", str(crawled))
    assert ran.code == 0
    assert "red" in ran.out
    assert is_harmless(ran.out)


def test_a_spreadsheet_gets_no_formulas(lineage: Runs, crawled: Path) -> None:
    """A cell that starts like a formula is text, and so is a column that is called like one."""
    out = lineage("sql", ASK, "--db", str(crawled), "--format", "csv").out
    assert next(csv.DictReader(io.StringIO(out)))["formula"] == "'=1+1"
    assert is_harmless(out)
    named = lineage("sql", 'select 1 as "=1+1"', "--db", str(crawled), "--format", "csv").out
    assert named.startswith("'=1+1")


def test_a_program_gets_everything(lineage: Runs, crawled: Path) -> None:
    """JSON is plain ASCII and has every text unchanged."""
    out = lineage("sql", ASK, "--db", str(crawled), "--format", "json").out
    assert out.isascii()
    assert is_harmless(out)
    assert json.loads(out) == [
        {"ansi": "\x1b[31mred", "bidi": "invoice\u202egpj", "formula": "=1+1", "lines": "a\nb"},
    ]


def test_every_hostile_name_of_the_catalogue_is_harmless(lineage: Runs, crawled: Path) -> None:
    """Whatever was crawled can be listed, shown and drawn."""
    for command in (
        ("models", "--limit", "0"),
        ("sql", "from problems"),
        ("sql", "select record from records"),
        ("sql", "from declarations"),
    ):
        for form in ("table", "csv", "json"):
            assert is_harmless(lineage(*command, "--db", str(crawled), "--format", form).out)


@pytest.mark.parametrize("text", [ANSI, BIDI, FORMULA])
def test_an_error_quotes_nothing_that_acts(lineage: Runs, crawled: Path, text: str) -> None:
    """What a stored text makes DuckDB say, and what the user asked for, is printed harmlessly."""
    encoded = text.encode().hex()
    ran = lineage("sql", f"select cast(decode(unhex('{encoded}')) as integer)", "--db", str(crawled))
    assert ran.code == 2
    assert is_harmless(ran.err)
    assert is_harmless(lineage("show", text, "--db", str(crawled)).err)


WORDS = st.text(st.characters(exclude_characters="\0"), max_size=30)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    word=WORDS, command=st.sampled_from(["show", "tree", "sql", "search", "author", "load", "lexicon", "as-of", "db"])
)
def test_no_word_of_the_user_ends_in_a_traceback(
    lineage: Runs, crawled: Path, tmp_path: Path, word: str, command: str
) -> None:
    """Whatever is asked for, the answer is an answer or one clear error with an exit code of the four."""
    fresh = str(tmp_path / "fresh.duckdb")
    arguments = {
        "search": ("models", f"--search={word}", "--db", str(crawled)),
        "author": ("models", f"--author={word}", "--db", str(crawled)),
        "load": ("load", "--db", fresh, "--", f"{tmp_path}/{word}"),
        "lexicon": ("resolve", f"--lexicon={word}", "--db", str(crawled)),
        "as-of": ("load", f"--as-of={word}", "--db", fresh, "--", str(tmp_path / "none.jsonl")),
        "db": ("status", f"--db={tmp_path}/{word}"),
    }.get(command, (command, "--db", str(crawled), "--", word))
    ran = lineage(*arguments)
    assert ran.code in {0, 1, 2, 3}
    assert "Traceback" not in ran.err
    assert ran.code == 0 or ran.err
