"""The first page of a dossier: what is known of one model in any case, and what was never measured of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.licences import class_of, licence_classes
from lineage.policy.remedies import evaluation_of
from lineage.reports.blocks import TableBlock
from lineage.reports.formatting import UNKNOWN, percent
from lineage.scheduling.domain_needs import SAFETY_ORDER, needed
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.instruments import SUBJECTS, label_of
from lineage.text.plain import plain
from lineage.vocabulary import Construct

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lineage.parents.edge import Edge
    from lineage.profile import Profile, Profiles

CONSTRUCTS: Final = (*SAFETY_ORDER, Construct.CAPABILITY)
"""What a model should be measured on, that which is nearest to harm first."""
NO_INSTRUMENT: Final = "lineage scores import FILE"


def known_anyway(profiles: Profiles, one: Profile) -> TableBlock:
    """Return what the record, the graph and the scores of its ancestors tell, whether or not it has a score."""
    return TableBlock(
        caption="What is known in any case",
        columns=("of", "known", "evidence"),
        rows=tuple(
            (name, plain(known, None), plain(evidence, None)) for name, known, evidence in _known(profiles, one)
        ),
    )


def never_measured(profiles: Profiles, one: Profile) -> TableBlock:
    """Return what no score of the model is about, with the command that would measure it.

    An instrument on which an ancestor is measured comes before what the model's domain needs: it allows a comparison.
    """
    return TableBlock(
        caption="What was never measured, and what would measure it",
        columns=("what", "measured on the ancestor", "what would measure it"),
        rows=tuple(_unmeasured(profiles, one)),
        nothing="it has a score of every kind that this program looks for.",
    )


def beside(one: Profile, known: Profile) -> tuple[str, str]:
    """Return the class of a model's licence, and how the licence of `one` compares with it; both empty for itself."""
    ranks = {group.name: group.rank for group in licence_classes()}
    mine, theirs = class_of(one.facts.license), class_of(known.facts.license)
    if known.id == one.id:
        return theirs, ""
    if mine not in ranks or theirs not in ranks:
        return theirs, UNKNOWN
    if one.facts.license == known.facts.license:
        return theirs, "the same"
    order = (ranks[mine] > ranks[theirs]) - (ranks[mine] < ranks[theirs])
    return theirs, {-1: "the model's is looser", 0: "another of the same class", 1: "the model's is stricter"}[order]


def _known(profiles: Profiles, one: Profile) -> Iterator[tuple[str, str, str]]:
    """Yield what is known of its base, its licence, its domains, its scores and those of its ancestors."""
    for edge in one.parents:
        yield "base", f"{edge.relation} of {edge.parent}", _evidence(edge)
    if not one.parents:
        known, remedy = ("none", "") if one.origin is None else (one.origin.words, one.origin.remedy)
        yield "base", known, f"what would settle it: {remedy}" if remedy else ""
    above = [profiles[ancestor.id] for ancestor in profiles.ancestors(one.id) if ancestor.id in profiles.by_id]
    licence = one.facts.license
    yield "licence", f"{licence} ({class_of(licence)})" if licence else "not stated", "the record of the Hub"
    for parent in (profiles[edge.parent] for edge in one.parents if edge.parent in profiles.by_id):
        yield f"licence of {parent.id}", parent.facts.license or "not stated", f"beside it: {beside(one, parent)[1]}"
    topics = [topic for topic in one.topics if topic.confidence >= LISTED_CONFIDENCE]
    for topic in topics:
        yield "domain", f"{topic.domain} ({topic.basis}, {percent(topic.confidence)})", "; ".join(topic.signals)
    if not topics:
        yield "domain", "none", "nothing says that it is of one"
    yield "scores", _scored(one) or "none", "an evaluation of a base does not carry over"
    nearest = next((ancestor for ancestor in above if _scored(ancestor)), None)
    if nearest is not None:
        yield f"scores of {nearest.id}", _scored(nearest), "the nearest ancestor with a score"
    elif above:
        yield "scores of its ancestors", "none", "so there is nothing to compare it with"


def _evidence(edge: Edge) -> str:
    written = f", written {edge.declared_as}" if edge.declared_as else ""
    return f"{'inferred from' if edge.inferred else 'declared by'} {edge.evidence}, {percent(edge.confidence)}{written}"


def _scored(one: Profile) -> str:
    """Return the instruments that a model has a standing score on, by name; empty if there is none."""
    return ", ".join(sorted({score.label for score in one.scores if score.is_standing}))


def _unmeasured(profiles: Profiles, one: Profile) -> Iterator[tuple[str, str, str]]:
    measured = {score.construct for score in one.scores if score.is_standing}
    above = _measured_above(profiles, one)
    wanted = _needed({topic.domain for topic in one.topics if topic.confidence >= LISTED_CONFIDENCE})
    for construct in CONSTRUCTS:
        if construct in measured:
            continue
        name, title, ancestor = above.get(construct) or (*wanted.get(construct, ("", "")), "")
        what = label_of(construct, title) if title else SUBJECTS[construct]
        command = evaluation_of(one.id, name) if name else NO_INSTRUMENT
        yield plain(what, None), plain(ancestor) or "none", plain(command, None)


def _measured_above(profiles: Profiles, one: Profile) -> Mapping[Construct, tuple[str, str, str]]:
    """Return by construct the first instrument that the nearest ancestor is measured on: name, title, ancestor."""
    found: dict[Construct, tuple[str, str, str]] = {}
    for ancestor in profiles.ancestors(one.id):
        scores = profiles.by_id[ancestor.id].scores if ancestor.id in profiles.by_id else ()
        for score in sorted(scores, key=lambda score: score.name):
            if score.is_standing:
                found.setdefault(score.construct, (score.name, score.title, ancestor.id))
    return found


def _needed(domains: set[str]) -> Mapping[Construct, tuple[str, str]]:
    """Return by construct the name and title of what models of these domains need; of capability the first."""
    catalogue = default_catalogue()
    safety, able = needed(catalogue, sorted(domains))
    chosen: Sequence[str] = (*safety, *able)
    found: dict[Construct, tuple[str, str]] = {}
    for instrument in (catalogue.instruments[name] for name in chosen):
        found.setdefault(instrument.construct, (instrument.name, instrument.title))
    return found
