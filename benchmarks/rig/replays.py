"""Scores that are hidden and revealed as a schedule requests them: simulated ones, and a real leaderboard's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.rig.scores.drawn_scores import ITEMS, draw_truth
from lineage.graph.graph import Graph
from lineage.graph.reachability import Exposure
from lineage.prediction.belief_forest import plant
from lineage.prediction.predict import Observations, fit_model
from lineage.scheduling.candidates import USUAL_PARAMETERS, Candidate, CandidatePool, named_size
from lineage.scheduling.cost_model import CostModel
from lineage.scheduling.hardware import Hardware
from lineage.scheduling.inputs import COST_POWER, RunnableInstrument, ScheduleInputs, SchedulePreferences
from lineage.scheduling.job_costs import JobCosts
from lineage.scheduling.plan import Budget, Unit
from lineage.scheduling.schedule import schedule
from lineage.scheduling.weights import weigh

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from benchmarks.rig.scores.drawn_scores import Drift
    from lineage.prediction.belief_forest import BeliefForest
    from lineage.vocabulary import SchedulingPolicy

    Floats = NDArray[np.float64]

HARDWARE: Final = Hardware(
    name="one card",
    flops_per_second=2.5e14,
    memory_bytes=1e15,
    download_bytes_per_second=1e8,
    load_bytes_per_second=1.5e9,
    bytes_per_weight=2,
)
ROUNDS: Final = 4
"""How often what was measured is learnt from before the plan goes on."""
SIZES: Final = (135_000_000, 1_000_000_000, 3_000_000_000, 7_000_000_000, 13_000_000_000)
TAIL: Final = 1.1
"""Exponent of the downloads, by Pareto's law: few models have nearly all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Models whose scores are hidden: what each shows when it is run, what is compared at the end, and the weights.

    `value`, `stderr` and `truth` have an entry a node; `runnable` are the nodes that may be run.
    """

    graph: Graph
    forest: BeliefForest
    sizes: NDArray[np.int64]
    reach: Exposure
    value: Floats
    stderr: Floats
    truth: Floats
    runnable: NDArray[np.int32]
    items: int

    def inputs(self, seen: NDArray[np.int32]) -> ScheduleInputs:
        """Return what a schedule knows after some nodes were measured."""
        domains = np.full(self.graph.size, -1, dtype=np.int64)
        weights = np.zeros(self.graph.size)
        weights[self.runnable] = weigh(self.reach.total, domains, ())[self.runnable]
        instrument = RunnableInstrument(
            name="board",
            definition="board",
            items=self.items,
            observations=self.observed(seen),
            current=seen,
        )
        return ScheduleInputs(
            graph=self.graph,
            forest=self.forest,
            weights=weights,
            reach=self.reach,
            domains=domains,
            instruments=(instrument,),
            guard=None,
            costs=CostModel(hardware=HARDWARE),
        )

    def observed(self, seen: NDArray[np.int32]) -> Observations:
        """Return what was measured at some nodes."""
        return Observations(node=seen, value=self.value[seen], stderr=self.stderr[seen])

    def pool(self) -> CandidatePool:
        """Return the models that may be run."""
        roots = self.graph.labels.root
        models = [
            Candidate(
                id=f"{node:08d}",
                node=node,
                family=int(roots[node]),
                revision="1",
                pipeline_tag="text-generation",
                parameters=int(self.sizes[node]),
                has_safetensors=True,
            )
            for node in self.runnable.tolist()
        ]
        return CandidatePool(candidates={model.id: model for model in models}, hardware=HARDWARE)

    def error(self, seen: NDArray[np.int32]) -> float:
        """Return the root of the exposure-weighted mean square error of all runnable models, in points."""
        model = fit_model(self.forest, self.observed(seen))
        mean = model.posterior.mean[self.forest.position]
        weights = self.inputs(seen).weights[self.runnable]
        errors = (mean - self.truth)[self.runnable]
        return float(100 * np.sqrt(weights @ errors**2 / weights.sum()))


def replay(
    world: Replay,
    policy: SchedulingPolicy,
    seconds: float,
    first: NDArray[np.int32],
    seed: int,
    *,
    cost_power: float = COST_POWER,
) -> tuple[float, int]:
    """Spend a budget by a policy, learning in ROUNDS; return the remaining error and how many models were run."""
    seen, pool = first, world.pool()
    ids = [model.id for model in pool.candidates.values()]
    left = seconds
    for place in range(ROUNDS):
        preferences = SchedulePreferences(
            policy=policy,
            budget=Budget(amount=left / (ROUNDS - place)),
            most=len(ids),
            seed=seed + place,
            cost_power=cost_power,
        )
        plan = schedule(world.inputs(seen), pool, ids, preferences, str)
        left -= plan.spent
        seen = np.r_[seen, np.array([int(job.spec.model) for job in plan.jobs], dtype=np.int32)]
    return world.error(np.sort(seen)), len(seen) - len(first)


def whole_seconds(world: Replay) -> float:
    """Return what running every model would take."""
    pool = world.pool()
    expenses = JobCosts(list(pool.candidates.values()), pool, world.inputs(np.zeros(0, dtype=np.int32)))
    return float(expenses.cost(slice(None), Unit.SECONDS).sum())


def draw_world(graph: Graph, forest: BeliefForest, drift: Drift, random: np.random.Generator) -> Replay:
    """Draw scores, downloads and sizes over a graph; a family is of one size."""
    truth = draw_truth(graph, forest, drift, random)
    value = random.binomial(ITEMS, truth) / ITEMS
    return Replay(
        graph=graph,
        forest=forest,
        sizes=random.choice(np.array(SIZES), graph.size)[graph.labels.root],
        reach=graph.exposure((10 * random.pareto(TAIL, graph.size)).astype(np.int64)),
        value=value,
        stderr=np.sqrt(np.maximum(value * (1 - value), 1 / ITEMS) / ITEMS),
        truth=truth,
        runnable=np.arange(graph.size, dtype=np.int32),
        items=ITEMS,
    )


def hide_scores(
    graph: Graph,
    scores: Observations,
    downloads: NDArray[np.int64],
    items: int,
    id_of: Callable[[int], str],
) -> Replay:
    """Hide real scores; the score itself stands for the truth, and a size that no name tells is the usual one.

    The graph is that of the scored models and their ancestors; exposure is that in the whole.
    """
    kept, whole = graph.reach(scores.node, is_up=True), graph.exposure(downloads)
    edges, places = graph.upwards.expand(kept)
    parents = np.searchsorted(kept, graph.upwards.neighbours[edges])
    graph = Graph.from_edges(len(kept), places, parents, graph.upwards.relations[edges])
    scores = replace(scores, node=np.searchsorted(kept, scores.node).astype(np.int32))
    value, stderr = np.full(graph.size, np.nan), np.full(graph.size, np.nan)
    value[scores.node], stderr[scores.node] = scores.value, scores.stderr
    sizes = np.full(graph.size, USUAL_PARAMETERS, dtype=np.int64)
    for node in scores.node.tolist():
        sizes[node] = named_size(id_of(int(kept[node]))) or USUAL_PARAMETERS
    return Replay(
        graph=graph,
        forest=plant(graph),
        sizes=sizes,
        reach=Exposure(descendants=whole.descendants[kept], total=whole.total[kept]),
        value=value,
        stderr=stderr,
        truth=value,
        runnable=scores.node,
        items=items,
    )
