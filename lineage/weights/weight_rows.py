"""The rows that are read of a model, and which matrices they are taken from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from lineage.weights.independence import choose_columns
from lineage.weights.number_formats import DTYPES
from lineage.weights.row_products import multiply_rows
from lineage.weights.tensor_roles import find_layer, find_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lineage.weights.adapter import AdapterContent
    from lineage.weights.header import TensorEntry, WeightHeader
    from lineage.weights.tensor_roles import TensorRole

FEWEST_COLUMNS: Final = 64
KEPT_ROWS: Final = 12
"""Rows of a matrix that are kept: eight can deny an origin, and some say nothing, such as those of unused tokens."""
_MATRIX: Final = 2
_SHARD: Final = re.compile(r"-of-\d{1,6}\.safetensors$")
_UNFIT: Final[frozenset[TensorRole]] = frozenset({"position", "norm", "query", "key"})
"""Matrices whose coordinates may have an order: tables of positions, and heads that turn by position."""
_PACKING: Final = re.compile(
    r"[._](?:\w*scales?(?:_\w+)?|biases|q?zeros|\w*zero_points?|absmax|quant_map|nested_\w+|g_idx|SCB|lora_\w+)(?:\.weight)?$"
)
"""What belongs to packed numbers, or to an adapter: scales are numbers of their own, and no rows of a model."""
PACKED: Final = frozenset({"U8", "U16", "U32", "U64", "I16", "I32", "I64", "F4", "F6_E2M3", "F6_E3M2"})
"""Data types that hold several numbers in one, or that a tool packs by a rule of its own."""
_PACKED_NAME: Final = re.compile(r"\.(?:qweight|weight_packed)$")
_INNER: Final[frozenset[TensorRole]] = frozenset({"gate", "up"})
"""Matrices of a layer whose columns are the coordinates of the embedding, as Linear of torch stores them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRows:
    """The first rows of one matrix, float32 (rows, columns) as stored.

    It has `matrix_rows` rows and `columns` columns in all; of more than 512 columns `rows` may hold only those that are
    compared (`lineage.weights.independence.choose_columns`). `kept_products` are those of the first rows as they were
    read, None where they follow from `rows`.
    """

    name: str
    dtype: str
    matrix_rows: int
    columns: int
    rows: NDArray[np.float32] = field(repr=False, compare=False)
    kept_products: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)

    @property
    def products(self) -> NDArray[np.float32]:
        """The products of the first 32 rows with each other, at most, float32 (rows, rows)."""
        return multiply_rows(self.rows) if self.kept_products is None else self.kept_products

    @property
    def place(self) -> tuple[str, int | None]:
        """What it is for, or its name if that is unknown, and its layer: by these do matrices correspond."""
        role = find_role(self.name)
        return (self.name if role == "other" else role, find_layer(self.name))

    def reduced(self) -> MatrixRows:
        """Return the same with the compared columns alone."""
        if self.rows.shape[1] < self.columns:
            return self
        return replace(self, rows=self.rows[:, choose_columns(self.columns)], kept_products=self.products)

    def kept(self) -> MatrixRows:
        """Return what is kept for later comparisons: the compared columns of the first 12 rows, and the products."""
        reduced = self.reduced()
        return replace(reduced, rows=reduced.rows[:KEPT_ROWS], kept_products=reduced.products)

    @property
    def is_embedding(self) -> bool:
        """Whether its rows stand for tokens, so that another vocabulary has other rows."""
        return find_role(self.name) == "token_embedding"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightRows:
    """The first rows of one or two matrices of one model: the token embedding, and a matrix of its first layer.

    `revision` is the commit that was read. `file_sha256` is that of the whole file as the Hub tells it, None if it does
    not; `header_sha256` that of the header's bytes. `tensors` and `parameters` are those of the file. `bytes_read` and
    `requests` are what the reading cost. `shapes` are those of the file's matrices by name, empty for packed ones;
    `adapter` is what an adapter changes, whose `matrices` are the first rows of its A; None for a model.
    """

    model: str
    revision: str
    file: str
    file_bytes: int
    file_sha256: str | None
    header_sha256: str
    tensors: int
    parameters: int
    matrices: tuple[MatrixRows, ...]
    bytes_read: int
    requests: int
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False, compare=False)
    adapter: AdapterContent | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the file holds the whole model, rather than the first of several shards."""
        return _SHARD.search(self.file) is None


def choose_matrices(header: WeightHeader) -> tuple[TensorEntry, ...]:
    """Return the matrices whose first rows are compared: the token embedding, or else the first matrix that fits.

    After it one of the first layer in the file, whose rows do not depend on the vocabulary, if there is one. All have
    64 columns or more and numbers that we read. None fit in a file that holds packed integers alone.
    """
    fit = [
        tensor
        for tensor in header.tensors
        if len(tensor.shape) == _MATRIX
        and tensor.shape[0]
        and tensor.shape[1] >= FEWEST_COLUMNS
        and tensor.dtype in DTYPES
        and find_role(tensor.name) not in _UNFIT
        and not _PACKING.search(tensor.name)
    ]
    first = next((tensor for tensor in fit if find_role(tensor.name) == "token_embedding"), fit[0] if fit else None)
    if first is None:
        return ()
    inner = [
        tensor
        for tensor in fit
        if tensor is not first and find_role(tensor.name) in _INNER and tensor.shape[1] == first.shape[1]
    ]
    second = min(inner, key=lambda tensor: (_layer_of(tensor), find_role(tensor.name), tensor.name), default=None)
    return (first,) if second is None else (first, second)


def shapes_of(header: WeightHeader) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a file's matrices by name, an empty one for those whose numbers are packed."""
    return {
        _PACKED_NAME.sub(".weight", tensor.name): () if tensor.dtype in PACKED else tensor.shape
        for tensor in header.tensors
        if len(tensor.shape) == _MATRIX and not _PACKING.search(tensor.name)
    }


def _layer_of(tensor: TensorEntry) -> int:
    layer = find_layer(tensor.name)
    return 0 if layer is None else layer
