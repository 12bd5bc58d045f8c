"""What a file of a low-rank adapter (LoRA) holds: which modules of its base it changes, and by how many numbers.

For a module that takes `inputs` numbers and gives `outputs`, PEFT stores A (rank, inputs), drawn at the start, and B
(outputs, rank), zero at the start; what is added to the base's matrix is B A. File and settings are untrusted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.weights.number_formats import DTYPES
from lineage.weights.tensor_roles import find_layer, find_role

if TYPE_CHECKING:
    from lineage.weights.header import TensorEntry, WeightHeader

_SIDE: Final = re.compile(r"\.lora_(?P<side>[AB])(?:\.default)?\.weight$")
_OUTER: Final = re.compile(r"^(?:base_model\.model\.)?(?:(?:model|language_model|transformer)\.)*")
_MATRIX: Final = 2
_LONGEST_TEXT: Final = 200
_DRAWN: Final = frozenset({"true", "false", "gaussian"})
_LARGEST_ALPHA: Final = 1e9
LARGEST_CONFIG_BYTES: Final = 16 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptedModule:
    """A module that an adapter changes: its name without what libraries put before it, and its sizes."""

    name: str
    rank: int
    inputs: int
    outputs: int

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Its rank, and how many numbers it takes and gives."""
        return self.rank, self.inputs, self.outputs

    @property
    def spoken(self) -> str:
        """Its name as a person says it."""
        layer = find_layer(self.name)
        return self.name.rpartition(".")[2] + ("" if layer is None else f" of layer {layer}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterSettings:
    """What `adapter_config.json` tells, None where it does not: the base's name, alpha, and how A was begun.

    `is_drawn`: A was drawn at random, as far as the settings tell, not taken from the base's own matrices.
    """

    base: str | None = None
    alpha: float | None = None
    start: str | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether A was drawn at random, as far as is told."""
        return self.start is None or self.start in _DRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterContent:
    """The modules that an adapter changes, by name, and its settings."""

    modules: tuple[AdaptedModule, ...]
    settings: AdapterSettings


def find_modules(header: WeightHeader) -> tuple[AdaptedModule, ...] | None:
    """Return the modules whose A and B a file holds; None if an A and its B do not fit each other."""
    sides = {name_of(tensor.name): tensor for tensor in header.tensors if _is_side(tensor, "A")}
    modules = []
    for tensor in header.tensors:
        if not _is_side(tensor, "B") or (name := name_of(tensor.name)) not in sides:
            continue
        (rank, inputs), (outputs, again) = sides[name].shape, tensor.shape
        if rank != again or not rank * inputs * outputs:
            return None
        modules.append(AdaptedModule(name=name, rank=rank, inputs=inputs, outputs=outputs))
    return tuple(sorted(modules, key=lambda module: module.name))


def choose_starts(header: WeightHeader) -> tuple[TensorEntry, ...]:
    """Return the matrices A of a file, those with the shortest rows first: of them most rows fit into few bytes."""
    fit = [tensor for tensor in header.tensors if _is_side(tensor, "A") and tensor.dtype in DTYPES and tensor.row_bytes]
    return tuple(sorted(fit, key=lambda tensor: (tensor.row_bytes, find_layer(tensor.name) or 0, tensor.name)))


def name_of(tensor: str) -> str:
    """Return the name of the module that a tensor belongs to, without what libraries put before it."""
    return _OUTER.sub("", _SIDE.sub("", tensor).removesuffix(".weight"))


def place_of(module: str) -> tuple[str, int | None]:
    """Return what a module is for and its layer, by which it corresponds to that of a GGUF file."""
    return find_role(f".{module}.weight"), find_layer(module)


def read_settings(content: bytes) -> AdapterSettings:
    """Read an `adapter_config.json`; what is not as PEFT writes it counts as untold."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return AdapterSettings()
    if not isinstance(told, dict):
        return AdapterSettings()
    alpha, start = told.get("lora_alpha"), told.get("init_lora_weights")
    return AdapterSettings(
        base=_text(told.get("base_model_name_or_path")),
        alpha=_number(alpha),
        start=str(start).lower() if isinstance(start, bool) else _text(start),
    )


def _number(told: object) -> float | None:
    if isinstance(told, int | float) and not isinstance(told, bool) and 0 <= told < _LARGEST_ALPHA:
        return float(told)
    return None


def _text(told: object) -> str | None:
    return told if isinstance(told, str) and 0 < len(told) <= _LONGEST_TEXT and told.isprintable() else None


def _is_side(tensor: TensorEntry, side: str) -> bool:
    found = _SIDE.search(tensor.name)
    return found is not None and found["side"] == side and len(tensor.shape) == _MATRIX
