"""Training hyperparameters that a model card declares: learning rate, epochs, batch size, method, rank, data sets.

The sources are the list that the Trainer writes (`- learning_rate: 2e-05`), configurations in the text (axolotl, trl,
LLaMA-Factory), tables, calls in code, sentences of prose, and tags. A card is untrusted text: it is cut to a limit and
read line by line, and each value keeps the words that it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from lineage.parents.card_files import read_front_matter
from lineage.parents.declared_ids import is_possible_id
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TEXT_LIMIT: Final = 200_000
"""The number of characters of a card that are read; the longest configurations end long before."""
FRONT_LIMIT: Final = 50_000
"""A front matter longer than this many characters is not read: longer YAML takes seconds."""
LINE_LIMIT: Final = 500
PIECES_LIMIT: Final = 30
DECLARED_LIMIT: Final = 200
DATASETS_LIMIT: Final = 100


class Tuning(StrEnum):
    """Which weights were trained: those of an adapter, of an adapter over a 4- or 8-bit base, or all."""

    LORA = "lora"
    QLORA = "qlora"
    FULL = "full"


class ValueForm(StrEnum):
    """How a value is written, the most trustworthy first: what a program logged comes before what a person wrote."""

    LIST = "list"
    CONFIG = "config"
    TABLE = "table"
    PROSE = "prose"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One value as it stands in the card: the `field` of `TrainingFacts`, the value, and the words as plain text."""

    field: str
    value: float | str
    form: ValueForm
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFacts:
    """What a card says about the training; None if it says nothing, or several things in one form.

    `batch_size` is the total one if it is declared, otherwise that of one device. `declared` has everything that was
    read, contradictions included, in the order of the card.
    """

    learning_rate: float | None = None
    epochs: float | None = None
    batch_size: int | None = None
    method: Tuning | None = None
    lora_rank: int | None = None
    datasets: tuple[str, ...] = ()
    declared: tuple[Declared, ...] = ()


NOTHING: Final = TrainingFacts()
_FIELDS: Final = {
    "learning_rate": ("learning_rate", "lr", "peak_learning_rate", "max_learning_rate"),
    "epochs": ("num_epochs", "num_train_epochs", "epochs", "number_of_epochs", "training_epochs", "n_epochs"),
    "total_batch_size": ("total_train_batch_size", "global_batch_size", "effective_batch_size", "total_batch_size"),
    "batch_size": ("train_batch_size", "per_device_train_batch_size", "micro_batch_size", "batch_size"),
    "lora_rank": ("lora_r", "lora_rank", "r"),
    "adapter": ("adapter", "finetuning_type", "fine_tuning_type", "finetuning_method", "peft_type"),
    "bits": ("load_in_4bit", "load_in_8bit", "quantization_bit"),
    "dataset": ("path",),
}
_FIELD_OF: Final = {key: field for field, keys in _FIELDS.items() for key in keys}
_BOUNDS: Final = {
    "learning_rate": (1e-9, 1.0),
    "epochs": (1e-3, 1000.0),
    "total_batch_size": (1.0, 1e8),
    "batch_size": (1.0, 1e6),
    "lora_rank": (1.0, 8192.0),
}
_WHOLE: Final = frozenset({"total_batch_size", "batch_size", "lora_rank"})
_METHODS: Final = {
    "qlora": Tuning.QLORA,
    "lora": Tuning.LORA,
    "full": Tuning.FULL,
    "full_finetune": Tuning.FULL,
    "full_finetuning": Tuning.FULL,
}
_TAGS: Final = {"qlora": Tuning.QLORA, "lora": Tuning.LORA, "peft": Tuning.LORA, "full-finetuning": Tuning.FULL}
_NUMBER: Final = re.compile(
    r"((?:\d{1,12}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,3})?)(?!\.?\w| ?[x\u00d7*/\u2013\u2212-] ?\d)"
)
_POWER: Final = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?[x\u00d7*] ?10 ?\^ ?\{?[-\u2212](\d{1,2})")
_KEY: Final = re.compile(r"[^a-z0-9]+")
_EPOCHS: Final = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,2})?) epochs?\b")
_RATE: Final = re.compile(r"learning rate (?:of |was |is |to )?(\d{1,3}(?:\.\d{0,12})?(?:e-?\d{1,2})?)(?!\w)")
_FULL: Final = re.compile(r"\bfull[- ](?:parameter[- ])?fine[- ]?tun")
_TRAINER: Final = re.compile(r"fine-tuned version of .{1,300} on the (\S{1,96}) dataset")
_TRUE: Final = frozenset({"true", "4", "8"})
_FEW_BITS: Final = ("bnb-4bit", "bnb-8bit")
_MARKS: Final = " \t=:*`\"'"
_UNNAMED: Final = frozenset({"none", "unknown", "an", "generator", "imagefolder", "json", "csv", "parquet"})


