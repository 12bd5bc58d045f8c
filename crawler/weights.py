"""The first rows of a model's weights, by ranges: which file, its header, and the rows that are compared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, NoReturn, TypeAlias, TypeVar

from crawler.errors import WeightsNotRead, quoted
from crawler.hub.ranges import RangedFile
from crawler.hub.repository import Absent, TreeEntry, fetch_tree
from crawler.weight_files import NoWeightFileError, choose_adapter, choose_file
from lineage.weights.adapter import (
    LARGEST_CONFIG_BYTES,
    AdaptedModule,
    AdapterContent,
    AdapterSettings,
    choose_starts,
    find_modules,
    read_settings,
)
from lineage.weights.gguf_tensors import read_gguf_header
from lineage.weights.header import CutHeader, UnreadableHeader, WeightHeader, read_header
from lineage.weights.number_formats import read_rows
from lineage.weights.packed_rows import find_packed_embedding, unpack
from lineage.weights.shard_index import find_embedding_shard, index_path
from lineage.weights.tensor_roles import find_role
from lineage.weights.weight_rows import PACKED, MatrixRows, WeightRows, choose_matrices, shapes_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from crawler.http.hub_client import HubClient
    from lineage.weights.header import TensorEntry
    from lineage.weights.packed_rows import PackedTensor

_T = TypeVar("_T")
AdapterPart: TypeAlias = Literal["sizes", "rows"]

MOST_BYTES: Final = 100_000
_FIRST_BYTES: Final = 32 << 10
"""Enough for the header of most models; a longer one takes a second part."""
_ROWS_FIRST: Final = 8
_MOST_ROW_BYTES: Final = 1_000_000
_MOST_PARTS: Final = 8
"""Matrices of a large adapter that are asked for, each by a request of its own."""
_USUAL: Final = "model.safetensors"
_UNSEEN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND})


def read_all(
    client: HubClient, models: Sequence[str], *, revision: str = "main", most_bytes: int = MOST_BYTES
) -> tuple[WeightRows, dict[str, WeightRows | str]]:
    """Read the first of some models at a revision, and the others; of those that are not read, why.

    Raises WeightsNotRead if the first is not read, and what `read_weights` raises.
    """
    ours = read_weights(client, models[0], revision=revision, most_bytes=most_bytes, adapters="rows")
    if isinstance(ours, Absent):
        raise WeightsNotRead(models[0], reason=ours.reason)
    others: dict[str, WeightRows | str] = {}
    for model in models[1:]:
        read = read_weights(client, model, most_bytes=most_bytes, adapters="rows")
        others[model] = quoted(read.reason) if isinstance(read, Absent) else read
    return ours, others


def read_weights(
    client: HubClient,
    model_id: str,
    *,
    revision: str = "main",
    most_bytes: int = MOST_BYTES,
    adapters: AdapterPart = "sizes",
    guesses: bool = False,
) -> WeightRows | Absent:
    """Read the first rows of a model's weights: one listing of its files, one resolve, and `most_bytes` at most.

    With `guesses` a file of the usual name is asked for first, and the listing only where there is none: it is a
    request of another, smaller quota; and more than the usual bytes are spent on a long header alone. `adapters` says
    what is read of an adapter, which holds no rows of a model: the sizes of its modules, or its own rows and settings
    too. Raises what `HubClient.get` raises, unless only this model is affected.
    """
    repository = _Repository(
        client=client,
        model_id=model_id,
        revision=revision,
        most_row_bytes=_MOST_ROW_BYTES if adapters == "rows" else MOST_BYTES,
    )
    try:
        if guesses and (read := _read_guessed(repository, most_bytes)) is not None:
            return read
        return _read(repository, most_bytes, adapters=adapters)
    except NotReadError as error:
        return error.absent
    except NoWeightFileError as error:
        return Absent(reason=str(error))


class NotReadError(Exception):
    """The weights of a model are not read, and why."""

    def __init__(self, absent: Absent) -> None:
        super().__init__(absent.reason)
        self.absent = absent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repository:
    """The files of a model at a revision, by their path; of rows so many bytes are read at most."""

    client: HubClient
    model_id: str
    revision: str
    most_row_bytes: int
    files: Mapping[str, TreeEntry] = field(default_factory=dict)
    opened: list[RangedFile] = field(default_factory=list)

    def open(self, path: str, most_bytes: int) -> RangedFile:
        """Return a file of it, of which so many bytes may be read."""
        file = RangedFile(self.client, self.model_id, self.revision, path, most_bytes=most_bytes)
        self.opened.append(file)
        return file

    def begin(self, entry: TreeEntry, most_bytes: int) -> _BegunFile:
        """Read the header of a file."""
        file = self.open(entry.path, most_bytes)
        start, header = read_file_header(file)
        return _BegunFile(entry=entry, file=file, start=start, header=header, most_row_bytes=self.most_row_bytes)

    def read_beside(self, begun: _BegunFile, path: str, most_bytes: int) -> bytes | None:
        """Return a small file whole, at the cost of one that is begun; None if it is larger, or cannot be read."""
        entry = self.files.get(path)
        if entry is None or not 0 < entry.size_bytes <= min(most_bytes, begun.file.left_bytes):
            return None
        file = self.open(path, entry.size_bytes)
        content = file.read(0, entry.size_bytes)
        begun.file.most_bytes -= file.bytes_read
        return None if isinstance(content, Absent) else content


@dataclass(frozen=True, slots=True, kw_only=True)
class _BegunFile:
    """A file whose first bytes are read: `start` are those, with its whole header."""

    entry: TreeEntry
    file: RangedFile
    start: bytes
    header: WeightHeader
    most_row_bytes: int

    @property
    def left_for_rows(self) -> int:
        """The bytes of rows that may still be read: those that a GGUF file may cost are for its long header."""
        return min(self.file.left_bytes, MOST_BYTES if self.file.path.endswith(".gguf") else self.most_row_bytes)


def _read(repository: _Repository, most_bytes: int, *, adapters: AdapterPart) -> WeightRows:
    tree = given(fetch_tree(repository.client, repository.model_id, repository.revision))
    entries = tree.entries
    adapter = choose_adapter(entries)
    repository = replace(repository, files={entry.path: entry for entry in entries}, opened=[])
    first = repository.begin(adapter or choose_file(entries), most_bytes)
    repository = replace(repository, revision=first.file.commit or repository.revision)
    begun = first if adapter else _find_embedding(repository, first)
    if adapter is None:
        content, matrices = None, _read_model(begun)
    elif adapters == "sizes":
        content, matrices = AdapterContent(modules=_modules_of(begun), settings=AdapterSettings()), ()
    else:
        content, matrices = _read_adapter(repository, begun)
    return _made(repository, begun, matrices, most_bytes, pages=tree.pages, adapter=content)


def _read_guessed(repository: _Repository, most_bytes: int) -> WeightRows | None:
    """Return what the file of the usual name holds; None if there is no such file."""
    try:
        begun = repository.begin(TreeEntry(path=_USUAL, size_bytes=0, oid="", lfs_oid=None), most_bytes)
    except NotReadError as error:
        if error.absent.status in _UNSEEN:
            return None
        raise
    return _made(repository, begun, _read_model(begun), most_bytes)


def _made(
    repository: _Repository,
    begun: _BegunFile,
    matrices: tuple[MatrixRows, ...],
    most_bytes: int,
    *,
    pages: int = 0,
    adapter: AdapterContent | None = None,
) -> WeightRows:
    """Return what was read of a repository, with `pages` requests for its list of files."""
    return WeightRows(
        model=repository.model_id,
        revision=begun.file.commit or repository.revision,
        file=begun.entry.path,
        file_bytes=begun.file.file_bytes or begun.entry.size_bytes,
        file_sha256=begun.entry.lfs_oid or begun.file.sha256,
        header_sha256=begun.header.sha256,
        tensors=len(begun.header.tensors),
        parameters=begun.header.parameters,
        matrices=matrices,
        bytes_read=most_bytes - begun.file.left_bytes,
        requests=pages + sum(file.requests for file in repository.opened),
        shapes=shapes_of(begun.header),
        adapter=adapter,
    )


def _find_embedding(repository: _Repository, first: _BegunFile) -> _BegunFile:
    """Return the shard that holds the token embedding, as the list of shards tells; the first one if none is found.

    The list and that shard's header are read only within the bytes that are left.
    """
    listed = index_path(first.entry.path)
    if listed is None or any(find_role(tensor.name) == "token_embedding" for tensor in first.header.tensors):
        return first
    content = repository.read_beside(first, listed, first.file.left_bytes - _FIRST_BYTES)
    named = None if content is None else find_embedding_shard(content)
    shard = repository.files.get(first.entry.path[: first.entry.path.rfind("/") + 1] + named) if named else None
    if shard is None or not shard.path.endswith(".safetensors"):
        return first
    return repository.begin(shard, first.file.left_bytes)


def _modules_of(begun: _BegunFile) -> tuple[AdaptedModule, ...]:
    """Return the modules that an adapter changes."""
    modules = find_modules(begun.header)
    if not modules:
        _fail("its matrices A and B do not fit each other" if modules is None else "it is an adapter without A and B")
    return modules


def _read_adapter(repository: _Repository, begun: _BegunFile) -> tuple[AdapterContent, tuple[MatrixRows, ...]]:
    """Return what an adapter changes, and the first rows of its matrices A: all where the file is small enough."""
    file, start = begun.file, begun.start
    modules = _modules_of(begun)
    beside = begun.entry.path[: begun.entry.path.rfind("/") + 1] + "adapter_config.json"
    settings = read_settings(repository.read_beside(begun, beside, LARGEST_CONFIG_BYTES) or b"")
    if file.file_bytes is not None and len(start) < file.file_bytes <= len(start) + file.left_bytes:
        start += given(file.read(len(start), file.file_bytes))
    matrices: list[MatrixRows] = []
    for tensor in choose_starts(begun.header):
        if tensor.stop_byte > len(start) and (len(matrices) >= _MOST_PARTS or file.left_bytes < tensor.row_bytes):
            break
        matrices.append(_rows_of(tensor, _read_start(file, start, tensor, file.left_bytes)))
    if not matrices:
        _fail(f"{file.most_bytes:,} bytes hold no row of its matrices A")
    return AdapterContent(modules=modules, settings=settings), tuple(matrices)


def _read_model(begun: _BegunFile) -> tuple[MatrixRows, ...]:
    """Return the first rows of the matrices of a model that are compared."""
    packed_embedding = find_packed_embedding(begun.header)
    if packed_embedding is not None:
        return (_read_packed(begun, packed_embedding),)
    chosen = choose_matrices(begun.header)
    if not chosen:
        packed = any(len(tensor.shape) > 1 and tensor.dtype in PACKED for tensor in begun.header.tensors)
        holds = "it holds packed integers alone, and" if packed else "it holds"
        _fail(f"{holds} no matrix of 64 columns or more in a type of numbers that we read")
    return _read_matrices(begun, chosen)


def _read_packed(begun: _BegunFile, packed: PackedTensor) -> MatrixRows:
    """Return as many rows of a packed embedding as the bytes that are left hold of all its parts."""
    count = min(packed.words.shape[0], begun.left_for_rows // packed.row_bytes)
    words, scales, biases = (
        _read_start(begun.file, begun.start, part, count * part.row_bytes)[: count * part.row_bytes]
        for part in packed.parts
    )
    rows = unpack(packed, words, scales, biases)
    if not len(rows):
        _fail_for_more(begun.file)
    return MatrixRows(
        name=packed.words.name,
        dtype=f"MLX{packed.bits}",
        matrix_rows=packed.words.shape[0],
        columns=packed.columns,
        rows=rows,
    )


def _read_matrices(begun: _BegunFile, chosen: Sequence[TensorEntry]) -> tuple[MatrixRows, ...]:
    """Return the first rows of each matrix that the allowed bytes hold a row of; the first one is needed."""
    matrices = []
    for number, tensor in enumerate(chosen):
        left = begun.left_for_rows
        share = left if number else _share_of_first(left, chosen)
        content = _read_start(begun.file, begun.start, tensor, share)
        matrix = _rows_of(tensor, content)
        if len(matrix.rows):
            matrices.append(matrix)
        elif not number:
            _fail_for_more(begun.file)
    return tuple(matrices)


def _rows_of(tensor: TensorEntry, content: bytes) -> MatrixRows:
    """Return the whole rows in the first bytes of a matrix."""
    rows, columns = tensor.shape
    return MatrixRows(
        name=tensor.name,
        dtype=tensor.dtype,
        matrix_rows=rows,
        columns=columns,
        rows=read_rows(content, tensor, columns=columns),
    )


def _share_of_first(left: int, chosen: Sequence[TensorEntry]) -> int:
    """Return the bytes for the first matrix: half of what is left, but eight rows where that is too few for them."""
    return left if len(chosen) == 1 else min(left, max(left // 2, _ROWS_FIRST * chosen[0].row_bytes))


def given(found: _T | Absent) -> _T:
    """Return what was found; raises NotReadError if it is absent."""
    if isinstance(found, Absent):
        unseen = f"the Hub does not show it: {found.reason}" if found.status in _UNSEEN else found.reason
        raise NotReadError(replace(found, reason=unseen))
    return found


def _fail(reason: str, *, needed_bytes: int | None = None) -> NoReturn:
    raise NotReadError(Absent(reason=reason, needed_bytes=needed_bytes))


def _fail_for_more(file: RangedFile) -> NoReturn:
    _fail(f"{file.most_bytes:,} bytes hold no row of its matrix", needed_bytes=file.most_bytes + 1)


def read_file_header(file: RangedFile) -> tuple[bytes, WeightHeader]:
    """Return the first bytes of a file, and the header that they hold."""
    is_gguf = file.path.endswith(".gguf")
    read = read_gguf_header if is_gguf else read_header
    start = given(file.read(0, min(_FIRST_BYTES, file.most_bytes)))
    header = read(start, file_bytes=file.file_bytes)
    while isinstance(header, CutHeader):
        most = len(start) + file.left_bytes
        if header.needed_bytes > most:
            _fail(
                f"its header takes {'at least ' if is_gguf else ''}{header.needed_bytes:,} bytes;"
                f" {file.most_bytes:,} may be read",
                needed_bytes=header.needed_bytes,
            )
        grown = min(3 * len(start) // 2, most - MOST_BYTES) if is_gguf else 0  # few requests, and rows must fit too
        stop = max(header.needed_bytes, grown)
        start += given(file.read(len(start), stop if file.file_bytes is None else min(stop, file.file_bytes)))
        header = read(start, file_bytes=file.file_bytes)
    if isinstance(header, UnreadableHeader):
        _fail(header.reason)
    return start, header


def _read_start(file: RangedFile, start: bytes, tensor: TensorEntry, most_bytes: int) -> bytes:
    """Return the first bytes of a tensor: those that came with the header, and at most so many behind them."""
    known = start[tensor.start_byte : min(tensor.stop_byte, tensor.start_byte + _MOST_ROW_BYTES)]
    begin = tensor.start_byte + len(known)
    stop = min(tensor.stop_byte, begin + most_bytes)
    return known + given(file.read(begin, stop)) if begin < stop else known
