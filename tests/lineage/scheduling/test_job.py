"""A spec has one key, and jobs have one table of what can happen to them."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from lineage.scheduling.job import TRANSITIONS, Change, JobSpec
from lineage.vocabulary import JobState

SPEC = JobSpec(
    model="maple/small",
    revision="a1b2c3d",
    instrument="harm",
    definition="harm_task",
    folder="here",
    base="maple/base",
    base_revision="d4e5f6a",
    base_folder="there",
    item_limit=10,
    options={"batch": 8},
)
OTHERS = {
    "model": "maple/other",
    "revision": None,
    "instrument": "",
    "definition": "other_task",
    "engine": "endpoint",
    "folder": None,
    "base": None,
    "base_revision": None,
    "base_folder": None,
    "item_limit": None,
    "options": {"batch": 9},
}


@pytest.mark.parametrize("name", [one.name for one in fields(JobSpec)])
def test_specs_that_differ_in_anything_have_other_keys(name: str) -> None:
    """Whatever could change a result is part of the key, so that results are never mixed."""
    assert replace(SPEC, **{name: OTHERS[name]}).key != SPEC.key  # type: ignore[arg-type] # each of its field's type


def test_the_same_spec_has_one_key() -> None:
    """The order of options and the capitals of a name make no other spec."""
    first = replace(SPEC, options={"a": 1, "b": 2})
    assert replace(SPEC, options={"b": 2, "a": 1}, model="Maple/Small").key == first.key


def test_every_change_is_in_the_table() -> None:
    """No change is without a transition, none leaves a job where it is, and what is done stays done."""
    assert TRANSITIONS.keys() == set(Change)
    pairs = [pair for allowed in TRANSITIONS.values() for pair in allowed.items()]
    assert all(before is not after for before, after in pairs)
    assert JobState.DONE not in {before for before, _ in pairs}
    assert {after for _, after in pairs} == set(JobState)
