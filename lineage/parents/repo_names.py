"""Hints in a repository's name: its words, the suffixes of a copy's name, and sizes that contradict each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Copy = Literal["quantization", "conversion", "adapter"]
Words = tuple[str, ...]
Training = Literal["talk", "task"]

_WORD: Final = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)*")
FORMATS: Final = frozenset(
    {
        *("aqlm", "awq", "bit", "bits", "bnb", "bpw", "eetq", "exl", "ggml", "gguf", "gptq", "hqq", "imatrix", "int"),
        *("iq", "llamafile", "quant", "quantized", "quanto", "quants", "smashed"),
    }
)
"""Words that mark the name of a quantized copy."""
_CONVERSIONS: Final = frozenset({"coreml", "ct", "fp", "mlx", "onnx", "openvino", "sharded", "tflite"})
"""Words for other formats or other file sizes, which by themselves lose no bits."""
ADAPTER_WORDS: Final = frozenset({"adapter", "adapters", "lora", "qlora"})
"""Words in the name of an adapter."""
COPY_WORDS: Final = FORMATS | _CONVERSIONS | ADAPTER_WORDS
_DETAILS: Final = frozenset(
    {
        *("actorder", "bf", "g", "green", "gs", "h", "hf", "i", "imat", "k", "l", "m", "marlin", "merged", "nf", "nl"),
        *("noact", "order", "ov", "peft", "q", "rk", "s", "safetensors", "tiny", "turbo", "w", "xs", "xxs"),
    }
)
"""Words that accompany those: `Q4_K_M`, `h6`, `128g`, `merged`."""
_LANGUAGES: Final = frozenset(
    {
        *("african", "afrikaans", "albanian", "amharic", "arabic", "armenian", "azerbaijani", "basque", "bengali"),
        *("bulgarian", "burmese", "catalan", "chinese", "croatian", "czech", "danish", "dutch", "estonian", "farsi"),
        *("finnish", "french", "galician", "georgian", "german", "greek", "gujarati", "hebrew", "hindi", "hungarian"),
        *("icelandic", "indic", "indonesian", "irish", "italian", "japanese", "kannada", "kazakh", "khmer", "korean"),
        *(
            "latin",
            "latvian",
            "lithuanian",
            "luxembourgish",
            "macedonian",
            "malay",
            "malayalam",
            "marathi",
            "mongolian",
        ),
        *("multilingual", "nepali", "norwegian", "persian", "polish", "portuguese", "punjabi", "romanian", "russian"),
        *("sanskrit", "serbian", "sinhala", "slovak", "slovenian", "somali", "spanish", "swahili", "swedish", "tamil"),
        *("telugu", "thai", "tibetan", "turkish", "ukrainian", "urdu", "uzbek", "vietnamese", "welsh", "yoruba"),
    }
)
"""A text model of another language is often trained from scratch in the form of a known one (`gpt2-swahili`)."""
_SCRATCH: Final = frozenset({"char", "epoch", "init", "random", "scratch", "tiny", "tokenizer", "vocab", "vocabulary"})
"""Words of models that only have the form of a known one, or the checkpoints of its training again."""
_MERGES: Final = frozenset({"dare", "frankenmerge", "merge", "mergekit", "moe", "passthrough", "slerp", "ties", "x"})
_MOST_BITS: Final = 8
_TELLING_LETTERS: Final = 3
PLAIN_WORDS: Final = frozenset({"base", "bf", "f", "fp", "hf", "pretrain", "pretrained", "preview"})
"""Words that tell nothing of training after the base: `Llama-2-7b-chat-hf` is `Llama-2-7b-hf`, made to chat."""
_TALK: Final = frozenset(
    {
        *("align", "aligned", "assistant", "chat", "chatml", "dpo", "instruct", "instruction", "ipo", "it", "kto"),
        *("orpo", "ppo", "rlhf", "sft", "simpo"),
    }
)
"""Words for training that makes a base follow instructions."""
_TASKS: Final = frozenset(
    {
        *("classification", "classifier", "cnn", "conll", "finetune", "finetuned", "finetuning", "ft", "mnli", "ner"),
        *("nli", "qa", "reward", "rm", "sentiment", "squad", "squadv", "sst", "tuned", "xnli", "xsum"),
    }
)
"""Words for training on a task; what follows them says which."""
_SIZES: Final = frozenset(
    {
        *("base", "giant", "huge", "large", "medium", "micro", "mini", "nano", "small", "tiny", "xl", "xlarge", "xs"),
        *("xxl",),
    }
)
_CASINGS: Final = frozenset({"cased", "uncased"})
_PARAMETERS: Final = re.compile(r"(?<![a-z0-9.])([0-9]+(?:\.[0-9]+)?)(b|m)(?![a-z])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """A name without its suffixes: the remaining `words`, and the kind of `copy` that the suffixes indicate."""

    words: Words
    copy: Copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a name says about a model's size: words such as `large`, counts such as `7b`, casing; empty if nothing."""

    sizes: frozenset[str]
    parameters: frozenset[str]
    casings: frozenset[str]

    @property
    def says_something(self) -> bool:
        """Whether anything in it can contradict another name."""
        return bool(self.sizes or self.parameters or self.casings)


