"""Parents that a model's own files name: `adapter_config.json`, `mergekit_config.yml`, the front matter of `README.md`.

The texts are strangers' work: nothing here raises, nothing is built from them but text, numbers, lists and mappings,
and what a file repeats by reference (YAML's `&a` and `*a`) is read once, so that no file is larger than its bytes.
"""

from __future__ import annotations

import json
import re
from typing import Final

import yaml

from lineage.parents.declared_ids import TEXT_LIMIT

FRONT_MATTER: Final = re.compile(r"\A\s*---(?:\r\n|\r|\n)(.*?)(?:\r\n|\r|\n)---[ \t]*(?:\r\n|\n|\Z)", re.DOTALL)
NAMES_LIMIT: Final = 1000
_DEPTH_LIMIT: Final = 20
_MERGE: Final = "tag:yaml.org,2002:merge"
_MERGED_LIMIT: Final = 10_000
_NUMBERS_LIMIT: Final = 10**15
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_Faults: Final = (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError, TypeError, OverflowError)
"""What PyYAML raises: its own errors, and those of Python for `!!int ''`, `!!bool x` or `!!timestamp x`."""


def read_adapter_config(text: str) -> tuple[str, ...]:
    """Return the base that an adapter's configuration names, as written; empty where it names none."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    name = config.get("base_model_name_or_path") if isinstance(config, dict) else None
    return (_sound(name),) if isinstance(name, str) and name else ()


def read_mergekit_config(text: str) -> tuple[str, ...]:
    """Return every model that a merge's configuration names, in order and once each.

    Models stand under `model`, `base_model` and in `models`/`sources` at any depth; `org/name+org/lora` names two.
    """
    names: dict[str, None] = {}
    _collect_models(_load(text), names, _DEPTH_LIMIT, set())
    return tuple(names)


def read_card_parents(text: str) -> tuple[str, ...]:
    """Return what a card's front matter gives as `base_model`: the JSON of each element, as the Hub would have it.

    At most 1,000 elements are read, of a list or a mapping inside of one only the texts; a date is given as text, and 0
    stands for a number of more than 15 digits.
    """
    value = read_front_matter(text).get("base_model")
    values = value if isinstance(value, list) else [value]
    return tuple(_as_json(item) for item in values[:NAMES_LIMIT] if item is not None)


def read_card_datasets(text: str) -> tuple[str, ...]:
    """Return the texts that a card's front matter gives under `datasets`, in order and at most 1,000."""
    value = read_front_matter(text).get("datasets")
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values[:NAMES_LIMIT] if isinstance(item, str))


def read_front_matter(text: str) -> dict[str, object]:
    """Return the metadata block of a model card; empty where there is none or it is not a mapping."""
    found = FRONT_MATTER.match(text)
    block = _load(found.group(1)) if found else None
    return {str(key): value for key, value in block.items()} if isinstance(block, dict) else {}


class _Loader(yaml.SafeLoader):
    """Builds texts, numbers, lists and mappings, and of what mappings take over by `<<` no more than a bound.

    PyYAML copies it into each, so that a dozen lines, each of which takes over the one before it some times, would fill
    any memory.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Put what a mapping takes over into it; raises ConstructorError where all of a text's take over too much."""
        for key, value in node.value:
            if key.tag == _MERGE:
                for taken in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    self._count(taken)
        super().flatten_mapping(node)

    def _count(self, taken: yaml.Node) -> None:
        if isinstance(taken, yaml.MappingNode):
            self.flatten_mapping(taken)
            self._merged += len(taken.value)
            if self._merged > _MERGED_LIMIT:
                raise yaml.constructor.ConstructorError(None, None, "too much is taken over", taken.start_mark)


def _load(text: str) -> object:
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    except _Faults:
        return None


def _as_json(item: object) -> str:
    match item:
        case str():
            return json.dumps(_sound(item))
        case list():
            return json.dumps([_sound(each) for each in item[:NAMES_LIMIT] if isinstance(each, str)])
        case dict():
            return json.dumps({_sound(str(key)): _sound(each) for key, each in item.items() if isinstance(each, str)})
        case int() | float():
            return json.dumps(item) if abs(item) < _NUMBERS_LIMIT else "0"
        case _:
            return json.dumps(str(item)[:TEXT_LIMIT])


def _collect_models(value: object, names: dict[str, None], depth: int, seen: set[int]) -> None:
    if depth == 0 or id(value) in seen:
        return
    if isinstance(value, list):
        seen.add(id(value))
        for item in value:
            _collect_models(item, names, depth - 1, seen)
    elif isinstance(value, dict):
        seen.add(id(value))
        for key, item in value.items():
            if isinstance(key, str) and key in {"model", "base_model"} and isinstance(item, str):
                names.update(dict.fromkeys(_sound(part) for part in item.split("+") if part))
            else:
                _collect_models(item, names, depth - 1, seen)


def _sound(text: str) -> str:
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
