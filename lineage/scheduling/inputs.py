"""What a schedule is made from: instruments that could be run, models and their scores, and what the user prefers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.predict import Observations
from lineage.scheduling.job import USUAL_ENGINE
from lineage.scheduling.plan import Budget
from lineage.vocabulary import SchedulingPolicy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lineage.graph.graph import Graph
    from lineage.graph.reachability import Exposure
    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.scheduling.cost_model import CostModel

    Nodes = NDArray[np.int32]

USUAL_ITEMS: Final = 1_000
"""Items of an instrument of which the catalogue knows none."""
USUAL_TOKENS: Final = 250.0
"""Tokens of an item with its choices, where neither runs nor the catalogue know better."""
MOST_JOBS: Final = 1_000


def _nobody() -> Nodes:
    return np.zeros(0, dtype=np.int32)


def _nothing() -> Observations:
    return Observations(node=_nobody(), value=np.zeros(0), stderr=np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunnableInstrument:
    """An instrument that could be run, and who has a score of it.

    `definition` is what the engine runs, `items` how many it has, or None where unknown, `limit` how many are run at
    most, None for all; `tokens_per_item` are those that a model runs. `observations` are the scores that count, of
    cards and leaderboards too; `current` the nodes measured at their present revision, `stale` those whose score is of
    earlier files.
    """

    name: str
    definition: str
    items: int | None = None
    limit: int | None = None
    tokens_per_item: float = USUAL_TOKENS
    observations: Observations = field(default_factory=_nothing)
    current: Nodes = field(default_factory=_nobody)
    stale: Nodes = field(default_factory=_nobody)

    @property
    def expected_items(self) -> int:
        """How many items a run is expected to have."""
        known = self.items or USUAL_ITEMS
        return known if self.limit is None else min(known, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleInputs:
    """Everything that a choice is made from; arrays have an entry a node of the graph.

    `weights` is how much the variance of each node matters, 0 for those that nobody asks about; `reach` is what stands
    below each, for the reasons; `domains` is its place in `lineage.domains.lexicon.DOMAINS`, -1 for none. `loaded` are
    models that the machine has already.
    """

    graph: Graph
    forest: BeliefForest
    weights: Floats
    reach: Exposure
    domains: NDArray[np.int64]
    probes: tuple[RunnableInstrument, ...]
    guard: RunnableInstrument | None
    costing: CostModel
    loaded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePreferences:
    """How to choose: the policy, the budget, at most how many picks, and the seed of `random`.

    `engine` runs the jobs, except those whose task only another engine runs.
    """

    policy: SchedulingPolicy = SchedulingPolicy.VOI
    budget: Budget = field(default_factory=Budget)
    most: int = MOST_JOBS
    seed: int = 0
    engine: str = USUAL_ENGINE
