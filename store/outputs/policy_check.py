"""A policy's facts from a database: the models that a selector matches, their ancestors, scores and drift."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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
from store.derive.model_names import NoSuchFile, NoSuchModel
from store.drift.measure import find_drift
from store.gc_pause import uncollected
from store.jobs.queue import queue_state
from store.queries.profiles import read_scores
from store.queries.select import select_scores
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.policy.facts import DriftQuestion
    from lineage.policy.findings import CheckReport
    from lineage.policy.policy import Policy
    from lineage.scores.score import StoredScore
    from lineage.vocabulary import MissingFact
    from store.database import Database
    from store.queries.select import SelectedScores

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
    with uncollected():
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
    above = stored.graph.reach(chosen.numbers, is_up=True).astype(np.int32)
    with database.columns("lent_members", nid=above):
        records = {record.id: record for record in _records(database)}
        edges = _edges(database)
    with database.columns("lent_profiles", nid=above):
        scores = read_scores(database)
    drift = {
        one: _drift(database, sound, one, policy.alpha, here, with_files=bool(chosen.files))
        for one in questions(policy)
        if sound is not None
    }
    files = tuple(f"{stored.index.id(number)}{variant}" for number, variant in chosen.files)
    return PolicyFacts(
        models=(*(stored.index.id(int(number)) for number in chosen.whole), *files),
        checked_at=now,
        records=records,
        edges=edges,
        scores=_by_file(scores),
        drift=drift,
        trouble=trouble,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What is checked: the numbers of whole models, and files as the number of their repository with the variant."""

    whole: NDArray[np.int32]
    files: tuple[tuple[int, str], ...]

    @property
    def numbers(self) -> NDArray[np.int32]:
        """The numbers of the models, and of the repositories of the files."""
        return np.union1d(self.whole, [number for number, _ in self.files]).astype(np.int32)


def _by_file(scores: Mapping[str, Sequence[StoredScore]]) -> dict[str, tuple[StoredScore, ...]]:
    """Return the scores by model, those of single files by the name of the file."""
    found: dict[str, list[StoredScore]] = defaultdict(list)
    for model, theirs in scores.items():
        for one in theirs:
            found[f"{model}{one.variant}"].append(one)
    return {name: tuple(theirs) for name, theirs in found.items()}


def _chosen(database: Database, text: str) -> tuple[_Chosen, tuple[tuple[str, str], ...], str | None]:
    """Return what is selected, the problems with the selection, and the selector without unknown names."""
    trouble: list[tuple[str, str]] = []
    whole: list[NDArray[np.int32]] = [np.zeros(0, dtype=np.int32)]
    files: set[tuple[int, str]] = set()
    sound = []
    for group in parse(text).groups:
        alone = render(Selector(groups=(group,)))
        try:
            found = select_scores(database, alone)
            _check_files(database, found)
        except NoSuchFile as error:
            trouble.append((alone, f"{error}; {error.hint}"))
        except NoSuchModel as error:
            near = f" (did you mean {' or '.join(error.nearest)}?)" if error.nearest else ""
            trouble.append((alone, f"{error}{near}: crawl it (`lineage crawl --models {quote(alone)}`)"))
        else:
            sound.append(group)
            whole.append(np.setdiff1d(found.numbers, list(found.only)).astype(np.int32))
            files |= {(number, variant) for number, variants in found.only.items() for variant in variants}
            if not len(found.numbers):
                trouble.append((alone, MATCHES_NOTHING))
    if database.value("refresh/freshness") is None and database.value("models/count_models"):
        trouble.append((EVERYTHING, NOT_CURRENT))
    if not queue_state(database).is_drift_current:
        trouble.append((EVERYTHING, NOT_WEIGHED))
    chosen = _Chosen(whole=np.unique(np.concatenate(whole)), files=tuple(sorted(files)))
    return chosen, tuple(trouble), render(Selector(groups=tuple(sound))) if len(chosen.numbers) else None


def _check_files(database: Database, found: SelectedScores) -> None:
    """Raise NoSuchFile for a file of which no score is here."""
    index = open_graph(database).index if found.only else None
    for number, variants in found.only.items():
        model = index.id(number) if index is not None else ""
        known = [str(row[0]) for row in database.run("scores/list_files", id=model).rows]
        for variant in variants:
            if variant not in known:
                raise NoSuchFile(model, variant, known)


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
    database: Database,
    selector: str | None,
    asked: DriftQuestion,
    alpha: float,
    here: set[str],
    *,
    with_files: bool,
) -> Mapping[str, tuple[DriftRow, ...]]:
    """Return the answer to one question by model; instruments without a score in this database have none."""
    named = [name for name in asked.instruments if name in here]
    if asked.instruments and not named:
        return {}
    settings = DriftSettings(alpha=alpha, margin=asked.margin / POINTS)
    rows = find_drift(
        database, selector, (Against(asked.against),), settings, instruments=named or None, with_files=with_files
    ).rows
    found: dict[str, list[DriftRow]] = defaultdict(list)
    for row in rows:
        found[row.model].append(row)
    return {model: tuple(theirs) for model, theirs in found.items()}
