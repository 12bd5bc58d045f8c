"""Whether replies are decoded greedily and by no other rule: only then is there more than one way to write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from evaluation.engines.tasks.generation_settings import GenerationSettings

PLAIN: Final[dict[str, tuple[object, ...]]] = {
    "num_beams": (None, 1),
    "num_return_sequences": (None, 1),
    "repetition_penalty": (None, 1.0),
    "no_repeat_ngram_size": (None, 0),
    "min_length": (None, 0),
    "min_new_tokens": (None, 0),
    "guidance_scale": (None, 1.0),
    "bad_words_ids": (None,),
    "suppress_tokens": (None,),
    "begin_suppress_tokens": (None,),
    "forced_bos_token_id": (None,),
    "forced_eos_token_id": (None,),
    "sequence_bias": (None,),
    "exponential_decay_length_penalty": (None,),
}
"""Settings of a model, and the values with which they change nothing in greedy decoding."""


def is_plain(model: Any, generation: GenerationSettings) -> bool:
    """Return whether replies of a model are decoded greedily, without any other rule."""
    config = model.generation_config
    is_greedy = generation.settings.get("do_sample") is False and generation.settings.keys() <= {
        "do_sample",
        "use_cache",
    }
    return is_greedy and all(getattr(config, name, None) in allowed for name, allowed in PLAIN.items())
