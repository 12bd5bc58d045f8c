"""The tables of a study as a whole: which rows enter, what every table says of itself, and that seeds decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.drift.null_model import PairedItems
from lineage.output.result import as_json, csv_parts
from lineage.study.inputs import StudyInputs, StudyTable
from lineage.study.tables import study_tables
from lineage.vocabulary import Against, Construct, Verdict

if TYPE_CHECKING:
    from lineage.drift.drift_row import DriftRow
    from tests.lineage.study.conftest import RowMaker


@pytest.fixture
def rows(row: RowMaker) -> list[DriftRow]:
    """Return two derivatives of a base, medical and legal, each on two instruments and against two ancestors."""
    return [
        row("a", "x", 4.0, domains=("medical",), verdict=Verdict.WORSE, relation="adapter"),
        row("a", "over", -4.0, domains=("medical",), verdict=Verdict.BETTER, construct=Construct.OVER_REFUSAL),
        row("b", "x", 1.0, domains=("legal",), relation="merge"),
        row("b", "over", 1.0, domains=("legal",), construct=Construct.OVER_REFUSAL),
        row("a", "x", -9.0, domains=("medical",), against=Against.ROOT, reference="oak/root"),
    ]


def named(tables: tuple[StudyTable, ...]) -> dict[str, list[dict[str, object]]]:
    """Return the records of each table by its name."""
    return {one.name: one.result.records() for one in tables}


def test_a_study_is_of_one_kind_of_ancestor(rows: list[DriftRow]) -> None:
    """Rows against the root are left out of one against the nearest scored ancestor, and the other way round."""
    found = named(study_tables(rows, StudyInputs()))
    assert [one["model"] for one in found["mixed_derivatives"]] == ["a", "b"]
    (all_of_them, legal, medical) = found["mixed_all_by_domain"]
    assert (all_of_them["group"], all_of_them["derivatives"], all_of_them["mixed"]) == ("all", 2, 1)
    assert (medical["group"], medical["mixed"], medical["significant"], medical["expected"]) == ("medical", 1, 1, 0.5)
    assert (legal["group"], legal["mixed"], legal["is_few"]) == ("legal", 0, True)
    at_root = named(study_tables(rows, StudyInputs(), against=Against.ROOT))
    assert [one["riskier"] for one in at_root["mixed_derivatives"]] == [0]


def test_a_study_can_be_of_one_domain(rows: list[DriftRow]) -> None:
    """With a domain only its derivatives enter any table."""
    found = named(study_tables(rows, StudyInputs(), domain="legal"))
    assert [one["model"] for one in found["mixed_derivatives"]] == ["b"]
    assert [one["group"] for one in found["drift_by_relation"]] == ["not declared", "merge"]
    assert [one["group"] for one in found["mixed_all_by_base_family"]] == ["oak/base"]


def test_direct_instruments_stand_apart(rows: list[DriftRow]) -> None:
    """With one instrument of unsafe output no derivative can be mixed, and the table says that both were left out."""
    found = named(study_tables(rows, StudyInputs()))
    (everything, *_) = found["mixed_direct_by_domain"]
    assert (everything["derivatives"], everything["left_out"], everything["share"]) == (0, 2, None)


def test_nothing_in_gives_empty_tables() -> None:
    """Without rows every table has its columns and says nothing."""
    tables = study_tables([], StudyInputs())
    assert all(one.result.columns and not one.result.rows for one in tables)


def test_every_table_can_be_read_alone(rows: list[DriftRow]) -> None:
    """Names are distinct, titles and notes are there, and all can be written for programs."""
    tables = study_tables(rows, StudyInputs())
    assert len({one.name for one in tables}) == len(tables)
    assert all(one.title and one.note.endswith(".") for one in tables)
    assert all(list(csv_parts(one.result.columns, one.result.rows)) and as_json(one.result) for one in tables)


def test_every_group_says_how_many_stand_behind_it(rows: list[DriftRow]) -> None:
    """A table with the mark of few has a count beside it."""
    counts = {"derivatives", "models", "comparisons", "families"}
    marked = [one for one in study_tables(rows, StudyInputs()) if "is_few" in one.result.columns]
    assert len(marked) > 15
    assert all(counts & set(one.result.columns) for one in marked)


def test_answers_decide_what_is_expected(row: RowMaker) -> None:
    """Where items are known the rate is permuted, says so, and is the same for the same seed."""
    random = np.random.default_rng(3)
    pairs = [
        PairedItems(
            model="a",
            reference="oak/base",
            instrument=judge,
            name="asked",
            judge=judge,
            items=tuple(map(str, range(40))),
            values=(random.random(40) < 0.5).astype(float),
            reference_values=(random.random(40) < 0.5).astype(float),
        )
        for judge in ("p", "q")
    ]
    rows = [row("a", judge, 1.0, judge=judge) for judge in ("p", "q")]
    facts = StudyInputs(items={"a": pairs})
    first, again, other = (named(study_tables(rows, facts, seed=seed)) for seed in (1, 1, 2))
    (one,) = first["mixed_derivatives"]
    assert one["method"] == "permutation"
    assert first == again
    assert first["mixed_derivatives"] != other["mixed_derivatives"]
    assert [(judged["first"], judged["items"]) for judged in first["judges_on_items"]] == [("p", 80)]
