"""A catalogue of models about which every rule that infers parents has something to say."""

from __future__ import annotations

import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest

from lineage.domains.lexicon import LISTED_CONFIDENCE
from store.derive import graph_cache
from store.derive.kept_ids import files_of
from tests.store.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AUTHORS = ("maple", "elm", "birch", "studio", "press", "harbor")
BASES = ("heron-base-7b", "heron-base", "wren-large", "otter-asr-small", "legal-notes", "lone")
ENDINGS = ("", "-chat", "-GGUF", "-finetuned-wards", "-lora", "-v2", "-notes", "-4bit", "-notes-GGUF")
MARKS = ("trl", "trl", "trl", "unsloth")
KNOWN = ("maple/heron-base-7b", "maple/wren-large")
MODELS = 400
EMBER = {"tags": ["mistral", "base_model:core/ember"], "safetensors": {"total": 4_242}}
ALONE: tuple[dict[str, object], ...] = (
    {"id": "quiet/ledger-audit"},
    {"id": "quiet/ledger-audit-extended"},
    {"id": "core/ember", "tags": ["mistral"], "safetensors": {"total": 4_242}},
    {"id": "one/first", **EMBER},
    {"id": "two/second", **EMBER},
    {"id": "three/third", **EMBER},
    {"id": "four/unnamed", "tags": ["mistral"], "safetensors": {"total": 4_242}},
    {"id": "vendor/amber-7b-chat"},
    {"id": "vendor/amber-7b"},
    {"id": "one/amber", "tags": ["base_model:vendor/amber-7b"]},
    {"id": "two/amber", "tags": ["base_model:vendor/amber-7b"]},
    {"id": "three/amber", "tags": ["base_model:vendor/amber-7b"]},
)
"""Models of which one rule alone has something to say: an older name by the author, a shape, a base uploaded later."""


def catalogue() -> Iterator[dict[str, object]]:
    """Yield records drawn from few authors, names, tags, parents and shapes, so that every rule has a say."""
    chance = Random(7)
    ids: list[str] = []
    for number in range(1, MODELS + 1):
        identity = f"{chance.choice(AUTHORS)}/{chance.choice(BASES)}{chance.choice(ENDINGS)}"
        if number <= len(KNOWN):
            identity = KNOWN[number - 1]
        if identity in ids:
            identity += f"-{number}"
        tags = [chance.choice(MARKS)] if chance.random() < 0.4 else []
        tags += ["llama"] if chance.random() < 0.5 else []
        parent = chance.choice(KNOWN if chance.random() < 0.95 else ids or KNOWN)
        tags += [f"base_model:{parent}"] if number > len(KNOWN) and chance.random() < 0.4 else []
        weights = {"safetensors": {"total": chance.choice((7_000, 7_000, 1_000))}} if chance.random() < 0.3 else {}
        created = {
            "createdAt": f"2026-01-{10 if number <= len(KNOWN) else 1 + number % 28:02}T00:00:00.000Z",
            "downloads": chance.choice((0, 5, 5_000)),
        }
        ids.append(identity)
        yield Desk.record(number, id=identity, tags=tags, **created, **weights)
    for number, record in enumerate(ALONE, start=1):
        yield Desk.record(MODELS + number, createdAt=f"2026-02-{number:02}T00:00:00.000Z", **record)


@pytest.fixture(name="catalogue", scope="session")
def fixture_catalogue() -> Callable[[], Iterator[dict[str, object]]]:
    """Give what yields the records."""
    return catalogue


def check_places_and_arrays(desk: Desk) -> None:
    """Check where nodes say that records stand, and that moved arrays and kept counts are those of the tables."""
    counted = desk.rows(f"from hub.counted({LISTED_CONFIDENCE}) order by all")
    assert desk.rows("from hub.counts order by all") == counted
    misplaced = (
        "select count(*) from hub.nodes join hub.models using (hub_id) where place is distinct from models.rowid"
    )
    assert desk.rows(misplaced) == [(0,)]
    folder = files_of(desk.database.path)
    fingerprint = desk.database.value("graph/fingerprint")
    kept = graph_cache.open_graph(desk.database)
    shutil.rmtree(folder / f"{graph_cache.FORMAT}-{fingerprint}")
    built = graph_cache.open_graph(desk.database)
    assert list(kept.index) == list(built.index)
    assert kept.downloads.tolist() == built.downloads.tolist()
    for one in ("upwards", "downwards"):
        for part in ("starts", "neighbours", "relations"):
            found = getattr(getattr(kept.graph, one), part)
            assert found.tolist() == getattr(getattr(built.graph, one), part).tolist()
    for part in ("root", "depth", "size", "component"):
        assert getattr(kept.graph.labels, part).tolist() == getattr(built.graph.labels, part).tolist()
