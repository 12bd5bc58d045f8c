"""SPDX 3.0.1 with the AI profile, as JSON-LD: models as packages, with their ancestors and training data."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from lineage.errors import MissingExtra
from lineage.exports.provenance_words import address, edge_words, purl, remarks, shown
from lineage.vocabulary import ScoreState

if TYPE_CHECKING:
    from datetime import datetime

    from lineage.parents.edge import Edge
    from lineage.profile import Profile, Profiles
    from lineage.scores.score import StoredScore

UNTOLD: Final = "NOASSERTION"
_NOT_IN_REFERENCE: Final = re.compile(r"[^A-Za-z0-9.\-]+")


def spdx_json(profiles: Profiles, now: datetime) -> str:
    """Return the selected models and all their ancestors as an SPDX document.

    Scores are in `ai_metric`; a model's drift and status are in an annotation of it, a JSON object. Raises MissingExtra
    without the extra `reports`.
    """
    try:
        from spdx_python_model import v3_0_1 as spdx
    except ImportError as error:
        raise MissingExtra("reports", "SPDX") from error
    made = _SpdxBuilder(spdx, profiles, now).document()
    return json.dumps(spdx.JSONLDSerializer().serialize_data(made), ensure_ascii=True, indent=2) + "\n"


class _SpdxBuilder:
    """The construction of one document. `spdx` is the library, imported only when it is needed."""

    def __init__(self, spdx: Any, profiles: Profiles, now: datetime) -> None:  # noqa: ANN401 - a module of the extra
        self._spdx = spdx
        self._profiles = profiles
        named = f"{now.isoformat()} {' '.join(map(address, profiles.chosen))}"
        self._prefix = f"urn:uuid:{uuid5(NAMESPACE_URL, named)}"
        self._elements: dict[str, Any] = {}
        self._creation = spdx.CreationInfo(specVersion="3.0.1", created=now.replace(microsecond=0))

    def document(self) -> Any:  # noqa: ANN401 - as above
        """Return all elements as a serialisable set of objects."""
        ours = self._element("agent", self._spdx.SoftwareAgent, name=f"hub-lineage {version('hub-lineage')}")
        self._creation.createdBy = [ours.get_id()]
        for profile in self._profiles.by_id.values():
            self._package(profile)
        for profile in self._profiles.by_id.values():
            for edge in profile.parents:
                self._descent(edge)
        roots = [self._elements[f"model/{address(model)}"].get_id() for model in self._profiles.chosen]
        members = [one.get_id() for one in self._elements.values()]
        self._element(
            "document",
            self._spdx.SpdxDocument,
            name="models with what they come from",
            rootElement=roots,
            element=members,
            profileConformance=self._conformance(),
        )
        found = self._spdx.SHACLObjectSet()
        found.add(self._creation)
        for one in self._elements.values():
            found.add(one)
        return found

    def _package(self, profile: Profile) -> None:
        """Add a model, its annotation, its licence and its data sets."""
        facts, spdx = profile.facts, self._spdx
        package = self._element(
            f"model/{address(profile.id)}",
            spdx.ai_AIPackage,
            name=shown(facts.id),
            software_packageVersion=shown(facts.revision) or UNTOLD,
            software_downloadLocation=address(facts.id),
            software_primaryPurpose=spdx.software_SoftwarePurpose.model,
            ai_domain=sorted({topic.domain for topic in profile.topics}),
            ai_metric=[
                spdx.DictionaryEntry(key=shown(score.instrument), value=_metric(score))
                for score in profile.scores
                if score.is_standing
            ],
        )
        if (place := purl(facts)) is not None:
            package.software_packageUrl = place
        if facts.created_at is not None:
            package.releaseTime = facts.created_at.replace(microsecond=0)
        if facts.pipeline_tag:
            package.ai_typeOfModel = [shown(facts.pipeline_tag)]
        if facts.author:
            supplier = self._element(f"owner/{facts.author}", spdx.Organization, name=shown(facts.author))
            package.suppliedBy = supplier.get_id()
        self._annotate(profile, package)
        self._licence(profile, package)
        for name in facts.datasets:
            data = self._element(
                f"data/{name}",
                spdx.dataset_DatasetPackage,
                name=shown(name),
                dataset_datasetType=[spdx.dataset_DatasetType.noAssertion],
            )
            words = "named by the card or the tags of the model"
            self._relationship(package.get_id(), "trainedOn", data.get_id(), words)

    def _annotate(self, profile: Profile, package: Any) -> None:  # noqa: ANN401 - an element of the extra
        """Add what SPDX has no field for, as a JSON object in an annotation."""
        told = {one.name: one.value for one in remarks(profile)}
        self._element(
            f"annotation/{profile.id}",
            self._spdx.Annotation,
            annotationType=self._spdx.AnnotationType.other,
            contentType="application/json",
            subject=package.get_id(),
            statement=json.dumps(told, ensure_ascii=True),
        )

    def _licence(self, profile: Profile, package: Any) -> None:  # noqa: ANN401 - an element of the extra
        """Add the declared licence, and that we conclude none: the AI profile requires one of each."""
        unknown = self._spdx.expandedlicensing_IndividualLicensingInfo.NAMED_INDIVIDUALS["NoAssertionLicense"]
        declared = unknown
        if profile.facts.license:
            expression = _expression(profile.facts.license)
            declared = self._element(
                f"licence/{expression}",
                self._spdx.simplelicensing_LicenseExpression,
                simplelicensing_licenseExpression=expression,
            ).get_id()
        self._relationship(package.get_id(), "hasDeclaredLicense", declared, "")
        self._relationship(package.get_id(), "hasConcludedLicense", unknown, "")

    def _descent(self, edge: Edge) -> None:
        """Add the edge to a parent, with its evidence."""
        above = self._elements.get(f"model/{address(edge.parent)}")
        if above is not None and edge.parent != edge.child:
            child = self._elements[f"model/{address(edge.child)}"]
            self._relationship(child.get_id(), "descendantOf", above.get_id(), edge_words(edge))

    def _relationship(self, start: str, kind: str, end: str, comment: str) -> None:
        made = self._element(
            f"{kind}/{start}/{end}",
            self._spdx.Relationship,
            from_=start,
            relationshipType=getattr(self._spdx.RelationshipType, kind),
            to=[end],
        )
        if comment:
            made.comment = comment

    def _conformance(self) -> list[Any]:
        """Return the profiles that the document conforms to; the AI profile requires supplier and date."""
        known = self._spdx.ProfileIdentifierType
        profiles = [known.core, known.software, known.simpleLicensing]
        facts = [profile.facts for profile in self._profiles.by_id.values()]
        return [*profiles, known.ai] if all(one.author and one.created_at for one in facts) else profiles

    def _element(self, key: str, kind: Any, **fields: Any) -> Any:  # noqa: ANN401 - a class of the extra and its fields
        """Return the element of a key; if there is none yet, make it with these fields."""
        if key not in self._elements:
            made = kind(creationInfo=self._creation, **fields)
            made.set_id(f"{self._prefix}#{len(self._elements)}")
            self._elements[key] = made
        return self._elements[key]


def _metric(score: StoredScore) -> str:
    """Return a value, and that it is contradictory where the source of another says otherwise."""
    value = f"{score.value:.6g}"
    return f"{value} ({score.state})" if score.state == ScoreState.CONTRADICTORY else value


def _expression(licence: str) -> str:
    """Return a Hub licence as an expression: its SPDX id, or a reference if SPDX has none."""
    from cyclonedx.spdx import fixup_id

    return fixup_id(licence) or f"LicenseRef-{_NOT_IN_REFERENCE.sub('-', licence[:100]).strip('-') or 'unnamed'}"
