"""Records of the Hub with something wrong in each, drawn from a seed; each has a mark by which it is found again."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random

    from tests.fuzzing import bad_json
else:  # beside this file, wherever it is loaded from
    bad_json = import_module("bad_json")

MARK: Final = re.compile(r"fuzz-(\d+)")
HEALTHY: Final = re.compile(r"sound-(\d+)")
KINDS: Final = (
    *("wrong type", "huge number", "deep nesting", "broken UTF-8", "NUL", "bidi", "lone surrogate", "not finite"),
    *("duplicate key", "truncated", "key missing", "no record", "long", "several"),
)
VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "huge number": tuple(map(bad_json.Raw, bad_json.NUMBERS)),
    "NUL": (bad_json.Raw('"a\\u0000b"'), bad_json.Raw('"a\x00b"'), "\x00"),
    "bidi": ("\u202egnp\u202c", "\u2066x\u2069", "\u200b\u200e", "\x1b]0;x\x07"),
    "lone surrogate": tuple(map(bad_json.Raw, (r'"\ud800"', r'"a\udfffb"', r'"\udc00\ud800"'))),
    "not finite": tuple(map(bad_json.Raw, ("NaN", "Infinity", "-Infinity"))),
}


FIELDS: Final[dict[str, Any]] = {
    "author": "maple",
    "baseModels": {"relation": "finetune", "models": [{"_id": "6" * 24, "id": "maple/base"}]},
    "cardData": {
        "base_model": ["maple/base"],
        "base_model_relation": "finetune",
        "datasets": ["maple/notes"],
        "language": ["en", "de"],
        "license": "apache-2.0",
        "model-index": [
            {
                "name": "m",
                "results": [
                    {
                        "task": {"type": "text-generation"},
                        "dataset": {"type": "truthful_qa", "name": "TruthfulQA", "config": "mc", "split": "test"},
                        "metrics": [{"type": "mc2", "value": 0.5, "verified": True}],
                        "source": {"name": "Board", "url": "https://board.invalid/a"},
                    }
                ],
            }
        ],
        "new_version": "maple/next",
        "tags": ["medical"],
    },
    "childrenModelCount": {"finetune": 1, "adapter": 0, "merge": 0, "quantized": 2},
    "config": {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "peft": {"base_model_name_or_path": "maple/base", "task_type": "CAUSAL_LM"},
        "quantization_config": {"bits": 4},
    },
    "createdAt": "2026-01-02T03:04:05.000Z",
    "disabled": False,
    "downloads": 12,
    "downloadsAllTime": 120,
    "evalResults": [
        {
            "filename": ".eval_results/a.yaml",
            "verified": True,
            "data": {"dataset": {"id": "maple/sums", "task_id": "sums"}, "value": 0.9, "date": "2026-05-02"},
        }
    ],
    "gated": "manual",
    "gguf": {"total": 7, "architecture": "llama"},
    "lastModified": "2026-02-03T04:05:06.000Z",
    "library_name": "peft",
    "likes": 3,
    "pipeline_tag": "text-generation",
    "private": False,
    "safetensors": {"parameters": {"BF16": 7}, "total": 7},
    "sha": "0123456789abcdef0123456789abcdef01234567",
    "tags": ["medical", "base_model:maple/base", "base_model:finetune:maple/base", "license:apache-2.0"],
    "trendingScore": 0,
    "usedStorage": 1024,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """An element of a page that is not as it should be; `kind` is what is wrong with it."""

    number: int
    kind: str
    text: bytes


def sound_record(number: int, name: str) -> dict[str, Any]:
    """Return a record with every field that the crawl asks for, of the shapes that the Hub gives."""
    named = {"_id": f"{0x65000000 + number:08x}{number:016x}", "id": f"maple/{name}-{number}"}
    return named | copy.deepcopy(FIELDS)


def bad_record(chance: random.Random, number: int) -> BadRecord:
    """Draw a record with something wrong. Its mark stands where the fault is not."""
    kind = chance.choice(KINDS)
    record = {"_id": "", "mark": f"fuzz-{number}"} | sound_record(number, "fuzz")
    if kind == "no record":
        return BadRecord(number=number, kind=kind, text=_no_record(chance, number).encode())
    if kind == "truncated":
        text = bad_json.write(record)
        end = chance.randrange(text.index('"author"'), len(text) - 1)
        return BadRecord(number=number, kind=kind, text=text[:end].encode())
    for _ in range(chance.randrange(2, 5) if kind == "several" else 1):
        chosen = chance.choice(KINDS[:-5]) if kind == "several" else kind
        _spoil(chance, record, chosen)
    content = bad_json.write(record).encode()
    if kind == "broken UTF-8":
        place = content.index(b'"author"') + 11
        content = (
            content[:place] + chance.choice((b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88")) + content[place:]
        )
    return BadRecord(number=number, kind=kind, text=content)


def _spoil(chance: random.Random, record: dict[str, Any], kind: str) -> None:
    """Change one value somewhere in a record."""
    field = chance.choice([name for name in record if name != "mark"])
    holder, name = _inside(chance, record, field)
    if kind == "key missing":
        del holder[name]
    elif kind == "duplicate key":
        value = f"other {chance.random()}" if name == "_id" else bad_json.bad_value(chance)
        holder[name] = bad_json.Raw(f"{bad_json.write(holder[name])}, {json.dumps(name)}: {bad_json.write(value)}")
    elif kind != "broken UTF-8":
        holder[name] = _spoiled(chance, kind)


def _spoiled(chance: random.Random, kind: str) -> Any:  # noqa: ANN401 -- anything that JSON can say
    """Draw a value with this fault."""
    if kind == "deep nesting":
        return bad_json.nested(chance)
    if kind == "long":
        size = chance.choice((500, 5_000, 100_000))
        return chance.choice(("x" * size, ["tag"] * (size // 10), {"k" * size: 1}))
    if kind == "wrong type":
        return bad_json.bad_value(chance)
    return chance.choice(VALUES[kind])


def _inside(chance: random.Random, record: dict[str, Any], field: str) -> tuple[dict[str, Any], str]:
    """Return a mapping and its key: the field itself, or something inside of it."""
    holder, name = record, field
    while isinstance(holder[name], dict) and holder[name] and chance.random() < 0.7:
        holder, name = holder[name], chance.choice(list(holder[name]))
    return holder, name


def _no_record(chance: random.Random, number: int) -> str:
    mark = f"fuzz-{number}"
    return chance.choice(
        (
            json.dumps(mark),
            json.dumps([mark]),
            json.dumps({"mark": mark}),
            json.dumps({"mark": mark, "id": None, "_id": 5}),
            f"{{{json.dumps(mark)}}}",
            f"{{'mark': '{mark}'}}",
            f'[{{"mark": "{mark}"',
            f"<html>{mark}</html>",
        )
    )


def page_of(records: list[BadRecord], first_sound: int) -> bytes:
    """Return a page in which a sound record stands before, between and behind the bad ones."""
    parts = []
    for position, bad in enumerate(records):
        parts += [json.dumps(sound_record(first_sound + position, "sound"), separators=(",", ":")).encode(), bad.text]
    parts.append(json.dumps(sound_record(first_sound + len(records), "sound"), separators=(",", ":")).encode())
    return b"[" + b",".join(parts) + b"]"
