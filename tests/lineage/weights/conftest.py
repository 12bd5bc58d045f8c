"""A model of six layers in numbers alone, and how others are made from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.weights.number_formats import round_to
from lineage.weights.span_rows import RowSpan, SpanReading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineage.weights.tensor_roles import TensorRole

Rows = np.ndarray[tuple[int, ...], np.dtype[np.float32]]
Model = dict[tuple[str, int | None], Rows]
WIDTH = 96
_MATRICES: tuple[tuple[TensorRole, tuple[int, int]], ...] = (
    ("query", (WIDTH, WIDTH)),
    ("attention_output", (WIDTH, WIDTH)),
    ("up", (2 * WIDTH, WIDTH)),
    ("down", (WIDTH, 2 * WIDTH)),
)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Makes models, and reads them."""

    seed: int = 0

    def make_base(self) -> Model:
        """Return a model that was made independently of others."""
        draw = np.random.default_rng(self.seed)
        made: Model = {("token_embedding", None): draw.normal(0, 0.05, (200, WIDTH)).astype(np.float32)}
        for layer in range(6):
            made |= {(role, layer): draw.normal(0, 0.05, shape).astype(np.float32) for role, shape in _MATRICES}
            made["norm", layer] = draw.normal(1, 0.1, (1, WIDTH)).astype(np.float32)
        return made

    @staticmethod
    def store(model: Model, dtype: str) -> Model:
        """Return a model as a type stores it."""
        rounded = {key: round_to(rows, dtype) for key, rows in model.items()}
        return {key: model[key] if rows is None else rows for key, rows in rounded.items()}

    def tune(self, model: Model, *, seed: int, change: float = 0.02) -> Model:
        """Return a model whose every number moved."""
        draw = np.random.default_rng(seed)
        return {
            key: rows + change * np.std(rows) * draw.normal(size=rows.shape).astype(np.float32)
            for key, rows in model.items()
        }

    def adapt(self, model: Model, *, rank: int, roles: Sequence[str] = ("query",), seed: int = 7) -> Model:
        """Return a model that an adapter of a rank was merged into."""
        draw = np.random.default_rng(seed)
        made = dict(model)
        for key, rows in model.items():
            if key[0] in roles:
                parts = draw.normal(size=(rows.shape[0], rank)) @ draw.normal(size=(rank, rows.shape[1]))
                made[key] = rows + (0.02 * np.std(rows) * parts / np.std(parts)).astype(np.float32)
        return made

    def edit(self, model: Model, *, layers: Sequence[int] = range(6), seed: int = 3) -> Model:
        """Return a model out of whose layers one direction was taken."""
        draw = np.random.default_rng(seed)
        direction = draw.normal(size=WIDTH)
        direction /= np.linalg.norm(direction)
        made = dict(model)
        for key, rows in model.items():
            if key[0] in {"attention_output", "down"} and key[1] in layers:
                made[key] = (rows - np.outer(direction, direction @ rows)).astype(np.float32)
        return made

    def quantize(self, model: Model, *, bits: int, block: int) -> Model:
        """Return a model whose matrices were rounded to integers of a block's scale, and scaled back."""
        made = dict(model)
        for key, rows in model.items():
            if key[0] not in {"token_embedding", "norm"}:
                blocks = rows.reshape(-1, block or rows.shape[1])
                steps = np.abs(blocks).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
                made[key] = (np.round(blocks / steps) * steps).reshape(rows.shape).astype(np.float32)
        return made

    def mix(self, models: Sequence[Model], weights: Sequence[float]) -> Model:
        """Return the weighted sum of models."""
        return {
            key: np.sum([weight * model[key] for weight, model in zip(weights, models, strict=True)], axis=0).astype(
                np.float32
            )
            for key in models[0]
        }

    def drop(self, base: Model, parents: Sequence[Model], *, share: float) -> Model:
        """Return a merge that drops a share of each parent's change by chance, and scales the rest up."""
        draw = np.random.default_rng(5)
        made = dict(base)
        for parent in parents:
            for key, rows in base.items():
                kept = (draw.random(rows.shape) >= share) / (1 - share) / len(parents)
                made[key] = (made[key] + (parent[key] - rows) * kept).astype(np.float32)
        return made

    def read(self, model: Model, *, name: str = "maple/base", dtype: str = "F32", rows: int = 32) -> SpanReading:
        """Return the last rows of each matrix, stored as a type; queries have twice as many."""
        spans = []
        for (role, layer), given in model.items():
            count = 2 * rows if role == "query" else rows
            first = 0 if role == "token_embedding" else max(0, len(given) - count)
            kept = given[first : first + count]
            rounded = round_to(kept, dtype)
            spans.append(
                RowSpan(
                    role=role,  # type: ignore[arg-type] # a key of the model
                    layer=layer,
                    dtype=dtype,
                    tensor_rows=len(given),
                    first_row=first,
                    rows=kept if rounded is None else rounded,
                )
            )
        return SpanReading(model=name, revision="main", spans=tuple(spans))


@pytest.fixture
def workshop() -> Workshop:
    """Give what makes and reads models."""
    return Workshop()


@pytest.fixture
def without() -> Callable[[SpanReading, str], SpanReading]:
    """Give a function that leaves a role out of a reading."""
    return lambda reading, role: replace(reading, spans=tuple(span for span in reading.spans if span.role != role))
