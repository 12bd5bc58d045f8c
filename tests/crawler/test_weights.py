"""The first rows of a model's weights, read from a Hub: what that costs, which file it is, and what is refused."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.errors import WeightsNotRead
from crawler.hub.repository import Absent, TreeEntry
from crawler.weight_files import choose_file
from crawler.weights import read_all, read_weights
from lineage.weights.origin_table import compare
from lineage.weights.weight_rows import WeightRows
from tests.lineage.weights.gguf_file import write_gguf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawler.http.hub_client import HubClient
    from tests.crawler.conftest import Asked, Canned, ScriptedHub

EMBEDDING = "model.embed_tokens.weight"


def file_of(rows: int, *, columns: int = 64, name: str = EMBEDDING, before: int = 0, filling: int = 0) -> bytes:
    """Return a safetensors file with one matrix of ascending numbers, behind so many bytes of another tensor.

    `filling` lengthens the header.
    """
    numbers = np.arange(rows * columns, dtype="<f4").tobytes()
    told = {
        "__metadata__": {"filling": "x" * filling},
        "a.norm.weight": {"dtype": "U8", "shape": [before], "data_offsets": [0, before]},
        name: {"dtype": "F32", "shape": [rows, columns], "data_offsets": [before, before + len(numbers)]},
    }
    header = json.dumps(told).encode()
    return len(header).to_bytes(8, "little") + header + bytes(before) + numbers


def serve(hub: ScriptedHub, canned: type[Canned], files: Mapping[str, bytes]) -> None:
    """Let the Hub hold one model with these files."""

    def answer(asked: Asked) -> Canned:
        if "/tree/" in asked.path:
            tree = [{"type": "file", "path": path, "size": len(one), "oid": "0" * 40} for path, one in files.items()]
            return canned(body=json.dumps(tree).encode())
        content = files[re.sub(r"^.*/resolve/(?:main|c{40})/", "", asked.path)]
        first, last = asked.headers["range"].removeprefix("bytes=").split("-")
        start, stop = int(first), min(int(last) + 1, len(content))
        headers = {"Content-Range": f"bytes {start}-{stop - 1}/{len(content)}", "X-Repo-Commit": "c" * 40}
        return canned(status=206, body=content[start:stop], headers=headers)

    hub.answer = answer


def reason_of(read: WeightRows | Absent) -> str:
    """Return why a model was not read."""
    assert isinstance(read, Absent)
    return read.reason


def test_rows_behind_the_header_are_read(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """As many whole rows as the bytes allow, in two parts, and the commit that they are of."""
    serve(hub, canned, {"model.safetensors": file_of(1000), "README.md": b""})
    read = read_weights(client, "maple/base")
    assert isinstance(read, WeightRows)
    assert (read.file, read.revision, read.matrices[0].name, read.bytes_read) == (
        "model.safetensors",
        "c" * 40,
        EMBEDDING,
        100_000,
    )
    assert read.matrices[0].rows.shape == ((100_000 - len(file_of(0))) // 256, 64)
    np.testing.assert_array_equal(
        read.matrices[0].rows.ravel(), np.arange(read.matrices[0].rows.size, dtype=np.float32)
    )
    assert (read.requests, len(hub.asked)) == (3, 3)


@pytest.mark.parametrize("before", [30_000, 40_000, 5_000_000])
def test_rows_far_behind_the_header_are_read(
    before: int, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Whether the first part ends before, in or behind the other tensor: the rows begin where the header says."""
    serve(hub, canned, {"model.safetensors": file_of(400, before=before)})
    read = read_weights(client, "maple/base")
    assert isinstance(read, WeightRows)
    np.testing.assert_array_equal(
        read.matrices[0].rows.ravel(), np.arange(read.matrices[0].rows.size, dtype=np.float32)
    )
    assert len(read.matrices[0].rows) > 200
    assert read.bytes_read <= 100_000


