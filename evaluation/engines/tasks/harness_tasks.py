"""Tasks of lm-evaluation-harness as objects: their items, their requests, and what answers are worth.

Done as `lm_eval.evaluate` of 0.4.13 does it, in parts: requests are built once, answers go through the task's filters
and its `process_results` some items at a time. Items are named as the importer of its files names them.
"""

from __future__ import annotations

import copy
import json
import random
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from evaluation.engines.tasks.task_yaml import group_of
from evaluation.errors import CannotRun
from evaluation.lm_eval_format import GENERATION, asked_hash, cluster_of, name_documents
from evaluation.own_tasks import OWN_TASKS
from lineage.scheduling.default_instruments import NoItems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evaluation.engines.tasks.backend import AskedModel

SEED: Final = 0
OTHER_SEED: Final = 1234
"""What the harness seeds `random`, and numpy and the choice of examples, with where nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """How a task is asked: the number of examples (None leaves it to the task), the most items, the chat template.

    `chat` turns a conversation into text with the template of the model, or is None for no template; `template` names
    it, so that requests are built once per template.
    """

    shots: int | None = None
    limit: int | None = None
    chat: Callable[..., str] | None = None
    template: str | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HarnessItem:
    """One document of a task and what is asked for it; `asked` is the hash of prompt and target."""

    name: str
    document_hash: str
    cluster: str | None
    asked: str
    document: Any
    requests: tuple[Any, ...]

    @property
    def length(self) -> int:
        """How many characters its first prompt has."""
        return len(self.requests[0].args[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HarnessTask:
    """A task with its items, in the order of the data set."""

    name: str
    task: Any
    items: tuple[HarnessItem, ...]

    @property
    def output_type(self) -> str:
        """Return how the harness calls what is asked: `multiple_choice`, `generate_until` ..."""
        return str(self.task.OUTPUT_TYPE)

    @property
    def is_written(self) -> bool:
        """Return whether replies are asked for, and no likelihoods."""
        return any(request.request_type == GENERATION for request in self.items[0].requests)

    def config(self) -> dict[str, Any]:
        """Return the task's settings as a results file states them."""
        from lm_eval.utils import handle_non_serializable

        found: dict[str, Any] = json.loads(json.dumps(self.task.dump_config(), default=handle_non_serializable))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOutcome:
    """The result of an item: metrics by `NAME,FILTER`, and the generated reply, or None for likelihoods."""

    metrics: dict[str, Any]
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedTasks:
    """What a name stands for: one task, or a group of several with the group's name."""

    name: str
    is_group: bool
    tasks: tuple[Any, ...]


@lru_cache(maxsize=1)
def remember_templates() -> None:
    """Make the harness compile each of its templates once: it compiles them for every document, twice per question."""
    from lm_eval import utils

    utils.env.from_string = lru_cache(maxsize=4096)(utils.env.from_string)


def load(definition: str) -> LoadedTasks:
    """Load a task or group by its name in the harness, one of ours, or the path of a YAML file.

    Raises CannotRun if there is none, if it runs code that models write, or if its data cannot be had.
    """
    remember_templates()
    random.seed(SEED)
    np.random.seed(OTHER_SEED)  # noqa: NPY002  # tasks that shuffle draw from the legacy generator
    with _faults_told(definition, "the task cannot be loaded"):
        manager, name = _manager_of(definition)
        found = manager.load([name])
    tasks = tuple(found["tasks"][name] for name in sorted(found["tasks"]))
    if not tasks or any(getattr(task, "UNSAFE_CODE", False) for task in tasks):
        raise CannotRun(definition, "it runs code that the model writes" if tasks else "no task in it")
    groups = found.get("groups") or ({name: None} if len(tasks) > 1 else {})  # several without a group have a tag
    return LoadedTasks(name=next(iter(groups), str(tasks[0].config.task)), is_group=bool(groups), tasks=tasks)


@contextmanager
def _faults_told(name: str, problem: str) -> Iterator[None]:
    """Turn errors of a task's own settings, templates and functions into CannotRun: another attempt cannot help."""
    from jinja2 import TemplateError
    from yaml import YAMLError

    try:
        yield
    except NoItems as exc:
        raise CannotRun(name, str(exc), exc.hint) from exc
    except (LookupError, ValueError, TypeError, AttributeError, ImportError, OSError, TemplateError, YAMLError) as exc:
        raise CannotRun(name, f"{problem}: {exc}") from exc


def build(task: Any, setting: TaskSettings) -> HarnessTask:
    """Build the requests of a loaded task; they hold no answers and serve every model with the same template.

    Raises CannotRun where its documents are not what its templates and functions take, or where it has none.
    """
    with _faults_told(str(task.config.task), "its requests cannot be built"):
        return _built(task, setting)


