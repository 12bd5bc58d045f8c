"""The questions that tools ask: each takes a lent state of the database, and returns a typed answer.

Texts from the Hub are made plain: one visible line, so that they cannot pass for more than they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from lineage.parents.edge import edges_above
from lineage.policy.findings import CheckState
from lineage.policy.output import COLUMNS, as_rows, summary
from lineage.policy.policy_file import read_policy
from lineage.text.plain import plain
from store.drift.profiles import read_profile
from store.mcp.answers import (
    AncestryEdge,
    ChildEdge,
    DriftPage,
    FoundDrift,
    FoundModels,
    LineageAnswer,
    MatchedModel,
    PolicyAnswer,
    PolicyFinding,
    UnscoredModel,
    UnscoredModels,
)
from store.outputs.policy_check import CheckStream
from store.queries.search import ModelQuery, list_children, search_models
from store.scores.queries import list_coverage
from store.serving.endpoints import stored_drift, told_by_chance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from lineage.profile import Profile
    from store.serving.reader_copies import ReaderState

Row = TypeVar("Row")
MOST_EDGES: Final = 200
"""More edges above a model are not listed: merges of merges have thousands."""
POLICY: Final = "policy"
"""What messages call the policy that a client sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPage:
    """Which rows of an answer are wanted."""

    limit: int
    offset: int

    @property
    def needed(self) -> int:
        """How many rows show whether there are more."""
        return self.offset + self.limit + 1

    def cut(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Return the rows of this page."""
        return tuple(islice(rows, self.offset, self.offset + self.limit))

    def head(self, state: ReaderState, rows: int) -> dict[str, Any]:
        """Return what every answer says, given how many rows there are at least."""
        following = self.offset + self.limit
        return {
            "as_of": state.as_of.isoformat(),
            "is_behind": state.is_behind,
            "next_offset": following if rows > following else None,
        }


def find_models(state: ReaderState, query: ModelQuery, page: AskedPage) -> FoundModels:
    """Return models by parts of their ids, author, domain and licence; raises UnknownDomain."""
    found = search_models(state.database, query, limit=page.needed).records()
    rows = [
        MatchedModel(
            id=_plain(row["id"]),
            status=row["status"],
            domains=tuple(row["domains"] or ()),
            license=_said(row["license"]),
            downloads=row["downloads"],
            parent=_said(row["parent"]),
            relation=row["relation"],
            is_inferred=row["inferred"],
            parents=row["parents"],
            derivatives=row["derivatives"],
        )
        for row in cast("Sequence[Mapping[str, Any]]", page.cut(found))
    ]
    return FoundModels(**page.head(state, len(found)), models=tuple(rows))


def trace(state: ReaderState, model: str, page: AskedPage) -> LineageAnswer:
    """Return where a model comes from, with evidence, and what was made from it; raises NoSuchModel, TooManyModels."""
    profiles = read_profile(state.database, model)
    profile = profiles[profiles.chosen[0]]
    above = edges_above(profile.id, lambda one: profiles[one].parents if one in profiles.by_id else ())
    edges = [
        AncestryEdge(
            child=_plain(edge.child),
            parent=_plain(edge.parent),
            generation=generation,
            relation=edge.relation,
            evidence=edge.evidence,
            confidence=edge.confidence,
            is_inferred=edge.inferred,
            declared_as=_said(edge.declared_as),
            source=plain(edge.source),
        )
        for generation, edge in islice(above, MOST_EDGES + 1)
    ]
    children, count = list_children(state.database, profile.id, limit=page.limit, offset=page.offset)
    return LineageAnswer(
        **page.head(state, count),
        model=_plain(profile.id),
        status=profile.facts.status,
        root=_said(profile.facts.root),
        origin=None if profile.origin is None else plain(profile.origin.words),
        ancestry=tuple(edges[:MOST_EDGES]),
        is_ancestry_cut=len(edges) > MOST_EDGES,
        doubts=_doubts(profile),
        children=tuple(map(_child, children.records())),
        children_in_all=count,
    )


def measure_drift(state: ReaderState, filters: Mapping[str, str | None], page: AskedPage) -> DriftPage:
    """Return stored drift; `filters` are selector, instrument, against and verdict, None for any.

    Raises what `store.queries.select.select` raises.
    """
    values: dict[str, str | int | None] = dict(filters)
    found = stored_drift(state.database, values, page.needed).records()
    rows = [
        FoundDrift(
            model=_plain(row["model"]),
            reference=_plain(row["reference"]),
            against=row["against"],
            instrument=_plain(row["name"] or row["instrument"]),
            measures=_plain(row["construct"]),
            verdict=row["verdict"],
            points=row["delta"],
            low=row["ci_low"],
            high=row["ci_high"],
            items=row["items"],
            guard=_said(row["guard"]),
            lineage_confidence=row["lineage_confidence"],
            sentence=plain(row["reason"], None),
        )
        for row in cast("Sequence[Mapping[str, Any]]", page.cut(found))
    ]
    return DriftPage(
        **page.head(state, len(found)), drift=tuple(rows), by_chance=told_by_chance(state.database, values)
    )


def list_unscored(state: ReaderState, selector: str, wanted: str, page: AskedPage) -> UnscoredModels:
    """Return the selected models whose scores are in one state, and the counts; raises as `measure_drift` does."""
    found, counts = list_coverage(state.database, selector=selector, state=wanted, limit=page.needed)
    rows = [
        UnscoredModel(
            id=_plain(row["model"]),
            state=row["state"],
            reported=tuple(map(_plain, row["reported"] or ())),
            downloads=row["downloads"],
        )
        for row in cast("Sequence[Mapping[str, Any]]", page.cut(found.records()))
    ]
    return UnscoredModels(**page.head(state, len(found.rows)), models=tuple(rows), counts=counts)


def check_policy(state: ReaderState, selector: str, policy: str, now: datetime, page: AskedPage) -> PolicyAnswer:
    """Return whether a policy, a TOML text, passes on the selected models; raises PolicyFault, SelectorError."""
    report = CheckStream(state.database, selector, read_policy(policy, POLICY), now).report()
    wanted = (row for row in (dict(zip(COLUMNS, one, strict=True)) for one in as_rows(report)) if _is_told(row))
    rows = list(islice(wanted, page.needed))
    return PolicyAnswer(
        **page.head(state, len(rows)),
        has_passed=not report.has_failed,
        summary=summary(report),
        models=report.models,
        notes=tuple(map(plain, report.notes)),
        findings=tuple(map(_finding, page.cut(rows))),
    )


def _is_told(row: Mapping[str, object]) -> bool:
    return row["state"] != CheckState.OK.value


def _finding(row: Mapping[str, Any]) -> PolicyFinding:
    return PolicyFinding(
        rule=_plain(row["rule"]),
        level=row["level"],
        state=row["state"],
        model=_plain(row["model"]),
        subject=_plain(row["subject"]),
        found=_plain(row["found"]),
        source=_plain(row["source"]),
        missing=row["missing"],
        remedy=_said(row["remedy"]),
    )


def _child(row: Mapping[str, Any]) -> ChildEdge:
    return ChildEdge(
        id=_plain(row["id"]),
        relation=row["relation"],
        evidence=row["evidence"],
        confidence=row["confidence"],
        is_inferred=row["inferred"],
        downloads=row["downloads"],
        derivatives=row["derivatives"],
    )


def _doubts(profile: Profile) -> tuple[str, ...]:
    """Return in words the evidence for parents that made no edge."""
    edges = {edge.parent for edge in profile.parents}
    told = (
        f"{sign.kind} names {sign.declared_as or sign.parent}: {sign.resolution}, no edge"
        for sign in profile.signs
        if not sign.is_edge and sign.parent not in edges
    )
    return tuple(plain(one) for one in dict.fromkeys(told))


def _plain(value: object) -> str:
    return plain(str(value))


def _said(value: object) -> str | None:
    return None if value is None else plain(str(value))
