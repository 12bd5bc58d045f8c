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
