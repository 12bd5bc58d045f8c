"""The schedule: what is never run and why, then what is run next, in order, each with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lineage.domains.lexicon import DOMAINS
from lineage.scheduling.exclusions import refuse
from lineage.scheduling.greedy import GreedySelection
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob, Schedule
from lineage.scheduling.reasons import ReasonFacts, guard_reason, reason_of
from lineage.scores.task_reference import engine_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from lineage.scheduling.candidates import Candidate, CandidatePool
    from lineage.scheduling.exclusions import Refusal
    from lineage.scheduling.greedy import Pick
    from lineage.scheduling.inputs import RunnableInstrument, ScheduleInputs, SchedulePreferences


def schedule(
    situation: ScheduleInputs,
    roster: CandidatePool,
    ids: Sequence[str],
    wish: SchedulePreferences,
    id_of: Callable[[int], str],
) -> Schedule:
    """Return the plan over the models of some ids, all of them in the roster; their order does not matter.

    `id_of` names a node. Raises NoPrice for a budget in money on hardware without a price.
    """
    models = [roster.candidates[name] for name in sorted(set(ids))]
    is_open, refusals = refuse(models, roster, situation.probes, situation.weights)
    runs = np.flatnonzero(is_open.any(axis=1))
    chosen = [models[row] for row in runs.tolist()]
    spent, jobs = 0.0, list[PlannedJob]()
    if chosen:
        roster = roster.with_family_sizes(chosen)
        writing = _JobWriter(situation, roster, wish, id_of)
        for pick in GreedySelection(situation, chosen, roster, is_open[runs], wish).picks():
            spent += pick.cost
            jobs += writing.jobs(pick, chosen[pick.model], len(jobs) + 1)
    return Schedule(
        jobs=tuple(jobs),
        skipped=tuple(_skipped(one, roster, wish, id_of) for one in refusals),
        spent=spent,
        budget=wish.budget,
        policy=wish.policy,
        costing=situation.costing,
    )


class _JobWriter:
    """Turns picks into jobs with their reasons."""

    def __init__(
        self, situation: ScheduleInputs, roster: CandidatePool, wish: SchedulePreferences, id_of: Callable[[int], str]
    ) -> None:
        self._situation, self._roster, self._wish, self._id_of = situation, roster, wish, id_of
        self._distances: dict[str, list[int]] = {}

    def jobs(self, pick: Pick, model: Candidate, priority: int) -> Iterator[PlannedJob]:
        """Yield the jobs of a pick: the guard first, where it was not run on the model, then the instrument."""
        probe, guard = self._situation.probes[pick.probe], self._situation.guard
        fetch = pick.split.fetch
        if guard is not None and pick.split.guard is not None:
            seconds = pick.split.guard + fetch
            reason = guard_reason(guard.name, probe.name, seconds)
            yield self._job(pick, model, guard, (priority, seconds, reason, None))
            priority, fetch = priority + 1, 0.0
        seconds = pick.split.run + fetch
        grounds = self._grounds(pick, model, probe, seconds)
        yield self._job(pick, model, probe, (priority, seconds, reason_of(grounds, probe.name), grounds))

    def _job(
        self, pick: Pick, model: Candidate, probe: RunnableInstrument, told: tuple[int, float, str, ReasonFacts | None]
    ) -> PlannedJob:
        priority, seconds, reason, grounds = told
        return PlannedJob(
            spec=_spec(model, probe, self._roster, self._wish),
            family=self._id_of(model.family),
            reason=reason,
            policy=self._wish.policy.value,
            priority=priority,
            round=pick.round,
            expected_seconds=seconds,
            expected_cost=self._situation.costing.hardware.money(seconds),
            grounds=grounds,
        )

    def _grounds(self, pick: Pick, model: Candidate, probe: RunnableInstrument, seconds: float) -> ReasonFacts:
        situation, node = self._situation, model.node
        domain = int(situation.domains[node])
        sized = self._roster.base_of(model) or model
        return ReasonFacts(
            exposure=int(situation.reach.total[node]),
            derivatives=int(situation.reach.descendants[node]),
            distance=self._distance(probe, node),
            cut=pick.cut,
            gain=pick.gain,
            weight=float(situation.weights[node]),
            seconds=seconds,
            domain=DOMAINS[domain] if domain >= 0 else None,
            is_stale=bool(np.isin(node, probe.stale)),
            is_for_others=bool(situation.weights[node] == 0),
            parameters_guessed=sized.size is None,
            correction=float(situation.costing.correction(probe.name, np.array(self._roster.parameters(model)))),
            runs=situation.costing.runs,
        )

    def _distance(self, probe: RunnableInstrument, node: int) -> int | None:
        """Return the edges up to the nearest ancestor that is measured on an instrument.

        None where there is none.
        """
        graph = self._situation.graph
        if probe.name not in self._distances:
            marked = np.zeros(graph.size, dtype=bool)
            marked[probe.current] = True
            self._distances[probe.name] = graph.nearest_marked(marked)[1].tolist()
        known = self._distances[probe.name]
        above = [known[parent] + 1 for parent in graph.parents(node).tolist() if known[parent] >= 0]
        return min(above, default=None)


def _skipped(
    refusal: Refusal, roster: CandidatePool, wish: SchedulePreferences, id_of: Callable[[int], str]
) -> PlannedJob:
    return PlannedJob(
        spec=_spec(refusal.model, refusal.probe, roster, wish),
        family=id_of(refusal.model.family),
        reason=str(refusal.skip),
        policy=wish.policy.value,
        skip=refusal.skip,
    )


def _spec(
    model: Candidate, probe: RunnableInstrument | None, roster: CandidatePool, wish: SchedulePreferences
) -> JobSpec:
    """Return what runs a model on an instrument, None for a model that is skipped on all of them."""
    base = roster.base_of(model)
    definition = "" if probe is None else probe.definition
    return JobSpec(
        model=model.id,
        revision=model.revision,
        instrument="" if probe is None else probe.name,
        definition=definition,
        engine=engine_of(definition) or wish.engine,
        base=model.base if model.is_adapter else None,
        base_revision=None if base is None else base.revision,
        item_limit=None if probe is None else probe.limit,
    )
