"""Which rows of several models are read to compare them closely: the same of each, within a budget of bytes.

Of eight layers, spread over the depth, rows of what the attention writes are read; of three of them rows of every
matrix, and of the middle one more rows of the queries, for the rank of a change. Where a model is too wide for the
budget, fewer of these layers and rows are read: so two models of one shape have rows in common even if each was read
alone. Rows lie at the end of some tensors and at the start of others, so that those of tensors that follow each other
in a file, as most libraries write them, are one part to ask for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from lineage.weights.number_formats import DTYPES
from lineage.weights.span_rows import RowSpan
from lineage.weights.tensor_roles import find_layer, find_role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.weights.header import TensorEntry, WeightHeader
    from lineage.weights.tensor_roles import TensorRole

_T = TypeVar("_T")

TensorPlace: TypeAlias = "tuple[TensorRole, int | None]"
"""What a tensor is for, and in which layer: by these the tensors of models correspond."""

_MATRIX: Final = 2
_LARGEST_GAP: Final = 4096
"""Bytes between two parts that are rather read than asked around."""
_FROM_END: Final[frozenset[TensorRole]] = frozenset({"attention_output", "up", "down"})
_OF_VOCABULARY: Final[frozenset[TensorRole]] = frozenset({"token_embedding", "output_head"})
_MOST_LAYERS: Final = 8
_IN_TURN: Final = (4, 1, 6, 2, 7, 0, 5, 3)
"""In which order the eight layers are taken where fewer are read: the first of them are spread as well."""
_MOST_WHOLE: Final = 3
_UNSCALED: Final = frozenset({"I8"})
"""Types whose numbers mean nothing without a scale that lies elsewhere."""
_NOT_COMPARED: Final[frozenset[TensorRole]] = frozenset({"position", "other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSite:
    """Where a tensor lies: its entry in the header of one of a model's files."""

    file: str
    tensor: TensorEntry

    @property
    def columns(self) -> int:
        """How long a row is; a vector is one row."""
        return self.tensor.shape[-1]

    @property
    def row_count(self) -> int:
        """How many rows it has."""
        return self.tensor.shape[0] if len(self.tensor.shape) == _MATRIX else 1

    @property
    def row_bytes(self) -> int:
        """The bytes of one row."""
        return (self.tensor.stop_byte - self.tensor.start_byte) // self.row_count


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChoice:
    """Rows [first_row, stop_row) of the tensor at a place."""

    place: TensorPlace
    first_row: int
    stop_row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSpan:
    """The bytes [start, stop) of a file, and the choices of rows that lie in them."""

    file: str
    start: int
    stop: int
    choices: tuple[RowChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Detail:
    """How much is read: so many layers, of them so many whole, and so many rows of each kind."""

    layers: int
    whole: int
    query: int
    output: int
    down: int
    rest: int


_DETAILS: Final = (
    _Detail(layers=8, whole=3, query=256, output=64, down=64, rest=64),
    _Detail(layers=8, whole=3, query=128, output=32, down=32, rest=16),
    _Detail(layers=8, whole=3, query=64, output=16, down=16, rest=8),
    _Detail(layers=6, whole=3, query=64, output=12, down=4, rest=4),
    _Detail(layers=5, whole=2, query=32, output=8, down=1, rest=1),
    _Detail(layers=4, whole=2, query=16, output=8, down=1, rest=1),
    _Detail(layers=2, whole=1, query=8, output=4, down=1, rest=1),
)


def find_sites(headers: Mapping[str, WeightHeader]) -> dict[TensorPlace, TensorSite]:
    """Return where the tensors of a model lie that can be compared: matrices and vectors of numbers that we read.

    Of several at one place, as experts or the norms of a layer are, it is the first by name.
    """
    found: dict[TensorPlace, TensorSite] = {}
    tensors = [(tensor.name, file, tensor) for file, header in headers.items() for tensor in header.tensors]
    for name, file, tensor in sorted(tensors, key=lambda one: one[:2]):
        place = (find_role(name), find_layer(name))
        if _is_readable(tensor) and place[0] not in _NOT_COMPARED and place not in found:
            found[place] = TensorSite(file=file, tensor=tensor)
    return found


def _is_readable(tensor: TensorEntry) -> bool:
    return 0 < len(tensor.shape) <= _MATRIX and all(tensor.shape) and tensor.dtype in DTYPES.keys() - _UNSCALED


def plan_rows(models: Sequence[Mapping[TensorPlace, TensorSite]], *, most_bytes: int) -> tuple[RowChoice, ...]:
    """Return the rows to read of every model, in as much detail as the bytes allow for each; empty if none fit."""
    common = [place for place in models[0] if _correspond([model.get(place) for model in models])]
    for detail in _DETAILS:
        choices = tuple(_choose(models, common, detail))
        if all(_cost(model, choices) <= most_bytes for model in models):
            return choices
    return ()


def _correspond(sites: Sequence[TensorSite | None]) -> bool:
    """Return whether all models have a tensor of one shape there, but for the length of the vocabulary."""
    known = [site for site in sites if site is not None]
    if len(known) < len(sites):
        return False
    is_of_vocabulary = find_role(known[0].tensor.name) in _OF_VOCABULARY
    return len({(site.columns, 0 if is_of_vocabulary else site.row_count) for site in known}) == 1


def _choose(
    models: Sequence[Mapping[TensorPlace, TensorSite]], common: Sequence[TensorPlace], detail: _Detail
) -> list[RowChoice]:
    layers = sorted({layer for _, layer in common if layer is not None})
    spread_out = spread(layers, _MOST_LAYERS)
    deep = [spread_out[place] for place in _IN_TURN if place < len(spread_out)][: detail.layers]
    thirds = spread(spread_out, _MOST_WHOLE)
    middle = thirds[len(thirds) // 2] if thirds else None
    whole = sorted(thirds, key=lambda layer: (layer != middle, layer))[: detail.whole]
    wanted = {"attention_output": detail.output, "down": detail.down}
    choices = []
    for role, layer in common:
        is_read = layer is None or layer in whole or (layer in deep and role == "attention_output")
        rows = detail.query if role == "query" and layer == middle else wanted.get(role, detail.rest)
        if is_read:
            count = min(model[role, layer].row_count for model in models)
            first = max(0, count - rows) if role in _FROM_END else 0
            choices.append(RowChoice(place=(role, layer), first_row=first, stop_row=min(count, first + rows)))
    return choices


def spread(things: Sequence[_T], count: int) -> list[_T]:
    """Return so many of some things, spread evenly."""
    step = len(things) / count
    return list(things) if step <= 1 else [things[int((number + 0.5) * step)] for number in range(count)]


def _cost(model: Mapping[TensorPlace, TensorSite], choices: Sequence[RowChoice]) -> int:
    return sum(part.stop - part.start for part in plan_parts(model, choices))


def plan_parts(model: Mapping[TensorPlace, TensorSite], choices: Sequence[RowChoice]) -> tuple[PlannedSpan, ...]:
    """Return the parts of a model's files that hold the rows; rows that lie next to each other are one part."""
    ordered = sorted(choices, key=lambda choice: (model[choice.place].file, *_bytes_of(model, choice)))
    parts: list[PlannedSpan] = []
    for choice in ordered:
        file = model[choice.place].file
        start, stop = _bytes_of(model, choice)
        last = parts[-1] if parts else None
        if last is not None and last.file == file and start - last.stop <= _LARGEST_GAP:
            parts[-1] = PlannedSpan(file=file, start=last.start, stop=stop, choices=(*last.choices, choice))
        else:
            parts.append(PlannedSpan(file=file, start=start, stop=stop, choices=(choice,)))
    return tuple(parts)


def _bytes_of(model: Mapping[TensorPlace, TensorSite], choice: RowChoice) -> tuple[int, int]:
    """Return where the rows begin and end in their file."""
    site = model[choice.place]
    begin = site.tensor.start_byte
    return begin + choice.first_row * site.row_bytes, begin + choice.stop_row * site.row_bytes


def cut_spans(model: Mapping[TensorPlace, TensorSite], part: PlannedSpan, content: bytes) -> tuple[RowSpan, ...]:
    """Return the rows that a part of a file holds; `content` is its bytes."""
    spans = []
    for choice in part.choices:
        site = model[choice.place]
        start, stop = _bytes_of(model, choice)
        numbers = DTYPES[site.tensor.dtype](content[start - part.start : stop - part.start])
        spans.append(
            RowSpan(
                role=choice.place[0],
                layer=choice.place[1],
                dtype=site.tensor.dtype,
                tensor_rows=site.row_count,
                first_row=choice.first_row,
                rows=numbers.reshape(choice.stop_row - choice.first_row, site.columns),
            )
        )
    return tuple(spans)
