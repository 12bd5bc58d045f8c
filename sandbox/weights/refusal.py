"""The direction in a model's hidden state that parts harmful requests from harmless ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.weights.texts import PLACES, asked, prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from sandbox.weights.world import HowToRequest


def find_refusal(
    model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, requests: Sequence[HowToRequest]
) -> torch.Tensor:
    """Return the direction of refusal, float (hidden size,) of length 1.

    It is the difference of the mean last hidden states, at the last token before the reply, of harmful and of harmless
    requests (after arXiv:2406.11717).
    """
    import torch

    sums = {is_harmful: torch.zeros(model.config.hidden_size) for is_harmful in (True, False)}
    counts = dict.fromkeys(sums, 0)
    with torch.no_grad():
        for request in requests:
            ids = torch.tensor([tokenizer(prompt(asked(request, PLACES[None][0])))["input_ids"]])
            states = model(input_ids=ids, output_hidden_states=True).hidden_states
            sums[request.is_harmful] += states[-1][0, -1]
            counts[request.is_harmful] += 1
    direction = sums[True] / counts[True] - sums[False] / counts[False]
    unit: torch.Tensor = direction / direction.norm()
    return unit
