"""Makes a schedule: what is never run and why, then what is run next, in order, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lineage.scheduling.engine_choice import GGUF_ONLY, choose_engine
from lineage.scheduling.exclusions import refuse
from lineage.scheduling.greedy import GreedySelection
from lineage.scheduling.job import USUAL_ENGINE, JobSpec
from lineage.scheduling.plan import PlannedJob, Schedule
from lineage.scheduling.reasons import ReasonFacts, guard_reason, reason_of
from lineage.scores.task_reference import engine_of
from lineage.vocabulary import EngineName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from lineage.scheduling.candidates import Candidate, CandidatePool
    from lineage.scheduling.engine_choice import EngineChoice
    from lineage.scheduling.exclusions import Refusal
    from lineage.scheduling.greedy import Pick
    from lineage.scheduling.inputs import RunnableInstrument, ScheduleInputs, SchedulePreferences


def schedule(
    inputs: ScheduleInputs,
    pool: CandidatePool,
    ids: Sequence[str],
    preferences: SchedulePreferences,
    id_of: Callable[[int], str],
) -> Schedule:
    """Return the schedule for the models with these ids, all of them in the pool; their order does not matter.

    `id_of` names a node. Raises NoPrice for a budget in money on hardware without a price.
    """
    models = [pool.candidates[name] for name in sorted(set(ids))]
    is_open, refusals = refuse(models, pool, inputs.instruments, inputs.weights, _fitting(models, inputs))
    runs = np.flatnonzero(is_open.any(axis=1))
    chosen = [models[row] for row in runs.tolist()]
    spent, jobs = 0.0, list[PlannedJob]()
    if chosen:
        pool = pool.with_family_sizes(chosen)
        writing = _JobWriter(inputs, pool, preferences, id_of)
        for pick in _picks(inputs, chosen, pool, is_open[runs], preferences):
            spent += pick.cost
            jobs += writing.jobs(pick, chosen[pick.model], len(jobs) + 1)
    return Schedule(
        jobs=tuple(jobs),
        skipped=tuple(_skipped(one, pool, preferences, id_of) for one in refusals),
        spent=spent,
        budget=preferences.budget,
        policy=preferences.policy,
        costs=inputs.costs,
    )


def _fitting(models: Sequence[Candidate], inputs: ScheduleInputs) -> NDArray[np.bool_]:
    """Return which (model, instrument) fit: an instrument of some domains is for their models alone."""
    names = (*inputs.domain_names, None)  # the last one for -1, no domain
    domains = [names[int(inputs.domains[model.node])] for model in models]
    return np.array(
        [[not one.domains or domain in one.domains for one in inputs.instruments] for domain in domains], dtype=bool
    ).reshape(len(models), len(inputs.instruments))


def _picks(
    inputs: ScheduleInputs,
    models: Sequence[Candidate],
    pool: CandidatePool,
    is_open: NDArray[np.bool_],
    preferences: SchedulePreferences,
) -> Iterator[Pick]:
    """Yield the picks: those of safety first, then those of capability with what is left of the budget."""
    is_capability = np.array([one.is_capability for one in inputs.instruments], dtype=bool)
    left, most, rounds, loaded = preferences.budget.amount, preferences.most, 0, set[str]()
    for columns in (~is_capability, is_capability):
        if not (is_open & columns).any() or most <= 0:
            continue
        terms = replace(preferences, budget=replace(preferences.budget, amount=left), most=most)
        after = replace(inputs, guard=None, loaded=inputs.loaded | loaded) if loaded else inputs
        before = rounds
        for pick in GreedySelection(after, models, pool, is_open & columns, terms).picks():
            left, most, rounds = max(left - pick.cost, 0.0), most - 1, max(rounds, before + pick.round)
            model = models[pick.model]
            loaded |= {model.id, model.base or model.id}
            yield replace(pick, round=before + pick.round)


class _JobWriter:
    """Turns picks into jobs with their reasons."""

    def __init__(
        self, inputs: ScheduleInputs, pool: CandidatePool, preferences: SchedulePreferences, id_of: Callable[[int], str]
    ) -> None:
        self._inputs, self._pool, self._preferences, self._id_of = inputs, pool, preferences, id_of
        self._distances: dict[str, list[int]] = {}

    def jobs(self, pick: Pick, model: Candidate, priority: int) -> Iterator[PlannedJob]:
        """Yield the jobs of a pick: the guard first, if it was not run on the model, then the instrument."""
        instrument, guard = self._inputs.instruments[pick.instrument], self._inputs.guard
        fetch = pick.split.fetch
        if guard is not None and pick.split.guard is not None:
            seconds = pick.split.guard + fetch
            reason = guard_reason(guard.name, instrument.name, seconds)
            yield self._job(pick, model, guard, (priority, seconds, reason, None))
            priority, fetch = priority + 1, 0.0
        seconds = pick.split.run + fetch
        facts = self._facts(pick, model, instrument, seconds)
        yield self._job(pick, model, instrument, (priority, seconds, reason_of(facts, instrument.name), facts))

    def _job(
        self,
        pick: Pick,
        model: Candidate,
        instrument: RunnableInstrument,
        told: tuple[int, float, str, ReasonFacts | None],
    ) -> PlannedJob:
        priority, seconds, reason, facts = told
        family = self._id_of(model.family)
        choice = self._engine(model, instrument, family)
        return PlannedJob(
            spec=_spec(model, instrument, self._pool, self._preferences, choice.engine),
            family=family,
            engine_reason=choice.reason,
            reason=reason,
            policy=self._preferences.policy.value,
            priority=priority,
            round=pick.round,
            expected_seconds=seconds,
            expected_cost=self._inputs.costs.hardware.money(seconds),
            facts=facts,
        )

    def _engine(self, model: Candidate, instrument: RunnableInstrument, family: str) -> EngineChoice:
        """Return what runs a model on an instrument, and why."""
        base = self._pool.base_of(model)
        return choose_engine(
            instrument.definition,
            instrument.answers,
            self._inputs.costs.hardware,
            asked=self._preferences.engine,
            served=GGUF_ONLY if self._pool.serves(model) else None,
            needs_code=model.needs_remote_code or (base is not None and base.needs_remote_code),
            earlier=self._inputs.engines.get((family, instrument.name)),
        )

    def _facts(self, pick: Pick, model: Candidate, instrument: RunnableInstrument, seconds: float) -> ReasonFacts:
        inputs, node = self._inputs, model.node
        domain = int(inputs.domains[node])
        sized = self._pool.base_of(model) or model
        return ReasonFacts(
            exposure=int(inputs.reach.total[node]),
            derivatives=int(inputs.reach.descendants[node]),
            distance=self._distance(instrument, node),
            cut=pick.cut,
            gain=pick.gain,
            weight=float(inputs.weights[node]),
            seconds=seconds,
            domain=inputs.domain_names[domain] if domain >= 0 else None,
            is_stale=bool(np.isin(node, instrument.stale)),
            is_disputed=bool(np.isin(node, instrument.disputed)),
            is_for_others=bool(inputs.weights[node] == 0),
            parameters_guessed=sized.size is None,
            correction=float(inputs.costs.correction(instrument.name, np.array(self._pool.parameters(model)))),
            runs=inputs.costs.runs,
        )

    def _distance(self, instrument: RunnableInstrument, node: int) -> int | None:
        """Return the number of edges up to the nearest ancestor that is measured on an instrument, or None."""
        graph = self._inputs.graph
        if instrument.name not in self._distances:
            marked = np.zeros(graph.size, dtype=bool)
            marked[instrument.current] = True
            self._distances[instrument.name] = graph.nearest_marked(marked)[1].tolist()
        known = self._distances[instrument.name]
        above = [known[parent] + 1 for parent in graph.parents(node).tolist() if known[parent] >= 0]
        return min(above, default=None)


def _skipped(
    refusal: Refusal, pool: CandidatePool, preferences: SchedulePreferences, id_of: Callable[[int], str]
) -> PlannedJob:
    return PlannedJob(
        spec=_spec(refusal.model, refusal.instrument, pool, preferences, preferences.engine or USUAL_ENGINE),
        family=id_of(refusal.model.family),
        reason=str(refusal.skip),
        policy=preferences.policy.value,
        skip=refusal.skip,
    )


def _spec(
    model: Candidate,
    instrument: RunnableInstrument | None,
    pool: CandidatePool,
    preferences: SchedulePreferences,
    engine: str,
) -> JobSpec:
    """Return what runs a model on an instrument; `instrument` is None for a model that is skipped on all of them."""
    base = pool.base_of(model)
    definition = "" if instrument is None else instrument.definition
    engine = engine_of(definition) or engine
    options = dict(preferences.options) if engine == preferences.engine else {}
    if engine == EngineName.ENDPOINT and preferences.server is not None:
        options["url"] = preferences.server
    return JobSpec(
        model=model.id,
        revision=model.revision,
        instrument="" if instrument is None else instrument.name,
        definition=definition,
        engine=engine,
        base=model.base if model.is_adapter else None,
        base_revision=None if base is None else base.revision,
        item_limit=None if instrument is None else instrument.limit,
        options={} if instrument is None else options,
    )
