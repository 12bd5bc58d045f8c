"""Tasks of lm-evaluation-harness as questions for a server; only its task objects are used, none of its models.

Read in its version 0.4.13: `TaskManager.load`, `Task.build_all_requests`, `Task.process_results`, and in `evaluate` how
documents are hashed. Items are named as the importer of its samples names them (evaluation.imports.lm_eval_samples).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evaluation.endpoint.answers import Reply
from evaluation.endpoint.questions import Likely, Paper, Question, Written
from evaluation.endpoint.server import Likelihood
from evaluation.errors import CannotRun, MissingExtra
from evaluation.own_tasks import OWN_TASKS
from lineage.scheduling.default_probes import NoItems

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from evaluation.endpoint.questions import Mark, Outcome, Request
    from evaluation.work import Task
    from lineage.instruments import Catalogue

ENGINE: Final = "lm-eval"
YAML: Final = frozenset({".yaml", ".yml"})
FIRST_METRICS: Final = ("acc", "exact_match", "mc2")
_NO_FILTER: Final = "none"


def harness_paper(task: Task, scorer: str, catalogue: Catalogue) -> Paper:
    """Return the questions of a task of the harness, by its name or a path of its YAML file.

    `scorer` is a metric of it, with or without a filter (`exact_match,strict-match`); empty takes the one that the
    catalogue names for the instrument, else `acc`, `exact_match`, or the only one. Raises MissingExtra, CannotRun.
    """
    if find_spec("lm_eval") is None:
        raise MissingExtra("eval", f"the task {task.definition} of lm-evaluation-harness")
    loaded = _load(task.definition)
    metric, _, wanted = (scorer or _declared(task, catalogue)).partition(",")
    questions: list[Question] = []
    shapes: dict[str, object] = {}
    used = chosen = ""
    for name, one in loaded.items():
        one.build_all_requests(limit=task.limit)
        used = _metric(one, metric, task.definition)
        chosen = _filter(one, wanted, task.definition)
        prefix = f"{name}/" if len(loaded) > 1 else ""
        questions += _questions(one, used, chosen, prefix)
        shapes[name] = {"shots": one.config.num_fewshot or 0, "version": one.VERSION}
    shape = shapes if len(shapes) > 1 else {"task": next(iter(shapes.values()))}
    return Paper(questions=tuple(questions), scorer=f"{used},{chosen}", template=shape)


def _load(definition: str) -> dict[str, Any]:
    """Return the harness's task objects by name; raises CannotRun where there is no such task."""
    manager = import_module("lm_eval.tasks").TaskManager
    path = Path(definition)
    if path.suffix in YAML:
        import yaml

        declared = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 -- makes only texts
        found = manager(include_path=str(path.parent), include_defaults=False).load([str(declared["task"])])
    else:
        tasks = manager(include_path=str(OWN_TASKS), include_defaults=False)
        if definition not in tasks.all_tasks:
            tasks = manager()
        if definition not in tasks.all_tasks:
            raise CannotRun(definition, "lm-evaluation-harness has no such task")
        try:
            found = tasks.load([definition])
        except NoItems as error:
            raise CannotRun(definition, str(error), error.hint) from error
    return dict(found["tasks"])


def _declared(task: Task, catalogue: Catalogue) -> str:
    """Return the metric that the catalogue names for an instrument in this engine, empty where it names none."""
    instrument = catalogue.find(task.instrument)
    names = () if instrument is None else instrument.tasks
    start = f"{ENGINE}:{task.definition}/"
    return next((name.removeprefix(start) for name in names if name.startswith(start)), "")


def _metric(one: Any, wanted: str, definition: str) -> str:  # noqa: ANN401 -- a task object of the harness, untyped here
    known = list(one.aggregation())
    if wanted:
        if known and wanted not in known:
            raise CannotRun(definition, f"it has no metric {wanted}, but {', '.join(known)}")
        return wanted
    first = [name for name in FIRST_METRICS if name in known] or known
    if len(first) == 0 or (len(first) > 1 and first == known):
        raise CannotRun(definition, f"which metric is wanted: {', '.join(known)}?", "name it with the option scorer")
    return first[0]


def _filter(one: Any, wanted: str, definition: str) -> str:  # noqa: ANN401 -- as above
    names = [each.name for each in one._filters]  # noqa: SLF001 -- the harness's evaluator reads them there too
    if wanted and wanted not in names:
        raise CannotRun(definition, f"it has no filter {wanted}, but {', '.join(names)}")
    return wanted or (names[0] if names else _NO_FILTER)


def _questions(one: Any, metric: str, chosen: str, prefix: str) -> Iterable[Question]:  # noqa: ANN401 -- as above
    by_document: dict[int, list[Any]] = defaultdict(list)
    for instance in one.instances:
        by_document[instance.doc_id].append(instance)
    groups = [sorted(by_document[number], key=lambda instance: instance.idx) for number in sorted(by_document)]
    documents = [_document_hash(group[0].doc) for group in groups]
    repeated = {name for name, count in Counter(documents).items() if count > 1}
    seen: Counter[str] = Counter()
    for group, document in zip(groups, documents, strict=True):
        seen[document] += 1
        name = document if seen[document] == 1 else f"{document}#{seen[document]}"
        yield Question(
            item=prefix + name,
            requests=tuple(_request(instance) for instance in group),
            mark=_mark(one, group, metric, chosen),
            cluster=prefix + document if repeated else None,
        )


def _request(instance: Any) -> Request:  # noqa: ANN401 -- as above
    if instance.request_type == "loglikelihood":
        return Likely(context=instance.args[0], continuation=instance.args[1])
    if instance.request_type != "generate_until":
        raise CannotRun(
            str(instance.task_name), f"requests of the kind {instance.request_type} need a model of our own"
        )
    prompt, settings = instance.args
    until = settings.get("until") or []
    longest = settings.get("max_gen_toks") or settings.get("max_tokens")
    stop = (until,) if isinstance(until, str) else tuple(until)
    return Written(prompt=prompt, stop=stop, max_tokens=longest)


def _mark(one: Any, group: Sequence[Any], metric: str, chosen: str) -> Mark:  # noqa: ANN401 -- as above
    needs_greedy = metric == "exact_match" or one.OUTPUT_TYPE == "loglikelihood"

    async def mark(outcomes: tuple[Outcome, ...]) -> float:
        for instance, outcome in zip(group, outcomes, strict=True):
            instance.resps = [_response(outcome, definition=str(instance.task_name), needs_greedy=needs_greedy)]
        for each in one._filters:  # noqa: SLF001 -- as above
            each.apply(group)
        results = [instance.filtered_resps[chosen] for instance in group]
        value = one.process_results(group[0].doc, results).get(metric)
        if not isinstance(value, int | float):
            raise CannotRun(str(group[0].task_name), f"{metric} is no number for each item")
        return float(value)

    return mark


def _response(outcome: Outcome, *, definition: str, needs_greedy: bool) -> object:
    match outcome:
        case Reply(text=text):
            return text
        case Likelihood(is_greedy=None) if needs_greedy:
            raise CannotRun(definition, "the server does not tell which tokens are the likeliest (top_logprobs)")
        case Likelihood(logprob=logprob, is_greedy=is_greedy):
            return logprob, bool(is_greedy)


def _document_hash(document: Any) -> str:  # noqa: ANN401 -- as above
    tools = import_module("lm_eval.utils")
    text = json.dumps(document, indent=2, default=tools.handle_non_serializable, ensure_ascii=False)
    return str(tools.hash_string(text))
