"""A policy tested on a database: on the models that a selector matches, with their ancestors, scores and drift."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from lineage.drift.measure import DriftSettings
from lineage.parents.edge import ContradictedEdge, Edge
from lineage.policy.check import PolicyRun, selection
from lineage.policy.drift_rules import questions
from lineage.policy.facts import ModelRecord, PolicyFacts
from lineage.policy.policy import PolicyFault, PolicyProblem
from lineage.policy.rules import Comparing, Guarded, Measured, NoPickle
from lineage.scores.instrument_file import default_catalogue
from lineage.selectors.parser import parse
from lineage.selectors.records import Selector, render
from lineage.text.suggest import perhaps
from lineage.vocabulary import Against
from store.derive.graph_cache import open_graph
from store.derive.model_names import NoSuchFile, NoSuchModel
from store.drift.measure import drift_of
from store.drift.profiles import read_scores
from store.gc_pause import uncollected
from store.jobs.queue import queue_state
from store.outputs.policy_results import PolicyResults
from store.queries.select import SelectedScores, select_scores
from store.scores.current import load_identities

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lineage.drift.drift_row import DriftRow
    from lineage.policy.facts import DriftQuestion
    from lineage.policy.findings import ModelOutcome
    from lineage.policy.policy import Policy
    from lineage.policy.results import CheckReport, RuleOutcome
    from lineage.policy.rules import AnyRule
    from lineage.scores.score import StoredScore
    from lineage.vocabulary import MissingFact
    from store.database import Database

POINTS: Final = 100.0
EVERYTHING: Final = "*"
BLOCK: Final = 20_000
"""Models that are tested at a time."""
PICKLES: Final = (None, False, True)
"""What can be known about a model's weights: that all are pickles, or not."""
EPOCH: Final = datetime.fromtimestamp(0, UTC)
NOT_WEIGHED: Final = (
    "drift was not computed for some results of the queue: `lineage evaluate` continues and computes it"
)
MATCHES_NOTHING: Final = "this part of the selection matches no model"
NOT_CURRENT: Final = "some records are newer than the computed parents and families: run `lineage resolve`"


def check(
    database: Database, selector: str, policy: Policy, now: datetime, allowed: Collection[MissingFact] = ()
) -> CheckReport:
    """Return a policy's report on the models that a selector matches; what `CheckStream` takes and raises."""
    return CheckStream(database, selector, policy, now, allowed).report()


class CheckStream:
    """A policy tested on the models that a selector matches, a block of them at a time, as the results are read.

    Memory holds the facts and results of one block, whatever the selector matches. An unknown name is a finding, and so
    is a part of the selector that matches nothing. The database stays open until all is read.
    """

    def __init__(
        self,
        database: Database,
        selector: str,
        policy: Policy,
        now: datetime,
        allowed: Collection[MissingFact] = (),
    ) -> None:
        """Select the models, and begin at the time `now` (aware UTC).

        `allowed` are the kinds of missing facts that are skipped. Raises SelectorError if the selector cannot be
        parsed, PolicyFault if the policy names an instrument that is neither in the catalogue nor in the database.
        """
        here = {one.instrument.name for one in load_identities(database)}
        check_instruments(policy, here)
        chosen, trouble = _chosen(database, selector)
        self._policy, self._testing = policy, PolicyRun(policy, now, allowed)
        self._facts = _FactsOf(database, policy, now, here, chosen)
        self._blocks = chosen.blocks()
        self._selection = selection(trouble, len(chosen))
        self._results = PolicyResults()

    def written(self, write: Callable[[AnyRule | RuleOutcome, ModelOutcome], str]) -> Iterator[str]:
        """Yield the texts of all results in pieces, rule by rule; those of the first rule while models are tested.

        `write` is asked as by `ResultBlock.written`.
        """
        yield from self._selection.results.written(partial(write, self._selection))
        for place, rule in enumerate(self._policy.rules):
            block = 0
            while block < self._results.blocks or self._test_next():
                yield self._results.of_block(block, place).written(partial(write, rule))
                block += 1

    def report(self) -> CheckReport:
        """Return the report on all models, those tested first that are not yet."""
        while self._test_next():
            pass
        return self._testing.report(self._selection, map(self._results.of_rule, range(len(self._policy.rules))))

    def _test_next(self) -> bool:
        """Test the next block of models; return whether there was one."""
        block = next(self._blocks, None)
        if block is None:
            return False
        with uncollected():
            self._results.add(self._testing.test(self._facts.read(block)))
        return True


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """What is checked: the numbers of whole models, and files as the number of their repository with the variant."""

    whole: NDArray[np.int32]
    files: tuple[tuple[int, str], ...]

    def __len__(self) -> int:
        return len(self.whole) + len(self.files)

    @property
    def numbers(self) -> NDArray[np.int32]:
        """The numbers of the models, and of the repositories of the files."""
        return np.union1d(self.whole, [number for number, _ in self.files]).astype(np.int32)

    @property
    def scores(self) -> SelectedScores:
        """Whose scores count."""
        only: dict[int, frozenset[str]] = {}
        for number, variant in self.files:
            only[number] = only.get(number, frozenset()) | {variant}
        return SelectedScores(numbers=self.numbers, only=only)

    def blocks(self) -> Iterator[_Chosen]:
        """Yield the models in blocks, then the files."""
        for first in range(0, len(self.whole), BLOCK):
            yield _Chosen(whole=self.whole[first : first + BLOCK], files=())
        if self.files:
            yield _Chosen(whole=self.whole[:0], files=self.files)


