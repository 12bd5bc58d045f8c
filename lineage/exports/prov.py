"""PROV-JSON (W3C): models as entities derived from each other, with the evidence, and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from lineage.errors import MissingExtra
from lineage.exports.provenance_words import address, edge_words, identity_words, purl, remarks, shown
from lineage.vocabulary import DEFAULT_ENDPOINT

if TYPE_CHECKING:
    from prov.identifier import Namespace

    from lineage.profile import Profile, Profiles
    from lineage.scores.score import StoredScore

    Facts = list[tuple[str, Any]]

TERMS: Final = "urn:hub-lineage:"


def prov_json(profiles: Profiles) -> str:
    """Return the selected models and all their ancestors as PROV-JSON; raises MissingExtra without `reports`.

    An identifier is the model's address on the Hub, escaped as there; `lineage:id` is the readable id.
    """
    try:
        from prov.model import ProvDocument
    except ImportError as error:
        raise MissingExtra("reports", "PROV") from error
    document = ProvDocument()
    document.add_namespace("hub", f"{DEFAULT_ENDPOINT}/")
    terms = document.add_namespace("lineage", TERMS)
    for profile in profiles.by_id.values():
        document.entity(_name(profile.id), _facts(profile, terms))
        if profile.facts.author:
            owner = _name(profile.facts.author)
            document.agent(owner)
            document.wasAttributedTo(_name(profile.id), owner)
        for score in profile.scores:
            document.entity(f"lineage:run-{score.run}", _score(score, terms))
            document.wasDerivedFrom(f"lineage:run-{score.run}", _name(profile.id))
    for profile in profiles.by_id.values():
        for edge in profile.parents:
            if edge.parent in profiles.by_id:
                told: Facts = [
                    ("lineage:relation", edge.relation),
                    ("lineage:evidence", edge.evidence),
                    ("lineage:confidence", edge.confidence),
                    ("lineage:inferred", edge.inferred),
                    ("lineage:because", edge_words(edge)),
                ]
                document.wasDerivedFrom(_name(profile.id), _name(edge.parent), other_attributes=told)
    return cast("str", document.unified().serialize(format="json", indent=2)) + "\n"


def _name(model: str) -> str:
    return f"hub:{address(model).removeprefix(f'{DEFAULT_ENDPOINT}/')}"


def _facts(profile: Profile, terms: Namespace) -> Facts:
    facts = profile.facts
    told: Facts = [
        ("prov:type", terms["Model"]),
        ("lineage:id", shown(facts.id)),
        ("prov:location", address(facts.id)),
    ]
    named = {
        "purl": purl(facts),
        "revision": facts.revision,
        "license": facts.license,
        "task": facts.pipeline_tag,
        "library": facts.library,
    }
    told += [(f"lineage:{name}", shown(value)) for name, value in named.items() if value]
    told += [("lineage:trained_on", shown(name)) for name in facts.datasets]
    if facts.created_at is not None:
        told.append(("lineage:created_at", facts.created_at))
    return told + [("lineage:remark", f"{one.name} = {one.value}") for one in remarks(profile)]


def _score(score: StoredScore, terms: Namespace) -> Facts:
    told: Facts = [
        ("prov:type", terms["Score"]),
        ("lineage:instrument", shown(score.instrument)),
        ("lineage:identity", identity_words(score)),
        ("prov:value", score.value),
    ]
    if score.measured_at is not None:
        told.append(("lineage:measured_at", score.measured_at))
    return told
