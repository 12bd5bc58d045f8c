"""What the files of a model may name: transformers and peft follow names in settings, to pickles and to other folders.

Seen in transformers 5.23.0 (`get_checkpoint_shard_files`, `_get_resolved_checkpoint_files`) and peft 0.21.2
(`load_peft_weights`): shards are joined to the folder as the index writes them and read by their ending, `config.json`
may name `adapter_model.bin`, and an adapter without safetensors is read from a pickle. Attention that is called like a
repository is fetched from the Hub as machine code (`kernels`), and some kinds of adapters load further models, adapters
or pickles that their settings name. What a safetensors file itself holds is checked by its own library.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from evaluation.engines.transformers.weights_hash import WEIGHTS
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LARGEST_SETTINGS_BYTES: Final = 64 << 20
NAMED_WEIGHTS: Final = "transformers_weights"
ADAPTER_SETTINGS: Final = "adapter_config.json"
ADAPTER_WEIGHTS: Final = "adapter_model.safetensors"
LEADING_ADAPTERS: Final = frozenset({"MULTITASK_PROMPT_TUNING", "SHADOW", "XLORA"})
ATTENTION: Final = frozenset({"attn_implementation", "_attn_implementation"})


def check_files(folder: Path, model: str) -> None:
    """Raise CannotRun where the files in a folder would lead a library to anything but safetensors beside them."""
    adapter = folder / ADAPTER_SETTINGS
    if adapter.is_file():
        if (kind := str(_mapping(adapter, model).get("peft_type")).upper()) in LEADING_ADAPTERS:
            raise CannotRun(model, f"its adapter is of the kind {kind}, which loads other files that its settings name")
        if not (folder / ADAPTER_WEIGHTS).is_file():
            raise CannotRun(model, "its adapter has no weights in safetensors")
    for index in sorted(folder.glob("*.safetensors.index.json")):
        shards = _mapping(index, model).get("weight_map")
        names = shards.values() if isinstance(shards, dict) else [shards]
        _check_names(names, index, model)
    settings = folder / "config.json"
    if settings.is_file():
        told = _mapping(settings, model)
        if (named := told.get(NAMED_WEIGHTS)) is not None:
            _check_names([named], settings, model)
        if any("/" in name for name in _attention(told)):
            raise CannotRun(model, "its config.json names attention that would be fetched from the Hub as machine code")


def _check_names(names: Iterable[object], told_by: Path, model: str) -> None:
    if not all(isinstance(name, str) and WEIGHTS.fullmatch(name) for name in names):
        raise CannotRun(model, f"its {told_by.name} names weights that are no safetensors file beside it")


def _attention(settings: object) -> Iterator[str]:
    """Yield what is called attention in settings and in the settings of their parts."""
    waiting = [settings]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
            yield from (json.dumps(one[name]) for name in ATTENTION & one.keys())


def _mapping(path: Path, model: str) -> dict[str, object]:
    try:
        if path.stat().st_size > LARGEST_SETTINGS_BYTES:
            raise CannotRun(model, f"its {path.name} has more than {LARGEST_SETTINGS_BYTES:,} bytes")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise CannotRun(model, f"its {path.name} cannot be read") from error
    if not isinstance(found, dict):
        raise CannotRun(model, f"its {path.name} is no mapping")
    return found
