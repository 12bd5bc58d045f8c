"""Text from strangers."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.text.plain import csv_cell, fit, plain, width

any_text = st.text(st.characters() | st.sampled_from("\x1b\x9b[]m\u202e\u200b\t"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("maple/base-7b", "maple/base-7b"),
        ("a\x1b[31mred\x1b[0m", "a\ufffdred\ufffd"),
        ("a\x9b2Jb", "a\ufffdb"),
        ("a\x1b]8;;http://evil\x07link", "a\ufffdlink"),
        ("a\x1bcb", "a\ufffdb"),
        ("a\nb\tc\r\nd\u00a0e\u2028f", "a b c  d e f"),
        ("a\u202eb\u2066c\u200bd\u200de\ufefff", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"),
        ("a\ud800b\x00c\x85d\x7f", "a\ufffdb\ufffdc d\ufffd"),
        ("a\u3164b", "a\ufffdb"),
        ("a\u034fb\u17b4c\u180bd\ufe0fe\U000e0100f", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf"),
        ("\u2764\ufe0f, \u2764\ufe0f\ufe0f", "\u2764\ufe0f, \u2764\ufe0f\ufffd"),
        ("médical 医疗 طبي", "médical 医疗 طبي"),
        ("x" * 10, "xxxx…"),
    ],
)
def test_what_is_hidden_is_seen(text: str, shown: str) -> None:
    """Escapes, controls and invisible characters show as replacement characters, white space as a space."""
    assert plain(text, limit=5 if text == "x" * 10 else None) == shown


@given(any_text, st.integers(1, 20))
def test_plain_text_is_printable_and_short(text: str, limit: int) -> None:
    """Whatever comes in, what goes out is printable, keeps the limit and stays as it is the second time."""
    shown = plain(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
    assert all(unicodedata.category(character) not in {"Cc", "Cf", "Cs"} for character in shown)
    assert plain(shown, limit) == shown


def test_a_huge_text_is_cut() -> None:
    """The limit holds for texts of any length."""
    assert plain("\x1b" * 1_000_000 + "x", 10) == "\ufffd" * 9 + "…"


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@sum", "\tx", "\rx", " =1", "\uff1d1", "-1+cmd"])
def test_formulas_are_disarmed(text: str) -> None:
    """A text that a spreadsheet would run gets an apostrophe."""
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "maple/a", "-1.5", "+3e-4", "a=b"])
def test_harmless_cells_stay(text: str) -> None:
    """Ordinary texts and numbers are not touched."""
    assert csv_cell(text) == text


@given(any_text.filter(lambda text: "\x00" not in text and text.isprintable()))
def test_a_guarded_cell_survives_a_round_trip(text: str) -> None:
    """A CSV reader gets back the cell, guarded or not."""
    file = io.StringIO(newline="")
    csv.writer(file).writerow([csv_cell(text), "end"])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [csv_cell(text), "end"]


@given(any_text, st.integers(0, 12))
def test_a_fitted_text_keeps_its_columns(text: str, columns: int) -> None:
    """A fitted text takes no more columns than it may, and is untouched when it fits."""
    shown = plain(text, None)
    fitted = fit(shown, columns)
    assert width(fitted) <= columns
    assert fitted == shown or width(shown) > columns


def test_wide_characters_take_two_columns() -> None:
    """East Asian characters count twice, accents not at all."""
    assert width("医疗a") == 5
    assert width("e\u0301") == 1
    assert fit("医疗医疗", 5) == "医疗…"
