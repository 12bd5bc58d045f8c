"""Trials in the database: items once, trials replaced by those of a later search, and their frontier."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.split import Half
from lineage.maintenance.trial import RecipeTrial, TrialDrift, TrialVerdict
from store.maintenance.interventions import RepairSubject, keep_values, kept_values, write_trials

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.database import Database

    Rows = Callable[[Database, str], list[tuple[object, ...]]]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SUBJECT = RepairSubject(model="oak/tuned", revision="a1", base="oak/base", base_revision="b2", unsafe="oak/wild")


def drift(name: str, points: float, *, is_capability: bool = False) -> TrialDrift:
    """Return a drift."""
    return TrialDrift(
        name=name,
        key=f"{name}@0",
        is_capability=is_capability,
        drift=points,
        low=points - 1,
        high=points + 1 if points < 50 else float("nan"),
        lower=points - 1,
        upper=points + 1,
        stderr=0.5,
        items=10,
        items_total=20,
        verdict=TrialVerdict.NO_WORSE if points < 3 else TrialVerdict.WORSE,
    )


def trial(recipe: MixRecipe, *drifts: TrialDrift, half: Half = Half.SEARCH) -> RecipeTrial:
    """Return a trial."""
    return RecipeTrial(recipe=recipe, half=half, drifts=drifts)


def test_items_are_kept_once(database: Database) -> None:
    """What comes twice stays as it was, and trials do not share items."""
    keep_values(database, "one", {"x": 1.0, "y": 0.0})
    keep_values(database, "one", {"y": 1.0, "z": 0.25})
    assert kept_values(database, "one") == {"x": 1.0, "y": 0.0, "z": 0.25}
    assert kept_values(database, "two") == {}


def test_the_key_tells_everything_apart_that_moves_an_answer() -> None:
    """Commits, shares and instruments; the model without safety counts only where it is used."""
    half, vector = MixRecipe(attention=0.5, rest=0.5), MixRecipe(safety=1.0)
    other = RepairSubject(model="oak/tuned", revision="a1", base="oak/base", base_revision="b2")
    later = RepairSubject(model="oak/tuned", revision="a2", base="oak/base", base_revision="b2", unsafe="oak/wild")
    assert SUBJECT.key(half, "i") == other.key(half, "i")
    keys = [
        SUBJECT.key(half, "i"),
        SUBJECT.key(half, "j"),
        later.key(half, "i"),
        SUBJECT.key(MixRecipe(attention=0.5), "i"),
        SUBJECT.key(MixRecipe(rest=0.5), "i"),
        SUBJECT.key(vector, "i"),
        other.key(vector, "i"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_later_search_replaces_the_earlier(database: Database, rows_of: Rows) -> None:
    """Those of the same model, base and margin; others stay."""
    half = MixRecipe(attention=0.5, rest=0.5)
    for margin in (3.0, 5.0):
        write_trials(database, SUBJECT, [trial(half, drift("refusal", 9.0))], None, margin, NOW)
    write_trials(database, SUBJECT, [trial(MixRecipe(safety=1.0), drift("refusal", 60.0))], None, 3.0, NOW)
    assert rows_of(database, "select margin, recipe, unsafe, high from interventions order by margin") == [
        (3.0, "safety vector", "oak/wild", None),
        (5.0, "towards the base", None, 10.0),
    ]


def test_the_frontier_has_the_worst_instrument_of_each_recipe(database: Database, rows_of: Rows) -> None:
    """One row per recipe and half: the largest drift with its interval, and the loss if it was run."""
    chosen = MixRecipe(attention=0.25)
    trials = [
        trial(MixRecipe(attention=0.5, rest=0.5), drift("refusal", 1.0), drift("over", 9.0)),
        trial(chosen, drift("refusal", 1.0), drift("over", -2.0), drift("skill", 4.0, is_capability=True)),
        trial(chosen, drift("refusal", 2.0), drift("skill", 5.0, is_capability=True), half=Half.CONFIRMATION),
    ]
    write_trials(database, SUBJECT, trials, chosen, 3.0, NOW)
    assert rows_of(
        database,
        "select recipe, half, safety_instrument, safety_drift, safety_low, capability_loss, items, is_safe, is_chosen "
        "from frontiers order by attention desc, half desc",
    ) == [
        ("towards the base", "search", "over@0", 9.0, 8.0, None, 20, False, False),
        ("attention towards the base", "search", "refusal@0", 1.0, 0.0, 4.0, 30, True, True),
        ("attention towards the base", "confirmation", "refusal@0", 2.0, 1.0, 5.0, 20, True, True),
    ]


def test_a_write_that_fails_leaves_what_was_there(database: Database, rows_of: Rows) -> None:
    """One transaction: the earlier trials go only if the new ones are in."""
    write_trials(database, SUBJECT, [trial(MixRecipe(rest=0.5), drift("refusal", 1.0))], None, 3.0, NOW)
    broken = trial(MixRecipe(rest=0.5), drift("refusal", 1.0))
    object.__setattr__(broken.drifts[0], "key", None)
    with pytest.raises(Exception, match="NOT NULL"):
        write_trials(database, SUBJECT, [broken], None, 3.0, NOW)
    assert rows_of(database, "select count(*) from interventions") == [(1,)]
