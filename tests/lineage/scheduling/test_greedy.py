"""The choice: equal to trying every job one by one, within the budget, a family seen anew after each pick."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.prediction.belief_propagation import NodeMessages, solve
from lineage.scheduling.inputs import COST_POWER, SchedulePreferences
from lineage.scheduling.instrument_posterior import know
from lineage.scheduling.job_costs import NoPrice
from lineage.scheduling.plan import Budget, Unit
from lineage.vocabulary import SchedulingPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.prediction.belief_propagation import Posterior
    from lineage.scheduling.candidates import Candidate
    from lineage.scheduling.inputs import RunnableInstrument
    from lineage.scheduling.instrument_posterior import InstrumentPosterior
    from tests.lineage.scheduling.conftest import World

    Build = Callable[..., World]
    Model = Callable[..., Candidate]
    Make = Callable[..., RunnableInstrument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """A drawn forest: the parent of each node or -1, its downloads and size, and which nodes are measured."""

    parents: tuple[int, ...]
    downloads: tuple[int, ...]
    sizes: tuple[int, ...]
    scored: dict[int, float]

    @property
    def edges(self) -> list[tuple[int, int]]:
        """Child and parent of each edge."""
        return [(child, parent) for child, parent in enumerate(self.parents) if parent >= 0]


@st.composite
def forests(draw: st.DrawFn) -> Small:
    """Draw a forest of a few models, some of them measured; no two have equal downloads, so that ranks differ."""
    size = draw(st.integers(1, 6))
    return Small(
        parents=tuple(draw(st.integers(-1, node - 1)) for node in range(size)),
        downloads=tuple(draw(st.lists(st.integers(1, 10**6), min_size=size, max_size=size, unique=True))),
        sizes=tuple(draw(st.lists(st.integers(10**8, 10**10), min_size=size, max_size=size))),
        scored=draw(st.dictionaries(st.integers(0, size - 1), st.floats(0.1, 0.9), max_size=3)),
    )


def make(small: Small, build: Build, make_model: Model, make_instrument: Make, *, guard: bool = False) -> World:
    """Build the world of a drawn forest with two instruments."""
    models = [make_model(f"oak/model-{node}", parameters=size) for node, size in enumerate(small.sizes)]
    instruments = [make_instrument("harm", 400, small.scored), make_instrument("bias", 900)]
    return build(
        small.edges,
        models,
        instruments,
        downloads=small.downloads,
        guard=make_instrument("able", 50) if guard else None,
    )


class Brute:
    """The same choice by trying: every job is taken in turn, and the whole forest is solved anew."""

    def __init__(self, world: World) -> None:
        """Start from what is known."""
        inputs = world.inputs
        self._inputs = inputs
        self._known = know(inputs.forest, inputs.instruments, inputs.weights, inputs.domains)
        self._own = [one.model.own for one in self._known]
        self.models = {model.node: model for model in world.pool.candidates.values()}
        self._loaded: set[int] = set()
        self._done = {
            (int(node), place)
            for place, instrument in enumerate(inputs.instruments)
            for node in instrument.current.tolist()
        }

    def step(self, left: float) -> tuple[str, str, float, float] | None:
        """Take the best job that can be paid: its model, instrument, gain and cost."""
        found = []
        for node, model in self.models.items():
            for place, instrument in enumerate(self._inputs.instruments):
                cost = self._cost(node, place)
                if (node, place) not in self._done and cost <= left:
                    found.append(
                        (self._gain(node, place) / cost**COST_POWER, model.id, instrument.name, node, place, cost)
                    )
        if not found:
            return None
        _, name, chosen, node, place, cost = max(found)
        gain = self._gain(node, place)
        self._own[place] = self._with(self._own[place], self._known[place], node)
        self._done.add((node, place))
        self._loaded.add(node)
        return name, chosen, gain, cost

    def _cost(self, node: int, place: int) -> float:
        model, instrument = self.models[node], self._inputs.instruments[place]
        costs, size = self._inputs.costs, np.array([float(model.parameters or 0)])
        run = float(costs.item_seconds(instrument.name, size, instrument.expected_items, instrument.tokens_per_item)[0])
        fetch = float(costs.fetch_seconds(size * costs.hardware.bytes_per_weight)[0])
        return 5.0 + run + (0 if node in self._loaded else fetch)

    def _gain(self, node: int, place: int) -> float:
        known, own = self._known[place], self._own[place]
        before, after = self._solved(known, own), self._solved(known, self._with(own, known, node))
        return float(known.weights @ (before.variance - after.variance))

    def _with(self, own: NodeMessages, known: InstrumentPosterior, node: int) -> NodeMessages:
        at = int(self._inputs.forest.position[node])
        precision, information = own.precision.copy(), own.information.copy()
        precision[at] += 1 / known.errors(np.array([at]))[0]
        information[at] += known.model.posterior.mean[at] / known.errors(np.array([at]))[0]
        return NodeMessages(precision=precision, information=information)

    def _solved(self, known: InstrumentPosterior, own: NodeMessages) -> Posterior:
        return solve(self._inputs.forest, own, known.model.steps, known.model.root)


@settings(deadline=None, max_examples=60)  # each draws whole plans
@given(forests(), st.floats(20, 5000))
def test_the_choice_is_that_of_trying_every_job(
    build: Build, make_model: Model, make_instrument: Make, small: Small, amount: float
) -> None:
    """Each pick is the best of all that can be paid, with its true gain and cost, after everything picked before."""
    world = make(small, build, make_model, make_instrument)
    plan = world.plan(SchedulePreferences(budget=Budget(amount=amount)))
    brute, left = Brute(world), amount
    for job in plan.jobs:
        expected = brute.step(left)
        assert expected is not None
        assert job.facts is not None
        assert (job.spec.model, job.spec.instrument) == expected[:2]
        assert job.facts.gain == pytest.approx(expected[2], rel=1e-4, abs=1e-7)
        assert job.expected_seconds == pytest.approx(expected[3])
        left -= expected[3]
    assert brute.step(left) is None
    assert plan.spent == pytest.approx(amount - left)


@settings(deadline=None, max_examples=60)  # each draws whole plans
@given(forests(), st.floats(0, 3000), st.sampled_from(SchedulingPolicy), st.sampled_from(Unit))
def test_no_budget_is_passed(
    build: Build,
    make_model: Model,
    make_instrument: Make,
    small: Small,
    amount: float,
    policy: SchedulingPolicy,
    unit: Unit,
) -> None:
    """Whatever the policy and the unit, what the jobs cost together is at most the budget, guards included."""
    world = make(small, build, make_model, make_instrument, guard=True)
    plan = world.plan(SchedulePreferences(policy=policy, budget=Budget(amount=amount, unit=unit)))
    items = {"harm": 400, "bias": 900, "able": 50}
    spent = {
        Unit.SECONDS: sum(job.expected_seconds or 0 for job in plan.jobs),
        Unit.MONEY: sum(job.expected_cost or 0 for job in plan.jobs),
        Unit.ITEMS: sum(items[job.spec.instrument] for job in plan.jobs),
    }[unit]
    assert spent == pytest.approx(plan.spent)
    assert spent <= amount * (1 + 1e-9)


@settings(deadline=None, max_examples=60)  # each draws whole plans
@given(forests(), st.sampled_from(SchedulingPolicy), st.randoms())
def test_order_does_not_matter(
    build: Build, make_model: Model, make_instrument: Make, small: Small, policy: SchedulingPolicy, random: object
) -> None:
    """The models may be named in any order, and twice."""
    world = make(small, build, make_model, make_instrument)
    names = sorted(world.pool.candidates)
    shuffled = [*names, *names]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    preferences = SchedulePreferences(policy=policy, budget=Budget(amount=900))
    assert world.plan(preferences, shuffled) == world.plan(preferences, names)


@settings(deadline=None, max_examples=60)  # each draws whole plans
@given(forests(), st.sampled_from(SchedulingPolicy))
def test_jobs_of_a_round_are_of_different_families(
    build: Build, make_model: Model, make_instrument: Make, small: Small, policy: SchedulingPolicy
) -> None:
    """Priorities rise by one, each family counts its own picks, and breadth ends a round before the next begins."""
    plan = make(small, build, make_model, make_instrument).plan(SchedulePreferences(policy=policy))
    assert [job.priority for job in plan.jobs] == list(range(1, len(plan.jobs) + 1))
    pairs = [(job.family, job.round) for job in plan.jobs]
    assert len(pairs) == len(set(pairs))
    for family in {job.family for job in plan.jobs}:
        rounds = [job.round for job in plan.jobs if job.family == family]
        assert rounds == list(range(1, len(rounds) + 1))
    if policy is SchedulingPolicy.BREADTH:
        assert [job.round for job in plan.jobs] == sorted(job.round for job in plan.jobs)


def test_the_posterior_is_that_after_the_last_pick_of_the_family(
    build: Build, make_model: Model, make_instrument: Make
) -> None:
    """Siblings are worth less once their base is picked, so a model of another family with fewer downloads is next."""
    names = ["oak/base", "oak/one", "oak/two", "elm/lone"]
    models = [make_model(name) for name in names]
    world = build([(1, 0), (2, 0)], models, [make_instrument()], downloads=[1, 1000, 999, 900])
    assert [job.spec.model for job in world.plan(SchedulePreferences(most=3)).jobs] == [
        "oak/base",
        "elm/lone",
        "oak/one",
    ]


def test_exposure_picks_by_exposure_and_random_by_its_seed(
    build: Build, make_model: Model, make_instrument: Make
) -> None:
    """The baselines do what their names say; the same seed draws the same plan."""
    models = [make_model(f"oak/{name}") for name in "abcdefgh"]
    world = build([], models, [make_instrument()], downloads=[5, 80, 70, 60, 50, 40, 30, 20])
    ordered = [job.spec.model for job in world.plan(SchedulePreferences(policy=SchedulingPolicy.EXPOSURE)).jobs]
    assert ordered == [f"oak/{name}" for name in "bcdefgha"]
    drawn = [
        [job.spec.model for job in world.plan(SchedulePreferences(policy=SchedulingPolicy.RANDOM, seed=seed)).jobs]
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_adapters_of_a_loaded_base_are_cheaper(build: Build, make_model: Model, make_instrument: Make) -> None:
    """The first of three adapters pays for the base; a base that the machine has is paid by none."""
    base = make_model("oak/base", status="present")
    adapters = [make_model(f"oak/lora-{n}", is_adapter=True, base="oak/base", parameters=None) for n in range(3)]
    world = build([(1, 0), (2, 0), (3, 0)], [base, *adapters], [make_instrument()])
    names = [one.id for one in adapters]
    first, *others = [job.expected_seconds for job in world.plan(SchedulePreferences(), names).jobs]
    warm = [
        job.expected_seconds
        for job in world.having(loaded=frozenset({"oak/base"})).plan(SchedulePreferences(), names).jobs
    ]
    assert first is not None
    assert first > 140 + max(seconds or 0 for seconds in others)
    assert warm == pytest.approx([others[0]] * 3)


def test_a_guard_runs_once_a_model_and_first(build: Build, make_model: Model, make_instrument: Make) -> None:
    """Models that have the guard's score run without it; the others once, before their first instrument."""
    models = [make_model("oak/a"), make_model("oak/b")]
    guard = make_instrument("able", 50, {1: 0.6}, limit=40)
    plan = build([], models, [make_instrument(), make_instrument("bias")], guard=guard).plan(SchedulePreferences())
    assert next((job.spec.instrument, job.spec.item_limit) for job in plan.jobs if job.spec.model == "oak/a") == (
        "able",
        40,
    )
    assert sorted(job.spec.instrument for job in plan.jobs) == ["able", "bias", "bias", "harm", "harm"]


