"""What the process of vLLM uses of it, as a double: likelihoods that are sums of tokens, and a cache of prompts.

A prompt with the token 13 ends the process, one with 14 raises, and a folder that is called refused is not loaded; one
that is called told says how it was to be loaded.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__version__ = "0.0"
ENDS, RAISES = 13, 14
GARBAGE = 99.0
TOLD = ("trust_remote_code", "load_format")
SET = ("HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS", "VLLM_PLUGINS")


def likelihood(before: list[int], token: int, adapter: int) -> float:
    """Return how likely the double finds a token after others, with the number of an adapter."""
    return -1.0 - (7 * sum(before) + 3 * token + adapter) % 11


@dataclass(frozen=True)
class Logprob:
    """What vLLM tells of a token."""

    logprob: float
    rank: int


@dataclass(kw_only=True)
class SamplingParams:
    """How a prompt is asked."""

    temperature: float
    max_tokens: int
    stop: list[str] = field(default_factory=list)
    allowed_token_ids: list[int] = field(default_factory=list)
    logprobs: int | None = None
    prompt_logprobs: int | None = None
    detokenize: bool = True
    skip_reading_prefix_cache: bool | None = None


@dataclass(kw_only=True)
class TokensPrompt:
    """A prompt."""

    prompt_token_ids: list[int]


@dataclass(kw_only=True)
class Output:
    """What is written."""

    token_ids: list[int]
    logprobs: list[dict[int, Logprob]]


@dataclass(kw_only=True)
class Found:
    """What is said of a prompt."""

    prompt_logprobs: list[dict[int, Logprob] | None] | None
    outputs: list[Output]
    num_cached_tokens: int


class LLM:
    """The double of a model; `seen` are the prompts whose beginnings it keeps."""

    def __init__(self, **settings: Any) -> None:
        if Path(settings["model"]).name == "told":
            raise ValueError(
                json.dumps({name: settings[name] for name in TOLD} | {name: os.environ.get(name) for name in SET})
            )
        if Path(settings["model"]).name == "refused":
            raise ValueError("no such architecture")
        self.has_room = settings.get("enable_lora", False)
        self.seen: list[list[int]] = []

    def generate(self, prompts: list[TokensPrompt], told: Any, lora_request: Any, *, use_tqdm: bool) -> list[Found]:
        """Return what is said of each prompt; of cached tokens it is garbage, as in vLLM."""
        assert not use_tqdm
        assert lora_request is None or self.has_room
        adapter = 0 if lora_request is None else lora_request.lora_int_id
        each = told if isinstance(told, list) else [told] * len(prompts)
        return [self._found(one.prompt_token_ids, how, adapter) for one, how in zip(prompts, each, strict=True)]

    def _found(self, prompt: list[int], told: SamplingParams, adapter: int) -> Found:
        if ENDS in prompt:
            os._exit(7)
        if RAISES in prompt:
            raise RuntimeError("the double fails")
        cached = (
            0
            if told.skip_reading_prefix_cache
            else max(map(self._shared, [prompt] * len(self.seen), self.seen), default=0)
        )
        cached = min(cached, len(prompt) - 1)
        self.seen.append(prompt)
        said: list[dict[int, Logprob] | None] = [None]
        for place in range(1, len(prompt)):
            value = GARBAGE if place <= cached else likelihood(prompt[:place], prompt[place], adapter)
            said.append({prompt[place]: Logprob(value, 1 + prompt[place] % 2)})
        last = told.allowed_token_ids or prompt[:0]
        written = last or prompt[::-1][: told.max_tokens]
        logprobs = [{token: Logprob(likelihood(prompt, token, adapter), 1 + token % 2)} for token in last]
        output = Output(token_ids=written, logprobs=logprobs)
        return Found(
            prompt_logprobs=None if told.prompt_logprobs is None else said,
            outputs=[output],
            num_cached_tokens=cached,
        )

    @staticmethod
    def _shared(prompt: list[int], other: list[int]) -> int:
        pairs = enumerate(zip(prompt, other, strict=False))
        return next((place for place, (one, two) in pairs if one != two), min(len(prompt), len(other)))
