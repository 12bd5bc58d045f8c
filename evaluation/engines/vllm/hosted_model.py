"""The process that vLLM runs in: it reads one order a line on stdin, and writes one answer a line.

It is started as a file, by the interpreter that has vLLM, which need not have this product: nothing of it is imported
here. What vLLM prints goes to stderr. It ends at once when stdin does, because the sender is gone.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import IO, Any, Final

ROOM: Final = 0.75
"""Of one device's memory, what weights may take: a model with more is spread over several."""
BLOCK: Final = 32
"""Tokens of a block of keys and values: contexts share whole blocks. The processor build takes multiples of 32 only."""
VARIABLES: Final = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_ALLOW_LONG_MAX_MODEL_LEN": "1",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_PLUGINS": "",
}
"""No network, no statistics of use, no plugins, no processes of vLLM's own that would outlive this one."""


class HostedModel:
    """A base under vLLM.

    `rank` is the highest rank of an adapter on it, 0 for none, and `modules` what it may adapt: with the head among
    them, vLLM 0.32 fails at log-probabilities of a prompt. `device` is cpu or cuda, or None for the one that vLLM was
    built for; `dtype` None is the usual one there.
    `shape` is how many numbers and attention heads it has, which say over how many devices it is spread.
    """

    def __init__(
        self,
        folder: str,
        dtype: str | None,
        longest: int,
        rank: int,
        modules: list[str],
        device: str | None,
        *,
        shape: tuple[int, int] = (0, 1),
    ) -> None:
        from vllm import LLM
        from vllm.platforms import current_platform

        built_for = str(current_platform.device_type)
        if device not in {built_for, None}:
            raise ValueError(f"vLLM is built for {built_for} there, not for {device}")
        self.dtype = dtype or ("float32" if built_for == "cpu" else "bfloat16")
        settings: dict[str, Any] = _processor_settings() if built_for == "cpu" else {}
        if rank:
            settings |= {"enable_lora": True, "max_lora_rank": rank, "max_loras": 1, "lora_target_modules": modules}
        self.devices = _devices_for(shape, self.dtype) if built_for == "cuda" else 1
        if self.devices > 1:
            settings["tensor_parallel_size"] = self.devices
        self.model: Any = LLM(
            model=folder,
            dtype=self.dtype,
            max_model_len=longest + 1,  # it counts the token to be written too, which is not run
            load_format="safetensors",
            trust_remote_code=False,
            enable_prefix_caching=True,
            disable_log_stats=True,
            **settings,
        )
        self.adapters: dict[str, int] = {}
        self.ran = 0
        self.score([[0]], [(0, [0, 0])], None)  # what it cannot run it says now, and not within a task
        self.ran = 0

    def score(self, contexts: list[list[int]], pairs: list[tuple[int, list[int]]], adapter: str | None) -> list[Any]:
        """Return for each pair the log-probability of its continuation and whether each token was the likeliest.

        The last token is the one to be written, and no other may be: so a model is never asked for a position that it
        does not have. vLLM gives log-probabilities of a prompt for the tokens that it runs, not for those it finds in
        its cache: where it found a part of a continuation there, it is asked again without.
        """
        asked = [(contexts[number] + continuation[:-1], continuation) for number, continuation in pairs]
        found = self._scored(asked, adapter, is_cached=True)
        late = [
            place
            for place, (number, continuation) in enumerate(pairs)
            if len(continuation) > 1 and found[place].num_cached_tokens >= len(contexts[number])
        ]
        again = self._scored([asked[place] for place in late], adapter, is_cached=False)
        for place, one in zip(late, again, strict=True):
            found[place] = one
        return [_answer(one, continuation) for one, (_, continuation) in zip(found, pairs, strict=True)]

    def write(self, prompts: list[list[int]], longest: int, stops: list[str], adapter: str | None) -> list[list[int]]:
        """Return the tokens of the likeliest reply to each prompt."""
        from vllm import SamplingParams

        told = SamplingParams(temperature=0.0, max_tokens=longest, stop=stops)
        replies = [list(one.outputs[0].token_ids) for one in self._run(prompts, told, adapter)]
        self.ran += sum(map(len, replies))
        return replies

    def _scored(self, asked: list[tuple[list[int], list[int]]], adapter: str | None, *, is_cached: bool) -> list[Any]:
        from vllm import SamplingParams

        told = [
            SamplingParams(
                temperature=0.0,
                max_tokens=1,
                allowed_token_ids=continuation[-1:],
                logprobs=0,
                prompt_logprobs=0 if len(continuation) > 1 else None,
                detokenize=False,
                skip_reading_prefix_cache=not is_cached,
            )
            for _, continuation in asked
        ]
        return self._run([prompt for prompt, _ in asked], told, adapter) if asked else []

    def _run(self, prompts: list[list[int]], told: Any, adapter: str | None) -> list[Any]:
        from vllm import TokensPrompt
        from vllm.lora.request import LoRARequest

        request = None
        if adapter is not None:
            number = self.adapters.setdefault(adapter, len(self.adapters) + 1)
            request = LoRARequest(adapter, number, adapter)
        given = [TokensPrompt(prompt_token_ids=prompt) for prompt in prompts]
        found: list[Any] = self.model.generate(given, told, lora_request=request, use_tqdm=False)
        self.ran += sum(len(prompt) - one.num_cached_tokens for prompt, one in zip(prompts, found, strict=True))
        return found