def test_what_nobody_asks_about_is_run_for_others_alone(build: Build, make_model: Model, make_instrument: Make) -> None:
    """A base outside the selection is picked for what it says of its derivatives, and the reason says so."""
    models = [make_model("oak/base")] + [make_model(f"oak/big-{n}", parameters=18 * 10**9) for n in range(6)]
    world = build([(n, 0) for n in range(1, 7)], models, [make_instrument()])
    weights = world.inputs.weights * (np.arange(7) > 0)
    jobs = world.having(weights=weights).plan(SchedulePreferences(most=1)).jobs
    assert [job.spec.model for job in jobs] == ["oak/base"]
    assert "run for what it shows about its derivatives" in jobs[0].reason
    exposed = world.having(weights=weights).plan(SchedulePreferences(policy=SchedulingPolicy.EXPOSURE))
    assert "oak/base" not in {job.spec.model for job in exposed.jobs}


def test_money_needs_a_price(build: Build, make_model: Model, make_instrument: Make) -> None:
    """A budget in money is refused on hardware without a price, and an amount below zero always."""
    world = build([], [make_model("oak/a")], [make_instrument()])
    costs = replace(world.inputs.costs, hardware=replace(world.inputs.costs.hardware, price_per_hour=None))
    with pytest.raises(NoPrice, match="needs hardware with a price"):
        world.having(costs=costs).plan(SchedulePreferences(budget=Budget(amount=1, unit=Unit.MONEY)))
    with pytest.raises(ValueError, match="0 or more"):
        Budget(amount=-1)


