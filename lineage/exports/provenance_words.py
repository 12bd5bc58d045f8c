"""How bills of materials name models, describe their origin, and report their drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from lineage.text.plain import plain
from lineage.vocabulary import DEFAULT_ENDPOINT, Against

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.drift.drift_row import DriftRow
    from lineage.parents.edge import Edge
    from lineage.profile import ModelFacts, Profile
    from lineage.scores.score import StoredScore

LONGEST: Final = 500
"""The longest untrusted text, in characters, that a bill of materials quotes."""
_FROM: Final = {Against.PARENT: "drift-from-parent", Against.ROOT: "drift-from-root"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A name and a value in words: how all three formats keep what they have no field for."""

    name: str
    value: str


def shown(words: str | None) -> str:
    """Return an untrusted text on one line without hidden characters; empty for None."""
    return plain(words or "", LONGEST)


def purl(facts: ModelFacts) -> str | None:
    """Return the package URL of a model at its revision; None if its name cannot be in one.

    The form is `pkg:huggingface/org/name@commit`; a bare name from before 2022 has no organisation.
    """
    parts = facts.id.split("/")
    if not all(parts) or len(parts) > 2:  # noqa: PLR2004 - organisation and name
        return None
    place = "/".join(_quoted(part) for part in parts)
    return f"pkg:huggingface/{place}@{_quoted(facts.revision)}" if facts.revision else f"pkg:huggingface/{place}"


def address(model: str) -> str:
    """Return the address of a model's page on the Hub."""
    return f"{DEFAULT_ENDPOINT}/{'/'.join(_quoted(part) for part in model.split('/'))}"


def edge_words(edge: Edge) -> str:
    """Return how a model was made from a parent, who says so, and with what confidence."""
    way = f"{edge.relation} of {shown(edge.parent)}"
    if edge.inferred:
        return f"{way}: inferred, not declared, by {shown(edge.rule)}, {edge.confidence:.0%} sure"
    written = f' as "{shown(edge.declared_as)}"' if edge.declared_as else ""
    return f"{way}: declared by {shown(edge.evidence)}{written}, {edge.confidence:.0%} sure"


def identity_words(score: StoredScore) -> str:
    """Return the reported settings that make a score comparable."""
    identity = score.identity
    fields = {
        "items": None if score.items is None else f"{score.items:,}",
        "item set": identity.item_set_hash,
        "scorer": identity.scorer,
        "judge": identity.judge,
        "judge's prompt": identity.judge_prompt_hash,
        "template": identity.template,
        "decoding": identity.decoding,
        "softmax": identity.softmax_dtype,
        "state": score.state,
        "source": score.source,
        "revision": score.revision,
    }
    told = [f"{name} {shown(value)}" for name, value in fields.items() if value]
    return f"{shown(score.instrument)}; {'; '.join(told)}"


def remarks(profile: Profile) -> Iterator[Remark]:
    """Yield what is known about a model and has no field in every format: its status and its drift.

    `lineage:drift:<instrument>` is against the nearest scored ancestor; `lineage:drift-from-parent:` and
    `lineage:drift-from-root:` are against parent and root, if these are different models.
    """
    facts = profile.facts
    yield Remark(name="lineage:status", value=shown(facts.status))
    yield Remark(name="lineage:coverage", value=profile.coverage)
    if facts.last_seen_at is not None:
        yield Remark(name="lineage:last_seen_at", value=facts.last_seen_at.isoformat())
    for topic in profile.topics:
        yield Remark(name=f"lineage:domain:{topic.domain}", value=f"{topic.basis}, confidence {topic.confidence:.2f}")
    nearest = {(row.instrument, row.reference) for row in profile.drift_against(Against.SCORED_ANCESTOR)}
    for row in profile.drift:
        if row.against is Against.SCORED_ANCESTOR:
            yield from _drift_remarks("drift", row)
        elif row.against is not None and (row.instrument, row.reference) not in nearest:
            yield from _drift_remarks(_FROM[row.against], row)


def _drift_remarks(kind: str, row: DriftRow) -> Iterator[Remark]:
    """Yield the verdict, its numbers if there are any, and the sentence."""
    name = f"lineage:{kind}:{shown(row.instrument)}"
    yield Remark(name=name, value=row.verdict.value)
    if row.is_told and row.delta is not None and row.ci_low is not None and row.ci_high is not None:
        points = f"{row.delta:+.2f} ({row.ci_low:+.2f} to {row.ci_high:+.2f})"
        yield Remark(name=f"{name}:points", value=points)
    yield Remark(name=f"{name}:because", value=plain(row.reason, 2 * LONGEST))


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")