def _processor_settings() -> dict[str, Any]:
    """Return how the build for processors is set up, which compiles nothing: that takes longer than the task."""
    import torch

    torch._dynamo.config.disable = True  # noqa: SLF001 -- as above
    return {"block_size": BLOCK, "enforce_eager": True}


def _devices_for(shape: tuple[int, int], dtype: str) -> int:
    """Return over how many GPUs a model of so many numbers and heads is spread."""
    import torch

    weights, heads = shape
    room = int(torch.cuda.get_device_properties(0).total_memory * ROOM)
    return parallel_size(torch.cuda.device_count(), heads, weights * getattr(torch, dtype).itemsize, room)


def parallel_size(count: int, heads: int, size_bytes: int, room_bytes: int) -> int:
    """Return over how many of the devices a model is spread: one if it fits there, else as few as hold it.

    A power of two that divides its attention heads, as tensor parallelism wants; the most there is if none holds it.
    """
    fitting = [number for number in (1, 2, 4, 8, 16, 32) if number <= count and heads % number == 0] or [1]
    return next((number for number in fitting if size_bytes <= number * room_bytes), fitting[-1])


def _answer(output: Any, continuation: list[int]) -> tuple[float, bool]:
    """Return how likely a continuation is whose last token was written and whose others end the prompt."""
    before = len(continuation) - 1
    places = [*(output.prompt_logprobs[-before:] if before else ()), *output.outputs[0].logprobs]
    tokens = [of_place[token] for of_place, token in zip(places, continuation, strict=True)]
    return sum(one.logprob for one in tokens), all(one.rank == 1 for one in tokens)


def main() -> None:
    """Carry out orders until stdin ends."""
    os.environ.update(VARIABLES)
    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    orders: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin, orders), daemon=True).start()
    model: HostedModel | None = None
    while True:
        order = json.loads(orders.get())
        try:
            model, answer = _carried_out(order, model)
        except Exception as error:  # noqa: BLE001 -- whatever vLLM raises is told, and the sender decides
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _carried_out(order: dict[str, Any], model: HostedModel | None) -> tuple[HostedModel, dict[str, Any]]:
    given = order["given"]
    if model is None:
        import torch
        import vllm

        made = HostedModel(**given)
        return made, {
            "versions": {"vllm": vllm.__version__, "torch": torch.__version__},
            "dtype": made.dtype,
            "devices": made.devices,
        }
    before = model.ran
    done: list[Any] = model.score(**given) if order["do"] == "score" else model.write(**given)
    return model, {"found": done, "ran": model.ran - before}


def _listen(lines: IO[str], orders: queue.SimpleQueue[str]) -> None:
    for line in lines:
        orders.put(line)
    os._exit(1)


if __name__ == "__main__":
    main()
