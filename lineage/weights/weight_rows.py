"""The rows that are read of a model, and which matrix they are taken from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lineage.weights.number_formats import DTYPES
from lineage.weights.tensor_roles import find_role

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lineage.weights.header import TensorEntry, WeightHeader
    from lineage.weights.tensor_roles import TensorRole

FEWEST_COLUMNS: Final = 64
_MATRIX: Final = 2
_SHARD: Final = re.compile(r"-of-\d{1,6}\.safetensors$")
_UNFIT: Final[frozenset[TensorRole]] = frozenset({"position", "norm", "query", "key"})
"""Matrices whose coordinates may have an order: tables of positions, and heads that turn by position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightRows:
    """Rows of one matrix of one model, from its first row on.

    `revision` is the commit that was read, `rows` float32 (rows, columns) as stored. `file_sha256` is that of the whole
    file as the Hub tells it, None if it does not. `bytes_read` and `requests` are what the reading cost.
    """

    model: str
    revision: str
    file: str
    file_bytes: int
    file_sha256: str | None
    header: WeightHeader
    tensor: TensorEntry
    rows: NDArray[np.float32] = field(repr=False, compare=False)
    bytes_read: int
    requests: int

    @property
    def is_whole(self) -> bool:
        """Whether the file holds the whole model, rather than the first of several shards."""
        return _SHARD.search(self.file) is None


def choose_tensor(header: WeightHeader) -> TensorEntry | None:
    """Return the matrix whose first rows are compared: the token embedding, or else the first matrix that fits.

    It has at least 64 columns and numbers that we read. None if there is no such matrix, as in a file that holds packed
    integers alone.
    """
    fit = [
        tensor
        for tensor in header.tensors
        if len(tensor.shape) == _MATRIX
        and tensor.shape[1] >= FEWEST_COLUMNS
        and tensor.dtype in DTYPES
        and find_role(tensor.name) not in _UNFIT
    ]
    embeddings = [tensor for tensor in fit if find_role(tensor.name) == "token_embedding"]
    return next(iter(embeddings or fit), None)