def test_a_long_header_takes_a_second_part(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Within the bytes that may be read; one that is longer is refused with its length."""
    serve(hub, canned, {"model.safetensors": file_of(100, filling=60_000)})
    read = read_weights(client, "maple/base")
    assert isinstance(read, WeightRows)
    assert len(read.matrices[0].rows) == 100
    serve(hub, canned, {"model.safetensors": file_of(100, filling=120_000)})
    assert "its header takes 120," in reason_of(read_weights(client, "maple/base"))
    assert isinstance(read_weights(client, "maple/base", most_bytes=200_000), WeightRows)


def test_a_small_file_is_read_once(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """What came with the header is not asked for again."""
    serve(hub, canned, {"model.safetensors": file_of(20)})
    read = read_weights(client, "maple/base")
    assert isinstance(read, WeightRows)
    assert (len(read.matrices[0].rows), len(hub.asked)) == (20, 2)


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (["model.safetensors", "onnx/model.safetensors"], "model.safetensors"),
        (["model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors"], "model-00001-of-00002.safetensors"),
        (["text_encoder/model.safetensors", "unet/diffusion_pytorch_model.safetensors"], None),
        (["adapter_model.safetensors", "model.safetensors"], "model.safetensors"),
    ],
)
def test_the_first_shard_of_the_model_itself_is_read(
    paths: list[str], chosen: str | None, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """At the top of the repository before folders, the model of a pipeline before its text encoder."""
    serve(hub, canned, dict.fromkeys(paths, file_of(20)))
    read = read_weights(client, "maple/base")
    assert isinstance(read, WeightRows)
    assert read.file == (chosen or "unet/diffusion_pytorch_model.safetensors")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"adapter_model.safetensors": file_of(20)}, "an adapter"),
        ({"model-q4.gguf": b"GGML" * 9}, "does not begin as a GGUF file does"),
        ({"model-q4-00002-of-00002.gguf": b""}, "the first part of its weights is missing"),
        ({"mmproj-f16.gguf": b""}, "no weights that we know"),
        ({"pytorch_model.bin": b""}, "a pickle, which is never opened"),
        ({"README.md": b""}, "no weights that we know"),
        ({"model-00002-of-00002.safetensors": file_of(20)}, "the first shard of its weights is missing"),
        ({"model.safetensors": b"\0" * 7}, "shorter than the length of a header"),
        ({"model.safetensors": (4 << 30).to_bytes(8, "little") + bytes(100)}, "4,294,967,296 bytes long"),
        ({"model.safetensors": file_of(20, columns=63)}, "no matrix of 64 columns"),
        ({"model.safetensors": file_of(1, columns=40_000)}, "100,000 bytes hold no row"),
    ],
)
def test_what_cannot_be_read_has_a_reason(
    files: Mapping[str, bytes], reason: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Nothing is guessed, nothing is loaded."""
    serve(hub, canned, files)
    assert reason in reason_of(read_weights(client, "maple/base"))


SHARDS = {
    "model-00001-of-00002.safetensors": file_of(20, name="model.layers.0.mlp.up_proj.weight"),
    "model-00002-of-00002.safetensors": file_of(300),
}


def index_of(told: object, *, filling: int = 0) -> bytes:
    """Return a list of shards that tells this of the embedding."""
    return json.dumps(
        {"metadata": {"filling": "x" * filling}, "weight_map": {"a.norm.weight": "b", EMBEDDING: told}}
    ).encode()


def test_the_shard_that_holds_the_embedding_is_found(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """By the list of shards, which is read only if the first one has no embedding; all within the allowed bytes."""
    index = index_of("model-00002-of-00002.safetensors", filling=20_000)
    serve(hub, canned, SHARDS | {"model.safetensors.index.json": index})
    read = read_weights(client, "maple/base", most_bytes=80_000)
    assert isinstance(read, WeightRows)
    assert (read.file, read.matrices[0].name) == ("model-00002-of-00002.safetensors", EMBEDDING)
    assert not read.is_whole
    assert len(SHARDS["model-00001-of-00002.safetensors"]) + len(index) < read.bytes_read <= 80_000
    assert read.requests == len(hub.asked) == 5
    assert all("/resolve/" + "c" * 40 in one.path for one in hub.asked[2:])
    hub.asked.clear()
    in_order = {"model-00001-of-00002.safetensors": file_of(20), "model-00002-of-00002.safetensors": b""}
    serve(hub, canned, in_order | {"model.safetensors.index.json": index})
    assert isinstance(read_weights(client, "maple/base"), WeightRows)
    assert len(hub.asked) == 2


@pytest.mark.parametrize(
    "index",
    [
        b"{",
        b"[]",
        b"[" * 10_000,
        b'{"weight_map": [1]}',
        index_of(7),
        index_of("model-00003-of-00002.safetensors"),
        index_of("../model-00002-of-00002.safetensors"),
        index_of("pytorch_model.bin"),
        index_of("model-00002-of-00002.safetensors", filling=50_000),
    ],
)
def test_a_list_of_shards_that_lies_or_is_too_long_leaves_the_first_one(
    index: bytes, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Its own matrix is read, and no file but those that the list of files names."""
    serve(hub, canned, SHARDS | {"model.safetensors.index.json": index, "pytorch_model.bin": b""})
    read = read_weights(client, "maple/base", most_bytes=80_000)
    assert isinstance(read, WeightRows)
    assert (read.file, read.matrices[0].name) == (
        "model-00001-of-00002.safetensors",
        "model.layers.0.mlp.up_proj.weight",
    )
    assert read.bytes_read <= 80_000
    assert not any(one.path.endswith((".bin", "model-00002-of-00002.safetensors")) for one in hub.asked[1:])


def test_packed_integers_are_no_numbers(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """A file of GPTQ whose embedding is stored as numbers is read; where all is packed the reason says so."""
    packed = {
        "layers.0.mlp.up_proj.qweight": {"dtype": "I32", "shape": [64, 64], "data_offsets": [0, 16384]},
        "layers.0.mlp.up_proj.scales": {"dtype": "F16", "shape": [64, 64], "data_offsets": [16384, 24576]},
    }
    embedding = {EMBEDDING: {"dtype": "F16", "shape": [64, 64], "data_offsets": [24576, 32768]}}
    for told, reason in ((packed, "it holds packed integers alone"), (packed | embedding, None)):
        header = json.dumps(told).encode()
        serve(hub, canned, {"model.safetensors": len(header).to_bytes(8, "little") + header + bytes(32768)})
        read = read_weights(client, "maple/base")
        assert reason in reason_of(read) if reason else isinstance(read, WeightRows)
        if isinstance(read, WeightRows):
            assert [one.name for one in read.matrices] == [EMBEDDING]


def adapter_of(modules: int, *, rank: int = 8, inputs: int = 64, again: int | None = None) -> bytes:
    """Return the file of an adapter of so many modules; `again` is the rank of its matrices B, if it is another."""
    told, bodies, start = {}, [], 0
    for number in range(modules):
        for side, shape in (("A", [rank, inputs]), ("B", [64, again or rank])):
            body = np.full(shape, number, dtype="<f4").tobytes()
            name = f"base_model.model.model.layers.{number}.mlp.up_proj.lora_{side}.weight"
            told[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, start + len(body)]}
            bodies.append(body)
            start += len(body)
    header = json.dumps(told).encode()
    return len(header).to_bytes(8, "little") + header + b"".join(bodies)


CONFIG = json.dumps({"base_model_name_or_path": "maple/base", "lora_alpha": 16}).encode()


def test_a_small_adapter_is_read_whole(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Its file in two parts and its settings; only if asked for: it holds no rows of a model."""
    serve(hub, canned, {"adapter_model.safetensors": adapter_of(20), "adapter_config.json": CONFIG})
    sizes = read_weights(client, "maple/lora")
    assert isinstance(sizes, WeightRows)
    assert sizes.adapter is not None
    assert (len(sizes.adapter.modules), sizes.matrices, sizes.adapter.settings.base) == (20, (), None)
    assert sizes.bytes_read <= len(adapter_of(20))
    hub.asked.clear()
    read = read_weights(client, "maple/lora", adapters="rows")
    assert isinstance(read, WeightRows)
    assert read.adapter is not None
    assert (len(read.adapter.modules), read.adapter.settings.base, read.adapter.settings.alpha) == (
        20,
        "maple/base",
        16,
    )
    assert [(int(one.rows[0, 0]), len(one.rows)) for one in read.matrices] == [(number, 8) for number in range(20)]
    assert (read.requests, len(hub.asked)) == (4, 4)
    assert read.bytes_read == len(adapter_of(20)) + len(CONFIG) <= 100_000


@pytest.mark.parametrize(("most_bytes", "most_matrices"), [(60_000, 2), (100_000, 4), (2_000_000, 8)])
def test_of_a_large_adapter_parts_are_read(
    most_bytes: int, most_matrices: int, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Whole rows of the first matrices A, each by one request, eight at most; its settings only if they are small."""
    config = CONFIG[:-1] + b', "filling": "' + b"x" * 20_000 + b'"}'
    serve(hub, canned, {"adapter_model.safetensors": adapter_of(40, inputs=4096), "adapter_config.json": config})
    read = read_weights(client, "maple/lora", most_bytes=most_bytes, adapters="rows")
    assert isinstance(read, WeightRows)
    assert 1 <= len(read.matrices) <= most_matrices
    assert all(np.all(one.rows == number) for number, one in enumerate(read.matrices))
    assert sum(len(one.rows) for one in read.matrices) >= 2
    assert read.bytes_read <= most_bytes
    assert read.requests <= 3 + 8
    assert read.adapter is not None
    assert read.adapter.settings.base is None


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"pytorch_lora_weights.safetensors": file_of(20)}, "it is an adapter, which holds only"),
        ({"adapter_model.safetensors": file_of(20)}, "an adapter without A and B"),
        ({"adapter_model.safetensors": adapter_of(2, again=4)}, "do not fit each other"),
        ({"adapter_model.safetensors": adapter_of(2, inputs=40_000)}, "hold no row of its matrices A"),
        ({"adapter_model.safetensors": b"\xff" * 100}, "bytes long"),
        ({"adapter_model.bin": b""}, "a pickle, which is never opened"),
    ],
)
def test_an_adapter_that_cannot_be_read_has_a_reason(
    files: Mapping[str, bytes], reason: str, hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Nothing is guessed, nothing is loaded."""
    serve(hub, canned, files)
    assert reason in reason_of(read_weights(client, "maple/lora", adapters="rows"))


def test_a_packed_embedding_of_mlx_is_unpacked(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """From its three parts, wherever they lie, and no more rows than the allowed bytes hold."""
    rows, told, bodies, start = 2000, {}, [], 0
    for name, dtype, body in (
        ("biases", "F32", np.full((rows, 1), 1, dtype="<f4")),
        ("weight", "U32", np.full((rows, 8), 0x76543210, dtype="<u4")),
        ("scales", "F32", np.arange(rows, dtype="<f4").reshape(-1, 1)),
    ):
        told[f"model.embed_tokens.{name}"] = {
            "dtype": dtype,
            "shape": list(body.shape),
            "data_offsets": [start, start + body.nbytes],
        }
        bodies.append(body.tobytes())
        start += body.nbytes
    told["model.norm.weight"] = {"dtype": "F32", "shape": [64], "data_offsets": [start, start + 256]}
    header = json.dumps(told).encode()
    content = len(header).to_bytes(8, "little") + header + b"".join(bodies) + bytes(256)
    serve(hub, canned, {"model.safetensors": content})
    for most_bytes, least in ((60_000, 600), (100_000, 1600)):
        read = read_weights(client, "maple/base", most_bytes=most_bytes)
        assert isinstance(read, WeightRows)
        (matrix,) = read.matrices
        assert (matrix.name, matrix.dtype, matrix.matrix_rows) == (EMBEDDING, "MLX4", rows)
        expected = np.arange(len(matrix.rows))[:, None] * (np.arange(64) % 8) + 1
        np.testing.assert_array_equal(matrix.rows, expected)
        assert len(matrix.rows) >= least
        assert read.bytes_read <= most_bytes


def test_rows_of_gguf_lie_behind_its_tokens(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """Its header is read in growing parts, two matrices behind it; what is needed at least is told after the first."""
    embedding, inner = np.arange(9600, dtype=np.float32).reshape(150, 64), np.ones((300, 64), dtype=np.float32)
    matrices = {"output.weight": inner, "token_embd.weight": embedding, "blk.0.ffn_up.weight": inner}
    content = write_gguf(matrices, tokens=30_000)
    serve(hub, canned, {"model-q8_0.gguf": content})
    refused = read_weights(client, "maple/base")
    assert "its header takes at least 254," in reason_of(refused)
    assert isinstance(refused, Absent)
    assert refused.needed_bytes is not None
    assert 254_000 <= refused.needed_bytes < 255_000
    assert len(hub.asked) == 2
    read = read_weights(client, "maple/base", most_bytes=1_000_000)
    assert isinstance(read, WeightRows)
    assert [(one.name, one.dtype, one.matrix_rows) for one in read.matrices] == [
        ("token_embd.weight", "F32", 150),
        ("blk.0.ffn_up.weight", "F32", 300),
    ]
    np.testing.assert_array_equal(read.matrices[0].rows, embedding)
    assert len(read.matrices[1].rows) >= 100
    assert read.bytes_read < 700_000
    assert read.requests <= 8


def test_what_a_gguf_header_needs_is_told_until_it_suffices(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Whoever allows what a refusal names gets further each time, and to the rows in the end."""
    matrix = np.ones((20, 64), dtype=np.float32)
    serve(hub, canned, {"model.gguf": write_gguf({"token_embd.weight": matrix}, tokens=30_000)})
    allowed, refusals = 100_000, 0
    while isinstance(read := read_weights(client, "maple/base", most_bytes=allowed), Absent):
        told = re.search(r"at least ([\d,]+) bytes", read.reason)
        needed = int(told[1].replace(",", "")) if told else allowed + 256
        assert needed > allowed
        allowed, refusals = needed, refusals + 1
        assert refusals < 100
    assert len(read.matrices[0].rows) >= 1


@pytest.mark.parametrize(
    ("paths", "chosen"),
    [
        (["a-Q4_K_M.gguf", "a-Q8_0.gguf", "a.Q6_K.gguf"], "a-Q8_0.gguf"),
        (["a-q8_0.gguf", "a-bf16.gguf", "a-IQ4_XS.gguf"], "a-bf16.gguf"),
        (["a-f32.gguf", "a-f16.gguf"], "a-f32.gguf"),
        (["q8/a-Q5_K_M-00001-of-00002.gguf", "q8/a-Q5_K_M-00002-of-00002.gguf", "a-Q3_K_L.gguf"],
         "q8/a-Q5_K_M-00001-of-00002.gguf"),
        (["mmproj-a-f16.gguf", "a-Q4_0.gguf", "a-lora-f16.gguf", "a.imatrix.gguf"], "a-Q4_0.gguf"),
        (["qwen2-7b.gguf", "seq8.gguf", "a-Q2_K.gguf"], "a-Q2_K.gguf"),
        (["a-Q8_0.gguf", "model.safetensors"], "model.safetensors"),
    ],
)  # fmt: skip
def test_of_several_gguf_files_that_of_most_bits_is_read(paths: list[str], chosen: str) -> None:
    """By its name; the first part of one that is split; no projector, statistics or adapter; safetensors before all."""
    entries = [TreeEntry(path=path, size_bytes=1, oid="0" * 40, lfs_oid=None) for path in paths]
    assert choose_file(entries).path == chosen


def test_of_files_that_tell_no_bits_the_largest_is_read() -> None:
    """Of one size, the first by name."""
    entries = [
        TreeEntry(path=path, size_bytes=size, oid="0" * 40, lfs_oid=None)
        for path, size in (("a.gguf", 1), ("c.gguf", 2), ("b.gguf", 2))
    ]
    assert choose_file(entries).path == "b.gguf"


def test_a_pickle_is_refused_without_a_request_for_it(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """Only the list of files is asked for, and nothing that could open a pickle is loaded."""
    serve(hub, canned, {"pytorch_model.bin": b"", "model.pt": b"", "training_args.bin": b""})
    watch = "import sys; before = set(sys.modules); import crawler.weights; print(sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True).stdout
    assert not {"'torch'", "'joblib'", "'safetensors'", "'dill'"} & set(loaded.strip("[]\n").split(", "))
    assert "a pickle, which is never opened" in reason_of(read_weights(client, "maple/base"))
    assert len(hub.asked) == 1


SOUND = {
    "model.safetensors": file_of(20),
    "model.gguf": write_gguf({"token_embd.weight": np.ones((20, 64), dtype=np.float32)}, dtype="Q8_0", tokens=3),
    "adapter_model.safetensors": adapter_of(2),
    "model-00001-of-00002.safetensors": file_of(20, name="model.layers.0.mlp.up_proj.weight"),
}


@given(st.sampled_from(sorted(SOUND)), st.integers(0, 600), st.binary(max_size=40), st.binary(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_file_holds_it_is_read_or_refused(
    hub: ScriptedHub, client: HubClient, canned: type[Canned], path: str, at: int, put: bytes, beside: bytes
) -> None:
    """Bytes of a sound file replaced anywhere in its header, and any bytes beside it: rows or a reason, no error."""
    sound = SOUND[path]
    files = {path: sound[:at] + put + sound[at + len(put) :]}
    files |= {"adapter_config.json": beside, "model.safetensors.index.json": beside}
    serve(hub, canned, files)
    read = read_weights(client, "maple/base", adapters="rows")
    assert isinstance(read, WeightRows | Absent)
    if isinstance(read, WeightRows):
        assert read.bytes_read <= 100_000
        assert sum(one.rows.nbytes for one in read.matrices) <= 8 * 100_000
        assert compare(read, {"maple/base": read})[0].records()


def test_of_several_models_one_that_is_missing_stops_only_itself(
    hub: ScriptedHub, client: HubClient, canned: type[Canned]
) -> None:
    """The others are read; without the first there is nothing to compare with."""
    serve(hub, canned, {"model.safetensors": file_of(20)})
    held = hub.answer
    gone = canned(status=401, body=b'{"error":"Invalid username or password."}')
    hub.answer = lambda asked: gone if "gone" in asked.path else held(asked)
    ours, others = read_all(client, ["maple/base", "maple/tuned", "maple/gone"])
    assert ours.model == "maple/base"
    assert isinstance(others["maple/tuned"], WeightRows)
    assert others["maple/gone"] == "the Hub does not show it: Invalid username or password."
    with pytest.raises(WeightsNotRead, match=r"maple/gone.*the Hub does not show it"):
        read_all(client, ["maple/gone", "maple/base"])


def test_a_file_of_the_usual_name_needs_no_list(hub: ScriptedHub, client: HubClient, canned: type[Canned]) -> None:
    """With the hash that the Hub tells where it redirects; where there is no such file, the list is asked for."""
    serve(hub, canned, {"model.safetensors": file_of(20)})
    held = hub.answer

    def answer(asked: Asked) -> Canned:
        if asked.path == "/stored":
            return held(replace(asked, path="/maple/base/resolve/main/model.safetensors"))
        if "/resolve/" in asked.path:
            return canned(status=302, headers={"Location": "/stored", "X-Linked-Etag": f'"{"e" * 64}"'})
        return held(asked)

    hub.answer = answer
    read = read_weights(client, "maple/base", guesses=True)
    assert isinstance(read, WeightRows)
    assert (read.file, read.file_sha256, read.requests) == ("model.safetensors", "e" * 64, 1)
    assert [asked.path for asked in hub.asked] == ["/maple/base/resolve/main/model.safetensors", "/stored"]
    hub.answer = held
    serve(hub, canned, {"model-00001-of-00002.safetensors": file_of(20)})
    shards = hub.answer
    gone = canned(status=404, body=b'{"error":"Entry not found"}', headers={"X-Error-Code": "EntryNotFound"})
    hub.answer = lambda asked: gone if asked.path.endswith("/model.safetensors") else shards(asked)
    read = read_weights(client, "maple/base", guesses=True)
    assert isinstance(read, WeightRows)
    assert (read.file, read.file_sha256) == ("model-00001-of-00002.safetensors", None)
    broken = canned(status=403, body=b'{"error":"you are not in the authorized list"}')
    hub.answer = lambda _: broken
    assert "authorized list" in reason_of(read_weights(client, "maple/base", guesses=True))
    assert "/tree/" not in hub.asked[-1].path
