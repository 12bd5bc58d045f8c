"""The first rows of a model's weights, read from a Hub: what that costs, which file it is, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from crawler.errors import WeightsNotRead
from crawler.hub.repository import Absent
from crawler.weights import read_all, read_weights
from lineage.weights.weight_rows import WeightRows

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
        content = files[asked.path.partition("/resolve/main/")[2]]
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
        ({"model-q4.gguf": b""}, "GGUF"),
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
