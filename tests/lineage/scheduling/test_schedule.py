"""Plans as a whole: the numbers of a reason are true, merges count in gains, and instruments are chosen by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import plant
from lineage.prediction.belief_propagation import NodeMessages, solve, value_of_information
from lineage.prediction.predict import Observations, fit_model
from lineage.scheduling.cost_model import MeasuredCost, refit
from lineage.scheduling.default_instruments import GUARD_ITEMS, NoItems, NotRunnable, choose_guard, choose_instruments
from lineage.scheduling.inputs import SchedulePreferences
from lineage.scheduling.instrument_posterior import know, reach_merges
from lineage.scheduling.plan import Budget
from lineage.scheduling.tree_posterior import ForestParts
from lineage.scheduling.weights import STALE, age, weigh
from lineage.scores.instrument_file import default_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.candidates import Candidate
    from lineage.scheduling.inputs import RunnableInstrument
    from tests.lineage.scheduling.conftest import World

    Build = Callable[..., World]
    Model = Callable[..., Candidate]
    Make = Callable[..., RunnableInstrument]


def test_the_numbers_of_a_reason_are_true(build: Build, make_model: Model, make_instrument: Make) -> None:
    """Downloads, derivatives, distance, gain and share of the first job are what a second computation gives."""
    models = [make_model(f"oak/{n}", parameters=10**9 * (n + 1)) for n in range(5)]
    world = build(
        [(1, 0), (2, 1), (3, 1)], models, [make_instrument("harm", 400, {0: 0.3})], downloads=[10, 900, 8_000, 400, 3]
    )
    (job,) = world.plan(SchedulePreferences(most=1)).jobs
    inputs = world.inputs
    node = world.pool.candidates[job.spec.model].node
    (known,) = know(inputs.forest, inputs.instruments, inputs.weights, inputs.domains)
    at = int(inputs.forest.position[node])
    own = known.model.own
    error = known.errors(np.array([at]))[0]
    measured = NodeMessages(
        precision=own.precision + np.eye(5)[at] / error,
        information=own.information + np.eye(5)[at] * known.model.posterior.mean[at] / error,
    )
    after = solve(inputs.forest, measured, known.model.steps, known.model.root)
    family = inputs.graph.labels.root[inputs.forest.order] == 0
    fell = known.weights * (known.model.posterior.variance - after.variance)
    assert after.mean == pytest.approx(known.model.posterior.mean)
    facts = job.facts
    assert facts is not None
    assert facts.gain == pytest.approx(fell.sum(), rel=1e-6)
    assert facts.cut == pytest.approx(
        fell[family].sum() / (known.weights * known.model.posterior.variance)[family].sum()
    )
    assert (facts.exposure, facts.derivatives) == {1: (9_300, 2), 2: (8_000, 0), 3: (400, 0)}[node]
    assert facts.distance == {1: 1, 2: 2, 3: 2}[node]
    assert facts.seconds == job.expected_seconds
    assert f"cuts {100 * facts.cut:.0f}% of the family's uncertainty on harm" in job.reason


def test_a_plan_says_what_measured_runs_make_of_its_times(
    build: Build, make_model: Model, make_instrument: Make
) -> None:
    """A job's factor is that of its instrument and size, the plan's that of a billion weights; without runs none."""
    world = build([], [make_model("oak/a", parameters=3_000_000_000)], [make_instrument("harm", 400)])
    costs = world.inputs.costs
    guess = float(costs.item_seconds("harm", np.array([1e9]), 400, 250)[0])
    run = MeasuredCost(instrument="harm", parameters=1e9, items=400, tokens_per_item=250, seconds=3 * guess)
    fitted = refit(costs.hardware, [run] * 9)
    before, after = world.plan(SchedulePreferences()), world.having(costs=fitted).plan(SchedulePreferences())
    (facts,) = (job.facts for job in after.jobs)
    assert facts is not None
    assert facts.runs == 9
    assert facts.correction == pytest.approx(float(fitted.correction("harm", np.array(3e9))))
    assert 2.5 < facts.correction < 3.1
    assert f"{facts.correction:.2g} times the guess after 9 measured runs" in after.jobs[0].reason
    level = float(np.exp(fitted.level))
    assert after.summary().endswith(
        f"; items take {level:.2g} times the guess after 9 measured runs, "
        f"two times of three within a factor of {fitted.factor(1e9):.2g} of that"
    )
    assert "the guess" not in before.summary() + before.jobs[0].reason


@st.composite
def tangles(draw: st.DrawFn) -> Graph:
    """Draw a graph without cycles in which merges are frequent."""
    size = draw(st.integers(2, 10))
    edges = [(node, up) for node in range(1, size) for up in draw(st.sets(st.integers(0, node - 1), max_size=3))]
    return Graph.from_edges(size, [child for child, _ in edges], [parent for _, parent in edges])


@settings(deadline=None)
@given(tangles(), st.integers(0, 99))
def test_a_tree_alone_gains_what_the_whole_forest_does(graph: Graph, seed: int) -> None:
    """With the weights that reach merges, the gain within each tree is that over the whole forest."""
    random = np.random.default_rng(seed)
    forest = plant(graph)
    nodes = np.flatnonzero(random.random(graph.size) < 0.4).astype(np.int32)
    scores = Observations(node=nodes, value=random.uniform(0, 1, len(nodes)), stderr=np.full(len(nodes), 0.03))
    model, weights = fit_model(forest, scores), random.uniform(0, 5, graph.size)
    errors = np.full(graph.size, 0.001)
    whole = value_of_information(forest, model.posterior, weights, errors)
    reaching, parts = reach_merges(forest, model.posterior, weights), ForestParts.of(forest)
    for part in range(len(parts.starts) - 1):
        within, tree = parts.within(part), parts.cut_out(part)
        posterior = type(model.posterior)(
            mean=model.posterior.mean[within],
            variance=model.posterior.variance[within],
            pull=model.posterior.pull[within],
        )
        alone = value_of_information(tree, posterior, reaching[within], errors[within])
        assert alone == pytest.approx(whole[within])


@settings(deadline=None)
@given(tangles())
def test_merges_are_scheduled_like_others(build: Build, make_model: Model, make_instrument: Make, graph: Graph) -> None:
    """Every pair of model and instrument is run once, whoever has how many parents."""
    child = np.repeat(np.arange(graph.size), graph.upwards.degrees())
    edges = list(zip(child.tolist(), graph.upwards.neighbours.tolist(), strict=True))
    models = [make_model(f"oak/{n}") for n in range(graph.size)]
    world = build(edges, models, [make_instrument(), make_instrument("bias", 900)], downloads=list(range(graph.size)))
    plan = world.plan(SchedulePreferences())
    pairs = [(job.spec.model, job.spec.instrument) for job in plan.jobs]
    assert len(set(pairs)) == len(pairs) == 2 * graph.size
    assert all(job.facts is not None and 0 <= job.facts.cut <= 1 for job in plan.jobs)


def test_weights_are_exposure_times_risk_times_staleness() -> None:
    """One is added to downloads, a domain multiplies, a stale score doubles; the given weights stay as they are."""
    weights = weigh(np.array([0, 99, 99]), np.array([-1, 1, -1]), (2.0, 3.0))
    assert weights.tolist() == [1.0, 300.0, 100.0]
    aged = age(weights, np.array([2], dtype=np.int32))
    assert aged.tolist() == [weights[0], weights[1], 100.0 * STALE]
    assert weights[2] == 100.0


def test_by_default_what_needs_no_judge_is_run_beside_a_guard() -> None:
    """Each task once, no judge, no guard among them, no sum of others; the guard over some of its items."""
    catalogue = default_catalogue()
    instruments, guard = choose_instruments(catalogue), choose_guard(catalogue)
    names = [instrument.name for instrument in instruments]
    assert {"truthfulqa_mc1", "toxigen", "bbq_ambig", "wmdp_bio"} <= set(names)
    assert not {"hellaswag", "strong_reject", "bbq", "wmdp", "safelawbench"} & set(names)
    assert len({instrument.definition for instrument in instruments}) == len(instruments)
    assert (guard.definition, guard.limit, guard.expected_items) == ("hellaswag", GUARD_ITEMS, GUARD_ITEMS)


def test_work_that_nobody_can_pay_is_said_to_be_out_of_reach(
    build: Build, make_model: Model, make_instrument: Make
) -> None:
    """Months of work are no plan; what takes hours is."""
    models = [make_model(f"oak/{number}", parameters=7_000_000_000) for number in range(3)]
    small, huge = make_instrument("harm", 400), make_instrument("harm", 40_000_000)
    assert "out of any budget" not in build([], models, [small]).plan(SchedulePreferences()).summary()
    told = build([], models, [huge]).plan(SchedulePreferences()).summary()
    assert "which is out of any budget: --budget 8h or --limit 20 plans what comes first" in told


def test_safety_comes_before_capability(build: Build, make_model: Model, make_instrument: Make) -> None:
    """Within one budget; a model has its guard once, and what safety has loaded counts as loaded."""
    models = [make_model(f"oak/{number}") for number in range(3)]
    able = make_instrument("able", 40, is_capability=True)
    guard = make_instrument("guard", 20)
    world = build([], models, [able, make_instrument("harm", 400)], guard=guard)
    plan = world.plan(SchedulePreferences())
    names = [job.spec.instrument for job in plan.jobs]
    assert names == ["guard", "harm"] * 3 + ["able"] * 3
    assert [job.round for job in plan.jobs] == [1] * 6 + [2] * 3
    assert [job.priority for job in plan.jobs] == list(range(1, 10))
    safety = sum(job.expected_seconds or 0.0 for job in plan.jobs[:6])
    last = plan.jobs[-1].expected_seconds or 0.0
    little = world.plan(SchedulePreferences(budget=Budget(amount=safety + last * 1.5)))
    assert len(little.jobs) == 7
    assert len(world.plan(SchedulePreferences(most=4)).jobs) == 7


def test_instruments_may_be_named() -> None:
    """Any with a task, guards too; one without a task or unknown is an error that says which."""
    catalogue = default_catalogue()
    assert [instrument.definition for instrument in choose_instruments(catalogue, ["bbq", "mmlu", "bbq"])] == [
        "bbq",
        "mmlu",
    ]
    for name, told in (("strong_reject", "no task for lm-eval"), ("nonsense", "no instrument is called nonsense")):
        with pytest.raises(NotRunnable, match=told):
            choose_instruments(catalogue, [name])
        with pytest.raises(NotRunnable, match=told):
            choose_guard(catalogue, name)


def test_what_needs_items_of_the_users_waits_for_them() -> None:
    """Without the file it is in no schedule, and by name an error says what to bring; with it, it is one of all."""
    catalogue = default_catalogue()
    here: dict[str, str | None] = {"safelawbench.jsonl": None, "medsafetybench.jsonl": "it lacks safe_response"}
    assert "safelawbench" in {instrument.name for instrument in choose_instruments(catalogue, None, here)}
    assert "medsafetybench_choice" not in {instrument.name for instrument in choose_instruments(catalogue, None, here)}
    assert [instrument.definition for instrument in choose_instruments(catalogue, ["safelawbench"], here)] == [
        "safelawbench"
    ]
    with pytest.raises(NoItems, match=r"medsafetybench\.jsonl.*: it lacks safe_response") as error:
        choose_instruments(catalogue, ["medsafetybench_choice"], here)
    assert "columns harmful_medical_request, safe_response" in error.value.hint
    assert "LINEAGE_DATA" in error.value.hint
    with pytest.raises(NoItems, match="it is not here"):
        choose_instruments(catalogue, ["safelawbench"])
    assert choose_instruments(catalogue, ["legalbench_choice"])[0].definition == "legalbench_choice"
