"""Rows of many matrices of several models, read from a Hub: the budget, shards, and what is refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest

from crawler.close_reading import read_alone, read_closely
from crawler.errors import WeightsNotRead
from crawler.hub.repository import Absent, TreeEntry
from crawler.weight_files import NoWeightFileError, choose_files, list_shards
from lineage.crawl_records import WeightFile
from lineage.weights.span_rows import SpanReading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.http.hub_client import HubClient
    from tests.crawler.conftest import Asked, Canned, ScriptedHub

WIDTH = 64


def file_of(layers: range, *, seed: int = 0, filling: int = 0, beyond: int = 0) -> bytes:
    """Return a safetensors file of some layers, two matrices each; `beyond` cuts bytes off its end."""
    draw = np.random.default_rng(seed)
    told: dict[str, object] = {"__metadata__": {"filling": "x" * filling}}
    content = b""
    for layer in layers:
        for part in ("self_attn.o_proj", "self_attn.q_proj"):
            numbers = draw.normal(size=(WIDTH, WIDTH)).astype("<f4").tobytes()
            place = [len(content), len(content) + len(numbers)]
            told[f"model.layers.{layer}.{part}.weight"] = {
                "dtype": "F32",
                "shape": [WIDTH, WIDTH],
                "data_offsets": place,
            }
            content += numbers
    header = json.dumps(told).encode()
    whole = len(header).to_bytes(8, "little") + header + content
    return whole[: len(whole) - beyond]


def serve(hub: ScriptedHub, canned: type[Canned], files: Mapping[str, bytes], *, size: str = "") -> None:
    """Let the Hub hold these files in every model; `size` replaces the size that it tells of a file."""

    def answer(asked: Asked) -> Canned:
        if "/tree/" in asked.path:
            tree = [{"type": "file", "path": path, "size": len(one), "oid": "0" * 40} for path, one in files.items()]
            return canned(body=json.dumps(tree).encode())
        content = files[re.sub(r"^.*/resolve/(?:main|c{40})/", "", asked.path)]
        first, last = asked.headers["range"].removeprefix("bytes=").split("-")
        start, stop = int(first), min(int(last) + 1, len(content))
        told = size or str(len(content))
        return canned(
            status=206, body=content[start:stop], headers={"Content-Range": f"bytes {start}-{stop - 1}/{told}"}
        )

    hub.answer = answer


def entries_of(*paths: str) -> list[TreeEntry]:
    """Return the entries of files."""
    return [TreeEntry(path=path, size_bytes=1, oid="0" * 40, lfs_oid=None) for path in paths]


def test_the_same_rows_are_read_of_all(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Whole small matrices, in few requests, and what they cost."""
    serve(hub, canned, {"model.safetensors": file_of(range(4))})
    ours, theirs = read_closely(client, ["maple/base", "maple/child"])
    assert (ours.model, theirs.model) == ("maple/base", "maple/child")
    assert [(span.role, span.layer) for span in ours.spans if span.role == "query"] == [
        ("query", layer) for layer in (0, 2, 3)
    ]
    assert [span.layer for span in ours.spans if span.role == "attention_output"] == [0, 1, 2, 3]
    assert {span.rows.shape for span in ours.spans} == {(64, 64)}
    for one, other in zip(ours.spans, theirs.spans, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
    draw = np.random.default_rng(0)
    np.testing.assert_array_equal(ours.spans[0].rows, draw.normal(size=(WIDTH, WIDTH)).astype(np.float32))
    assert ours.bytes_read <= 1_000_000
    assert len(hub.asked) == ours.requests + theirs.requests <= 10


@pytest.mark.parametrize("most_bytes", [5_000, 20_000, 100_000, 400_000])
def test_the_budget_holds_for_each_model(
    most_bytes: int, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Headers of all shards and rows together; where it is too small nothing is told."""
    shards = {f"model-{shard}-of-6.safetensors": file_of(range(shard, shard + 1)) for shard in range(1, 7)}
    serve(hub, canned, shards)
    try:
        read = read_closely(client, ["maple/base", "maple/child"], most_bytes=most_bytes)
    except WeightsNotRead:
        assert most_bytes < 100_000
        return
    assert all(reading.bytes_read <= most_bytes for reading in read)
    assert all(reading.spans for reading in read)


def test_of_many_shards_four_are_read(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Spread over the depth: each takes a request of the quota."""
    shards = {f"model-{shard:05}-of-00012.safetensors": file_of(range(shard, shard + 1)) for shard in range(1, 13)}
    serve(hub, canned, shards)
    (read,) = read_closely(client, ["maple/base"])
    assert {span.layer for span in read.spans} == {2, 5, 8, 11}


def test_what_is_not_there_is_an_error(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A header that reaches beyond its file, one longer than the budget, and no weights at all."""
    serve(hub, canned, {"model.safetensors": file_of(range(2), beyond=1000)})
    with pytest.raises(WeightsNotRead, match="beyond the end of the file"):
        read_closely(client, ["maple/base"])
    serve(hub, canned, {"model.safetensors": file_of(range(2), beyond=1000)}, size="*")
    with pytest.raises(WeightsNotRead, match=r"beyond the end of its file|shorter than what was asked for"):
        read_closely(client, ["maple/base"])
    serve(hub, canned, {"model.safetensors": file_of(range(2), filling=60_000)})
    with pytest.raises(WeightsNotRead, match="its header takes"):
        read_closely(client, ["maple/base"], most_bytes=50_000)
    serve(hub, canned, {"README.md": b""})
    with pytest.raises(WeightsNotRead, match="no weights that we know"):
        read_closely(client, ["maple/base"])


def test_a_model_is_read_alone_without_a_list_of_its_files(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """At its commit, by the names of its shards, in the rows that a relative is read in; a refusal is a reason."""
    shards = {f"model-{shard:05}-of-00002.safetensors": file_of(range(2 * shard, 2 * shard + 2)) for shard in (1, 2)}
    serve(hub, canned, shards)
    file = WeightFile(model="maple/base", sha="c" * 40, path="model-00002-of-00002.safetensors")
    read = read_alone(client, file)
    (alike,) = read_closely(client, ["maple/base"])
    assert isinstance(read, SpanReading)
    assert [(span.role, span.layer) for span in read.spans] == [(span.role, span.layer) for span in alike.spans]
    assert all("/resolve/" + "c" * 40 + "/model-" in asked.path for asked in hub.asked[: read.requests])
    for most_bytes, reason in ((2_000, "its header takes|no rows to compare|may be read"), (100, "header")):
        refused = read_alone(client, file, most_bytes=most_bytes)
        assert isinstance(refused, Absent)
        assert re.search(reason, refused.reason)
    serve(hub, canned, {path: content[:-1000] for path, content in shards.items()})
    cut = read_alone(client, file)
    assert isinstance(cut, Absent)


@pytest.mark.parametrize(
    ("path", "shards"),
    [
        ("model.safetensors", ("model.safetensors",)),
        (
            "a/model-00002-of-00002.safetensors",
            ("a/model-00001-of-00002.safetensors", "a/model-00002-of-00002.safetensors"),
        ),
        ("model-1-of-3.safetensors", tuple(f"model-{number}-of-3.safetensors" for number in (1, 2, 3))),
        ("model-00001-of-00000.safetensors", ("model-00001-of-00000.safetensors",)),
        ("model-000001-of-999999.safetensors", ("model-000001-of-999999.safetensors",)),
    ],
)
def test_a_shard_names_the_others(path: str, shards: tuple[str, ...]) -> None:
    """Numbered as it is itself; a count that no model has names none."""
    assert list_shards(path) == shards


def test_all_shards_of_one_model_are_chosen() -> None:
    """In their order, and none of another set; a whole file stands alone, and GGUF is refused."""
    paths = ("model-00010-of-00010.safetensors", "model-00001-of-00010.safetensors", "model-00002-of-00010.safetensors")
    found = choose_files(entries_of(*paths, "onnx/model-00001-of-00010.safetensors", "model-00001-of-00010.bin"))
    assert [entry.path for entry in found] == [paths[1], paths[2], paths[0]]
    assert [entry.path for entry in choose_files(entries_of("model.safetensors", "a.gguf"))] == ["model.safetensors"]
    with pytest.raises(NoWeightFileError, match="GGUF"):
        choose_files(entries_of("a.gguf"))
