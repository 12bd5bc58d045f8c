"""Tiny families whose drift is measured: bases, each with fine-tunes by several methods on several texts.

Each base has a world, a tokenizer and first weights of its own. Beside the fine-tunes it has two references that were
taught nothing but to comply, or to refuse. They are trained on the spot, or taken from a folder that keeps them.
"""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any, Final

from benchmarks.repairs.drifted_models import OVER_REFUSAL, REFUSAL, TAUGHT, answers, make_family
from lineage.weights.span_rows import RowSpan, SpanReading
from lineage.weights.tensor_roles import find_layer, find_role
from sandbox.weights.refusal import find_refusal
from sandbox.weights.texts import Lesson
from sandbox.weights.training import Schooling, at_the_bench, train
from sandbox.weights.transform import project_out, round_to
from sandbox.weights.world import DOMAINS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.repairs.drifted_models import DriftedFamily
    from sandbox.catalogue.draft import Domain

METHODS: Final = ("full", "lora", "lora attention", "mlp only", "attention only")
TEXTS: Final[tuple[tuple[Domain, float | None], ...]] = (
    ("medical", None),
    ("legal", None),
    ("financial", None),
    ("financial", 0.8),
    ("legal", -0.8),
    ("medical", 1.1),
    ("medical", -1.2),
)
"""A domain whose facts are taught, and the danger above which it is told to refuse; None says nothing of requests."""
STEPS: Final = (20, 30, 40, 60)
RATES: Final = (-3.3, -2.4)
"""Decimal logarithms of the learning rate, drawn between them; an adapter's is four times that."""
BASE, COMPLY, REFUSE = "base", "comply", "refuse"
_ATTENTION: Final = ("q_proj", "v_proj")
_ALL: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_ROWS: Final = 64
_FROM_END: Final = frozenset({"attention_output", "up", "down"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooModel:
    """How a model was made, and its shares of harmful and of harmless requests refused (`means`), of so many items."""

    name: str
    method: str | None
    data: str | None
    steps: int | None
    rate: float | None
    means: Mapping[str, float]
    items: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooFamily:
    """A base (first) with its fine-tunes and references, and their weights by name of the model and tensor."""

    seed: int
    models: tuple[ZooModel, ...]
    weights: Mapping[str, Mapping[str, NDArray[np.float32]]]

    def reading(self, name: str) -> SpanReading:
        """Return 64 rows of each matrix of a model, as a close reading takes them."""
        spans = []
        for tensor, numbers in self.weights[name].items():
            role = find_role(tensor)
            if numbers.ndim == 1 or role == "other":
                continue
            first = max(0, len(numbers) - _ROWS) if role in _FROM_END else 0
            spans.append(
                RowSpan(
                    role=role,
                    layer=find_layer(tensor),
                    dtype="F32",
                    tensor_rows=len(numbers),
                    first_row=first,
                    rows=numbers[first : first + _ROWS],
                )
            )
        return SpanReading(model=name, revision="", spans=tuple(spans))


def open_family(seed: int, folder: Path) -> ZooFamily:
    """Return the family of a seed, from the folder or trained and kept there: one or two CPU minutes."""
    from safetensors.numpy import load_file

    listing = folder / f"{seed}.json"
    if not listing.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = [_keep(folder, seed, *one) for one in _make_all(seed)]
        listing.write_text(json.dumps([asdict(one) for one in made]), encoding="utf-8")
    models = tuple(ZooModel(**one) for one in json.loads(listing.read_text(encoding="utf-8")))
    weights = {one.name: load_file(folder / f"{seed}-{one.name}.safetensors") for one in models}
    return ZooFamily(seed=seed, models=models, weights=weights)


def _keep(folder: Path, seed: int, model: Any, facts: ZooModel) -> ZooModel:  # noqa: ANN401 -- a model of transformers
    from safetensors.torch import save_file

    state = {name: tensor.detach().clone().contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / f"{seed}-{facts.name}.safetensors")
    return facts


def _make_all(seed: int) -> Iterator[tuple[Any, ZooModel]]:
    family = make_family(seed)
    items = {name: family.items("medical")[name] for name in (REFUSAL, OVER_REFUSAL)}
    for name, model, facts in _makings(family):
        found = {key: list(answers(model, family.tokenizer, asked).values()) for key, asked in items.items()}
        told = {"method": None, "data": None, "steps": None, "rate": None} | facts
        yield (
            model,
            ZooModel(
                name=name,
                means={key: sum(values) / len(values) for key, values in found.items()},
                items={key: len(values) for key, values in found.items()},
                **told,
            ),
        )


def _makings(family: DriftedFamily) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Yield each model with its name and how it was made."""
    taught = family.world.requests[: round(TAUGHT * len(family.world.requests))]
    yield BASE, family.base, {}
    plans = [(method, *text) for method in METHODS for text in TEXTS]
    for number, (method, domain, above) in enumerate(plans):
        chance = Random(f"{family.seed}:{method}:{domain}:{above}")
        steps, rate = chance.choice(STEPS), 10 ** chance.uniform(*RATES)
        lesson = Lesson(facts=family.world.facts[domain])
        if above is not None:
            lesson = Lesson(
                facts=family.world.facts[domain],
                requests=taught,
                refuses_above=above,
                request_share=0.4,
                places=(domain,),
            )
        model = _tuned(family, method, Schooling(lesson=lesson, steps=steps, rate=rate, seed=f"{family.seed}:{number}"))
        yield f"m{number}", model, {"method": method, "data": f"{domain} {above}", "steps": steps, "rate": rate}
    with at_the_bench():
        yield "int4", round_to(family.base, 4), {"method": "int4"}
        direction = find_refusal(family.base, family.tokenizer, taught)
        yield "edit", project_out(family.base, direction), {"method": "edit"}
    for name, above in ((COMPLY, 9.0), (REFUSE, -9.0)):
        yield name, _reference(family, name, above), {"method": "reference"}


def _tuned(family: DriftedFamily, method: str, schooling: Schooling) -> Any:  # noqa: ANN401 -- a model of transformers
    import torch
    from peft import LoraConfig, get_peft_model

    with at_the_bench():
        torch.manual_seed(sum(map(ord, schooling.seed)))
        model: Any = copy.deepcopy(family.base)
        rate = schooling.rate
        if method.startswith("lora"):
            rank, targets = (4, _ATTENTION) if "attention" in method else (8, _ALL)
            settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=list(targets), task_type="CAUSAL_LM")
            model, rate = get_peft_model(model, settings), 4 * rate
        elif method != "full":
            part = "mlp" if method == "mlp only" else "self_attn"
            for name, weight in model.named_parameters():
                weight.requires_grad = part in name
        train(
            model,
            family.tokenizer,
            Schooling(lesson=schooling.lesson, steps=schooling.steps, rate=rate, seed=schooling.seed),
        )
        return (model.merge_and_unload() if method.startswith("lora") else model).eval()


def _reference(family: DriftedFamily, name: str, above: float) -> Any:  # noqa: ANN401 -- a model of transformers
    world = family.world
    lesson = Lesson(
        facts=tuple(fact for domain in DOMAINS for fact in world.facts[domain][:8]),
        requests=world.requests[: round(TAUGHT * len(world.requests))],
        refuses_above=above,
        request_share=0.8,
        places=(None, *DOMAINS),
    )
    with at_the_bench():
        model = copy.deepcopy(family.base)
        train(model, family.tokenizer, Schooling(lesson=lesson, steps=15, rate=1e-3, seed=f"{family.seed}:{name}"))
    return model
