"""The manifest of a published graph: it is read back as it was written, and nothing else passes for one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lineage.output.fingerprint import FingerprintPart
from lineage.publishing.manifest import (
    GraphManifest,
    ManifestRefused,
    NewerForm,
    PublishedFile,
    manifest_json,
    read_manifest,
)

if TYPE_CHECKING:
    from collections.abc import Callable

EDGES = PublishedFile(path="data/edges.parquet", sha256="a" * 64, size_bytes=10, rows=2)
MODELS = PublishedFile(path="tables/models.parquet", sha256="b" * 64, size_bytes=20, rows=3)
MANIFEST = GraphManifest(
    lineage="0.1.0",
    schema_version=1,
    made_at="2026-12-03T00:00:00+00:00",
    last_seen_at=None,
    models=3,
    edges=2,
    scores=0,
    verdicts=0,
    content=(FingerprintPart(name="edges", facts=2, hash="c" * 64),),
    files=(EDGES, MODELS),
)


def test_it_is_read_as_it_was_written() -> None:
    """Writing and reading change nothing, and the folders part the files."""
    assert read_manifest(manifest_json(MANIFEST)) == MANIFEST
    assert (MANIFEST.in_folder("data"), MANIFEST.in_folder("tables")) == ((EDGES,), (MODELS,))


def test_files_differ_by_path_and_hash() -> None:
    """What another manifest lists with the same hash need not be sent; without another, everything must."""
    other = read_manifest(manifest_json(MANIFEST).replace("b" * 64, "d" * 64))
    assert MANIFEST.differing(None) == (EDGES, MODELS)
    assert MANIFEST.differing(other) == (MODELS,)
    assert MANIFEST.differing(MANIFEST) == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("files"),
        lambda told: told.update(form="something else"),
        lambda told: told.update(models=-1),
        lambda told: told.update(models=True),
        lambda told: told.update(files=7),
        lambda told: told.update(content=[None]),
        lambda told: told["files"][0].update(path="../../etc/passwd"),
        lambda told: told["files"][0].update(path="data/../manifest.json"),
        lambda told: told["files"][0].update(sha256="short"),
        lambda told: told["files"].append(told["files"][0]),
    ],
)
def test_what_lacks_something_or_leads_elsewhere_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    """No path outside the two folders, no count below 0, and no file twice."""
    told = json.loads(manifest_json(MANIFEST))
    change(told)
    with pytest.raises(ManifestRefused):
        read_manifest(json.dumps(told))


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"form": null}'])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    """Text of any kind gives the same error, not a traceback."""
    with pytest.raises(ManifestRefused):
        read_manifest(text)


def test_a_later_form_asks_for_a_later_version() -> None:
    """The way out is said."""
    with pytest.raises(NewerForm) as refused:
        read_manifest('{"form": "lineage graph 2"}')
    assert refused.value.hint == "upgrade lineage"
