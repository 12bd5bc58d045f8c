"""What a schedule is made from: instruments that could be run, scores and models, and the user's preferences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.prediction.predict import Observations
from lineage.scheduling.plan import Budget
from lineage.vocabulary import AnswerKind, SchedulingPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lineage.graph.graph import Graph
    from lineage.graph.reachability import Exposure
    from lineage.prediction.belief_forest import BeliefForest, Floats
    from lineage.scheduling.cost_model import CostModel
    from lineage.scheduling.job import Options

    Nodes = NDArray[np.int32]

USUAL_ITEMS: Final = 1_000
"""Items of an instrument if the catalogue does not say."""
USUAL_TOKENS: Final = 250.0
"""Tokens of an item with its choices, if neither runs nor the catalogue say."""
MOST_JOBS: Final = 1_000
COST_POWER: Final = 0.5
"""Gain per cost would run many small models first, whose scores say little about large ones: size and score go
together, which predictions do not know. The gain alone goes astray on simulated trees (`benchmarks/scheduling.py`)."""


def _nobody() -> Nodes:
    return np.zeros(0, dtype=np.int32)


def _nothing() -> Observations:
    return Observations(node=_nobody(), value=np.zeros(0), stderr=np.zeros(0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunnableInstrument:
    """An instrument that could be run, and who has a score on it.

    `definition` is what the engine runs, `items` how many items it has, or None if unknown, `limit` how many are run at
    most, or None for all; `tokens_per_item` is what a model runs, `answers` what is asked of it, or None where
    nothing says. Only models of one of its `domains` run it, all if it has none; capability is measured after safety.
    `observations` are the scores that count, including those of cards and leaderboards; `current` are the nodes
    measured at their present revision, `stale` those whose score is of earlier files, `disputed` those of which
    contradictory values are published.
    """

    name: str
    definition: str
    items: int | None = None
    limit: int | None = None
    tokens_per_item: float = USUAL_TOKENS
    domains: tuple[str, ...] = ()
    answers: AnswerKind | None = None
    is_capability: bool = False
    observations: Observations = field(default_factory=_nothing)
    current: Nodes = field(default_factory=_nobody)
    stale: Nodes = field(default_factory=_nobody)
    disputed: Nodes = field(default_factory=_nobody)

    @property
    def expected_items(self) -> int:
        """The number of items that a run is expected to have."""
        known = self.items or USUAL_ITEMS
        return known if self.limit is None else min(known, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleInputs:
    """Everything that a choice depends on; arrays have one entry per node of the graph.

    `weights` is how much the variance of each node matters, 0 for models that nobody asks about; `reach` is what
    derives from each, for the reasons; `domains` is the position of its domain in `domain_names`, -1 for none. `loaded`
    are the models that the machine has already loaded. `engines` has what runs the jobs of a family, by its root, on an
    instrument.
    """

    graph: Graph
    forest: BeliefForest
    weights: Floats
    reach: Exposure
    domains: NDArray[np.int64]
    instruments: tuple[RunnableInstrument, ...]
    guard: RunnableInstrument | None
    costs: CostModel
    loaded: frozenset[str] = frozenset()
    domain_names: tuple[str, ...] = ()
    engines: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePreferences:
    """How to choose: the policy, the budget, the largest number of picks, and the seed of `random`.

    `engine` runs the jobs, except those whose task only another engine runs, with `options` of its own; for None, what
    an instrument asks and the hardware choose (`lineage.scheduling.engine_choice`). `server` is the address of a server
    that runs what is GGUF only, or None. `cost_power` is the power of the cost by which `voi` divides the gain: 1 for
    gain per cost, 0 for the gain alone.
    """

    policy: SchedulingPolicy = SchedulingPolicy.VOI
    budget: Budget = field(default_factory=Budget)
    most: int = MOST_JOBS
    seed: int = 0
    engine: str | None = None
    server: str | None = None
    options: Options = field(default_factory=dict)
    cost_power: float = COST_POWER
