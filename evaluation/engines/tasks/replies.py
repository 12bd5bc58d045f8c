"""Replies of any backend, as the `hf` model of lm-evaluation-harness 0.4.13 cuts them (`HFLM.generate_until`).

Contexts lose their beginning if there is no room; a reply ends before the first stop text in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.tasks.backend import Backend
    from evaluation.engines.tasks.encoding import Encoder
    from evaluation.engines.tasks.generation_settings import GenerationSettings


def replies(backend: Backend, encoder: Encoder, contexts: Sequence[str], generation: GenerationSettings) -> list[str]:
    """Return a reply for every context; equal ones are asked once.

    Raises CannotRun if the model has no room for a reply.
    """
    room = encoder.longest - generation.longest
    if room <= 0:
        raise CannotRun(backend.name, f"takes {encoder.longest} tokens, too few for replies of {generation.longest}")
    distinct = list(dict.fromkeys(contexts))
    prompts = [tuple(tokens[-room:]) for tokens in encoder.texts(distinct)]
    written = backend.write(prompts, generation, encoder.tokenizer)
    found = {
        context: _text(encoder.tokenizer, reply, generation) for context, reply in zip(distinct, written, strict=True)
    }
    return [found[context] for context in contexts]


def _text(tokenizer: Any, tokens: Sequence[int], generation: GenerationSettings) -> str:
    """Return a reply as text, before the first stop text in it."""
    from lm_eval.models.utils import postprocess_generated_text

    text = tokenizer.decode(tokens, skip_special_tokens=True)
    return str(postprocess_generated_text(text, list(generation.stops), None))
