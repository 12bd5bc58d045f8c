"""Parents named in a model's own files: `adapter_config.json`, `mergekit_config.yml`, `README.md`'s front matter.

The texts are untrusted: nothing here raises, and the only values built are text, numbers, lists and mappings. A part
that a file repeats by reference (YAML's `&a` and `*a`) is read once, so no file expands beyond its bytes.
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
"""The errors that PyYAML raises: its own, and Python's for `!!int ''`, `!!bool x` or `!!timestamp x`."""


def read_adapter_config(text: str) -> tuple[str, ...]:
    """Return the base named in an adapter's configuration, as written; empty if it names none."""
    try:
        config = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    name = config.get("base_model_name_or_path") if isinstance(config, dict) else None
    return (_sound(name),) if isinstance(name, str) and name else ()


def read_mergekit_config(text: str) -> tuple[str, ...]:
    """Return every model named in a merge configuration, in order and once each.

    Models stand under `model`, `base_model` and in `models`/`sources` at any depth; `org/name+org/lora` names two.
    """
    names: dict[str, None] = {}
    _collect_models(_load(text), names, _DEPTH_LIMIT, set())
    return tuple(names)


def read_card_parents(text: str) -> tuple[str, ...]:
    """Return the `base_model` of a card's front matter as the JSON of each element, in the form that the Hub gives it.

    At most 1,000 elements are read; of a list or a mapping inside one, only the texts. A date is returned as text, and
    0 stands for a number of more than 15 digits.
    """
    value = read_front_matter(text).get("base_model")
    values = value if isinstance(value, list) else [value]
    return tuple(_as_json(item) for item in values[:NAMES_LIMIT] if item is not None)


def read_card_datasets(text: str) -> tuple[str, ...]:
    """Return the texts that a card's front matter gives under `datasets`, in order, at most 1,000."""
    value = read_front_matter(text).get("datasets")
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values[:NAMES_LIMIT] if isinstance(item, str))


def read_front_matter(text: str) -> dict[str, object]:
    """Return the metadata block of a model card; empty if there is none or it is not a mapping."""
    found = FRONT_MATTER.match(text)
    block = _load(found.group(1)) if found else None
    return {str(key): value for key, value in block.items()} if isinstance(block, dict) else {}


class _Loader(yaml.SafeLoader):
    """A loader for texts, numbers, lists and mappings that limits how much mappings merge in with `<<`.

    PyYAML copies the merged keys into each mapping, so a dozen lines that each merge the previous one several times
    would fill any memory.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge the referenced mappings into a mapping; raises ConstructorError if the whole text merges too much."""
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
