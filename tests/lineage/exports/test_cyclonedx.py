"""Bills of materials in CycloneDX: valid, complete, and read back by the library of the ecosystem."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lineage.errors import MissingExtra
from lineage.exports.cyclonedx import cyclonedx_json
from lineage.vocabulary import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.profile import Profiles
    from tests.lineage.conftest import Album

    Json = dict[str, Any]

cyclonedx = pytest.importorskip("cyclonedx", reason="needs the extra reports")
HOSTILE = (
    'oak/</script><img src=x onerror="alert(1)">',
    "oak/\u202egnp.exe\x00\x1b[31m",
    "oak/sur\ud800rogate",
    "=HYPERLINK/=1+1",
    "oak/" + "long" * 200,
    "./local path/with/parts",
    "@/%2e%2e",
)


def made(album: Album, *chosen: str) -> Json:
    """Return the bill of some models."""
    bill: Json = json.loads(cyclonedx_json(album.profiles(*chosen), album.seen))
    return bill


def faults(text: str) -> object:
    """Return what the strict validator of the ecosystem finds; skips without it."""
    validation = pytest.importorskip("cyclonedx.validation.json", reason="needs cyclonedx-python-lib[json-validation]")
    schema = pytest.importorskip("cyclonedx.schema", reason="needs the extra reports")
    pytest.importorskip("jsonschema", reason="needs cyclonedx-python-lib[json-validation]")
    found: object = validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text)
    return found


def components(bill: Json) -> Iterator[Json]:
    """Yield every component, those within pedigrees too."""
    waiting = [*bill.get("components", ()), *filter(None, [bill["metadata"].get("component")])]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.get("pedigree", {}).get("ancestors", [])


def properties(component: Json) -> dict[str, str]:
    """Return the properties of a component by name."""
    return {one["name"]: one["value"] for one in component["properties"]}


@pytest.fixture(name="chain")
def fixture_chain(album: Album) -> Album:
    """Give a chain of four generations, the last scored and drifted, with licence, revision, data and task."""
    album.add("maple/base", scores=(album.score(),), facts={"license": "llama2"})
    album.add("oak/one", album.parent("maple/base"))
    album.add("oak/two", album.parent("oak/one", "adapter", inferred=True))
    facts = {"revision": "AB" * 20, "license": "apache-2.0", "author": "oak", "pipeline_tag": "text-generation"}
    drift = (
        album.drift("oak/three", Verdict.WORSE, 12.4),
        album.drift("oak/three", Verdict.WITHHELD, None, "bias"),
    )
    album.add(
        "oak/three",
        album.parent("oak/two", "quantized"),
        facts=facts | {"datasets": ("oak/notes",)},
        scores=(album.score(value=0.434, stderr=0.02),),
        drift=drift,
    )
    return album


def test_ancestors_stand_in_the_pedigree_within_each_other(chain: Album) -> None:
    """Three deep, each with how it was made, and a package URL at its revision."""
    component = made(chain, "oak/three")["metadata"]["component"]
    assert component["purl"] == "pkg:huggingface/oak/three@" + "ab" * 20
    names, notes, at = [], [], component
    while "pedigree" in at:
        notes.append(at["pedigree"]["notes"])
        (at,) = at["pedigree"]["ancestors"]
        names.append(f"{at['group']}/{at['name']}")
    assert names == ["oak/two", "oak/one", "maple/base"]
    assert notes[0] == 'quantized of oak/two: declared by card as "oak/two", 97% sure'
    assert notes[1] == "adapter of oak/one: inferred, not declared, by common name, 61% sure"


def test_licences_are_spdx_where_there_is_an_id(chain: Album) -> None:
    """An id of SPDX is one, any other is a name; both are what somebody declares."""
    licences = {
        one["name"]: one["licenses"][0]["license"] for one in components(made(chain, "oak/three")) if "licenses" in one
    }
    assert licences == {
        "three": {"id": "Apache-2.0", "acknowledgement": "declared"},
        "base": {"name": "llama2", "acknowledgement": "declared"},
    }


def test_drift_is_in_properties(chain: Album) -> None:
    """Verdict, figures and sentence; of what is withheld only the reason."""
    told = properties(made(chain, "oak/three")["metadata"]["component"])
    (name,) = (key for key, value in told.items() if value == "worse")
    assert name.startswith("lineage:drift:harm@")
    assert told[f"{name}:points"] == "+12.40 (+10.40 to +14.40)"
    assert told[f"{name}:because"] == "worse, as the test says"
    (withheld,) = (key for key, value in told.items() if value == "withheld")
    assert f"{withheld}:because" in told
    assert f"{withheld}:points" not in told


def test_scores_are_performance_metrics_which_the_library_would_drop(chain: Album) -> None:
    """The card is there, the library's own reading and writing loses it, and ours still validates."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    bill = made(chain, "oak/three")
    card = bill["metadata"]["component"]["modelCard"]
    (metric,) = card["quantitativeAnalysis"]["performanceMetrics"]
    assert (metric["type"], metric["value"]) == ("harm", "0.434")
    assert metric["confidenceInterval"] == {"lowerBound": "0.394801", "upperBound": "0.473199"}
    assert card["modelParameters"] == {
        "task": "text-generation",
        "datasets": [{"type": "dataset", "name": "oak/notes"}],
    }
    assert faults(json.dumps(bill)) is None
    read = Bom.from_json(bill)  # type: ignore[attr-defined] # a decorator makes it
    again = make_outputter(read, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    assert "modelCard" not in again
    assert {one["name"] for one in components(json.loads(again))} == {one["name"] for one in components(bill)}


def test_shared_ancestors_are_described_once(album: Album) -> None:
    """A merge of merges over one base does not grow with the number of ways, and no reference is doubled."""
    album.add("m/0")
    for level in range(1, 25):
        above = (f"m/{level - 1}", f"m/{level - 1}-twin") if level > 1 else ("m/0",)
        for name in (f"m/{level}", f"m/{level}-twin"):
            album.add(name, *(album.parent(one, "merge") for one in above))
    bill = made(album, "m/24")
    found = list(components(bill))
    references = [one["bom-ref"] for one in found if "bom-ref" in one]
    assert len(references) == len(set(references)) == 24 * 2
    assert len(found) < 200
    assert all("modelCard" in one or "properties" not in one for one in found)


def test_cycles_end(album: Album) -> None:
    """Two models that name each other are each other's ancestor once."""
    album.add("m/a", album.parent("m/b")).add("m/b", album.parent("m/a"))
    bill = made(album, "m/a")
    assert [one["name"] for one in components(bill)] == ["a", "b"]
    assert faults(json.dumps(bill)) is None


def test_several_models_are_components_of_one_bill(chain: Album) -> None:
    """Each chosen one is described in full at the top, and only named in the pedigree of another."""
    bill = made(chain, "oak/two", "oak/three")
    assert "component" not in bill["metadata"]
    top = {one["name"]: one for one in bill["components"]}
    assert set(top) == {"two", "three"}
    assert all("properties" in one for one in top.values())
    (named,) = top["three"]["pedigree"]["ancestors"]
    assert named["purl"] == "pkg:huggingface/oak/two"
    assert "properties" not in named
    assert faults(json.dumps(bill)) is None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_survive(album: Album, name: str) -> None:
    """The bill validates, is read back, and shows no hidden character."""
    from cyclonedx.model.bom import Bom

    album.add("maple/base").add(
        name,
        album.parent("maple/base", declared_as=name),
        facts={"license": name, "author": name, "revision": name, "datasets": (name,), "pipeline_tag": name},
        scores=(album.score(name),),
        drift=(album.drift(name, Verdict.WORSE, 3.0, name, reason=name),),
    )
    text = cyclonedx_json(album.profiles(name), album.seen)
    assert faults(text) is None
    assert len(list(components(json.loads(text)))) == 2
    read = Bom.from_json(json.loads(text))  # type: ignore[attr-defined] # a decorator makes it
    assert read.metadata.component is not None
    assert not re.search(r"\\u(202e|0000|001b|d800)|[\x00\x1b\u202e\ud800]", text)


def test_the_same_profiles_give_the_same_bill(family: Profiles, album: Album) -> None:
    """Nothing in it is left to chance: not its serial number either."""
    assert cyclonedx_json(family, album.seen) == cyclonedx_json(family, album.seen)


def test_without_its_extra_it_says_what_to_install(
    family: Profiles, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the extra and the command."""
    monkeypatch.setitem(sys.modules, "cyclonedx.output", None)
    with pytest.raises(MissingExtra, match="CycloneDX needs the extra 'reports'") as caught:
        cyclonedx_json(family, album.seen)
    assert "hub-lineage[reports]" in caught.value.hint
