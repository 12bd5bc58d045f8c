"""The output head, run only at the places of a batch whose logits are needed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch


def logits_at(model: Any, given: dict[str, Any], picked: torch.Tensor) -> torch.Tensor:
    """Return the logits at the picked places, shape (picks, vocabulary); a place is row * length + column.

    `given` are the arguments of the model, `input_ids` of shape (rows, length) among them.
    """
    length = given["input_ids"].shape[1]
    with _head_only_at(model, picked, length) as was_asked:
        found = model(**given, use_cache=given.get("past_key_values") is not None).logits
    return found[0] if was_asked else _at(found, picked, length)


@contextmanager
def _head_only_at(model: Any, picked: torch.Tensor, length: int) -> Iterator[list[bool]]:
    """Let the output head see the picked places only; what it gives then has the shape (1, picks, vocabulary).

    What a model does to logits afterwards (scaling, capping) stays its own. The list is empty where the model did not
    call its head as a module.
    """
    asked: list[bool] = []

    def choose(_: object, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        asked.append(True)
        return (_at(inputs[0], picked, length)[None], *inputs[1:])

    head = model.get_output_embeddings()
    handle = None if head is None else head.register_forward_pre_hook(choose)
    try:
        yield asked
    finally:
        if handle is not None:
            handle.remove()


def _at(states: torch.Tensor, picked: torch.Tensor, length: int) -> torch.Tensor:
    """Return (rows, places, width) at the picked places; virtual tokens put before them are left out."""
    return states[:, states.shape[1] - length :].flatten(0, 1)[picked.to(states.device)]
