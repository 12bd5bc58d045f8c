"""How models are built, in the database: from records and files, the file first, one row for each model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lineage.crawl_records import GGUF_FACTS, FetchedFile, PageFacts, Spent

if TYPE_CHECKING:
    from tests.store.conftest import Desk


def take_files(desk: Desk, **contents: object) -> None:
    """Store one file of each model, under its name without the author."""
    paths = {"config": "config.json", "gguf": GGUF_FACTS}
    files = [
        FetchedFile(
            model=f"maple/{name.rpartition('_')[0]}", path=paths[name.rpartition("_")[2]], sha=None,
            content=json.dumps(content), absent=None,
        )
        for name, content in contents.items()
    ]  # fmt: skip
    desk.store.take_files(files, [], PageFacts(crawl=desk.crawl, seen_at=desk.START, detail=0), Spent())


def test_a_file_says_more_than_the_record_and_goes_first(desk: Desk) -> None:
    """A config.json goes before the Hub's excerpt of it, and that before the facts about a GGUF file."""
    config = {"architectures": ["MapleForCausalLM"], "model_type": "maple"}
    safetensors = {"parameters": {"F16": 7}, "total": 7}
    desk.take(
        [
            desk.record(1, id="maple/read", config=config, safetensors=safetensors),
            desk.record(2, id="maple/seen", config=config | {"quantization_config": {"quant_method": "awq"}}),
            desk.record(3, id="maple/plain"),
            desk.record(4, id="maple/packed"),
            desk.record(5, id="maple/odd", config={"architectures": 5, "model_type": [1], "quantization_config": 3}),
        ]
    )
    take_files(
        desk,
        read_config={"model_type": "maple2", "hidden_size": 64, "vocab_size": 99, "_name_or_path": "../x"},
        packed_gguf={"total": 12, "architecture": "maple"},
        plain_config=["nothing"],
    )
    desk.derive()
    columns = "model, architecture, model_type, hidden_size, vocabulary, quantization, parameters, name_or_path"
    assert desk.rows(f"select {columns}, evidence from shapes order by model") == [  # noqa: S608 -- our own columns
        ("maple/packed", None, "maple", None, None, None, 12, None, ["gguf"]),
        ("maple/read", "MapleForCausalLM", "maple2", 64, 99, None, 7, "../x", ["config.json"]),
        ("maple/seen", "MapleForCausalLM", "maple", None, None, "awq", None, None, ["record"]),
    ]


def made(day: int) -> str:
    """Return a time of creation as the Hub writes it."""
    return f"2026-01-{day:02}T00:00:00.000Z"


LOADED = "select child, parent, declared_as, is_edge from evidence where rule = 'name or path' order by child"


def test_what_a_model_was_loaded_from_is_its_parent(desk: Desk) -> None:
    """A Hub id in `_name_or_path` that leads to an older model makes an inferred edge of a kind of its own."""
    desk.take(
        [
            desk.record(1, id="maple/base", createdAt=made(1)),
            desk.record(2, id="maple/child", createdAt=made(2)),
            desk.record(3, id="elm/base-uncased", createdAt=made(1)),
        ]
    )
    take_files(desk, child_config={"_name_or_path": "maple/base"})
    desk.derive()
    assert desk.rows(LOADED) == [("maple/child", "maple/base", "maple/base", True)]
    assert desk.rows("select child, parent, evidence, inferred from edges") == [
        ("maple/child", "maple/base", "name_or_path", True)
    ]


def test_what_cannot_be_the_parent_is_none(desk: Desk) -> None:
    """Itself, a younger or unknown model, another size or width, and what a copy took over count for nothing."""
    desk.take(
        [
            desk.record(1, id="maple/base-7b", createdAt=made(3)),
            desk.record(2, id="maple/itself", createdAt=made(4)),
            desk.record(3, id="maple/older", createdAt=made(1)),
            desk.record(4, id="maple/unknown", createdAt=made(4)),
            desk.record(5, id="maple/small-1b", createdAt=made(4)),
            desk.record(6, id="maple/narrow", createdAt=made(4)),
            desk.record(7, id="maple/copied-AWQ", createdAt=made(4)),
            desk.record(8, id="maple/told", createdAt=made(4), tags=["base_model:oak/other"]),
        ]
    )
    take_files(
        desk,
        **{
            "base-7b_config": {"hidden_size": 4096},
            "itself_config": {"_name_or_path": "maple/itself"},
            "older_config": {"_name_or_path": "maple/base-7b"},
            "unknown_config": {"_name_or_path": "oak/nowhere"},
            "small-1b_config": {"_name_or_path": "maple/base-7b"},
            "narrow_config": {"_name_or_path": "maple/base-7b", "hidden_size": 64},
            "copied-AWQ_config": {"_name_or_path": "maple/base-7b"},
            "told_config": {"_name_or_path": "maple/base-7b"},
        },
    )
    desk.derive()
    assert desk.rows(LOADED) == [("maple/told", "maple/base-7b", "maple/base-7b", False)]
    assert desk.rows("select child, parent from edges") == [("maple/told", "oak/other")]


def test_a_path_on_a_disk_is_a_hint(desk: Desk) -> None:
    """The last part of a local path suggests the one older model of that name, too weakly for an edge."""
    desk.take(
        [
            desk.record(1, id="maple/base-7b-it", createdAt=made(1)),
            desk.record(2, id="oak/child", createdAt=made(2)),
        ]
    )
    config = json.dumps({"_name_or_path": "/mnt/disk/models/base-7b-it"})
    file = FetchedFile(model="oak/child", path="config.json", sha=None, content=config, absent=None)
    desk.store.take_files([file], [], PageFacts(crawl=desk.crawl, seen_at=desk.START, detail=0), Spent())
    desk.derive()
    assert desk.rows("select child, parent, rule, is_edge from evidence") == [
        ("oak/child", "maple/base-7b-it", "local path", False)
    ]


def test_a_card_that_a_copy_took_over_names_its_grandparent(desk: Desk) -> None:
    """The sentence in the card of a copy is about its original, whose child the copy stays."""
    tuned = desk.record(2, id="maple/ward-notes-7b", createdAt=made(2), downloads=9)
    desk.take(
        [
            desk.record(1, id="maple/base-7b", createdAt=made(1)),
            tuned,
            desk.record(3, id="elm/ward-notes-7b-GGUF", createdAt=made(3), tags=["gguf"]),
        ]
    )
    card = "This model is a fine-tuned version of [maple/base-7b](https://huggingface.co/maple/base-7b)."
    files = [
        FetchedFile(model=model, path="README.md", sha=None, content=card, absent=None)
        for model in ("maple/ward-notes-7b", "elm/ward-notes-7b-GGUF")
    ]
    desk.store.take_files(files, [], PageFacts(crawl=desk.crawl, seen_at=desk.START, detail=0), Spent())
    desk.derive()
    assert desk.rows("select child, parent from edges order by all") == [
        ("elm/ward-notes-7b-GGUF", "maple/ward-notes-7b"),
        ("maple/ward-notes-7b", "maple/base-7b"),
    ]
