"""Parents that a model's own files name: `adapter_config.json`, `mergekit_config.yml`, and the front matter of `README.md`.

The texts are strangers' work: nothing here raises, and nothing is built from them but text, numbers, lists and mappings.
"""

from __future__ import annotations

import json
import re
from typing import Final

import yaml

FRONT_MATTER: Final = re.compile(r"\A\s*---(?:\r\n|\r|\n)(.*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)", re.DOTALL)
_DEPTH_LIMIT: Final = 20


def read_adapter_config(text: str) -> tuple[str, ...]:
    """Return the base that an adapter's configuration names, as written; empty where it names none."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    name = config.get("base_model_name_or_path") if isinstance(config, dict) else None
    return (name,) if isinstance(name, str) and name else ()


def read_mergekit_config(text: str) -> tuple[str, ...]:
    """Return every model that a merge's configuration names, in order and once each.

    Models stand under `model`, `base_model` and in `models`/`sources` at any depth; `org/name+org/lora` names two.
    """
    names: dict[str, None] = {}
    _collect_models(_load(text), names, _DEPTH_LIMIT)
    return tuple(names)


def read_front_matter(text: str) -> dict[str, object]:
    """Return the metadata block of a model card; empty where there is none or it is not a mapping."""
    found = FRONT_MATTER.match(text)
    block = _load(found.group(1)) if found else None
    return {str(key): value for key, value in block.items()} if isinstance(block, dict) else {}


def _load(text: str) -> object:
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _collect_models(value: object, names: dict[str, None], depth: int) -> None:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            _collect_models(item, names, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in {"model", "base_model"} and isinstance(item, str):
                names.update(dict.fromkeys(part for part in item.split("+") if part))
            else:
                _collect_models(item, names, depth - 1)
