"""Small forests with models, instruments and hardware, to schedule over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.graph.graph import Graph
from lineage.prediction.belief_forest import plant
from lineage.prediction.predict import Observations
from lineage.scheduling.candidates import Access, Candidate, CandidatePool
from lineage.scheduling.cost_model import CostModel
from lineage.scheduling.hardware import Hardware
from lineage.scheduling.inputs import RunnableInstrument, ScheduleInputs, SchedulePreferences
from lineage.scheduling.schedule import schedule
from lineage.scheduling.weights import weigh

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineage.scheduling.plan import Schedule

HARDWARE = Hardware(
    name="a bench",
    flops_per_second=1e13,
    memory_bytes=40e9,
    download_bytes_per_second=1e8,
    load_bytes_per_second=1e9,
    bytes_per_weight=2,
    price_per_hour=3.6,
)


@pytest.fixture(scope="session", autouse=True)
def _imported() -> None:
    """Import what is imported late, so that no single drawn example pays for it."""
    for name in ("scipy.optimize", "scipy.sparse.csgraph", "scipy.special"):
        import_module(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A graph with a candidate at every node, and what a schedule asks of them."""

    inputs: ScheduleInputs
    pool: CandidatePool

    def plan(self, preferences: SchedulePreferences, ids: Sequence[str] | None = None) -> Schedule:
        """Schedule over some models, or None for all."""
        names = [model.id for model in sorted(self.pool.candidates.values(), key=lambda one: one.node)]
        return schedule(self.inputs, self.pool, names if ids is None else ids, preferences, names.__getitem__)

    def having(self, **changes: object) -> World:
        """Return the world with fields of the inputs replaced."""
        return World(inputs=replace(self.inputs, **changes), pool=self.pool)  # type: ignore[arg-type]  # a test names real fields

    def with_access(self, access: Access) -> World:
        """Return the world of a user with access."""
        return World(inputs=self.inputs, pool=replace(self.pool, access=access))


def make_instrument(
    name: str = "harm", items: int = 400, scored: dict[int, float] | None = None, **changes: object
) -> RunnableInstrument:
    """Return an instrument with some nodes measured."""
    nodes = np.array(sorted(scored or {}), dtype=np.int32)
    values = np.array([(scored or {})[node] for node in nodes.tolist()], dtype=np.float64)
    seen = Observations(node=nodes, value=values, stderr=np.full(len(nodes), 0.02))
    instrument = RunnableInstrument(name=name, definition=name, items=items, observations=seen, current=nodes)
    return replace(instrument, **changes)  # type: ignore[arg-type]  # a test names real fields


def build(
    edges: Sequence[tuple[int, int]],
    models: Sequence[Candidate],
    instruments: Sequence[RunnableInstrument],
    *,
    downloads: Sequence[int] | None = None,
    guard: RunnableInstrument | None = None,
    hardware: Hardware = HARDWARE,
) -> World:
    """Return the world of some edges of child and parent, a model each node; families are those of the graph."""
    graph = Graph.from_edges(len(models), [child for child, _ in edges], [parent for _, parent in edges])
    counts = np.array(downloads if downloads is not None else [100] * len(models), dtype=np.int64)
    reach, domains = graph.exposure(counts), np.full(graph.size, -1, dtype=np.int64)
    placed = [replace(one, node=node, family=int(graph.labels.root[node])) for node, one in enumerate(models)]
    inputs = ScheduleInputs(
        graph=graph,
        forest=plant(graph),
        weights=weigh(reach.total, domains, ()),
        reach=reach,
        domains=domains,
        instruments=tuple(instruments),
        guard=guard,
        costs=CostModel(hardware=hardware),
    )
    return World(inputs=inputs, pool=CandidatePool(candidates={one.id: one for one in placed}, hardware=hardware))


def make_model(name: str, **facts: object) -> Candidate:
    """Return a sound model of seven billion weights; its place is set by `build`."""
    model = Candidate(
        id=name,
        node=0,
        family=0,
        revision="c0ffee",
        pipeline_tag="text-generation",
        library="transformers",
        parameters=7_000_000_000,
        has_safetensors=True,
    )
    return replace(model, **facts)  # type: ignore[arg-type]  # a test names real fields


@pytest.fixture(name="build", scope="session")
def fixture_build() -> Callable[..., World]:
    """Give the function that builds a world."""
    return build


@pytest.fixture(name="make_model", scope="session")
def fixture_make_model() -> Callable[..., Candidate]:
    """Give the function that makes a model."""
    return make_model


@pytest.fixture(name="make_instrument", scope="session")
def fixture_make_probe() -> Callable[..., RunnableInstrument]:
    """Give the function that makes an instrument."""
    return make_instrument
