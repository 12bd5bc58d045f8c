"""The search, on models whose shares follow from the recipe."""

from __future__ import annotations

import pytest

from lineage.maintenance.recipes import MixRecipe, RecipeKind, ladder
from lineage.maintenance.search import BATCH, RepairSearch, confirm
from lineage.maintenance.split import Half
from lineage.maintenance.trial import TrialVerdict
from tests.lineage.maintenance.toy_repair import Rate, repair_of

ALL = (RecipeKind.TOWARDS_BASE, RecipeKind.ATTENTION, RecipeKind.REST, RecipeKind.BOTH_APART)


def test_bisection_finds_the_smallest_change_that_is_safe() -> None:
    """Refusal falls by 40 points beyond half of the change: 0.5 is found, and its skill is the fine-tune's."""
    models, instruments = repair_of(lambda r: 0.9 if r.rest <= 0.5 else 0.5, lambda _: 0.1, lambda _: 0.8)
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03)
    found = search.run(ALL)
    assert found is not None
    assert found.recipe == MixRecipe(attention=0.5, rest=0.5)
    assert found.capability is not None
    assert found.capability.verdict is TrialVerdict.NO_WORSE
    assert {trial.recipe.kind for trial in search.trials} == {RecipeKind.TOWARDS_BASE}
    assert len(search.trials) == 3
    assert search.asked == sum(count for _, _, count in models.asked) == sum(trial.items for trial in search.trials)


def test_what_is_decided_is_not_asked_to_the_end() -> None:
    """40 points are seen in a few dozen of the 500 items."""
    models, instruments = repair_of(lambda r: 0.9 if r.rest < 0.2 else 0.5, lambda _: 0.1, lambda _: 0.8)
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03)
    search.run(ALL)
    worse = [trial for trial in search.trials if not trial.is_safe]
    assert worse
    assert all(trial.items < 100 and trial.worst.items_total == 500 for trial in worse)


def test_attention_apart_is_tried_where_one_share_costs_too_much() -> None:
    """Safety is lost in attention alone and the skill lies in the rest: attention goes back, the rest stays."""
    models, instruments = repair_of(
        lambda r: 0.9 if r.attention <= 0.25 else 0.5, lambda _: 0.1, lambda r: 0.3 + 0.6 * r.rest
    )
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000)
    found = search.run(ALL)
    assert found is not None
    assert found.recipe == MixRecipe(attention=0.25, rest=1)
    assert RecipeKind.BOTH_APART not in {trial.recipe.kind for trial in search.trials}


def test_the_least_loss_is_chosen_where_each_costs_something() -> None:
    """Going back in all costs 30 points of skill, in the rest alone 20."""
    models, instruments = repair_of(
        lambda r: 0.9 if r.rest <= 0.5 else 0.5, lambda _: 0.1, lambda r: 0.2 + 0.2 * r.attention + 0.4 * r.rest
    )
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000)
    found = search.run(ALL)
    assert found is not None
    assert found.recipe == MixRecipe(rest=0.5)


def test_nothing_is_found_where_every_recipe_is_worse() -> None:
    """Over-refusal counts as well as refusal, and no capability is asked."""
    models, instruments = repair_of(lambda _: 0.9, lambda _: 0.4, lambda _: 0.8)
    instruments[1].base.update(dict.fromkeys(instruments[1].base, 0.0))  # type: ignore[attr-defined] # a dict in tests
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000)
    assert search.run(ALL) is None
    assert "skill" not in {name for _, name, _ in models.asked}
    assert all(not trial.is_safe and trial.worst.name == "over" for trial in search.trials)


def test_a_search_stops_at_its_limit() -> None:
    """It asks no more than allowed, says that it was cut, and what is undecided then is not called safe."""
    models, instruments = repair_of(lambda _: 0.9, lambda _: 0.1, lambda _: 0.8)
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=3 * BATCH)
    assert search.run(ALL) is None
    assert search.is_cut
    assert search.asked <= 3 * BATCH
    assert search.trials[0].drifts[0].verdict is TrialVerdict.OPEN


def test_recipes_that_are_not_possible_are_left_out() -> None:
    """They are named, and the others are tried."""
    models, instruments = repair_of(
        lambda r: 0.9 if r.rest <= 0.5 else 0.5, lambda _: 0.1, lambda r: 0.3 + 0.5 * r.rest
    )
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000)
    search.run(ALL, lambda kind: kind is RecipeKind.TOWARDS_BASE)
    assert search.impossible == [RecipeKind.ATTENTION, RecipeKind.REST, RecipeKind.BOTH_APART]
    assert {trial.recipe.kind for trial in search.trials} == {RecipeKind.TOWARDS_BASE}


