"""Models and tokenizers from files of this machine: safetensors only, no code of the repository, no network."""

from __future__ import annotations

import json
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import is_out_of_memory
from evaluation.engines.transformers.placement import devices_of, free_rooms, placing, weights_bytes
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evaluation.engines.interface import Weights
    from evaluation.engines.transformers.downloads import Snapshot

SHOWN_NAMES: Final = 3
DEVICES: Final = ("cuda", "mps", "cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Where a model runs and in which type, as torch names both: `cuda`, `bfloat16`."""

    device: str
    dtype: str


def choose_precision(device: str | None, dtype: str | None) -> Precision:
    """Return device and type, by default the best: a family must run in one type to be comparable.

    On a processor that is float32. Where it has instructions for bfloat16 (AMX) that takes a third of the time, but it
    moves answers, and the workers of a family may have different processors. On a GPU it is bfloat16, or float16 on
    older ones.
    """
    import torch

    found = device or next(name for name in DEVICES if name == "cpu" or getattr(torch, name).is_available())
    if dtype is None and found.startswith("cuda"):
        dtype = "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return Precision(device=found, dtype=dtype or "float32")


def load_model(snapshot: Snapshot, weights: Weights, precision: Precision) -> Any:
    """Return a causal language model in eval mode, all of its weights from its files.

    Raises CannotRun where it needs code of its repository, lacks weights, is no causal language model that the
    installed version knows, or does not fit into memory.
    """
    import torch
    from transformers import AutoModelForCausalLM

    _refuse_code(snapshot, weights)
    dtype = getattr(torch, precision.dtype)
    with told_of(weights.model):
        size = weights_bytes(snapshot.folder, dtype.itemsize) if (free := free_rooms(precision.device)) else 0
        placed = placing(weights.model, precision.device, size, free)
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            snapshot.folder,
            dtype=dtype,
            **placed,
            use_safetensors=True,
            trust_remote_code=weights.trusts_remote_code,
            local_files_only=True,
            output_loading_info=True,
        )
    model, about = loaded
    if kept_away := {"cpu", "disk"} & set(devices_of(model)):
        raise CannotRun(weights.model, f"parts of it fit no device: {', '.join(sorted(kept_away))}")
    lacking = sorted({str(name) for part in ("missing_keys", "mismatched_keys") for name in about.get(part, ())})
    if lacking:
        shown = ", ".join(lacking[:SHOWN_NAMES])
        raise CannotRun(weights.model, f"{len(lacking)} weights are missing in its files: {shown}")
    return model.eval()


def load_tokenizer(snapshot: Snapshot, weights: Weights) -> Any:
    """Return the tokenizer of a model. Raises CannotRun where there is none that can be used."""
    from transformers import AutoTokenizer

    _refuse_foreign_code(snapshot.folder / "tokenizer_config.json", weights)
    with told_of(weights.model):
        return AutoTokenizer.from_pretrained(
            snapshot.folder, trust_remote_code=weights.trusts_remote_code, local_files_only=True
        )


def has_tokenizer(snapshot: Snapshot) -> bool:
    """Return whether a model's files hold a tokenizer; adapters often leave it to what carries them."""
    return any((snapshot.folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model", "vocab.json"))


def _refuse_code(snapshot: Snapshot, weights: Weights) -> None:
    """Raise CannotRun for a model that is defined by code of its repository, unless the user trusts it."""
    path = snapshot.folder / "config.json"
    _refuse_foreign_code(path, weights)
    with told_of(weights.model):
        config = json.loads(path.read_text("utf-8"))
        if "auto_map" not in config or weights.trusts_remote_code:
            return
        from transformers import CONFIG_MAPPING

        if config.get("model_type") not in CONFIG_MAPPING:
            raise CannotRun(weights.model, "it needs code of its own repository", "--trust-remote-code allows it")


def _refuse_foreign_code(path: Path, weights: Weights) -> None:
    """Raise CannotRun if the settings of a trusted model name code of another repository, `OWNER/NAME--FILE`."""
    if not weights.trusts_remote_code or not path.is_file():
        return
    with told_of(weights.model):
        if "--" in json.dumps(json.loads(path.read_text("utf-8")).get("auto_map")):
            raise CannotRun(weights.model, f"its {path.name} names code of another repository, which nobody trusted")


@contextmanager
def told_of(model: str, part: str = "it", problem: str = "cannot be loaded") -> Iterator[None]:
    """Turn errors while files are loaded into CannotRun: another attempt cannot mend a file.

    `part` names what is loaded, `it` for the model itself, and `problem` says what is wrong with it.
    """
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a stranger's settings; what counts is checked
            yield
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        ImportError,
        RuntimeError,
        SafetensorError,
    ) as exc:
        if is_out_of_memory(exc):
            raise CannotRun(model, f"{part} does not fit into the memory of the device") from exc
        raise CannotRun(model, f"{part} {problem}: {exc}") from exc
