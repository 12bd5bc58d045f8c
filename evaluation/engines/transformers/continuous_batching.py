"""Replies by the continuous batching of transformers 5: when a reply ends, the next one starts at once.

In static batches all rows wait for the longest reply; here none does, which pays on a GPU. Only greedy decoding without
further rules is done this way: then the replies equal those of static batches, except for ties that rounding decides.
If anything goes wrong, the replies are left to static batches.
"""

from __future__ import annotations

import copy
import logging
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.transformers.batch_size import free_memory, is_out_of_memory
from evaluation.engines.transformers.greedy_decoding import is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.tasks.encoding import Tokens
    from evaluation.engines.tasks.generation_settings import GenerationSettings

PAGE_TOKENS: Final = 32
"""Of a page of keys and values on a processor, where nothing is found out from the memory that is free."""
CPU_TOKENS: Final = 1024
SHARE: Final = 0.5
"""Of a GPU's free memory for keys and values; the rest is for what else the task asks of the model."""
FAULTS: Final = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, NotImplementedError, ImportError)
_log = logging.getLogger(__name__)


class ContinuousBatcher:
    """Writes replies of one model for the time of a task; `name` is what messages call it."""

    def __init__(self, model: Any, name: str) -> None:
        self.model = model
        self.name = name
        self.is_usable = hasattr(model, "generate_batch")
        self._generation: GenerationSettings | None = None

    def write(
        self, tokenizer: Any, prompts: Sequence[Tokens], generation: GenerationSettings, padding: int
    ) -> list[list[int]] | None:
        """Return the tokens of a reply per prompt, including those that end it; None to leave it to static batches."""
        if not self.is_usable or not is_plain(self.model, generation):
            return None
        if generation != self._generation:  # what keeps keys and values keeps its settings too
            self.close()
            self._generation = generation
        before = self.model.config._attn_implementation  # noqa: SLF001  # transformers tells it nowhere else
        try:
            found = self._written(prompts, self._settings(tokenizer, generation, padding))
        except FAULTS as error:
            found = None
            _log.warning("%s: no continuous batches (%s: %s)", self.name, type(error).__name__, error)
            is_full = is_out_of_memory(error)
        else:
            is_full = False
        if found is None:
            self.is_usable = False
            self.close()
            if self.model.config._attn_implementation != before:  # noqa: SLF001  # as above
                self.model.set_attn_implementation(before)
        if is_full:
            free_memory()  # outside of the handler: the traceback holds the tensors
        return found

    def close(self) -> None:
        """Free the memory for keys and values."""
        destroy = getattr(self.model, "destroy_cached_continuous_batching_manager", None)
        if destroy is not None:
            destroy()

    def _settings(self, tokenizer: Any, generation: GenerationSettings, padding: int) -> Any:
        settings = copy.deepcopy(self.model.generation_config)
        told = settings.eos_token_id
        ends = {told} if isinstance(told, int) else set(told or ())
        settings.update(
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            max_length=None,
            max_new_tokens=generation.longest,
            eos_token_id=sorted(ends | _ending(tokenizer, generation.stops)),
            pad_token_id=padding,
        )
        return settings

    def _written(self, prompts: Sequence[Tokens], settings: Any) -> list[list[int]] | None:
        from transformers.generation.configuration_utils import ContinuousBatchingConfig

        if self.model.device.type == "cpu":
            pages = sum(ceil((len(prompt) + settings.max_new_tokens) / PAGE_TOKENS) for prompt in prompts)
            batching = ContinuousBatchingConfig(
                page_size=PAGE_TOKENS, num_blocks=pages + 1, max_batch_tokens=CPU_TOKENS, use_async_batching=False
            )
        else:
            batching = ContinuousBatchingConfig(max_memory_percent=SHARE)
        results = self.model.generate_batch(
            inputs=[list(prompt) for prompt in prompts],
            generation_config=settings,
            continuous_batching_config=batching,
            persistent_manager=True,
        )
        found = list(results.values())
        if len(found) < len(prompts) or any(one.error is not None for one in found):
            lost = len(prompts) - len(found)
            _log.warning("%s: continuous batches lost %d of %d replies", self.name, lost, len(prompts))
            return None
        return [one.generated_tokens for one in found]


@lru_cache(maxsize=8)
def _ending(tokenizer: Any, stops: tuple[str, ...]) -> frozenset[int]:
    """Return the tokens that each contain a stop text, at which a reply may end; the text after it is cut off anyway.

    A stop text of several tokens ends nothing: such a reply is generated to its full length, and cut.
    """
    texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))], skip_special_tokens=False)
    return frozenset(token for token, text in enumerate(texts) if any(stop in text for stop in stops))