@pytest.mark.parametrize("price", [0.0, 3.6])
def test_money_orders_jobs_as_their_time_does(
    build: Build, make_model: Model, make_instrument: Make, price: float
) -> None:
    """Also where the hardware is free: nothing is spent, and what tells most in its time still goes first."""
    models = [make_model(f"oak/model-{node}", parameters=(node + 1) * 10**9) for node in range(4)]
    instruments = [make_instrument(), make_instrument("bias", 900, {0: 0.3})]
    world = build([(1, 0), (3, 2)], models, instruments, downloads=[1, 5, 1000, 0])
    costs = replace(world.inputs.costs, hardware=replace(world.inputs.costs.hardware, price_per_hour=price))
    world = world.having(costs=costs)
    by_time, by_money = (
        world.plan(SchedulePreferences(budget=Budget(amount=1e9, unit=unit))) for unit in (Unit.SECONDS, Unit.MONEY)
    )
    told = [[(job.spec.model, job.spec.instrument) for job in plan.jobs] for plan in (by_time, by_money)]
    assert told[0] == told[1]
    assert told[0][0] == ("oak/model-2", "harm")
    assert by_money.spent == pytest.approx(by_time.spent * price / 3600)


def test_nothing_to_run_is_an_empty_plan(build: Build, make_model: Model, make_instrument: Make) -> None:
    """No model, or no open one: no jobs, and the summary says so."""
    world = build([], [make_model("oak/a", status="deleted")], [make_instrument()])
    assert world.plan(SchedulePreferences(), []).jobs == ()
    assert world.plan(SchedulePreferences()).summary() == "nothing to run; refused: 1 not on the Hub"
