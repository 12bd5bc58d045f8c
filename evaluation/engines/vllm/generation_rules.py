"""Rules of a model for its replies that transformers follows even in greedy decoding, and that vLLM is not told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from pathlib import Path

PLAIN: Final[dict[str, tuple[object, ...]]] = {
    "num_beams": (None, 1),
    "repetition_penalty": (None, 1),
    "encoder_repetition_penalty": (None, 1),
    "no_repeat_ngram_size": (None, 0),
    "min_length": (None, 0),
    "min_new_tokens": (None, 0),
    "guidance_scale": (None, 1),
    "bad_words_ids": (None,),
    "suppress_tokens": (None,),
    "begin_suppress_tokens": (None,),
    "forced_bos_token_id": (None,),
    "forced_eos_token_id": (None,),
    "sequence_bias": (None,),
    "exponential_decay_length_penalty": (None,),
}
"""Settings, and the values with which they change nothing in greedy decoding."""


def check_generation(folder: Path, name: str) -> None:
    """Raise CannotRun for a model with such a rule in its generation_config.json, which it need not have."""
    path = folder / "generation_config.json"
    if not path.is_file():
        return
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError, OSError) as exc:
        raise CannotRun(name, f"its generation_config.json cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise CannotRun(name, "its generation_config.json is no mapping")
    odd = sorted(key for key, allowed in PLAIN.items() if found.get(key) not in allowed)
    if odd:
        raise CannotRun(name, f"it writes with {odd[0]}, which vLLM is not told", "the engine transformers runs it")
