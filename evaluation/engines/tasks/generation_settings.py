"""How a task wants replies to be generated, as a request of lm-evaluation-harness says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_TOKENS: Final = 256
"""The most tokens of a reply, if the task does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationSettings:
    """The texts that end a reply, the most tokens it has, and further arguments of transformers' `generate`."""

    stops: tuple[str, ...]
    longest: int
    settings: Mapping[str, Any]


def generation_settings(arguments: Mapping[str, Any], tokenizer: Any) -> GenerationSettings:
    """Return how a request wants its reply."""
    from lm_eval.models.utils import handle_stop_sequences, normalize_gen_kwargs

    settings: dict[str, Any] = dict(normalize_gen_kwargs(dict(arguments), MOST_TOKENS))
    end = tokenizer.decode(tokenizer.eos_token_id, skip_special_tokens=False)
    stops = handle_stop_sequences(settings.pop("until", None), eos=end)
    longest = settings.pop("max_gen_toks")
    if settings.get("temperature") == 0.0 and not settings.get("do_sample"):
        settings["do_sample"] = False
    if settings.get("do_sample") is False:
        settings.pop("temperature", None)
    return GenerationSettings(stops=tuple(stops), longest=longest, settings=settings)