def read_hyperparameters(
    text: str, tags: Sequence[str] = (), library: str | None = None, *, base: str | None = None
) -> TrainingFacts:
    """Return what a card's text, a model's tags and its library declare about the training; never raises.

    `base` is the base model in the Hub's record, used if the card's text gives none. A field with two values in its
    best form is None: a card of two runs does not say which one made the weights.
    """
    declared = tuple(_declared(text[:TEXT_LIMIT], tags, library, base))
    if not declared:
        return NOTHING
    adapters = [one for one in declared if one.field == "adapter"]
    return TrainingFacts(
        learning_rate=_number(declared, "learning_rate"),
        epochs=_number(declared, "epochs"),
        batch_size=_whole(declared, "total_batch_size") or _whole(declared, "batch_size"),
        method=_method(adapters, has_few_bits=any(one.field == "bits" for one in declared)),
        lora_rank=_whole(declared, "lora_rank"),
        datasets=tuple(dict.fromkeys(str(one.value) for one in declared if one.field == "dataset"))[:DATASETS_LIMIT],
        declared=declared,
    )


def _declared(text: str, tags: Sequence[str], library: str | None, base: str | None) -> Iterator[Declared]:
    front = tuple(_read_front({"base_model": base, **read_front_matter(text[:FRONT_LIMIT])}))
    yield from front
    is_about_lora = "lora" in text.lower()
    is_axolotl = "axolotl" in text.lower()
    count = 0
    for line in text.splitlines():
        for found in _read_line(line[:LINE_LIMIT]):
            is_path = found.field == "dataset" and found.form is not ValueForm.PROSE
            if (found.field == "lora_rank" and not is_about_lora) or (is_path and not is_axolotl):
                continue
            yield found
            count += 1
        if count >= DECLARED_LIMIT:
            break
    for tag in (*tags[:DECLARED_LIMIT], *((library,) if library else ())):
        method = _TAGS.get(tag.lower())
        if tag.lower() == "unsloth" and any(one.field == "bits" for one in front):
            method = Tuning.QLORA  # quantized weights are not trained themselves
        if method is not None:
            yield Declared(field="adapter", value=method, form=ValueForm.TAG, text=plain(tag))


def _read_front(block: dict[str, object]) -> Iterator[Declared]:
    for key, field in (("datasets", "dataset"), ("base_model", "bits")):
        value = block.get(key)
        names = value[:DATASETS_LIMIT] if isinstance(value, list) else [value]
        for name in names:
            if not isinstance(name, str) or not is_possible_id(name):
                continue
            if field == "dataset":
                yield Declared(field=field, value=name, form=ValueForm.CONFIG, text=plain(f"{key}: {name}"))
            elif name.lower().endswith(_FEW_BITS):
                yield Declared(field=field, value="yes", form=ValueForm.CONFIG, text=plain(f"{key}: {name}"))


