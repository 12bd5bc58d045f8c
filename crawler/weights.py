"""The first rows of a model's weights, by ranges: which file, its header, and the rows that are compared."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from crawler.errors import WeightsNotRead, quoted
from crawler.hub.ranges import RangedFile
from crawler.hub.repository import Absent, fetch_tree
from crawler.weight_files import NoWeightFileError, choose_file
from lineage.weights.gguf_tensors import read_gguf_header
from lineage.weights.header import CutHeader, UnreadableHeader, WeightHeader, read_header
from lineage.weights.number_formats import read_rows
from lineage.weights.weight_rows import MatrixRows, WeightRows, choose_matrices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.http.hub_client import HubClient
    from lineage.weights.header import TensorEntry

_T = TypeVar("_T")

MOST_BYTES: Final = 100_000
_FIRST_BYTES: Final = 32 << 10
"""Enough for the header of most models; a longer one takes a second part."""
_ROWS_FIRST: Final = 8
_MOST_ROW_BYTES: Final = 1_000_000
_UNSEEN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})


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
    except NoWeightFileError as error:
        return Absent(reason=str(error))


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
        left = _left_for_rows(file)
        content = _read_start(file, start, tensor, left if number else _share_of_first(left, chosen))
        rows = read_rows(content, tensor, columns=tensor.shape[1])
        if len(rows):
            matrices.append(MatrixRows(name=tensor.name, dtype=tensor.dtype, matrix_rows=tensor.shape[0], rows=rows))
        elif not number:
            _fail(f"{file.most_bytes:,} bytes hold no row of its matrix")
    return tuple(matrices)


def _left_for_rows(file: RangedFile) -> int:
    """Return the bytes of rows that may still be read: those that a GGUF file may cost are for its long header."""
    return min(file.left_bytes, MOST_BYTES if file.path.endswith(".gguf") else _MOST_ROW_BYTES)


def _share_of_first(left: int, chosen: Sequence[TensorEntry]) -> int:
    """Return the bytes for the first matrix: half of what is left, but eight rows where that is too few for them."""
    return left if len(chosen) == 1 else min(left, max(left // 2, _ROWS_FIRST * chosen[0].row_bytes))


def _given(found: _T | Absent) -> _T:
    if isinstance(found, Absent):
        unseen = f"the Hub does not show it: {found.reason}" if found.status in _UNSEEN else found.reason
        raise _NotReadError(replace(found, reason=unseen))
    return found


def _fail(reason: str) -> NoReturn:
    raise _NotReadError(Absent(reason=reason))


def _read_header(file: RangedFile) -> tuple[bytes, WeightHeader]:
    """Return the first bytes of a file, and the header that they hold."""
    is_gguf = file.path.endswith(".gguf")
    read = read_gguf_header if is_gguf else read_header
    start = _given(file.read(0, min(_FIRST_BYTES, file.most_bytes)))
    header = read(start, file_bytes=file.file_bytes)
    while isinstance(header, CutHeader):
        most = len(start) + file.left_bytes
        if header.needed_bytes > most:
            _fail(
                f"its header takes {'at least ' if is_gguf else ''}{header.needed_bytes:,} bytes;"
                f" {file.most_bytes:,} may be read"
            )
        twice = min(2 * len(start), most - MOST_BYTES) if is_gguf else 0  # more than it may need, but not all
        stop = max(header.needed_bytes, twice)
        start += _given(file.read(len(start), stop if file.file_bytes is None else min(stop, file.file_bytes)))
        header = read(start, file_bytes=file.file_bytes)
    if isinstance(header, UnreadableHeader):
        _fail(header.reason)
    return start, header


def _read_start(file: RangedFile, start: bytes, tensor: TensorEntry, most_bytes: int) -> bytes:
    """Return the first bytes of a tensor: those that came with the header, and at most so many behind them."""
    known = start[tensor.start_byte : min(tensor.stop_byte, tensor.start_byte + _MOST_ROW_BYTES)]
    begin = tensor.start_byte + len(known)
    stop = min(tensor.stop_byte, begin + most_bytes)
    return known + _given(file.read(begin, stop)) if begin < stop else known