def split_name(name: str) -> Words:
    """Return the words of an id's last part: `Meta-Llama-3-8B` gives `meta, llama, 3, 8, b`."""
    return tuple(_WORD.findall(name.rpartition("/")[2].lower()))


def strip_copy(words: Words) -> Iterator[Stripped]:
    """Yield the names that a copy's name may derive from, the longest first.

    Words are removed from the end while they denote formats, bits or adapters; nothing is yielded before one of those
    was removed, so a name that merely ends in a number stays whole.
    """
    copy: Copy | None = None
    for end in range(len(words) - 1, 0, -1):
        word = words[end]
        if word in FORMATS:
            copy = "quantization"
        elif word in ADAPTER_WORDS:
            copy = "quantization" if copy == "quantization" else "adapter"
        elif word in _CONVERSIONS:
            copy = copy or "conversion"
        elif not (word in _DETAILS or word[0].isdigit()) or _is_context(words[end - 1], word):
            return
        if copy is not None:
            yield Stripped(words=words[:end], copy=copy)


@lru_cache(maxsize=1 << 14)
def read_shape(name: str) -> Shape:
    """Return what the last part of an id says about the size of the model."""
    last = name.rpartition("/")[2].lower().replace("_", "-")
    words = frozenset(_WORD.findall(last))
    counts = frozenset(f"{float(count):g}{unit}" for count, unit in _PARAMETERS.findall(last))
    return Shape(sizes=words & _SIZES, parameters=counts, casings=words & _CASINGS)


def contradicts(child: Shape, parent: Shape) -> bool:
    """Return whether two names give different sizes or casings, so that one is not made from the other."""
    return (
        _differ(child.sizes, parent.sizes)
        or _differ(child.parameters, parent.parameters)
        or _differ(child.casings, parent.casings)
    )


def plain_words(words: Words) -> Words:
    """Return the words without those that tell nothing of training, such as `base` and `hf`."""
    return tuple(word for word in words if word not in PLAIN_WORDS)


def read_training(child: Words, base: Words) -> Training | None:
    """Return how a name says that the child was trained from the base; None if it does not.

    Both names come from `plain_words`. The child's must hold the base's words in their order and a word of training;
    then versions may follow, and after a task anything (`roberta-large-finetuned-legal-v2`). `it` is instruction tuning
    after a size alone (`2b-it`), as it also is a language.
    """
    if "sft" in child and not _TALK.isdisjoint(base):
        return None  # supervised tuning comes before what a base that talks already went through
    left = list(base)
    found: Training | None = None
    for before, word in zip(("", *child), child, strict=False):
        if left and word == left[0]:
            del left[0]
        elif found is None and word in _TASKS:
            found = "task"
        elif found is None and word in _TALK and (word != "it" or before == "b"):
            found = "talk"
        elif found is None or (found == "talk" and word not in _TALK and word != "v" and not word[0].isdigit()):
            return None
    return None if left else found


def is_trained_anew(words: Words) -> bool:
    """Return whether words after a known name mean another language, or a model that only has the known one's form."""
    return not _LANGUAGES.isdisjoint(words) or not _SCRATCH.isdisjoint(words)


def is_merge_name(words: Words) -> bool:
    """Return whether a name is that of a merge: `A-x-B`, or a method's name."""
    return not _MERGES.isdisjoint(words)


def is_telling(words: Words) -> bool:
    """Return whether words begin with more than a size, a number or a kind of training, as `7b-chat` does not."""
    return len(words[0]) >= _TELLING_LETTERS and words[0] not in _SIZES | _CASINGS | _TALK | _TASKS | PLAIN_WORDS


def tells_size(words: Words) -> bool:
    """Return whether words give a size, or only a version: `gpt2-medium` is not made from `gpt2`."""
    return not _SIZES.isdisjoint(words) or all(word[0].isdigit() or word in {"v", "b", "m"} for word in words)


def _is_context(number: str, unit: str) -> bool:
    """Return whether a number and `k` give a context length (`16K`) rather than bits (`Q4_K`)."""
    return unit == "k" and number.isdigit() and int(number) > _MOST_BITS


def _differ(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) and bool(other) and one.isdisjoint(other)