def test_a_search_never_sees_the_half_that_confirms() -> None:
    """The items of search and confirmation are disjoint, and the confirmation runs all of its half."""
    models, instruments = repair_of(lambda r: 0.9 if r.rest <= 0.5 else 0.5, lambda _: 0.1, lambda _: 0.8)
    asked: dict[str, set[str]] = {"search": set(), "confirm": set()}

    def spied(kind: str):  # type: ignore[no-untyped-def] # noqa: ANN202 # what `ask` is
        def ask(recipe, judged, items):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202 # as above
            asked[kind].update(items)
            return models(recipe, judged, items)

        return ask

    found = RepairSearch(instruments=instruments, ask=spied("search"), margin=0.03).run(ALL)
    assert found is not None
    trial, values = confirm(found.recipe, instruments, spied("confirm"), 0.03)
    assert asked["search"].isdisjoint(asked["confirm"])
    assert trial.half is Half.CONFIRMATION
    assert [len(of_one) for of_one in values.values()] == [500, 500, 500]
    assert [one.items for one in trial.drifts] == [500, 500, 500]


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.9])
def test_bisection_reaches_every_rung(threshold: float) -> None:
    """Whatever rung is the last safe one, it is the one that is found; below the first there is none."""
    models, instruments = repair_of(lambda r: 0.9 if r.rest <= threshold else 0.3, lambda _: 0.1, lambda _: 0.8)
    found = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000).run(
        [RecipeKind.TOWARDS_BASE]
    )
    safe = [one for one in ladder(RecipeKind.TOWARDS_BASE) if one.rest <= threshold]
    assert (found.recipe if found else None) == (safe[-1] if safe else None)


def test_a_recipe_is_judged_by_some_items_of_each_instrument() -> None:
    """No instrument gives more items to one recipe than allowed, and the trial says of how many there are."""
    models, instruments = repair_of(lambda r: 0.9 if r.rest <= 0.5 else 0.88, lambda _: 0.1, lambda _: 0.8)
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, items_of_each=64)
    search.run([RecipeKind.TOWARDS_BASE])
    drifts = [one for trial in search.trials for one in trial.drifts]
    assert max(one.items for one in drifts) <= 64
    assert {one.items_total for one in drifts} == {500}


def shifted(by: float) -> tuple[Rate, Rate]:
    """Return the rates of refusals by a model whose threshold moved: each eighth of a vector is worth 5 points."""
    return (
        lambda r: min(0.95, max(0.1, 0.9 + by + 0.4 * r.safety)) if r.rest else 0.9,
        lambda r: min(0.9, max(0.05, 0.1 + by + 0.4 * r.safety)) if r.rest else 0.1,
    )


@pytest.mark.parametrize(("by", "wanted"), [(-0.3, 0.75), (0.2, -0.5), (-0.05, 0.125)])
def test_a_vector_gives_the_threshold_back(by: float, wanted: float) -> None:
    """Too little refuses too little and too much refuses too much; a model that refuses more has it taken away."""
    models, instruments = repair_of(*shifted(by), lambda r: 0.3 + 0.5 * r.rest, 6000)
    ordered = sorted(instruments[:2], key=lambda one: -one.drift().delta)
    search = RepairSearch(
        instruments=(*ordered, instruments[2]), ask=models, margin=0.03, most_items=30_000, items_of_each=2000
    )
    found = search.run([RecipeKind.SAFETY_VECTOR])
    assert found is not None
    assert found.recipe.safety == pytest.approx(wanted, abs=0.08)
    assert found.capability is not None
    assert len({trial.recipe for trial in search.trials}) <= 6


def test_the_least_of_a_vector_is_found_where_too_much_cannot_be_seen() -> None:
    """Without an instrument of over-refusal every larger vector passes too, so the search goes on to less of it."""
    refusal, over = shifted(-0.3)
    models, instruments = repair_of(refusal, over, lambda _: 0.8, 6000)
    search = RepairSearch(
        instruments=(instruments[0], instruments[2]), ask=models, margin=0.03, most_items=30_000, items_of_each=2000
    )
    found = search.run([RecipeKind.SAFETY_VECTOR])
    assert found is not None
    assert found.recipe.safety == pytest.approx(0.72, abs=0.08)


def test_lost_discrimination_has_no_vector() -> None:
    """Where more of it refuses too much before it refuses enough, nothing is found, and the search ends."""
    models, instruments = repair_of(
        lambda r: 0.5 + 0.4 * r.safety if r.rest else 0.9,
        lambda r: 0.5 + 0.4 * r.safety if r.rest else 0.1,
        lambda _: 0.8,
    )
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000)
    assert search.run([RecipeKind.SAFETY_VECTOR]) is None
    assert len(search.trials) <= 6


def test_attention_alone_is_not_tried_where_all_of_it_was_not_enough() -> None:
    """With attention as in the base the rest had to go back too; more attention would be less safe still."""
    models, instruments = repair_of(
        lambda r: 0.9 if r.rest <= 0.5 else 0.5, lambda _: 0.1, lambda r: 0.2 + 0.6 * r.rest
    )
    search = RepairSearch(instruments=instruments, ask=models, margin=0.03, most_items=10_000)
    search.run([RecipeKind.BOTH_APART, RecipeKind.ATTENTION])
    assert {trial.recipe.kind for trial in search.trials} == {RecipeKind.BOTH_APART}
