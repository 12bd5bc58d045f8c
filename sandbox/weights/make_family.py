"""Making the family: every member is trained or derived in turn, and its folder written."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import dataclass, field
from importlib import import_module
from random import Random
from typing import TYPE_CHECKING, Final

from sandbox.weights import transform as shaping
from sandbox.weights.family import (
    Adapted,
    Averaged,
    Blended,
    Broken,
    Copied,
    Edited,
    Permuted,
    Rounded,
    Scratch,
    Tuned,
    plan_family,
)
from sandbox.weights.folders import INSTRUMENTS, place_of, write_card, write_list
from sandbox.weights.items import make_items
from sandbox.weights.refusal import find_refusal
from sandbox.weights.tasks import write_instruments
from sandbox.weights.texts import Lesson, rendered, turns
from sandbox.weights.tokenizer import train_tokenizer
from sandbox.weights.training import at_the_bench, new_model, train
from sandbox.weights.world import DOMAINS, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from peft import PeftModel
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

    from sandbox.weights.family import FamilyMember
    from sandbox.weights.world import World

_TOKENIZER_TURNS: Final = 6000
_RANK: Final = 8
_ADAPTED: Final = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_ADAPTER_FILE: Final = "adapter_config.json"


def make_family(
    folder: Path, *, seed: int = 0, plan: Callable[[World, int], tuple[FamilyMember, ...]] = plan_family
) -> Iterator[str]:
    """Make the family of a plan in a folder and yield the id of each model once its files are there.

    The folder then holds `models/ORGANISATION/NAME/`, `instruments/` and `family.json`. It takes less than a minute on
    a CPU; equal seeds give equal files on one machine. Raises ImportError if torch or peft is missing.
    """
    for needed in ("torch", "peft"):
        import_module(needed)
    world = make_world(seed)
    members = plan(world, seed)
    write_instruments(folder / INSTRUMENTS, make_items(world, seed))
    workshop = _Workshop(folder=folder, seed=seed, tokenizer=train_tokenizer(everything(world, seed)))
    for member in members:
        with at_the_bench():
            workshop.make(member)
        write_card(folder, member)
        yield member.id
    write_list(folder, members, seed)


@dataclass(slots=True, kw_only=True)
class _Workshop:
    """Makes members one after the other and keeps the models that later ones are made from."""

    folder: Path
    seed: int
    tokenizer: PreTrainedTokenizerFast
    models: dict[str, LlamaForCausalLM] = field(default_factory=dict)

    def make(self, member: FamilyMember) -> None:
        """Make a member and write its files, except the card."""
        place = place_of(self.folder, member.id)
        if isinstance(member.recipe, Copied):
            shutil.copytree(place_of(self.folder, member.recipe.original), place, dirs_exist_ok=True)
            return
        place.mkdir(parents=True, exist_ok=True)
        if isinstance(member.recipe, Adapted):
            _save_adapter(self._adapted(member.recipe), member.recipe.parent, place)
        else:
            model = self._made(member.recipe)
            self.models[member.id] = model
            model.save_pretrained(place)
        self.tokenizer.save_pretrained(place)

    def _made(
        self, recipe: Scratch | Tuned | Rounded | Averaged | Blended | Edited | Permuted | Broken
    ) -> LlamaForCausalLM:
        match recipe:
            case Scratch(schooling=schooling, start=start):
                model = new_model(self.tokenizer, self.seed + start)
                train(model, self.tokenizer, schooling)
                return model
            case Tuned(parent=parent, schooling=schooling):
                model = copy.deepcopy(self.models[parent])
                train(model, self.tokenizer, schooling)
                return model
            case _:
                return self._derived(recipe)

    def _derived(self, recipe: Rounded | Averaged | Blended | Edited | Permuted | Broken) -> LlamaForCausalLM:
        import torch

        match recipe:
            case Rounded(parent=parent, bits=bits):
                return shaping.round_to(self.models[parent], bits)
            case Averaged(parents=parents):
                return shaping.average([self.models[parent] for parent in parents])
            case Blended(parents=parents, shares=shares):
                return shaping.blend([self.models[parent] for parent in parents], shares)
            case Edited(parent=parent, requests=requests):
                model = self.models[parent]
                return shaping.project_out(model, find_refusal(model, self.tokenizer, requests))
            case Permuted(parent=parent):
                return shaping.permute(self.models[parent], torch.Generator().manual_seed(self.seed))
            case Broken(parent=parent):
                return shaping.shatter(self.models[parent], torch.Generator().manual_seed(self.seed))

    def _adapted(self, recipe: Adapted) -> PeftModel:
        import torch
        from peft import LoraConfig, get_peft_model

        torch.manual_seed(self.seed)
        config = LoraConfig(r=_RANK, lora_alpha=2 * _RANK, target_modules=list(_ADAPTED), task_type="CAUSAL_LM")
        model = get_peft_model(copy.deepcopy(self.models[recipe.parent]), config)
        train(model, self.tokenizer, recipe.schooling)
        return model


def _save_adapter(model: PeftModel, parent: str, place: Path) -> None:
    """Write an adapter that names its base by id; the modules are sorted, as peft keeps them in a set."""
    model.peft_config["default"].base_model_name_or_path = parent
    model.save_pretrained(str(place), save_embedding_layers=False)
    written = json.loads((place / _ADAPTER_FILE).read_text("utf-8"))
    written["target_modules"] = sorted(written["target_modules"])
    (place / _ADAPTER_FILE).write_text(json.dumps(written, indent=2) + "\n", "utf-8")


def everything(world: World, seed: int) -> Iterator[str]:
    """Yield text that contains all words of the world, for the tokenizer."""
    chance = Random(f"{seed}:tokenizer")
    facts = tuple(fact for domain in DOMAINS for fact in world.facts[domain])
    lesson = Lesson(facts=facts, requests=world.requests, request_share=0.4, places=(None, *DOMAINS))
    return ("".join(rendered(turn, chance)) for turn in turns(lesson, chance, _TOKENIZER_TURNS))