def _read_line(line: str) -> Iterator[Declared]:
    bare = line.strip()
    form = ValueForm.TABLE if bare.startswith("|") else ValueForm.LIST if bare[:2] in {"- ", "* "} else ValueForm.CONFIG
    pieces = bare.strip("|").split("|") if form is ValueForm.TABLE else [bare]
    if form is ValueForm.TABLE and len(pieces) > 1:
        yield from _read_pair(pieces[0], pieces[1], form, line)
        return
    pieces = bare.split(",")[:PIECES_LIMIT] if "=" in bare else [bare]
    is_read = False
    for piece in pieces:
        inner = piece.rpartition("(")[2]
        argument = inner if "=" in inner else piece
        before, mark, after = argument.partition("=") if "=" in argument else argument.partition(":")
        for declared in _read_pair(before, after, form, line) if mark else ():
            if declared.field == "bits" and mark == "=":
                continue  # code that loads a quantized model shows how it is used, not how it was trained
            is_read = True
            yield declared
    if not is_read:
        yield from _read_prose(line)


def _read_pair(before: str, after: str, form: ValueForm, line: str) -> Iterator[Declared]:
    key = _KEY.sub("_", before.lower()).strip("_")
    field = _FIELD_OF.get(key)
    if field is None:
        return
    value = _read_value(field, after.strip(_MARKS))
    if value is not None:
        yield Declared(field=field, value=value, form=form, text=plain(line.strip()))


def _read_value(field: str, text: str) -> float | str | None:
    match field:
        case "adapter":
            return _METHODS.get(_KEY.sub("_", text.lower().split("#")[0]).strip("_"))
        case "bits":
            return "yes" if text.lower().split("#")[0].strip(" ,\"'") in _TRUE else None
        case "dataset":
            name = text.split("#", maxsplit=1)[0].strip(" ,\"'")
            return name if "/" in name and is_possible_id(name) else None
        case _:
            return _read_number(field, text)


def _read_number(field: str, text: str) -> float | None:
    low, high = _BOUNDS[field]
    if power := _POWER.match(text):
        value = float(power[1]) * 10.0 ** -int(power[2])
    elif found := _NUMBER.match(text):
        value = float(found[1])
    else:
        return None
    if not low <= value <= high or (field in _WHOLE and value != int(value)):
        return None
    return value


def _read_prose(line: str) -> Iterator[Declared]:
    lowered = line.lower()
    if _TRAINER.search(line):
        name = str(_TRAINER.findall(line)[0]).strip("[]`*")
        if name.lower() not in _UNNAMED and is_possible_id(name):
            yield Declared(field="dataset", value=name, form=ValueForm.PROSE, text=plain(line.strip()))
    if "train" not in lowered and "tun" not in lowered:
        return
    if _FULL.search(lowered):
        yield Declared(field="adapter", value=Tuning.FULL, form=ValueForm.PROSE, text=plain(line.strip()))
    for field, pattern in (("epochs", _EPOCHS), ("learning_rate", _RATE)):
        for written in pattern.findall(lowered)[:2]:
            value = _read_number(field, written)
            if value is not None:
                yield Declared(field=field, value=value, form=ValueForm.PROSE, text=plain(line.strip()))


def _best(declared: Iterable[Declared], field: str) -> float | str | None:
    """Return the one value that the best form gives to a field; None if there is none or more than one."""
    values: dict[ValueForm, set[float | str]] = {}
    for one in declared:
        if one.field == field:
            values.setdefault(one.form, set()).add(one.value)
    best = next((values[form] for form in ValueForm if form in values), set())
    return next(iter(best)) if len(best) == 1 else None


def _number(declared: Iterable[Declared], field: str) -> float | None:
    value = _best(declared, field)
    return None if value is None else float(value)


def _whole(declared: Iterable[Declared], field: str) -> int | None:
    value = _number(declared, field)
    return None if value is None else int(value)


def _method(adapters: Sequence[Declared], *, has_few_bits: bool) -> Tuning | None:
    value = _best(adapters, "adapter")
    tagged = {one.value for one in adapters if one.form is ValueForm.TAG}
    if value is None and tagged == {Tuning.LORA, Tuning.QLORA}:
        return Tuning.QLORA  # a QLoRA is a LoRA: many carry both tags
    method = None if value is None else Tuning(str(value))
    return Tuning.QLORA if method is Tuning.LORA and has_few_bits else method
