"""CycloneDX 1.6, a bill of materials for machine learning, with ancestors in the pedigree and drift in properties.

The library has no model card and drops those that it reads, so the cards are added to its JSON afterwards.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from lineage.errors import MissingExtra
from lineage.exports.provenance_words import address, edge_words, identity_words, purl, remarks, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component

    from lineage.profile import Profile, Profiles

    Json = dict[str, Any]

DEEPEST: Final = 60
"""Generations of nested ancestors; the longest chain on the Hub had 40."""


def cyclonedx_json(profiles: Profiles, now: datetime) -> str:
    """Return a bill of materials for the selected models as JSON: of one model its own, of several a joint one.

    Each model has its known ancestors in `pedigree`, nested within each other. A model is described in full once: a
    selected one as a component of the bill, an ancestor at its first occurrence; other places give its name and
    address. Raises MissingExtra without the extra `reports`.
    """
    try:
        from cyclonedx.output import make_outputter
        from cyclonedx.schema import OutputFormat, SchemaVersion
    except ImportError as error:
        raise MissingExtra("reports", "CycloneDX") from error
    making = _BomBuilder(profiles)
    bom = making.bom(now)
    output = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    made: Json = json.loads(output)
    for component in _components(made):
        told = making.described.get(component.get("bom-ref", ""))
        if told is not None:
            component["modelCard"] = _card(told)
    return json.dumps(made, ensure_ascii=True, indent=2) + "\n"


class _BomBuilder:
    """The construction of one bill; `described` records by reference which models were already described in full."""

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._chosen = frozenset(profiles.chosen)
        self.described: dict[str, Profile] = {}

    def bom(self, now: datetime) -> Bom:
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.model.tool import ToolRepository

        chosen = [self._component(one, ()) for one in self._profiles]
        ours = Component(name="hub-lineage", version=version("hub-lineage"), type=ComponentType.APPLICATION)
        metadata = BomMetaData(
            timestamp=now,
            tools=ToolRepository(components=[ours]),
            component=chosen[0] if len(chosen) == 1 else None,
        )
        named = f"{now.isoformat()} {' '.join(self.described)}"
        bom = Bom(metadata=metadata, components=chosen[1:] and chosen, serial_number=uuid5(NAMESPACE_URL, named))
        if len(chosen) == 1:
            bom.register_dependency(chosen[0])
        return bom

    def _component(self, profile: Profile, below: tuple[str, ...]) -> Component:
        from cyclonedx.contrib.license.factories import LicenseFactory
        from cyclonedx.model import ExternalReference, ExternalReferenceType, Property, XsUri
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.model.license import LicenseAcknowledgement
        from packageurl import PackageURL

        facts = profile.facts
        reference = address(profile.id)
        is_first = reference not in self.described and (not below or profile.id not in self._chosen)
        if is_first:
            self.described[reference] = profile
        organisation, _, name = facts.id.rpartition("/")
        place = purl(facts)
        licence = shown(facts.license)
        acknowledged = LicenseAcknowledgement.DECLARED
        return Component(
            type=ComponentType.MACHINE_LEARNING_MODEL,
            bom_ref=reference if is_first else None,
            group=shown(organisation) or None,
            name=shown(name) or "unnamed",
            version=shown(facts.revision) or None,
            publisher=shown(facts.author) or None,
            licenses=[LicenseFactory().make_from_string(licence, license_acknowledgement=acknowledged)]
            if licence
            else None,
            purl=PackageURL.from_string(place) if place else None,
            external_references=[ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(reference))],
            properties=[Property(name=one.name, value=one.value) for one in remarks(profile)] if is_first else None,
            pedigree=self._pedigree(profile, (*below, profile.id), is_first=is_first),
        )

    def _pedigree(self, profile: Profile, below: tuple[str, ...], *, is_first: bool) -> Any:  # noqa: ANN401 - a class of the extra, imported where it is used
        """Return a model's pedigree; None if it has no parent, or if the pedigree was given already."""
        from cyclonedx.model.component import Pedigree

        if not profile.parents or not is_first:
            return None
        ancestors = [
            self._component(self._profiles[edge.parent], below)
            for edge in profile.parents
            if edge.parent in self._profiles.by_id and edge.parent not in below and len(below) < DEEPEST
        ]
        return Pedigree(ancestors=ancestors, notes="; ".join(edge_words(edge) for edge in profile.parents))


def _components(made: Json) -> Iterator[Json]:
    """Yield every component of a bill, including those within a pedigree."""
    waiting: list[Json] = [*made.get("components", [])]
    if "component" in made.get("metadata", {}):
        waiting.append(made["metadata"]["component"])
    while waiting:
        component = waiting.pop()
        yield component
        waiting.extend(component.get("pedigree", {}).get("ancestors", []))


def _card(profile: Profile) -> Json:
    """Return a model's card: its task, its data sets, and its scores as performance metrics."""
    facts = profile.facts
    parameters: Json = {"task": shown(facts.pipeline_tag)} if facts.pipeline_tag else {}
    if facts.datasets:
        parameters["datasets"] = [{"type": "dataset", "name": shown(name)} for name in facts.datasets]
    card: Json = {"modelParameters": parameters} if parameters else {}
    metrics = []
    for score in profile.scores:
        metric: Json = {"type": shown(score.name), "value": f"{score.value:.6g}", "slice": identity_words(score)}
        bounds = score.interval
        if bounds is not None:
            low, high = bounds
            metric["confidenceInterval"] = {"lowerBound": f"{low:.6g}", "upperBound": f"{high:.6g}"}
        metrics.append(metric)
    if metrics:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    return card