def _built(task: Any, setting: TaskSettings) -> HarnessTask:
    if task.get_config("num_fewshot") is None:
        task.set_config(key="num_fewshot", value=setting.shots or 0)
    elif setting.shots is not None and task.get_config("num_fewshot") != 0:
        task.set_config(key="num_fewshot", value=setting.shots)
    task.set_fewshot_seed(seed=OTHER_SEED)
    task.build_all_requests(
        limit=setting.limit,
        system_instruction=setting.system,
        apply_chat_template=setting.chat is not None,
        fewshot_as_multiturn=setting.chat is not None,
        chat_template=setting.chat,
        tokenizer_name=setting.template or "",
    )
    by_document: dict[int, list[Any]] = {}
    for request in task.instances:
        by_document.setdefault(request.doc_id, []).append(request)
    groups = [sorted(by_document[number], key=lambda request: request.idx) for number in sorted(by_document)]
    hashes = [_document_hash(requests[0].doc) for requests in groups]
    names, clusters = name_documents(hashes, [cluster_of(requests[0].doc) for requests in groups])
    items = tuple(
        HarnessItem(
            name=names[place],
            document_hash=hashes[place],
            cluster=None if clusters is None else clusters[place],
            asked=_asked(task, requests),
            document=requests[0].doc,
            requests=tuple(requests),
        )
        for place, requests in enumerate(groups)
    )
    return HarnessTask(name=str(task.config.task), task=task, items=items)


def prompts(task: HarnessTask) -> str:
    """Return the hash of what a task asks, as the importer takes it of samples."""
    return asked_hash((item.document_hash, item.asked) for item in task.items)


def judge(task: HarnessTask, items: Sequence[HarnessItem], model: AskedModel) -> list[ItemOutcome]:
    """Ask a model some items of a task and return what its answers are worth, in the order of the items."""
    asked = [[_unanswered(request) for request in item.requests] for item in items]
    by_kind: dict[str, list[Any]] = {}
    for request in (one for of_item in asked for one in of_item):
        by_kind.setdefault(request.request_type, []).append(request)
    for kind, requests in by_kind.items():
        for request, answer in zip(requests, model.answers(kind, requests), strict=True):
            request.resps.extend([answer] * (request.repeats or 1))
    every = [request for of_item in asked for request in of_item]
    task.task._instances = every  # noqa: SLF001  # the harness has no other way to filter some of the requests
    task.task.apply_filters()
    return [_outcome(task, item, requests) for item, requests in zip(items, asked, strict=True)]


def _outcome(task: HarnessTask, item: HarnessItem, requests: Sequence[Any]) -> ItemOutcome:
    metrics = {}
    for chosen in requests[0].filtered_resps:
        worth = task.task.process_results(item.document, [one.filtered_resps[chosen] for one in requests])
        metrics.update({f"{name},{chosen}": value for name, value in worth.items()})
    first = requests[0]
    is_reply = first.request_type == GENERATION and isinstance(first.resps[0], str)
    return ItemOutcome(metrics=metrics, reply=first.resps[0] if is_reply else None)


def _unanswered(request: Any) -> Any:
    fresh = copy.copy(request)
    fresh.resps, fresh.filtered_resps = [], {}
    return fresh


def _document_hash(document: Any) -> str:
    from lm_eval.utils import handle_non_serializable, hash_string

    text = json.dumps(document, indent=2, default=handle_non_serializable, ensure_ascii=False)
    return str(hash_string(text))


def _asked(task: Any, requests: Sequence[Any]) -> str:
    from lm_eval.utils import hash_string

    return f"{hash_string(requests[0].arguments[0])}{hash_string(str(task.doc_to_target(requests[0].doc)))}"


def _manager_of(definition: str) -> tuple[Any, str]:
    """Return a task manager that knows a definition, and under which name.

    It reads one folder where that is enough, as all of them take ten seconds. A group in a file names tasks of its
    folder, and the harness finds it by its name only.
    """
    from lm_eval import tasks

    path = Path(definition)
    if path.suffix in {".yaml", ".yml"}:
        group = group_of(path)
        if group is None:
            return tasks.TaskManager(include_defaults=False), definition
        return tasks.TaskManager(include_path=str(path.parent), include_defaults=False), group

    folder = Path(tasks.__file__).parent
    parts = definition.split("_")
    likely = (folder / "_".join(parts[:count]) for count in range(len(parts), 0, -1))
    for place in (OWN_TASKS, *(one for one in likely if one.is_dir())):
        manager = _manager(place)
        if definition in manager.all_tasks:
            return manager, definition
    return _manager(folder), definition


@lru_cache(maxsize=16)
def _manager(folder: Path) -> Any:
    from lm_eval.tasks import TaskManager

    return TaskManager(include_path=str(folder), include_defaults=False)
