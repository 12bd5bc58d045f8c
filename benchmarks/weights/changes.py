"""What is done to a model between two uploads, from rounding to hiding: each change returns a changed copy.

The last ones leave what the model computes as it was: only where its numbers stand is changed.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

    from benchmarks.weights.bases import School

MATRIX: Final = 2
READING: Final = ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj")
WRITING: Final = ("o_proj", "down_proj")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One kind of change. `is_slow`: it is a training; `keeps_answers`: the changed model computes the same."""

    name: str
    make: Callable[[Any, int], Any]
    is_slow: bool = False
    keeps_answers: bool = False


def list_changes(school: School) -> tuple[Change, ...]:
    """Return every change; the number that `make` takes is that of the model, from which follows what is random."""
    return (
        *(Change(name=f"noise, {share:.1%} of the norm", make=partial(_noise, share)) for share in NOISE),
        Change(name="fine-tuned, 20 steps at 3e-4", make=_tuned(school, 20, 3e-4), is_slow=True),
        Change(name="fine-tuned, 20 steps at 3e-3", make=_tuned(school, 20, 3e-3), is_slow=True),
        Change(name="fine-tuned, 60 steps at 1e-2", make=_tuned(school, 60, 1e-2), is_slow=True),
        Change(name="fine-tuned with weight decay 20", make=_tuned(school, 20, 3e-3, 20.0), is_slow=True),
        Change(name="rounded to bf16", make=partial(_each, _to_bfloat16)),
        *(Change(name=f"rounded to {bits} bits", make=partial(_rounded, bits)) for bits in (8, 4, 2)),
        *(Change(name=f"pruned by {share:.0%}", make=partial(_pruned, share)) for share in (0.5, 0.8, 0.95)),
        Change(name="neurons permuted", make=_permute_neurons, keeps_answers=True),
        Change(name="tokens renumbered", make=_renumber_tokens),
        Change(name="neurons permuted, tokens renumbered", make=_permute_rows),
        Change(name="matrices and norms scaled", make=_scale, keeps_answers=True),
        Change(name="signs of coordinates flipped", make=_flip, keeps_answers=True),
        Change(name="half of the coordinates permuted", make=partial(_permute, 0.5), keeps_answers=True),
        Change(name="coordinates permuted", make=partial(_permute, 1.0), keeps_answers=True),
        Change(name="coordinates rotated", make=_rotate, keeps_answers=True),
    )


NOISE: Final = (0.001, 0.01, 0.1, 0.3, 1.0, 3.0)


def _source(number: int) -> torch.Generator:
    import torch

    return torch.Generator().manual_seed(7_000 + number)


def _tuned(school: School, steps: int, rate: float, decay: float = 0.0) -> Callable[[Any, int], Any]:
    return lambda model, number: school.tune(model, steps=steps, rate=rate, seed=number, decay=decay)


def _each(change: Callable[[torch.Tensor], torch.Tensor], model: Any, _: int = 0) -> Any:  # noqa: ANN401 -- a model of transformers
    """Return a copy whose matrices are changed one by one."""
    import torch

    changed = copy.deepcopy(model)
    with torch.no_grad():
        for weight in changed.parameters():
            if weight.dim() == MATRIX:
                weight.copy_(change(weight))
    return changed


