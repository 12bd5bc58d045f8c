"""What the tools answer: typed rows a page at a time, as MCP clients read them.

Every text that comes from the Hub is one visible line of at most 200 characters. Field descriptions become the schema
that clients see.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class AnswerPage(BaseModel, frozen=True):
    """What every answer says of the state that it was read from, and of what follows."""

    as_of: Annotated[str, Field(description="when the state was read that this answer is from, ISO 8601 in UTC")]
    is_behind: Annotated[bool, Field(description="whether somebody has written to the database since")]
    next_offset: Annotated[
        int | None, Field(description="the offset of the next page; null if this is the last one")
    ] = None


class MatchedModel(BaseModel, frozen=True):
    """A model that a search found."""

    id: str
    status: Annotated[str, Field(description="present, missing, private, deleted or renamed")]
    domains: tuple[str, ...]
    license: str | None
    downloads: Annotated[int | None, Field(description="of the last 30 days; null if unknown")]
    parent: Annotated[str | None, Field(description="the surest parent; null if none is known")]
    relation: Annotated[str | None, Field(description="how it was made from that parent")]
    is_inferred: Annotated[bool | None, Field(description="whether rules inferred that parent, as nobody declares it")]
    parents: Annotated[int, Field(description="how many parents are known")]
    derivatives: Annotated[int, Field(description="how many models were made from it, all generations")]


class FoundModels(AnswerPage, frozen=True):
    """A page of models, the most downloaded first."""

    models: tuple[MatchedModel, ...]


class AncestryEdge(BaseModel, frozen=True):
    """An edge from a model up to a parent, with what it rests on."""

    child: str
    parent: str
    generation: Annotated[int, Field(description="1 for the parents of the model that was asked about")]
    relation: Annotated[str, Field(description="finetune, adapter, quantized or merge")]
    evidence: Annotated[str, Field(description="the kind of evidence that decided")]
    confidence: Annotated[float, Field(description="how likely the edge is right, 0 to 1")]
    is_inferred: Annotated[bool, Field(description="whether rules inferred it, as nobody declares it")]
    declared_as: Annotated[str | None, Field(description="the parent as the card writes it; null if not declared")]
    source: Annotated[str, Field(description="the same in words")]


class ChildEdge(BaseModel, frozen=True):
    """A model that was made directly from the one that was asked about."""

    id: str
    relation: str
    evidence: str
    confidence: float
    is_inferred: bool
    downloads: int | None
    derivatives: int


class LineageAnswer(AnswerPage, frozen=True):
    """Where a model comes from, with all of its ancestors, and a page of what was made from it."""

    model: str
    status: str
    root: Annotated[str | None, Field(description="the nearest ancestor without a parent; the model itself if none")]
    origin: Annotated[
        str | None, Field(description="for a model without a parent: what is known of where it comes from")
    ]
    ancestry: Annotated[tuple[AncestryEdge, ...], Field(description="every edge above the model, the nearest first")]
    is_ancestry_cut: Annotated[bool, Field(description="whether more edges lead up than are listed")]
    doubts: Annotated[
        tuple[str, ...],
        Field(description="evidence for parents that made no edge, such as a contradicted or copied one"),
    ]
    children: Annotated[tuple[ChildEdge, ...], Field(description="a page of direct derivatives, by downloads")]
    children_in_all: int


class FoundDrift(BaseModel, frozen=True):
    """How far a model moved from one ancestor on one instrument."""

    model: str
    reference: Annotated[str, Field(description="the ancestor")]
    against: Annotated[str, Field(description="parent, scored_ancestor (the nearest scored one) or root")]
    instrument: str
    measures: Annotated[str, Field(description="what the instrument is about; capability is not about safety")]
    verdict: Annotated[
        str,
        Field(
            description="worse, better, equivalent, undecided (chance may explain it: not a sign of safety), or "
            "withheld (no conclusion is possible)"
        ),
    ]
    points: Annotated[
        float | None,
        Field(description="the difference in percentage points of the range: + is worse; null if not measurable"),
    ]
    low: Annotated[float | None, Field(description="the lower end of the 95 % interval")]
    high: Annotated[float | None, Field(description="the upper end of the 95 % interval")]
    items: Annotated[int | None, Field(description="how many items were compared")]
    guard: Annotated[
        str | None, Field(description="why the model may not work or refuses everything: the verdict then says little")
    ]
    lineage_confidence: Annotated[
        float | None,
        Field(description="how likely the lineage is right if it rests on an inferred edge; null if declared"),
    ]
    sentence: Annotated[str, Field(description="the verdict as a sentence, or why there is none")]


class DriftPage(AnswerPage, frozen=True):
    """A page of stored drift, the largest differences first, and what chance alone would find."""

    drift: tuple[FoundDrift, ...]
    by_chance: Annotated[
        str | None, Field(description="how many of the models chance alone would call worse; say it with any list")
    ]


class UnscoredModel(BaseModel, frozen=True):
    """A model without a measured score."""

    id: str
    state: Annotated[
        str, Field(description="unscored, reported (somebody states a score that no item backs), or stale")
    ]
    reported: Annotated[tuple[str, ...], Field(description="the instruments on which somebody states a score")]
    downloads: int | None


class UnscoredModels(AnswerPage, frozen=True):
    """A page of models without a measured score, the most downloaded first, and the counts of the selection."""

    models: tuple[UnscoredModel, ...]
    counts: Annotated[dict[str, int], Field(description="how many of the selected models are in each state")]


class PolicyFinding(BaseModel, frozen=True):
    """One thing that a rule found on a model."""

    rule: str
    level: Annotated[str, Field(description="error fails the check, warning does not")]
    state: Annotated[str, Field(description="found (against the rule), excused, or skipped")]
    model: str
    subject: str
    found: str
    source: str
    missing: Annotated[str | None, Field(description="the kind of the missing fact; null if none is missing")]
    remedy: Annotated[str | None, Field(description="the command that would supply it")]


class PolicyAnswer(AnswerPage, frozen=True):
    """Whether a policy passes on the selected models, and a page of what it found."""

    has_passed: bool
    summary: str
    models: int
    notes: tuple[str, ...]
    findings: tuple[PolicyFinding, ...]
