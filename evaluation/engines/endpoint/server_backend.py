"""A model on a server as a session asks it: tasks of lm-evaluation-harness, several requests under way at once.

They are loaded, built, named and identified as for models that run here (evaluation.engines.tasks), so that only what
the server does differs between the engines.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from evaluation.engines.endpoint.items import LikelihoodRequest, ReplyRequest
from evaluation.engines.endpoint.responses import Reply
from evaluation.errors import CannotRun
from evaluation.lm_eval_format import GENERATION
from lineage.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from evaluation.engines.endpoint.async_map import AsyncMap
    from evaluation.engines.endpoint.items import Outcome, Request
    from evaluation.engines.endpoint.server import Likelihood
    from evaluation.engines.tasks.session import TaskPlan
    from lineage.scheduling.job import JobSpec

    Place = tuple[str, int, int]
    Ask = Callable[[Request], Coroutine[object, None, Outcome]]

LIKELIHOOD = "loglikelihood"


class ServerBackend:
    """Asks a server the requests of a task in their order, `flow` at once. `ask` sends one and returns the answer."""

    def __init__(self, flow: AsyncMap[Any], ask: Ask) -> None:
        self._flow, self._ask = flow, ask
        self._found: dict[Place, Outcome] = {}
        self.lacks_greedy = False
        """Whether the server did not tell of some likelihood whether each token was the likeliest."""

    @property
    def tokens_run(self) -> None:
        """None: a server does not tell what it found in its cache."""

    def prepare(self, requests: Sequence[Any]) -> None:
        """Take requests, which are sent from now on as others are answered.

        Raises CannotRun for a kind that a server does not answer.
        """
        asked = [(_place(request), _as_asked(request)) for request in requests]
        self._flow.add(self._answered(place, request) for place, request in asked)

    def ready(self, groups: Sequence[Sequence[Any]]) -> int:
        """Return how many groups of requests were answered, up to the first that was not; raises why that was not."""
        waiting = sum(_place(request) not in self._found for group in groups for request in group)
        found, error = self._flow.take(waiting)
        self._found.update(found)
        count = 0
        while count < len(groups) and all(_place(request) in self._found for request in groups[count]):
            count += 1
        if error is not None and not count:
            raise error
        return count

    def answers(self, kind: str, requests: Sequence[Any]) -> list[Any]:
        """Return the answers to requests as the harness takes them, and forget them."""
        del kind
        new = [request for request in requests if _place(request) not in self._found]
        if new:
            self.prepare(new)
            self.ready([new])
        found = [self._found.pop(_place(request)) for request in requests]
        return [one.text if isinstance(one, Reply) else self._likelihood(one) for one in found]

    async def _answered(self, place: Place, request: Request) -> tuple[Place, Outcome]:
        return place, await self._ask(request)

    def _likelihood(self, one: Likelihood) -> tuple[float, bool]:
        self.lacks_greedy |= one.is_greedy is None
        return one.logprob, bool(one.is_greedy)


def plan_behind(spec: JobSpec, *, is_chat: bool) -> TaskPlan:
    """Return what is asked of a server in a task of the harness: its bare prompts; the server has the chat template.

    Choices are continuations in any case. Raises MissingExtra, and what `planned` and `TaskPlan.as_chat` raise.
    """
    if find_spec("lm_eval") is None:
        raise MissingExtra("eval", f"the task {spec.definition} of lm-evaluation-harness")
    from evaluation.engines.tasks.harness_tasks import TaskSettings
    from evaluation.engines.tasks.session import planned

    plan = planned(spec, TaskSettings(limit=spec.item_limit), (spec.definition, spec.item_limit))
    return plan.as_chat() if is_chat and plan.is_written else plan


def check_greedy(backend: ServerBackend, plan: TaskPlan, metric: str | None) -> None:
    """Raise CannotRun where a metric needs to know whether a continuation is the likeliest, and no server told."""
    needs_it = str(metric).startswith("exact_match") or any(task.output_type == LIKELIHOOD for task in plan.tasks)
    if backend.lacks_greedy and needs_it:
        raise CannotRun(plan.name, "the server does not return the likeliest tokens (top_logprobs)")


def _place(request: Any) -> Place:  # noqa: ANN401 -- a request of the harness, untyped here
    return str(request.task_name), int(request.doc_id), int(request.idx)


def _as_asked(request: Any) -> Request:  # noqa: ANN401 -- as above
    if request.request_type == LIKELIHOOD:
        return LikelihoodRequest(context=request.args[0], continuation=request.args[1])
    if request.request_type != GENERATION:
        raise CannotRun(str(request.task_name), f"requests of type {request.request_type} need a model that runs here")
    prompt, settings = request.args
    until = settings.get("until") or []
    longest = settings.get("max_gen_toks") or settings.get("max_tokens")
    stop = (until,) if isinstance(until, str) else tuple(until)
    return ReplyRequest(prompt=prompt, stop=stop, max_tokens=longest)
