"""Rules about a model's origin: declared, present, from an approved base, under allowed licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.licences import UNKNOWN, class_of, licence_classes
from lineage.policy.facts import PRESENT
from lineage.policy.findings import against, judged, lacking, ok
from lineage.policy.policy import named_by
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.findings import Detail
    from lineage.policy.rules import ApprovedBases, DeclaredParents, Licences, ParentsPresent


def check_declared(rule: DeclaredParents, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per edge above the model, one per edge that weights contradict, or that a parent is missing."""
    for denied in facts.denied_above(model, rule.generations):
        yield against(denied.child, denied.words, denied.source)
    if not facts.parents(model):
        is_base = named_by(rule.bases, model)
        yield judged(model, "a base of the policy" if is_base else "no parent is known", is_fault=not is_base)
    for edge in facts.ways_up(model, rule.generations):
        told = f"{edge.relation} of {edge.parent}"
        if edge.inferred:
            yield against(edge.child, f"{told} is only inferred", edge.source)
        else:
            is_weak = edge.confidence < rule.min_confidence
            found = f"{told} has less confidence than {rule.min_confidence:g}" if is_weak else told
            yield judged(edge.child, found, edge.source, is_fault=is_weak)


def check_parents_present(rule: ParentsPresent, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per ancestor, and one per edge that weights contradict: the true parent is not known."""
    ancestors = facts.ancestors(model)
    yield from _unknown_parents(facts, model)
    if not ancestors:
        yield ok(model, "no ancestor is known")
    for ancestor in ancestors:
        record = facts.record(ancestor)
        is_fault = record.status != PRESENT and record.status not in rule.allow
        yield judged(ancestor, f"ancestor is {record.status}", record.status_evidence or "", is_fault=is_fault)


def check_approved(rule: ApprovedBases, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per approved base that is reached, and one per path up that ends without passing any."""
    if named_by(rule.bases, model):
        yield ok(model, "is an approved base")
        return
    seen, waiting, ends = {model}, [model], 0
    while waiting:
        one = waiting.pop()
        edges = facts.parents(one)
        if not edges:
            ends += 1
            denied = facts.denied(one)
            why = "; ".join(edge.words for edge in denied) or ("no parent is known" if one == model else "")
            told = f"is not an approved base, and {why}" if why else "is not an approved base"
            yield against(one, told, "; ".join(edge.source for edge in denied))
        for edge in edges:
            if edge.inferred and not rule.accept_inferred:
                ends += 1
                yield against(edge.parent, f"{edge.child} is only inferred to come from it", edge.source)
            elif named_by(rule.bases, edge.parent):
                ends += 1
                yield ok(edge.parent, f"approved base, reached from {edge.child}", edge.source)
            elif edge.parent not in seen:
                seen.add(edge.parent)
                waiting.append(edge.parent)
    if not ends:
        yield against(model, "its ancestors form a circle without an approved base")


def check_licences(rule: Licences, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail for the model and each ancestor, and with `looser` one per edge whose child asks less."""
    for one in (model, *(facts.ancestors(model) if rule.ancestors else ())):
        licence = facts.record(one).licence
        group = class_of(licence)
        shown = f"licence {licence or 'unknown'} ({group})"
        source = "stated by its record" if licence else "its record states none"
        if licence is None and (rule.allow or rule.forbid or rule.forbid_classes):
            yield lacking(MissingFact.UNKNOWN, one, "no licence is known", source)
        elif fault := _licence_fault(rule, licence, group):
            yield against(one, f"{shown}: {fault}", source)
        elif _is_judged(rule, licence, group):
            yield ok(one, shown, source)
        else:
            yield lacking(MissingFact.UNKNOWN, one, f"{shown}: it may be a forbidden one", source)
    if rule.ancestors:
        yield from _unknown_parents(facts, model)
    if rule.looser:
        yield from _looser(rule, facts, model)


def _unknown_parents(facts: PolicyFacts, model: str) -> Iterator[Detail]:
    """Yield one detail per edge at or above a model that weights contradict, so that a parent is unknown."""
    for denied in facts.denied_above(model):
        yield lacking(MissingFact.UNKNOWN, denied.child, denied.words, denied.source)


def _licence_fault(rule: Licences, licence: str | None, group: str) -> str | None:
    """Return the rule's objection to a licence, or None if it has none."""
    name = (licence or "").lower()
    is_allowed = name in _lower(rule.allow)
    if name in _lower(rule.forbid):
        return "forbidden"
    if group in rule.forbid_classes and not is_allowed:
        return "its class is forbidden"
    if rule.allow and not is_allowed:
        return "not among the allowed ones"
    return None


def _is_judged(rule: Licences, licence: str | None, group: str) -> bool:
    """Return whether a licence without a fault is known well enough to rule out a forbidden one."""
    if licence and licence.lower() in _lower(rule.allow):
        return True
    return group != UNKNOWN if rule.forbid_classes else bool(licence) or not rule.forbid


def _looser(rule: Licences, facts: PolicyFacts, model: str) -> Iterator[Detail]:
    ranks = {group.name: group.rank for group in licence_classes()}
    for edge in facts.ways_up(model, None if rule.ancestors else 1):
        mine, theirs = facts.record(edge.child).licence, facts.record(edge.parent).licence
        own, other = ranks.get(class_of(mine)), ranks.get(class_of(theirs))
        if own is None or other is None:
            told = f"its licence {mine or 'unknown'} may have fewer conditions than {theirs or 'the unknown one'} of"
            yield lacking(MissingFact.UNKNOWN, edge.child, f"{told} its parent {edge.parent}", edge.source)
        elif own < other:
            yield against(
                edge.child,
                f"licence {mine} has fewer conditions than {theirs} of its parent {edge.parent}",
                edge.source,
            )


def _lower(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)
