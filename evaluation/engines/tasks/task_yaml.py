"""A task's YAML file, looked at before lm-evaluation-harness reads it: within bounds, its code in its folder alone.

Read in version 0.4.13 (`tasks/_yaml_loader.py`, `api/registry.py`): `!function` takes a Python file beside the YAML,
wherever an absolute path leads, or any module that is installed; `include` reads other YAML, with functions beside it;
a metric that the harness does not know is code, of the working folder or of the Hub.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_BYTES: Final = 1 << 20
MOST_NODES: Final = 100_000
DEEPEST: Final = 40
MOST_FILES: Final = 10_000
MOST_INCLUDED: Final = 100
FUNCTION: Final = "!function"
BESIDE: Final = "what a task runs and includes has to lie in the folder of the file that you name, or below"


@dataclass(slots=True)
class _Looked:
    """What a file and those that it includes declare: metrics by name, and whether a function of theirs makes them."""

    root: Path
    files: set[Path] = field(default_factory=set)
    metrics: set[str] = field(default_factory=set)
    makes_metrics: bool = False

    def take(self, file: Path) -> dict[str, yaml.Node]:
        """Look at a file and at those that it includes, each once, and return its fields. Raises CannotRun."""
        if not file.is_relative_to(self.root):
            raise CannotRun(str(file), f"it lies outside of {self.root}", BESIDE)
        if len(self.files) > MOST_INCLUDED:
            raise CannotRun(str(file), f"more than {MOST_INCLUDED} files are included")
        self.files.add(file)
        root = _composed(file)
        for name in _functions(root):
            _check_function(name, file, self.root)
        fields = _fields(root)
        self.makes_metrics |= "process_results" in fields
        self.metrics |= set(_unknown_metrics(fields.get("metric_list")))
        for included in _texts(fields.get("include")):
            if (other := (file.parent / included).resolve()) not in self.files:
                self.take(other)
        return fields


def group_of(path: Path) -> str | None:
    """Return the group that a YAML file declares, None where it declares a task, after a look at all that it leads to.

    Of a group that is every YAML file of its folder, where its tasks are looked for. Raises OSError where a file cannot
    be read, CannotRun where it is too large or too deep, or leads to code that does not lie in the folder.
    """
    file = path.resolve()
    root = _root_of(file)
    fields = _checked(file, root)
    group = fields.get("group")
    if not isinstance(group, yaml.ScalarNode):
        return None
    others = sorted(file.parent.glob("**/*.yaml"))
    if len(others) > MOST_FILES:
        raise CannotRun(str(file), f"its folder has more than {MOST_FILES:,} YAML files", "put the group into its own")
    for other in others:
        try:
            _checked(other.resolve(), root)
        except _NoYaml:  # the harness passes over it, too
            continue
    return str(group.value)


def _root_of(file: Path) -> Path:
    """Return the folder in which all must lie that a file leads to: its own, of the harness's files the harness's."""
    installed = Path(str(import_module("lm_eval.tasks").__file__)).resolve().parent
    return installed if file.is_relative_to(installed) else file.parent


class _NoYaml(CannotRun):
    """A file is no YAML at all."""


def _checked(file: Path, root: Path) -> dict[str, yaml.Node]:
    looked = _Looked(root)
    fields = looked.take(file)
    if looked.metrics and not looked.makes_metrics:
        told = f"lm-evaluation-harness has no metric {min(looked.metrics)}, and would fetch code of that name"
        raise CannotRun(str(file), told, "a function of the task's own makes other metrics: process_results")
    return fields


def _composed(file: Path) -> yaml.Node | None:
    """Return the nodes of a file, of which nothing is made; None for an empty one."""
    with file.open("rb") as stream:
        data = stream.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise CannotRun(str(file), f"it has more than {LARGEST_BYTES:,} bytes")
    try:
        root: yaml.Node | None = yaml.compose(data, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError) as error:
        raise _NoYaml(str(file), f"it is no YAML: {error}") from error
    except RecursionError as error:
        raise CannotRun(str(file), "it is nested too deeply") from error
    if root is not None:
        nodes, height = _measured(root, 0, {})
        if nodes > MOST_NODES or height > DEEPEST:
            raise CannotRun(str(file), f"it has more than {MOST_NODES:,} values, or is nested too deeply")
    return root


def _measured(node: yaml.Node, depth: int, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return how many nodes one is with all in it, where a reference counts as what it names, and how deep it goes."""
    if depth > DEEPEST:  # a node that names itself, too
        return 1, DEEPEST + 1
    if id(node) not in known:
        parts = [_measured(one, depth + 1, known) for one in _children(node)]
        known[id(node)] = 1 + sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)
    return known[id(node)]


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _functions(root: yaml.Node | None) -> Iterator[str]:
    """Yield the names after all `!function` in a file."""
    waiting, seen = [root] if root is not None else [], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        waiting += _children(node)
        if node.tag == FUNCTION:
            yield str(node.value)


def _check_function(name: str, file: Path, root: Path) -> None:
    module = name.rpartition(".")[0]
    code = (file.parent / f"{module.replace('.', '/')}.py").resolve()
    if module.startswith("lm_eval.") and not code.exists():  # the harness's own, where the file has nothing like it
        return
    if not module or not code.is_file() or not code.is_relative_to(root):
        raise CannotRun(str(file), f"its function {name} is in no Python file of {root}", BESIDE)


def _fields(root: yaml.Node | None) -> dict[str, yaml.Node]:
    return {str(key.value): value for key, value in root.value} if isinstance(root, yaml.MappingNode) else {}


def _texts(node: yaml.Node | None) -> list[str]:
    every = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [str(one.value) for one in every if isinstance(one, yaml.ScalarNode)]


def _unknown_metrics(node: yaml.Node | None) -> Iterator[str]:
    """Yield the metrics of a list that the harness does not have, or that it is told to fetch."""
    import_module("lm_eval.api.metrics")  # registers them
    known = import_module("lm_eval.api.registry").metric_registry
    for entry in node.value if isinstance(node, yaml.SequenceNode) else []:
        fields = _fields(entry)
        is_fetched = "true" in [text.lower() for text in _texts(fields.get("hf_evaluate"))]
        yield from (name for name in _named(fields.get("metric")) if is_fetched or name not in known)


def _named(node: yaml.Node | None) -> list[str]:
    return [] if node is not None and node.tag == FUNCTION else _texts(node)
