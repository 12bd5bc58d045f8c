"""SPDX 3 and PROV-JSON, read back by the libraries of the ecosystem."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lineage.errors import MissingExtra
from lineage.exports.prov import prov_json
from lineage.exports.spdx import spdx_json
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from lineage.profile import Profiles
    from tests.lineage.conftest import Album

HOSTILE = (
    'oak/</script><img src=x onerror="alert(1)">',
    "oak/\u202egnp.exe\x00\x1b[31m",
    "oak/sur\ud800rogate",
    "lineage:oak/a:b c",
    "./local path/with/parts",
)


def spdx_of(profiles: Profiles, album: Album) -> Any:  # noqa: ANN401 - a set of objects of the extra
    """Return the document as the library reads it."""
    spdx = pytest.importorskip("spdx_python_model", reason="needs the extra reports").v3_0_1
    found = spdx.SHACLObjectSet()
    spdx.JSONLDDeserializer().read(io.BytesIO(spdx_json(profiles, album.seen).encode()), found)
    return found


def prov_of(profiles: Profiles) -> Any:  # noqa: ANN401 - as above
    """Return the document as the library reads it."""
    prov = pytest.importorskip("prov.model", reason="needs the extra reports")
    return prov.ProvDocument.deserialize(content=prov_json(profiles), format="json")


@pytest.fixture(name="pair")
def fixture_pair(album: Album) -> Profiles:
    """Give a derivative with everything that the two forms can say, and its base."""
    facts = {
        "revision": "ab" * 20,
        "license": "apache-2.0",
        "author": "oak",
        "pipeline_tag": "text-generation",
        "datasets": ("oak/notes",),
    }
    album.add("maple/base", scores=(album.score(),), facts={"license": "Llama 2 (own)"})
    album.add(
        "oak/a",
        album.parent("maple/base", "adapter", inferred=True),
        facts=facts,
        scores=(album.score(value=0.434, run="feed"),),
        drift=(album.drift("oak/a", Verdict.WORSE, 12.4),),
    )
    return album.profiles("oak/a")


def test_spdx_says_what_a_model_descends_from(pair: Profiles, album: Album) -> None:
    """Packages of the AI profile, with descent and its evidence, data, licence; nothing refers to what is not there."""
    found = spdx_of(pair, album)
    packages = {one.name: one for one in found.foreach_type("ai_AIPackage")}
    assert set(packages) == {"oak/a", "maple/base"}
    model = packages["oak/a"]
    assert (model.software_packageUrl, model.software_packageVersion) == (
        "pkg:huggingface/oak/a@" + "ab" * 20,
        "ab" * 20,
    )
    assert packages["maple/base"].software_packageVersion == "NOASSERTION"
    assert [(one.key[:4], one.value) for one in model.ai_metric] == [("harm", "0.434")]
    kinds = {str(one.relationshipType).rpartition("/")[2]: one for one in found.foreach_type("Relationship")}
    assert set(kinds) == {"descendantOf", "trainedOn", "hasDeclaredLicense", "hasConcludedLicense"}
    assert kinds["descendantOf"].comment == "adapter of maple/base: inferred, not declared, by common name, 61% sure"
    licences = {
        one.simplelicensing_licenseExpression for one in found.foreach_type("simplelicensing_LicenseExpression")
    }
    assert licences == {"Apache-2.0", "LicenseRef-Llama-2-own"}
    assert not found.missing_ids


def test_spdx_keeps_drift_in_annotations(pair: Profiles, album: Album) -> None:
    """A JSON object with the verdict and its sentence."""
    told = [json.loads(one.statement) for one in spdx_of(pair, album).foreach_type("Annotation")]
    (drifted,) = (one for one in told if any(":drift:" in name for name in one))
    assert "worse" in drifted.values()
    assert "worse, as the test says" in drifted.values()


def test_spdx_starts_at_the_chosen_models(pair: Profiles, album: Album) -> None:
    """The document names its root, and the profiles that it keeps to."""
    (document,) = spdx_of(pair, album).foreach_type("SpdxDocument")
    assert [one.name for one in document.rootElement] == ["oak/a"]
    assert {str(one).rpartition("/")[2] for one in document.profileConformance} == {
        "core",
        "software",
        "simpleLicensing",
    }


def test_spdx_keeps_to_the_ai_profile_where_it_can(album: Album) -> None:
    """Supplier and day of every model are known, and each has one licence declared and one concluded."""
    album.add("oak/a", facts={"author": "oak", "license": "mit"}).add("oak/b", facts={"author": "oak"})
    found = spdx_of(album.profiles(), album)
    (document,) = found.foreach_type("SpdxDocument")
    assert "ai" in {str(one).rpartition("/")[2] for one in document.profileConformance}
    for package in found.foreach_type("ai_AIPackage"):
        own = [one for one in found.foreach_type("Relationship") if one.from_ is package]
        kinds = sorted(str(one.relationshipType).rpartition("/")[2] for one in own)
        assert kinds == ["hasConcludedLicense", "hasDeclaredLicense"]
        assert (package.suppliedBy.name, package.releaseTime) == ("oak", album.seen)


def test_prov_says_what_was_derived_from_what(pair: Profiles) -> None:
    """Models from models with the evidence, scores from models; a slash stands in a name as it is."""
    document = prov_of(pair)
    derived = {
        (str(one.args[0]), str(one.args[1])): dict(one.extra_attributes)
        for one in document.get_records()
        if one.get_type().localpart == "Derivation"
    }
    assert set(derived) == {
        ("hub:oak/a", "hub:maple/base"),
        ("lineage:run-feed", "hub:oak/a"),
        ("lineage:run-0123456789abcdef", "hub:maple/base"),
    }
    edge = {str(name): value for name, value in derived["hub:oak/a", "hub:maple/base"].items()}
    assert (edge["lineage:relation"], edge["lineage:inferred"], edge["lineage:confidence"]) == ("adapter", True, 0.61)
    assert '"hub:oak/a"' in prov_json(pair)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_survive_both(album: Album, name: str) -> None:
    """Both are read back whole and show no hidden character."""
    album.add("maple/base").add(
        name,
        album.parent("maple/base", declared_as=name),
        facts={"license": name, "author": name, "revision": name, "datasets": (name,), "pipeline_tag": name},
        scores=(album.score(name),),
        drift=(album.drift(name, Verdict.WORSE, 3.0, name, reason=name),),
    )
    profiles = album.profiles(name)
    assert len(list(spdx_of(profiles, album).foreach_type("ai_AIPackage"))) == 2
    kinds = [one.get_type().localpart for one in prov_of(profiles).get_records()]
    assert (kinds.count("Entity"), kinds.count("Derivation")) == (3, 2)
    for text in (spdx_json(profiles, album.seen), prov_json(profiles)):
        assert not re.search(r"\\u(202e|0000|001b|d800)|[\x00\x1b\u202e\ud800]", text)


def test_without_the_extra_both_say_what_to_install(
    pair: Profiles, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The errors name the extra."""
    monkeypatch.setitem(sys.modules, "spdx_python_model", None)
    monkeypatch.setitem(sys.modules, "prov.model", None)
    with pytest.raises(MissingExtra, match="SPDX needs the extra 'reports'"):
        spdx_json(pair, album.seen)
    with pytest.raises(MissingExtra, match="PROV needs the extra 'reports'"):
        prov_json(pair)
