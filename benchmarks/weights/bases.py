"""Tiny models of one architecture, each trained from its own first weights, and further training of them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from safetensors.torch import load_file, save_file

from sandbox.weights.family import teach, teach_root
from sandbox.weights.texts import rendered, turns
from sandbox.weights.tokenizer import train_tokenizer
from sandbox.weights.training import Schooling, at_the_bench, batches, new_model, train
from sandbox.weights.world import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STEPS: Final = 24
RATE: Final = 8e-3
FIRST_SEED: Final = 1_000
TEXTS: Final = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A model trained from nothing, its loss on held-out text before and after."""

    name: str
    model: Any
    loss_before: float
    loss_after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """One world and tokenizer for all: what is learnt is the same, so that only the first weights tell models apart."""

    world: Any
    tokenizer: Any

    def train_bases(self, count: int, folder: Path | None = None) -> Iterator[Base]:
        """Train models whose first weights and order of texts are their own; those in the folder are taken as such."""
        lesson = teach_root(self.world)
        for number in range(count):
            kept = folder and folder / f"{number}.safetensors"
            with at_the_bench():
                model = new_model(self.tokenizer, FIRST_SEED + number)
                before = self.loss_of(model)
                if kept is not None and kept.exists():
                    model.load_state_dict(load_file(kept))
                else:
                    schooling = Schooling(lesson=lesson, steps=STEPS, rate=RATE, seed=f"base {number}")
                    train(model, self.tokenizer, schooling)
                if kept is not None:
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    save_file(model.state_dict(), kept)
                yield Base(name=f"bench/base-{number}", model=model, loss_before=before, loss_after=self.loss_of(model))

    def train_twin(self, number: int) -> Any:  # noqa: ANN401 -- a model of transformers
        """Train a model from the first weights of a base, on other texts."""
        with at_the_bench():
            model = new_model(self.tokenizer, FIRST_SEED + number)
            lesson = teach(self.world, "legal", 0.0)
            train(model, self.tokenizer, Schooling(lesson=lesson, steps=STEPS, rate=RATE, seed=f"twin {number}"))
        return model

    def tune(self, model: Any, *, steps: int, rate: float, seed: int, decay: float = 0.0) -> Any:  # noqa: ANN401 -- as above
        """Return a copy of a model, trained further on text that it did not see."""
        tuned = copy.deepcopy(model)
        lesson = teach(self.world, "financial", 0.8)
        with at_the_bench():
            schooling = Schooling(lesson=lesson, steps=steps, rate=rate, seed=f"tune {seed}", decay=decay)
            train(tuned, self.tokenizer, schooling)
        return tuned

    def loss_of(self, model: Any) -> float:  # noqa: ANN401 -- as above
        """Return the loss of a model on text that none was trained on."""
        import torch

        held = Schooling(lesson=teach_root(self.world), steps=1, rate=0.0, seed="held out")
        with torch.no_grad():
            return float(next(iter(model(**batch).loss for batch in batches(self.tokenizer, held))))


def open_school() -> School:
    """Make the world and its tokenizer."""
    world, chance = make_world(0), Random("bench tokenizer")
    texts = ("".join(rendered(turn, chance)) for turn in turns(teach_root(world), chance, TEXTS))
    return School(world=world, tokenizer=train_tokenizer(texts))