def _noise(share: float, model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Add noise as large as a share of each matrix."""
    import torch

    source = _source(number)

    def add(weight: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(weight.shape, generator=source)
        noisy: torch.Tensor = weight + share * weight.norm() / noise.norm() * noise
        return noisy

    return _each(add, model)


def _to_bfloat16(weight: torch.Tensor) -> torch.Tensor:
    return weight.bfloat16().float()


def _rounded(bits: int, model: Any, _: int) -> Any:  # noqa: ANN401 -- as above
    """Round every matrix, the embedding too, to integers with one scale per row."""
    largest = 2 ** (bits - 1) - 1

    def rounded(weight: torch.Tensor) -> torch.Tensor:
        scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / largest
        coarse: torch.Tensor = (weight / scale).round() * scale
        return coarse

    return _each(rounded, model)


def _pruned(share: float, model: Any, _: int) -> Any:  # noqa: ANN401 -- as above
    """Set the smallest numbers of every matrix to 0."""

    def pruned(weight: torch.Tensor) -> torch.Tensor:
        sizes = weight.abs()
        return weight * (sizes > sizes.flatten().kthvalue(int(share * sizes.numel())).values)

    return _each(pruned, model)


def _permute_neurons(model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Put the neurons of every MLP in another order."""
    import torch

    changed, source = copy.deepcopy(model), _source(number)
    with torch.no_grad():
        for layer in changed.model.layers:
            order = torch.randperm(layer.mlp.gate_proj.weight.shape[0], generator=source)
            for rows in (layer.mlp.gate_proj.weight, layer.mlp.up_proj.weight):
                rows.copy_(rows[order].clone())
            layer.mlp.down_proj.weight.copy_(layer.mlp.down_proj.weight[:, order].clone())
    return changed


def _renumber_tokens(model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Give every token another number, as another tokenizer does."""
    import torch

    changed = copy.deepcopy(model)
    with torch.no_grad():
        order = torch.randperm(changed.model.embed_tokens.weight.shape[0], generator=_source(number))
        for rows in (changed.model.embed_tokens.weight, changed.lm_head.weight):
            rows.copy_(rows[order].clone())
    return changed


def _permute_rows(model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    return _renumber_tokens(_permute_neurons(model, number), number)


def _scale(model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Multiply what is added to the hidden state by 3, and move a factor per coordinate from matrices into norms."""
    import torch

    changed, source = copy.deepcopy(model), _source(number)
    with torch.no_grad():
        changed.model.embed_tokens.weight.mul_(3.0)
        for layer in changed.model.layers:
            layer.self_attn.o_proj.weight.mul_(3.0)
            layer.mlp.down_proj.weight.mul_(3.0)
        for norm, readers in _norms(changed):
            factor = torch.exp(torch.randn(norm.weight.shape, generator=source) / 2)
            norm.weight.mul_(factor)
            for reader in readers:
                reader.weight.div_(factor)
    return changed


def _flip(model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Turn the sign of half of the hidden coordinates."""
    import torch

    signs = torch.randint(0, 2, (model.config.hidden_size,), generator=_source(number)) * 2.0 - 1
    return _turned(model, torch.diag(signs))


def _permute(share: float, model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Put a share of the hidden coordinates in another order, the norms with them."""
    import torch

    changed, source, width = copy.deepcopy(model), _source(number), model.config.hidden_size
    order = torch.arange(width)
    chosen = torch.randperm(width, generator=source)[: int(share * width)]
    order[chosen] = chosen[torch.randperm(len(chosen), generator=source)]
    with torch.no_grad():
        for name, weight in changed.named_parameters():
            writes = weight.dim() < MATRIX or name.split(".")[-2] in WRITING
            weight.copy_(weight[order].clone() if writes else weight[:, order].clone())
    return changed


def _rotate(model: Any, number: int) -> Any:  # noqa: ANN401 -- as above
    """Rotate the hidden state: the norms' factors are first moved into the matrices that read it."""
    import torch

    changed = copy.deepcopy(model)
    with torch.no_grad():
        for norm, readers in _norms(changed):
            for reader in readers:
                reader.weight.mul_(norm.weight)
            norm.weight.fill_(1.0)
    width = model.config.hidden_size
    rotation, _ = torch.linalg.qr(torch.randn(width, width, generator=_source(number), dtype=torch.float64))
    return _turned(changed, rotation.float())


def _turned(model: Any, turn: torch.Tensor) -> Any:  # noqa: ANN401 -- as above
    """Return a copy whose hidden state is multiplied by an orthogonal matrix that the norms do not notice."""
    import torch

    changed = copy.deepcopy(model)
    with torch.no_grad():
        for name, weight in changed.named_parameters():
            if weight.dim() == MATRIX:
                weight.copy_(turn.T @ weight if name.split(".")[-2] in WRITING else weight @ turn)
    return changed


def _norms(model: Any) -> list[tuple[Any, list[Any]]]:  # noqa: ANN401 -- as above
    """Return every norm with the matrices that read what it gives."""
    found: list[tuple[Any, list[Any]]] = [(model.model.norm, [model.lm_head])]
    for layer in model.model.layers:
        attention, mlp = layer.self_attn, layer.mlp
        found.append((layer.input_layernorm, [attention.q_proj, attention.k_proj, attention.v_proj]))
        found.append((layer.post_attention_layernorm, [mlp.gate_proj, mlp.up_proj]))
    return found


def answers_move(ours: Any, theirs: Any) -> float:  # noqa: ANN401 -- as above
    """Return by how much two models' answers to some tokens differ, relative to the answers."""
    import torch

    ids = torch.arange(6, 70).reshape(4, 16)
    with torch.no_grad():
        a, b = ours(input_ids=ids).logits, theirs(input_ids=ids).logits
    return float((a - b).norm() / a.norm())
