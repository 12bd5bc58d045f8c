"""A policy's facts from a database: the models that a selector matches, their ancestors, scores and drift."""

from __future__ import annotations

from collections import defaultdict
from shlex import quote
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from lineage.drift.measure import DriftSettings
from lineage.parents.edge import Edge
from lineage.policy.check import evaluate
from lineage.policy.drift_rules import questions
from lineage.policy.facts import ModelRecord, PolicyFacts
from lineage.policy.policy import PolicyFault, PolicyProblem
from lineage.policy.rules import Comparing, Measured
from lineage.scores.instrument_file import default_catalogue
from lineage.selectors.parser import parse
from lineage.selectors.records import Selector, render
from lineage.text.suggest import perhaps
from lineage.vocabulary import Against
from store.derive.graph_cache import open_graph
from store.derive.model_names import NoSuchModel
from store.drift.measure import find_drift
from store.jobs.queue import queue_state
from store.queries.profiles import read_scores
from store.queries.select import select
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.policy.facts import DriftQuestion
    from lineage.policy.findings import CheckReport
    from lineage.policy.policy import Policy
    from lineage.vocabulary import MissingFact
    from store.database import Database

POINTS: Final = 100.0
EVERYTHING: Final = "*"
NOT_WEIGHED: Final = (
    "drift was not computed for some results of the queue: `lineage evaluate` continues and computes it"
)
MATCHES_NOTHING: Final = "this part of the selection matches no model"
NOT_CURRENT: Final = "some records are newer than the computed parents and families: run `lineage resolve`"


def check(
    database: Database, selector: str, policy: Policy, now: datetime, allowed: Collection[MissingFact] = ()
) -> CheckReport:
    """Return a policy's report on the models that a selector matches, at the time `now` (aware UTC).

    `allowed` are the kinds of missing facts that are skipped. An unknown name is a finding, and so is a part of the
    selector that matches nothing. Raises SelectorError if the selector cannot be parsed, PolicyFault if the policy
    names an instrument that is neither in the catalogue nor in the database.
    """
    here = {one.instrument.name for one in load_identities(database)}
    check_instruments(policy, here)
    return evaluate(policy, read_facts(database, selector, policy, now, here), allowed)


def check_instruments(policy: Policy, here: set[str]) -> None:
    """Raise PolicyFault for instruments that are neither in the catalogue nor in `here`, the database's names."""
    known = tuple(sorted(here | {one.name for one in default_catalogue()}))
    faults = [
        PolicyProblem(
            line=rule.line,
            place="instruments",
            problem=f"names {name!r}, which is not a known instrument{perhaps(name, known)}",
        )
        for rule in policy.rules
        if isinstance(rule, Measured | Comparing)
        for name in rule.instruments
        if name not in known
    ]
    if faults:
        raise PolicyFault(policy.source, faults)


def read_facts(database: Database, selector: str, policy: Policy, now: datetime, here: set[str]) -> PolicyFacts:
    """Return the facts that a policy needs about the models of a selector; `here` are instruments with scores."""
    chosen, trouble, sound = _chosen(database, selector)
    stored = open_graph(database)
    above = stored.graph.reach(chosen, is_up=True).astype(np.int32)
    with database.columns("lent_members", nid=above):
        records = {record.id: record for record in _records(database)}
        edges = _edges(database)
    with database.columns("lent_profiles", nid=above):
        scores = read_scores(database)
    drift = {one: _drift(database, sound, one, policy.alpha, here) for one in questions(policy) if sound is not None}
    return PolicyFacts(
        models=tuple(stored.index.id(int(number)) for number in chosen),
        checked_at=now,
        records=records,
        edges=edges,
        scores={model: tuple(one for one in theirs if not one.variant) for model, theirs in scores.items()},
        drift=drift,
        trouble=trouble,
    )


def _chosen(database: Database, text: str) -> tuple[NDArray[np.int32], tuple[tuple[str, str], ...], str | None]:
    """Return the selected numbers, the problems with the selection, and the selector without unknown names."""
    trouble: list[tuple[str, str]] = []
    found: list[NDArray[np.int32]] = []
    sound = []
    for group in parse(text).groups:
        alone = render(Selector(groups=(group,)))
        try:
            found.append(select(database, alone))
        except NoSuchModel as error:
            near = f" (did you mean {' or '.join(error.nearest)}?)" if error.nearest else ""
            trouble.append((alone, f"{error}{near}: crawl it (`lineage crawl --models {quote(alone)}`)"))
        else:
            sound.append(group)
            if not len(found[-1]):
                trouble.append((alone, MATCHES_NOTHING))
    if database.value("refresh/freshness") is None and database.value("models/count_models"):
        trouble.append((EVERYTHING, NOT_CURRENT))
    if not queue_state(database).is_drift_current:
        trouble.append((EVERYTHING, NOT_WEIGHED))
    numbers = np.unique(np.concatenate(found)).astype(np.int32) if found else np.zeros(0, dtype=np.int32)
    return numbers, tuple(trouble), render(Selector(groups=tuple(sound))) if len(numbers) else None


def _records(database: Database) -> Iterator[ModelRecord]:
    for row in database.run("policy_check/models").rows:
        identity, status, evidence, revision, licence, gated, pickle_only, seen_at = row
        yield ModelRecord(
            id=str(identity),
            status=str(status),
            status_evidence=cast("str | None", evidence),
            revision=cast("str | None", revision),
            licence=cast("str | None", licence),
            gated=cast("str | None", gated),
            pickle_only=cast("bool | None", pickle_only),
            seen_at=cast("datetime | None", seen_at),
        )


def _edges(database: Database) -> Mapping[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = defaultdict(list)
    for row in database.run("policy_check/edges").rows:
        child, parent, relation, evidence, confidence, inferred, declared_as = row
        edge = Edge(
            child=str(child),
            parent=str(parent),
            relation=str(relation),
            evidence=str(evidence),
            confidence=cast("float", confidence),
            inferred=bool(inferred),
            declared_as=cast("str | None", declared_as),
        )
        found[edge.child].append(edge)
    return {child: tuple(edges) for child, edges in found.items()}


def _drift(
    database: Database, selector: str | None, asked: DriftQuestion, alpha: float, here: set[str]
) -> Mapping[str, tuple[DriftRow, ...]]:
    """Return the answer to one question by model; instruments without a score in this database have none."""
    named = [name for name in asked.instruments if name in here]
    if asked.instruments and not named:
        return {}
    settings = DriftSettings(alpha=alpha, margin=asked.margin / POINTS)
    rows = find_drift(database, selector, (Against(asked.against),), settings, instruments=named or None).rows
    found: dict[str, list[DriftRow]] = defaultdict(list)
    for row in rows:
        found[row.model].append(row)
    return {model: tuple(theirs) for model, theirs in found.items()}
