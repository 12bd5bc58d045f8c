"""Makes a schedule from a database: what is known about models and scores in, a schedule out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from lineage.output.result import Result
from lineage.prediction.belief_forest import plant
from lineage.scheduling.candidates import TASKS, Access, Candidate, CandidatePool
from lineage.scheduling.cost_model import refit
from lineage.scheduling.default_instruments import choose_for_domains, choose_guard, choose_instruments
from lineage.scheduling.inputs import ScheduleInputs, SchedulePreferences
from lineage.scheduling.schedule import schedule
from lineage.scheduling.weights import weigh
from lineage.scores.instrument_file import default_catalogue
from lineage.vocabulary import EngineName
from store.derive.graph_cache import StoredGraph, open_graph
from store.drift.fitted_predictions import surest_domains
from store.drift.weight_features import observe_read, open_read_families
from store.gc_pause import uncollected
from store.jobs.run_facts import family_engines, measured_tokens
from store.queries.known_domains import known_domains
from store.queries.select import select
from store.scores.current import load_current_scores, load_identities

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.current_scores import CurrentScores, StoredIdentity
    from lineage.scheduling.cost_model import MeasuredCost
    from lineage.scheduling.hardware import Hardware
    from lineage.scheduling.inputs import RunnableInstrument
    from lineage.scheduling.plan import PlannedJob, Schedule
    from lineage.scores.instruments import Catalogue
    from store.database import Database
    from store.drift.weight_features import ReadFamilies

    Nodes = NDArray[np.int32]

PARTS: Final = (
    r"([^/]+\.safetensors(\.index\.json)?|(adapter_)?config\.json|tokenizer[^/]*|vocab[^/]*|merges\.txt"
    r"|special_tokens_map\.json|added_tokens\.json|chat_template[^/]*)"
)
"""The files that make up a model: two repositories that have all of them in common are exact copies."""
SEPARATOR: Final = "\x1f"
"""Separates the names of architectures, which come as one text because lists are slow to read."""
COLUMNS: Final = (
    *("priority", "model", "instrument", "family", "reason", "expected_seconds", "expected_cost", "round", "revision"),
    *("definition", "limit", "base", "policy", "skip", "same_as", "remedy", "engine", "engine_reason"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRequest:
    """What a schedule is asked for: how to choose, on which hardware, and what the user may run.

    `instruments` are names of the catalogue, or None for what the domains of the models need; `with_guard` is true if
    the guard of capability runs beside them. `measured` are costs of earlier runs on this hardware; `loaded` are models
    that the machine has loaded; `files` maps the user's files of items by name to the reason why they cannot be used,
    or None if they can. With `with_ancestors`, ancestors of the selected models may run for what they tell about these.
    """

    hardware: Hardware
    preferences: SchedulePreferences = field(default_factory=SchedulePreferences)
    access: Access = field(default_factory=Access)
    instruments: tuple[str, ...] | None = None
    catalogue: Catalogue = field(default_factory=default_catalogue)
    with_guard: bool = True
    with_ancestors: bool = True
    measured: tuple[MeasuredCost, ...] = ()
    loaded: frozenset[str] = frozenset()
    files: Mapping[str, str | None] = field(default_factory=dict)


@uncollected()
def plan_schedule(database: Database, selector: str | None, terms: ScheduleRequest) -> Schedule:
    """Plan what to run next for the models that a selector names, or for all if it is None.

    A record of each model stays in memory until the plan is made. Meanwhile garbage collection is paused: it would walk
    all records again and again while they grow, and they contain no cycle.

    Raises what `store.queries.select.select` raises, NotRunnable for an instrument without a task, NoItems for one
    whose items the user does not have, NoPrice for a budget in money on hardware without a price.
    """
    stored = open_graph(database)
    graph = stored.graph
    asked = np.arange(graph.size, dtype=np.int32) if selector is None else select(database, selector)
    known = graph.reach(asked, is_up=True)
    models = read_candidates(database, stored, known)
    downloads = database.arrays("graph_tables/list_downloads")["downloads"].astype(np.int64)
    reach, domains = graph.exposure(downloads), surest_domains(database, graph.size)
    known_ones = known_domains(database)
    is_asked = np.zeros(graph.size, dtype=bool)
    is_asked[asked] = True
    instruments = _instruments(terms, {known_ones[place].name for place in set(domains[asked].tolist()) if place >= 0})
    has_guard = any(one.is_guard for one in terms.catalogue if terms.instruments and one.name in terms.instruments)
    guard = choose_guard(terms.catalogue) if terms.with_guard and not has_guard else None
    asked_of = _with_tokens(database, (*instruments, guard) if guard is not None else instruments)
    filled = with_scores(database, stored, asked_of)
    inputs = ScheduleInputs(
        graph=graph,
        forest=plant(graph),
        weights=np.where(is_asked, weigh(reach.total, domains, [one.risk for one in known_ones]), 0.0),
        reach=reach,
        domains=domains,
        instruments=filled[: len(instruments)],
        guard=filled[-1] if guard is not None else None,
        costs=refit(terms.hardware, terms.measured),
        loaded=terms.loaded,
        domain_names=tuple(one.name for one in known_ones),
        engines=family_engines(database),
    )
    pool = CandidatePool(
        candidates={model.id: model for model in models},
        hardware=terms.hardware,
        access=terms.access,
        is_served=terms.preferences.engine == EngineName.ENDPOINT,
        serves_gguf=terms.preferences.engine is None and terms.preferences.server is not None,
    )
    runs = [model.id for model in models if terms.with_ancestors or is_asked[model.node]]
    names = {model.node: model.id for model in models}
    return schedule(inputs, pool, runs, terms.preferences, lambda node: names.get(node) or stored.index.id(node))


def _instruments(terms: ScheduleRequest, domains: set[str]) -> tuple[RunnableInstrument, ...]:
    """Return the instruments that were named, else what models of these domains need."""
    if terms.instruments is not None:
        return choose_instruments(terms.catalogue, terms.instruments, terms.files)
    return choose_for_domains(terms.catalogue, sorted(domains), terms.files)


def read_candidates(database: Database, stored: StoredGraph, nodes: Nodes) -> list[Candidate]:
    """Return what is known about the models with these numbers, in their order."""
    roots = stored.graph.labels.root
    with database.columns("lent_selected", nid=nodes):
        found = database.run("schedule/candidates", parts=PARTS, tasks=sorted(TASKS))
    families = roots[[cast("int", row[0]) for row in found.rows]].tolist()
    return [
        _candidate(dict(zip(found.columns, row, strict=True)), family)
        for row, family in zip(found.rows, families, strict=True)
    ]


def with_scores(
    database: Database, stored: StoredGraph, instruments: Sequence[RunnableInstrument]
) -> tuple[RunnableInstrument, ...]:
    """Return instruments with their scores, and with what weights tell of models.

    Of several ways of measuring one instrument (prompts, scorers), the one with most scores is used; a model that was
    measured in any of them counts as measured.
    """
    measured, standings = load_identities(database), load_current_scores(database)
    read = open_read_families(database, stored.graph, None, stored.index.id)
    return tuple(_filled(instrument, measured, standings, read) for instrument in instruments)


def _with_tokens(database: Database, instruments: Sequence[RunnableInstrument]) -> list[RunnableInstrument]:
    """Return instruments with the tokens per item that runs counted, if any did."""
    measured = measured_tokens(database)
    return [
        replace(instrument, tokens_per_item=measured.get(instrument.name, instrument.tokens_per_item))
        for instrument in instruments
    ]


def as_result(plan: Schedule, *, with_skipped: bool = False) -> Result:
    """Return the jobs of a plan as rows, optionally followed by those that are never run."""
    jobs = (*plan.jobs, *(plan.skipped if with_skipped else ()))
    return Result(columns=COLUMNS, rows=tuple(tuple(_row(job)[name] for name in COLUMNS) for job in jobs))


def _row(job: PlannedJob) -> dict[str, object]:
    spec, skip = job.spec, job.skip
    return {
        "priority": job.priority,
        "model": spec.model,
        "instrument": spec.instrument or None,
        "family": job.family,
        "reason": job.reason,
        "expected_seconds": job.expected_seconds,
        "expected_cost": job.expected_cost,
        "round": job.round,
        "revision": spec.revision,
        "definition": spec.definition or None,
        "limit": spec.item_limit,
        "base": spec.base,
        "policy": job.policy,
        "skip": None if skip is None else skip.cause.value,
        "same_as": None if skip is None else skip.same_as,
        "remedy": None if skip is None else skip.remedy or None,
        "engine": spec.engine if skip is None else None,
        "engine_reason": job.engine_reason or None,
    }


def _filled(
    instrument: RunnableInstrument,
    measured: Sequence[StoredIdentity],
    standings: CurrentScores,
    read: ReadFamilies | None,
) -> RunnableInstrument:
    slots = sorted(
        {one.slot for one in measured if one.instrument.name == instrument.name and one.identity.judge is None}
    )
    if not slots:
        return instrument
    of_probe = np.isin(standings.slot, slots)
    current = of_probe & standings.is_usable & ~standings.is_reported
    stale = np.setdiff1d(standings.node[of_probe & standings.is_stale], standings.node[current])
    counts = [int(((standings.slot == slot) & standings.is_usable).sum()) for slot in slots]
    return replace(
        instrument,
        observations=observe_read(standings, slots[int(np.argmax(counts))], read),
        current=np.unique(standings.node[current]),
        stale=stale,
        disputed=np.setdiff1d(standings.node[of_probe & standings.is_contradictory], standings.node[current]),
    )


def _candidate(row: dict[str, Any], family: int) -> Candidate:
    kinds, architectures = row.pop("file_kinds"), row.pop("architectures")
    kinds = frozenset(kinds.split()) if kinds else frozenset()
    tags = row.pop("is_tagged_safetensors"), row.pop("is_tagged_pytorch")
    weight_bytes = row.pop("weight_bytes")
    return Candidate(
        **(row | {"has_safetensors": _has_safetensors(kinds, *tags, is_told=row["has_safetensors"])}),
        family=family,
        file_kinds=kinds,
        architectures=None if architectures is None else tuple(architectures.split(SEPARATOR) if architectures else ()),
        weight_bytes=None if weight_bytes is None else int(weight_bytes),
    )


def _has_safetensors(kinds: frozenset[str], tagged: object, tagged_other: object, *, is_told: bool) -> bool | None:
    """Return whether a model has safetensors: by its files, else by its tags on the Hub; None if neither tells.

    `tagged` is the tag for safetensors, `tagged_other` that for PyTorch's own files.
    """
    if is_told or "safetensors" in kinds or (not kinds and tagged):
        return True
    return False if kinds or tagged_other else None
