"""The first rows of a model's weights, by ranges: which file, its header, and the rows that are compared."""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from crawler.errors import WeightsNotRead, quoted
from crawler.hub.ranges import RangedFile
from crawler.hub.repository import Absent, fetch_tree
from lineage.weights.header import CutHeader, UnreadableHeader, WeightHeader, read_header
from lineage.weights.number_formats import read_rows
from lineage.weights.weight_rows import MatrixRows, WeightRows, choose_matrices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.http.hub_client import HubClient
    from crawler.hub.repository import TreeEntry
    from lineage.weights.header import TensorEntry

_T = TypeVar("_T")

MOST_BYTES: Final = 100_000
_FIRST_BYTES: Final = 32 << 10
"""Enough for the header of most models; a longer one takes a second part."""
_ROWS_FIRST: Final = 8
_SHARD: Final = re.compile(r"-0*(\d{1,6})-of-\d{1,6}\.safetensors$")
_ADAPTER: Final = re.compile(
    r"(?:^|/)(?:adapter_model|adapter_config|pytorch_lora_weights)[^/]*$|lora[^/]*$", re.IGNORECASE
)
_UNSEEN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})
_PREFERRED: Final = ("", "transformer/", "unet/")
"""Folders that hold the model itself, in a repository of several parts."""


def read_all(
    client: HubClient, models: Sequence[str], *, revision: str = "main", most_bytes: int = MOST_BYTES
) -> tuple[WeightRows, dict[str, WeightRows | str]]:
    """Read the first of some models at a revision, and the others; of those that are not read, why.

    Raises WeightsNotRead if the first is not read, and what `read_weights` raises.
    """
    ours = read_weights(client, models[0], revision=revision, most_bytes=most_bytes)
    if isinstance(ours, Absent):
        raise WeightsNotRead(models[0], reason=ours.reason)
    others: dict[str, WeightRows | str] = {}
    for model in models[1:]:
        read = read_weights(client, model, most_bytes=most_bytes)
        others[model] = quoted(read.reason) if isinstance(read, Absent) else read
    return ours, others


def read_weights(
    client: HubClient, model_id: str, *, revision: str = "main", most_bytes: int = MOST_BYTES
) -> WeightRows | Absent:
    """Read the first rows of a model's weights: one listing of its files, one resolve, and `most_bytes` at most.

    Raises what `HubClient.get` raises, unless only this model is affected.
    """
    try:
        return _read(client, model_id, revision, most_bytes)
    except _NotReadError as error:
        return error.absent


class _NotReadError(Exception):
    """The weights of a model are not read, and why."""

    def __init__(self, absent: Absent) -> None:
        super().__init__(absent.reason)
        self.absent = absent


def _read(client: HubClient, model_id: str, revision: str, most_bytes: int) -> WeightRows:
    before = client.counts.requests
    entry = choose_file(_given(fetch_tree(client, model_id, revision)).entries)
    file = RangedFile(client, model_id, revision, entry.path, most_bytes=most_bytes)
    start, header = _read_header(file)
    chosen = choose_matrices(header)
    if not chosen:
        _fail("it holds no matrix of 64 columns or more in a type of numbers that we read")
    return WeightRows(
        model=model_id,
        revision=file.commit or revision,
        file=entry.path,
        file_bytes=file.file_bytes or entry.size_bytes,
        file_sha256=entry.lfs_oid,
        header_sha256=header.sha256,
        tensors=len(header.tensors),
        parameters=header.parameters,
        matrices=_read_matrices(file, start, chosen),
        bytes_read=file.bytes_read,
        requests=client.counts.requests - before,
    )


def _read_matrices(file: RangedFile, start: bytes, chosen: Sequence[TensorEntry]) -> tuple[MatrixRows, ...]:
    """Return the first rows of each matrix that the allowed bytes hold a row of; the first one is needed."""
    matrices = []
    for number, tensor in enumerate(chosen):
        content = _read_start(file, start, tensor, file.left_bytes if number else _share_of_first(file, chosen))
        rows = read_rows(content, tensor, columns=tensor.shape[1])
        if len(rows):
            matrices.append(MatrixRows(name=tensor.name, dtype=tensor.dtype, matrix_rows=tensor.shape[0], rows=rows))
        elif not number:
            _fail(f"{file.most_bytes:,} bytes hold no row of its matrix")
    return tuple(matrices)


def _share_of_first(file: RangedFile, chosen: Sequence[TensorEntry]) -> int:
    """Return the bytes for the first matrix: half of what is left, but eight rows where that is too few for them."""
    if len(chosen) == 1:
        return file.left_bytes
    return min(file.left_bytes, max(file.left_bytes // 2, _ROWS_FIRST * chosen[0].row_bytes))


def _given(found: _T | Absent) -> _T:
    if isinstance(found, Absent):
        unseen = f"the Hub does not show it: {found.reason}" if found.status in _UNSEEN else found.reason
        raise _NotReadError(replace(found, reason=unseen))
    return found


def _fail(reason: str) -> NoReturn:
    raise _NotReadError(Absent(reason=reason))


def choose_file(entries: Sequence[TreeEntry]) -> TreeEntry:
    """Return the file whose first rows are read: the first shard of the model's safetensors."""
    found = [entry for entry in entries if entry.path.endswith(".safetensors")]
    whole = [entry for entry in found if not _ADAPTER.search(entry.path)]
    first = [entry for entry in whole if (shard := _SHARD.search(entry.path)) is None or int(shard[1]) == 1]
    if first:
        return min(first, key=lambda entry: (_preference(entry.path), -entry.size_bytes, entry.path))
    if whole:
        _fail("the first shard of its weights is missing")
    if found:
        _fail("it is an adapter, which holds only what it adds to its base")
    if any(entry.path.endswith(".gguf") for entry in entries):
        _fail("its weights are GGUF, of which rows are not read")
    if any(entry.path.endswith((".bin", ".pt", ".pth", ".ckpt")) for entry in entries):
        _fail("its weights are a pickle, which is never opened: only safetensors are read")
    _fail("it holds no weights that we know")


def _preference(path: str) -> int:
    folder = path[: path.rfind("/") + 1]
    return _PREFERRED.index(folder) if folder in _PREFERRED else len(_PREFERRED)


def _read_header(file: RangedFile) -> tuple[bytes, WeightHeader]:
    """Return the first bytes of a file, and the header that they hold."""
    start = _given(file.read(0, min(_FIRST_BYTES, file.most_bytes)))
    header = read_header(start, file_bytes=file.file_bytes)
    if isinstance(header, CutHeader):
        if header.needed_bytes - len(start) > file.left_bytes:
            _fail(f"its header takes {header.needed_bytes:,} bytes; {file.most_bytes:,} may be read")
        start += _given(file.read(len(start), header.needed_bytes))
        header = read_header(start, file_bytes=file.file_bytes)
    if isinstance(header, WeightHeader):
        return start, header
    _fail(header.reason if isinstance(header, UnreadableHeader) else "its header has no end")


def _read_start(file: RangedFile, start: bytes, tensor: TensorEntry, most_bytes: int) -> bytes:
    """Return the first bytes of a tensor: those that came with the header, and at most so many behind them."""
    known = start[tensor.start_byte : tensor.stop_byte]
    begin = tensor.start_byte + len(known)
    stop = min(tensor.stop_byte, begin + most_bytes)
    return known + _given(file.read(begin, stop)) if begin < stop else known