class _FactsOf:
    """Reads the facts that a policy needs, a block of models at a time; models whose records say the same share one."""

    def __init__(
        self, database: Database, policy: Policy, now: datetime, here: Collection[str], chosen: _Chosen
    ) -> None:
        """Read what the records of all the chosen models say; `here` are the instruments with scores."""
        self._database, self._policy, self._now, self._here = database, policy, now, here
        self._stored = open_graph(database)
        self._records, self._numbers = self._read_records(chosen)

    def read(self, chosen: _Chosen) -> PolicyFacts:
        """Return the facts about some models and their ancestors."""
        database, stored = self._database, self._stored
        above = self._above(chosen)
        names = stored.index.take(above)
        with database.columns("lent_members", nid=above):
            edges, contradicted = _edges(database), _contradicted(database)
        scores = self._read_scores(above)
        said = map(self._records.__getitem__, self._numbers[above].tolist())
        records = {name: record for name, record in zip(names, said, strict=True) if record is not None}
        files = (f"{stored.index.id(number)}{variant}" for number, variant in chosen.files)
        return PolicyFacts(
            models=(*stored.index.take(chosen.whole), *files),
            checked_at=self._now,
            records={**records, **self._with_revisions(records, scores)},
            edges=edges,
            contradicted=contradicted,
            scores=_by_file(scores),
            drift={one: self._drift(chosen.scores, one) for one in questions(self._policy)},
        )

    def _above(self, chosen: _Chosen) -> NDArray[np.int32]:
        return self._stored.graph.reach(chosen.numbers, is_up=True).astype(np.int32)

    def _read_records(self, chosen: _Chosen) -> tuple[list[ModelRecord | None], NDArray[np.int32]]:
        """Return the distinct records, and for each node which is its own; that of other nodes is the last, None."""
        database = self._database
        asks_weights = any(isinstance(rule, NoPickle) for rule in self._policy.rules)
        weights = np.zeros(self._stored.graph.size, dtype=np.int8)
        with database.columns("lent_members", nid=self._above(chosen)):
            if asks_weights:
                for is_pickle, nodes in _grouped(database.arrays("policy_check/weights")):
                    weights[nodes] = PICKLES.index(cast("bool", is_pickle))
            found = database.arrays("policy_check/records", now=self._now)
        records: list[ModelRecord | None] = []
        numbers = np.full(len(weights), -1, dtype=np.int32)
        for *said, nodes in _grouped(found):
            for kind in np.unique(weights[nodes]).tolist():
                numbers[nodes[weights[nodes] == kind]] = len(records)
                records.append(_record(PICKLES[kind], *said))
        return [*records, None], numbers

    def _read_scores(self, above: NDArray[np.int32]) -> Mapping[str, Sequence[StoredScore]]:
        asked = _instruments_with_scores(self._policy)
        if asked == frozenset() or not self._here:
            return {}
        with self._database.columns("lent_profiles", nid=above):
            return read_scores(self._database, asked)

    def _with_revisions(
        self, records: Mapping[str, ModelRecord], scores: Mapping[str, Sequence[StoredScore]]
    ) -> Mapping[str, ModelRecord]:
        """Return the records of the models with scores, with the commits at which they are."""
        if not scores:
            return {}
        with self._database.columns("lent_models", model=np.array(list(scores), dtype=object)):
            rows = cast("Sequence[tuple[str, str]]", self._database.run("policy_check/revisions").rows)
        return {model: replace(records[model], revision=revision) for model, revision in rows}

    def _drift(self, selected: SelectedScores, asked: DriftQuestion) -> Mapping[str, tuple[DriftRow, ...]]:
        """Return the answer to one question by model; instruments without a score in this database have none."""
        named = [name for name in asked.instruments if name in self._here]
        if not self._here or (asked.instruments and not named):
            return {}
        settings = DriftSettings(alpha=self._policy.alpha, margin=asked.margin / POINTS)
        kinds = (Against(asked.against),)
        rows = drift_of(
            self._database, selected, kinds, settings, instruments=named or None, with_files=bool(selected.only)
        ).rows
        found: dict[str, list[DriftRow]] = defaultdict(list)
        for row in rows:
            found[row.model].append(row)
        return {model: tuple(theirs) for model, theirs in found.items()}


