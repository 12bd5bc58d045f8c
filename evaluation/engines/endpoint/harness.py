"""Tasks of lm-evaluation-harness as questions for a server; only its task objects are used, not its models.

They are loaded, built, named and identified as for models that run here (evaluation.engines.tasks.harness_tasks
and identity), so that only what the server does differs between the engines.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.endpoint.items import LikelihoodRequest, Question, QuestionSet, ReplyRequest
from evaluation.engines.endpoint.responses import Reply
from evaluation.engines.endpoint.server import Likelihood
from evaluation.errors import CannotRun
from evaluation.lm_eval_format import common_value
from lineage.errors import MissingExtra
from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluation.engines.endpoint.items import Mark, Outcome, Request
    from evaluation.engines.tasks.harness_tasks import HarnessItem, HarnessTask
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue

ENGINE: Final = "lm-eval"
FIRST_METRICS: Final = ("acc", "exact_match", "mc2")
_NO_FILTER: Final = "none"


def harness_paper(spec: JobSpec, scorer: str, catalogue: Catalogue) -> QuestionSet:
    """Return the questions of a task of the harness, by its name or a path of its YAML file.

    `scorer` is a metric of it, with or without a filter (`exact_match,strict-match`); empty takes the one that the
    catalogue names for the instrument, else `acc`, `exact_match`, or the only one. Raises MissingExtra, CannotRun.
    """
    if find_spec("lm_eval") is None:
        raise MissingExtra("eval", f"the task {spec.definition} of lm-evaluation-harness")
    from evaluation.engines.tasks.harness_tasks import TaskSettings, build, load, prompts

    loaded = load(spec.definition)
    metric, _, wanted = (scorer or _declared(spec, catalogue)).partition(",")
    questions: list[Question] = []
    shots, versions, asked = dict[str, object](), dict[str, object](), dict[str, str]()
    used = chosen = ""
    for one in loaded.tasks:
        built = build(one, TaskSettings(limit=spec.item_limit))
        used = _metric(one, metric, spec.definition)
        chosen = _filter(one, wanted, spec.definition)
        questions += _questions(built, used, chosen, f"{built.name}/" if loaded.is_group else "")
        shots[built.name], versions[built.name] = one.config.num_fewshot or 0, one.VERSION
        asked[built.name] = prompts(built)
    return QuestionSet(
        questions=tuple(questions),
        scorer=f"{used},{chosen}",
        template={"shots": common_value(shots), "version": common_value(versions)},
        prompts=digest(asked) if loaded.is_group else next(iter(asked.values())),
    )


def _declared(spec: JobSpec, catalogue: Catalogue) -> str:
    """Return the metric that the catalogue names for an instrument in this engine, empty where it names none."""
    instrument = catalogue.find(spec.instrument)
    names = () if instrument is None else instrument.tasks
    start = f"{ENGINE}:{spec.definition}/"
    return next((name.removeprefix(start) for name in names if name.startswith(start)), "")


def _metric(one: Any, wanted: str, definition: str) -> str:  # noqa: ANN401 -- a task object of the harness, untyped here
    known = list(one.aggregation())
    if wanted:
        if known and wanted not in known:
            raise CannotRun(definition, f"it has no metric {wanted}; its metrics are {', '.join(known)}")
        return wanted
    first = [name for name in FIRST_METRICS if name in known] or known
    if len(first) == 0 or (len(first) > 1 and first == known):
        raise CannotRun(definition, f"it has several metrics: {', '.join(known)}", "choose one with the option scorer")
    return first[0]


def _filter(one: Any, wanted: str, definition: str) -> str:  # noqa: ANN401 -- as above
    names = [each.name for each in one._filters]  # noqa: SLF001 -- the harness's evaluator reads them there too
    if wanted and wanted not in names:
        raise CannotRun(definition, f"it has no filter {wanted}; its filters are {', '.join(names)}")
    return wanted or (names[0] if names else _NO_FILTER)


def _questions(built: HarnessTask, metric: str, chosen: str, prefix: str) -> Iterable[Question]:
    for item in built.items:
        yield Question(
            item=prefix + item.name,
            requests=tuple(_request(instance) for instance in item.requests),
            mark=_mark(built.task, item, metric, chosen),
            cluster=None if item.cluster is None else prefix + item.cluster,
        )


def _request(instance: Any) -> Request:  # noqa: ANN401 -- as above
    if instance.request_type == "loglikelihood":
        return LikelihoodRequest(context=instance.args[0], continuation=instance.args[1])
    if instance.request_type != "generate_until":
        raise CannotRun(
            str(instance.task_name), f"requests of type {instance.request_type} need a model that runs here"
        )
    prompt, settings = instance.args
    until = settings.get("until") or []
    longest = settings.get("max_gen_toks") or settings.get("max_tokens")
    stop = (until,) if isinstance(until, str) else tuple(until)
    return ReplyRequest(prompt=prompt, stop=stop, max_tokens=longest)


def _mark(one: Any, item: HarnessItem, metric: str, chosen: str) -> Mark:  # noqa: ANN401 -- as above
    needs_greedy = metric == "exact_match" or one.OUTPUT_TYPE == "loglikelihood"
    group = item.requests

    async def mark(outcomes: tuple[Outcome, ...]) -> float:
        for instance, outcome in zip(group, outcomes, strict=True):
            response = _response(outcome, definition=str(instance.task_name), needs_greedy=needs_greedy)
            instance.resps = [response] * (instance.repeats or 1)
        for each in one._filters:  # noqa: SLF001 -- as above
            each.apply(group)
        results = [instance.filtered_resps[chosen] for instance in group]
        value = one.process_results(item.document, results).get(metric)
        if not isinstance(value, int | float):
            raise CannotRun(str(group[0].task_name), f"{metric} does not give one number per item")
        return float(value)

    return mark


def _response(outcome: Outcome, *, definition: str, needs_greedy: bool) -> object:
    match outcome:
        case Reply(text=text):
            return text
        case Likelihood(is_greedy=None) if needs_greedy:
            raise CannotRun(definition, "the server does not return the likeliest tokens (top_logprobs)")
        case Likelihood(logprob=logprob, is_greedy=is_greedy):
            return logprob, bool(is_greedy)
