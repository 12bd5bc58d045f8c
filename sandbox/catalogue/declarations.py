"""Models that declare their parents badly or not at all: every form of `base_model` that real cards hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.catalogue.recipes import adapter, finetune, quantization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.catalogue.draft import Draft

_MAPLE = "maple-research/maple-1b-instruct"
_HERON = "orchard/heron-9b-it"
_LOCAL = "/root/autodl-tmp/models/maple-1b-instruct"

# What to a reader names a parent, and which.
_READABLE: dict[str, tuple[object, tuple[str, ...]]] = {
    "url": (f"https://huggingface.co/{_MAPLE}", (_MAPLE,)),
    "url_slash": (f"https://huggingface.co/{_MAPLE}/", (_MAPLE,)),
    "url_short": (f"https://hf.co/{_MAPLE}", (_MAPLE,)),
    "url_tree": (f"https://huggingface.co/{_MAPLE}/tree/main", (_MAPLE,)),
    "url_resolve": (f"https://huggingface.co/{_MAPLE}/resolve/main/model.safetensors", (_MAPLE,)),
    "resolve_suffix": (f"{_MAPLE}/resolve/main", (_MAPLE,)),
    "sub_path": (f"{_MAPLE}/checkpoint-400", (_MAPLE,)),
    "two_in_a_string": (f"{_MAPLE}, {_HERON}", (_MAPLE, _HERON)),
    "padded": (f"  {_MAPLE}\n", (_MAPLE,)),
    "list_with_null": ([None, _MAPLE], (_MAPLE,)),
    "list_twice": ([_MAPLE, _MAPLE], (_MAPLE,)),
    "list_with_number": ([7, _MAPLE], (_MAPLE,)),
    "list_of_urls": ([f"https://huggingface.co/{_MAPLE}", _HERON], (_MAPLE, _HERON)),
    "dict": ({"name": _MAPLE}, (_MAPLE,)),
}
_UNREADABLE: dict[str, object] = {
    "local_root": _LOCAL,
    "local_dot": "./out",
    "local_windows": "C:\\Users\\jo\\models\\maple",
    "local_home": "~/checkpoints/last",
    "null": None,
    "none_text": "None",
    "empty_text": "",
    "empty_list": [],
    "list_of_null": [None],
    "empty_dict": {},
    "number": 7,
    "fraction": 0.5,
    "true": True,
    "date": "2024-01-01T00:00:00.000Z",
    "whitespace": "   ",
    "words": "Maple 7B",
    "scratch": "scratch (no base)",
}
_RESOLVED_BY_THE_HUB = frozenset({"list_with_null", "list_twice", "list_with_number"})


def odd_declarations(bases: Mapping[str, Draft]) -> list[Draft]:
    """Return one model for every odd form of `base_model`, and some whose cards do not mention their parents."""
    base = bases[_MAPLE]
    readable = [
        finetune(
            f"hollowbrook/declares-{slug}",
            base,
            card={"base_model": value, "license": "mit"},
            body="# Fine-tuned\n",
            parents=tuple((each, "finetune" if len(parents) == 1 else "merge") for each in parents),
            evidence="hub" if slug in _RESOLVED_BY_THE_HUB else "card",
            hub_relation="finetune" if len(parents) == 1 else None,
            oddity=f"base_model_{slug}",
        )
        for slug, (value, parents) in _READABLE.items()
    ]
    unreadable = [
        finetune(
            f"hollowbrook/declares-{slug}",
            base,
            card={"base_model": value, "license": "mit"},
            body="# Fine-tuned\n",
            parents=(),
            evidence=None,
            linked=False,
            oddity=f"base_model_{slug}",
        )
        for slug, value in _UNREADABLE.items()
    ]
    return [*readable, *unreadable, *_undeclared(bases)]


def _adapter_by_file(maple: Draft) -> Draft:
    """Return an adapter whose parent is named only in its `adapter_config.json`."""
    return adapter(
        "juniper-lab/notes-lora",
        maple,
        card={"license": "apache-2.0"},
        evidence="adapter_config",
        overrides={"config": {}},
        oddity="undeclared_adapter_file",
    )


def _undeclared(bases: Mapping[str, Draft]) -> list[Draft]:
    maple, heron = bases[_MAPLE], bases[_HERON]
    nothing: dict[str, object] = {"license": "apache-2.0"}
    by_file = _adapter_by_file(maple)
    local = adapter(
        "juniper-lab/maple-1b-instruct-notes-lora",
        maple,
        card={"base_model": "", "tags": [f"base_model:adapter:{_LOCAL}", "lora"]},
        peft_base=_LOCAL,
        evidence="name",
        oddity="local_path_in_tag",
    )
    return [
        quantization(
            "smallwire/heron-9b-it-Q8-GGUF",
            heron,
            "gguf",
            card=nothing,
            body="# GGUF\n",
            evidence="name",
            oddity="undeclared_name",
        ),
        finetune("juniper-lab/prose-9b", heron, card=nothing, evidence="readme", oddity="undeclared_readme"),
        replace(by_file, id="juniper-lab/peft-lora", evidence="config", overrides={}, oddity="undeclared_adapter"),
        by_file,
        local,
        finetune(
            "juniper-lab/blank-9b",
            heron,
            card=None,
            body="",
            parents=(),
            evidence=None,
            oddity="no_card",
        ),
    ]