def _instruments_with_scores(policy: Policy) -> frozenset[str] | None:
    """Return the names of the instruments whose scores a policy asks for; None where a rule may ask for any."""
    asking = [rule for rule in policy.rules if isinstance(rule, Measured | Guarded | Comparing)]
    if any(isinstance(rule, Guarded) or not rule.instruments for rule in asking):
        return None
    return frozenset(name for rule in asking if not isinstance(rule, Guarded) for name in rule.instruments)


def _by_file(scores: Mapping[str, Sequence[StoredScore]]) -> dict[str, tuple[StoredScore, ...]]:
    """Return the scores by model, those of single files by the name of the file."""
    found: dict[str, list[StoredScore]] = defaultdict(list)
    for model, theirs in scores.items():
        for one in theirs:
            found[f"{model}{one.variant}"].append(one)
    return {name: tuple(theirs) for name, theirs in found.items()}


def _chosen(database: Database, text: str) -> tuple[_Chosen, tuple[tuple[str, str], ...]]:
    """Return what is selected, and the problems with the selection."""
    trouble: list[tuple[str, str]] = []
    whole: list[NDArray[np.int32]] = [np.zeros(0, dtype=np.int32)]
    files: set[tuple[int, str]] = set()
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
            whole.append(np.setdiff1d(found.numbers, list(found.only)).astype(np.int32))
            files |= {(number, variant) for number, variants in found.only.items() for variant in variants}
            if not len(found.numbers):
                trouble.append((alone, MATCHES_NOTHING))
    if database.value("refresh/freshness") is None and database.value("models/count_models"):
        trouble.append((EVERYTHING, NOT_CURRENT))
    if not queue_state(database).is_drift_current:
        trouble.append((EVERYTHING, NOT_WEIGHED))
    return _Chosen(whole=np.unique(np.concatenate(whole)), files=tuple(sorted(files))), tuple(trouble)


def _check_files(database: Database, found: SelectedScores) -> None:
    """Raise NoSuchFile for a file of which no score is here."""
    index = open_graph(database).index if found.only else None
    for number, variants in found.only.items():
        model = index.id(number) if index is not None else ""
        known = [str(row[0]) for row in database.run("scores/list_files", id=model).rows]
        for variant in variants:
            if variant not in known:
                raise NoSuchFile(model, variant, known)


def _grouped(found: Mapping[str, NDArray[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement, with None for what is missing; the last column holds arrays."""
    return zip(*(column.tolist() for column in found.values()), strict=True)


def _record(
    pickle_only: bool | None,  # noqa: FBT001 - the columns of a statement follow
    status: str,
    status_evidence: str | None,
    licence: str | None,
    gated: str | None,
    seen_at_us: int | None,
) -> ModelRecord:
    return ModelRecord(
        status=status,
        status_evidence=status_evidence,
        licence=licence,
        gated=gated,
        pickle_only=pickle_only,
        seen_at=None if seen_at_us is None else EPOCH + timedelta(microseconds=seen_at_us),
    )


def _contradicted(database: Database) -> Mapping[str, tuple[ContradictedEdge, ...]]:
    found: dict[str, list[ContradictedEdge]] = defaultdict(list)
    for row in database.run("policy_check/contradicted").records():
        edge = ContradictedEdge(**cast("dict[str, Any]", row))
        found[edge.child].append(edge)
    return {child: tuple(edges) for child, edges in found.items()}


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
