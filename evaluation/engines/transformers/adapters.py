"""Adapters on a model that stays loaded: attached, used and removed, leaving the model as it was.

The embeddings of the model are never resized to the tokenizer (lm-evaluation-harness does so for `peft=`): that drops
the padding of the vocabulary, and log-probabilities of an unchanged model move. Every module that peft replaced is put
back, because its own `unload` leaves trained copies of whole modules behind.
"""

from __future__ import annotations

import json
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.load_model import told_of
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HARMLESS_STARTS: Final = (True, False, "gaussian", "orthogonal")
"""Initialisations of LoRA that keep the weights below unchanged; others (PiSSA, OLoRA, ...) change them."""
TASKS: Final = (None, "CAUSAL_LM")


@contextmanager
def attached(model: Any, folder: Path, name: str) -> Iterator[Any]:
    """Yield the model with the adapter of a folder; afterwards the adapter is removed.

    The yielded model answers like a causal language model of transformers. Raises CannotRun for an adapter that peft
    cannot attach to this model, or not with all of its weights.
    """
    modules = dict(model.named_modules())
    try:
        adapted = _load(model, folder, name)
        yield adapted if adapted.active_peft_config.is_prompt_learning else adapted.get_base_model()
    finally:
        _put_back(model, modules)


def changes_model(folder: Path) -> bool:
    """Return whether the initialisation of an adapter changes the weights below, which must then be reloaded."""
    return _settings(folder, folder.name).get("init_lora_weights", True) not in HARMLESS_STARTS


def fingerprint(model: Any) -> tuple[tuple[str, int, int], ...]:
    """Return a fingerprint that shows writes to a model: name, storage and version of every tensor."""
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return tuple((name, tensor.data_ptr(), tensor._version) for name, tensor in tensors)  # noqa: SLF001  # torch tells it nowhere else


def _load(model: Any, folder: Path, name: str) -> Any:
    from peft import PeftModel

    task = _settings(folder, name).get("task_type")
    if task not in TASKS:
        raise CannotRun(name, f"the adapter is made for {task}, not for writing text")
    fitting = told_of(name, "the adapter", "does not fit its base")
    with fitting, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        adapted = PeftModel.from_pretrained(
            model,
            str(folder),
            is_trainable=False,
            local_files_only=True,
            low_cpu_mem_usage=not changes_model(folder),  # no weights are drawn that are read right after
        )
    if any("missing adapter keys" in str(warning.message) for warning in said):
        raise CannotRun(name, "the adapter lacks weights that its settings name")
    return adapted.eval()


def _settings(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as exc:
        raise CannotRun(name, f"its adapter_config.json cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise CannotRun(name, "its adapter_config.json is no mapping")
    return found


def _put_back(model: Any, modules: dict[str, Any]) -> None:
    for place, module in modules.items():
        parent, _, child = place.rpartition(".")
        if place and getattr(modules[parent], child) is not module:
            setattr(modules[parent], child, module)
    for name in ("peft_config", "_hf_peft_config_loaded"):
        if name in vars(model):
            delattr(model, name)
