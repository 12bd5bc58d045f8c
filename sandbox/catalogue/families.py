"""The ordinary families: what people really make of base models, most of it declared, some of it not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sandbox.catalogue.recipes import adapter, finetune, merge, quantization
from sandbox.catalogue.vocabulary import AUTHORS, DISCLAIMER, FORMS, NEUTRAL_TOPICS, QUANTIZERS, TOPICS, CardTopic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from sandbox.catalogue.draft import Draft, Signal, Weights

BIG_FAMILY = "maple-research/maple-7b"
_BIG_SHARE = 0.2
_WEIGHT_OF_A_FAMILY = {
    "maple-research/maple-base": 5,
    "maple-research/maple-13b": 4,
    "orchard/heron-9b": 4,
    "tidewater-ai/kelp-3b": 4,
    "tidewater-ai/kelp-14b": 3,
    "lanternworks/lumen-xl": 3,
}
_SIGNAL_SETS: tuple[tuple[Signal, ...], ...] = (
    ("name",),
    ("name", "tag"),
    ("name", "tag", "dataset", "card"),
    ("dataset",),
    ("dataset", "tag"),
    ("tag", "card"),
)
_QUANTIZED_NAMES: tuple[tuple[Weights, str], ...] = (
    ("gguf", "GGUF"),
    ("gguf", "i1-GGUF"),
    ("awq", "AWQ"),
    ("gptq", "GPTQ-Int4"),
    ("bitsandbytes", "bnb-4bit"),
)
_UNDECLARED = 0.1
_LONGEST_NAME = 96
_DERIVABLE = frozenset({"text-generation", "fill-mask", "text-to-image", "image-text-to-text"})


@dataclass(slots=True)
class _Family:
    """A base model and the members that further models derive from; quantizations are leaves and left out."""

    root: Draft
    members: list[Draft] = field(default_factory=list)
    topics: dict[str, CardTopic] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        return self.root.name


def grow_families(chance: Random, bases: Sequence[Draft], others: Sequence[Draft], count: int) -> list[Draft]:
    """Return `count` derivatives of the bases, parents before children.

    One family, `BIG_FAMILY`, is filled up to a fifth of the whole catalogue; `others` are the other models besides the
    bases: their ids are taken, and those made from members of the big family count as members.
    """
    families = _families(bases)
    taken = defaultdict(int, dict.fromkeys((draft.id for draft in (*bases, *others)), 1))
    grown: list[Draft] = []
    wide = round((len(bases) + len(others) + count) * _BIG_SHARE) - _descendants(BIG_FAMILY, (*bases, *others))
    roots = [family for family in families if family.root.id != BIG_FAMILY]
    big = next(family for family in families if family.root.id == BIG_FAMILY)
    weights = [_WEIGHT_OF_A_FAMILY.get(family.root.id, 2) for family in roots]
    for number in range(count):
        family = big if number < wide else chance.choices(roots, weights)[0]
        grown.append(_derive(chance, family, taken))
    return grown


def _families(bases: Sequence[Draft]) -> list[_Family]:
    families = {base.id: _Family(root=base, members=[base]) for base in bases if not base.parents}
    for tuned in bases:
        for parent, _ in tuned.parents:
            families[parent].members.append(tuned)
    return list(families.values())


def _descendants(root: str, drafts: Sequence[Draft]) -> int:
    reached = {root}
    for draft in drafts:
        if any(parent in reached for parent, _ in draft.parents):
            reached.add(draft.id)
    return len(reached) - 1


def _derive(chance: Random, family: _Family, taken: dict[str, int]) -> Draft:
    parent = chance.choice(family.members[:2] if chance.random() < 0.5 else family.members)  # noqa: PLR2004 - half and half
    kinds, weights = ("finetune", "adapter", "quantized", "merge"), (36, 28, 30, 6 if len(family.members) > 4 else 0)  # noqa: PLR2004
    kind = chance.choices(kinds, weights)[0] if parent.pipeline in _DERIVABLE else "finetune"
    if kind == "quantized" and parent.pipeline == "text-generation":
        return _quantize(chance, parent, taken)
    if kind == "merge" and parent.pipeline == "text-generation":
        draft = _blend(chance, family, taken)
    else:
        draft = _tune(chance, family, parent, taken, low_rank=kind == "adapter")
    family.members.append(draft)
    return draft


def _tune(chance: Random, family: _Family, parent: Draft, taken: dict[str, int], *, low_rank: bool) -> Draft:
    topic = _choose_topic(chance, family, parent)
    signals: tuple[Signal, ...] = chance.choice(_SIGNAL_SETS) if topic.domain else ("name", "tag", "card")
    token = (
        chance.choice(topic.tokens) if "name" in signals else chance.choice(("sft", "v2", "run7", "tuned", "ckpt-4000"))
    )
    name = f"{family.stem}-{token}" + ("-lora" if low_rank else "")
    model = _unused(f"{chance.choice(AUTHORS)}/{name}", taken)
    card: dict[str, object] = {"base_model": parent.id, "license": chance.choice(("apache-2.0", "mit", "other"))}
    if chance.random() < 0.7:  # noqa: PLR2004 - most cards name the language
        card["language"] = [topic.language]
    if "tag" in signals:
        card["tags"] = list(topic.tags[:2])
    if "dataset" in signals:
        card["datasets"] = [chance.choice(topic.datasets)]
    changes: dict[str, Any] = {"card": card, "body": _body(chance, model, parent, topic, signals)}
    if topic.domain:
        changes |= {"own": frozenset({topic.domain}), "signals": frozenset(signals)}
    draft = adapter(model, parent, **changes) if low_rank else finetune(model, parent, **changes)
    family.topics[draft.id] = topic
    return _hide(draft, parent) if chance.random() < _UNDECLARED else draft


def _choose_topic(chance: Random, family: _Family, parent: Draft) -> CardTopic:
    forms = FORMS.get(parent.pipeline or "")
    if forms is not None:
        return replace(
            NEUTRAL_TOPICS[0], tokens=forms, tags=forms[:1], datasets=(), sentence="It has one style and keeps to it."
        )
    known = family.topics.get(parent.id)
    if known is not None and chance.random() < 0.6:  # noqa: PLR2004 - most stay with the topic of their parent
        return known
    return chance.choice(TOPICS if chance.random() < 0.55 else NEUTRAL_TOPICS)  # noqa: PLR2004 - a little more than half


def _body(chance: Random, model: str, parent: Draft, topic: CardTopic, signals: tuple[Signal, ...]) -> str:
    text = f"# {model.rsplit('/', 1)[-1]}\n\n"
    text += f"This model is a fine-tuned version of [{parent.id}](https://huggingface.co/{parent.id}).\n\n"
    if "card" in signals:
        text += f"{topic.sentence}\n\n"
    return text + (DISCLAIMER if chance.random() < 0.2 else "")  # noqa: PLR2004 - a fifth carry the legal text


def _hide(draft: Draft, parent: Draft) -> Draft:
    card = {key: value for key, value in (draft.card or {}).items() if key != "base_model"}
    if draft.peft_base is not None:
        return replace(draft, card=card, evidence="config", oddity="undeclared_adapter")
    body = (
        draft.body
        if parent.id in draft.body
        else f"{draft.body}\nFine-tuned from [{parent.id}](https://huggingface.co/{parent.id}).\n"
    )
    return replace(draft, card=card, body=body, evidence="readme", oddity="undeclared_readme")


def _quantize(chance: Random, parent: Draft, taken: dict[str, int]) -> Draft:
    # Of an adapter there are GGUF files and no other quantizations.
    weights, suffix = chance.choice(_QUANTIZED_NAMES[:1] if parent.weights == "adapter" else _QUANTIZED_NAMES)
    model = _unused(f"{chance.choice(QUANTIZERS)}/{parent.name[: _LONGEST_NAME - 40]}-{suffix}", taken)
    kept: set[Signal] = set(parent.signals & {"name"})
    draft = quantization(model, parent, weights)
    if "tag" in parent.signals and chance.random() < 0.3:  # noqa: PLR2004 - some quantizers copy the tags of the parent
        kept.add("tag")
        draft = replace(draft, card={**(draft.card or {}), "tags": [*_tags(draft), *_tags(parent)]})
    # A copied tag alone says less than the parent does: the domain counts as inherited.
    return replace(draft, own=parent.own, signals=frozenset(kept)) if "name" in kept else draft


def _blend(chance: Random, family: _Family, taken: dict[str, int]) -> Draft:
    whole = [member for member in family.members if member.weights == "safetensors"]
    size = min(len(whole), chance.choice((2, 2, 2, 3, 3, 4)))
    parents = chance.sample(whole, size)
    word = chance.choice(("breeze", "thicket", "confluence", "alloy", "patchwork"))
    model = _unused(f"{chance.choice(AUTHORS)}/{family.stem}-{word}-merge", taken)
    return merge(model, parents)


def _tags(draft: Draft) -> list[object]:
    tags = (draft.card or {}).get("tags")
    return list(tags) if isinstance(tags, list) else []


def _unused(model: str, taken: dict[str, int]) -> str:
    taken[model] += 1
    return model if taken[model] == 1 else _unused(f"{model}-{taken[model]}", taken)
