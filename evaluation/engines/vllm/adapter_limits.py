"""Which adapters vLLM applies in full: of others it leaves out parts without a word, or refuses them late."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from pathlib import Path

RANKS: Final = (8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM keeps room for."""
MODULES: Final = frozenset({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"})
PLAIN: Final[dict[str, tuple[object, ...]]] = {
    "peft_type": ("LORA",),
    "task_type": (None, "CAUSAL_LM"),
    "bias": (None, "none"),
    "init_lora_weights": (None, True, False, "gaussian"),
    "use_dora": (None, False),
    "use_qalora": (None, False),
    "lora_bias": (None, False),
    "modules_to_save": (None, []),
    "layers_to_transform": (None, []),
    "layer_replication": (None, []),
    "target_parameters": (None, []),
    "trainable_token_indices": (None, []),
    "alora_invocation_tokens": (None, []),
    "rank_pattern": (None, {}),
    "alpha_pattern": (None, {}),
    "fan_in_fan_out": (None, False),
}
"""Settings of an adapter, and the values with which vLLM does what peft does."""
PART: Final = re.compile(r"base_model\.model\.(?P<module>[\w.]+)\.lora_(?P<half>[AB])\.weight")
HINT: Final = "the engine transformers runs it"


def rank_of(folder: Path, name: str, layers: int) -> int:
    """Return the rank that vLLM has to keep room for.

    Raises CannotRun for an adapter that vLLM would apply otherwise than peft: all of its parts must be of the linear
    modules of the `layers` layers of its base.
    """
    settings = _settings(folder, name)
    odd = sorted(key for key, allowed in PLAIN.items() if settings.get(key) not in allowed)
    if odd:
        raise CannotRun(name, f"vLLM does not apply an adapter with this {odd[0]}", HINT)
    targets, rank = settings.get("target_modules"), settings.get("r")
    if not isinstance(targets, list) or not {str(target) for target in targets} <= MODULES:
        raise CannotRun(name, "vLLM may leave out parts of an adapter on other modules than the layers' own", HINT)
    _check_parts(folder, name, {str(target): layers for target in targets})
    fitting = [one for one in RANKS if isinstance(rank, int) and one >= rank > 0]
    if not fitting:
        raise CannotRun(name, f"vLLM has no room for an adapter of rank {rank}", HINT)
    return fitting[0]


def _settings(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise CannotRun(name, f"its adapter_config.json cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise CannotRun(name, "its adapter_config.json is no mapping")
    return found


def _check_parts(folder: Path, name: str, wanted: dict[str, int]) -> None:
    """Raise CannotRun unless the file holds both matrices for each wanted module of every layer, and nothing else."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / "adapter_model.safetensors", framework="np") as file:
            keys = list(file.keys())
    except (OSError, SafetensorError) as exc:
        raise CannotRun(name, f"its adapter_model.safetensors cannot be read: {exc}") from exc
    halves: dict[str, Counter[str]] = {"A": Counter(), "B": Counter()}
    for key in keys:
        part = PART.fullmatch(key)
        if part is None:
            raise CannotRun(name, f"vLLM may leave out its part {key}", HINT)
        halves[part["half"]][part["module"].rpartition(".")[2]] += 1
    if any(found != wanted for found in halves.values()):
        raise CannotRun(name, "it lacks parts that its settings name, or has others", HINT)
