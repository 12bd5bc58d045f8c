"""Rows of drift with a known truth: one maker for the tests of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from lineage.drift.drift_row import DriftRow
from lineage.study.contradiction_tables import OneByOne
from lineage.vocabulary import Construct, Direction, Verdict

if TYPE_CHECKING:
    from lineage.drift.contradictions import Contradiction


class RowMaker(Protocol):
    """Makes a row of a model on an instrument; other fields as the record has them."""

    def __call__(self, model: str, name: str, delta: float | None, **fields: object) -> DriftRow:
        """Return the row."""
        ...


@pytest.fixture
def row() -> RowMaker:
    """Return the maker: unsafe output against `oak/base` of the same family, unless told otherwise."""

    def make(model: str, name: str, delta: float | None, **fields: object) -> DriftRow:
        facts: dict[str, object] = {
            "model": model,
            "instrument": name,
            "name": name,
            "construct": Construct.UNSAFE_OUTPUT,
            "direction": Direction.LOWER_IS_SAFER,
            "verdict": Verdict.WITHHELD if delta is None else Verdict.UNDECIDED,
            "reference": "oak/base",
            "root": fields.get("reference", "oak/base"),
            "delta": delta,
        }
        return DriftRow(**{**facts, **fields})  # type: ignore[arg-type] # the fields are those of the record

    return make


def one_by_one(one: Contradiction) -> OneByOne:
    """Return a contradiction as a flat row."""
    return OneByOne(
        model=one.model,
        reference=one.references,
        instruments=one.instruments,
        riskier=one.riskier,
        safer=one.safer,
        tied=one.tied,
        worse=one.worse,
        better=one.better,
        mixed=one.is_mixed,
        mixed_significantly=one.is_mixed_significantly,
        expected=one.expected.rate,
        expected_error=one.expected.error,
        expected_if_judges_agree=one.expected.if_judges_agree,
        method=one.expected.method,
    )
