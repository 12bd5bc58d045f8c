"""The runner `endpoint`: an instrument on a model behind a server that speaks OpenAI's HTTP API."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evaluation.catalogue import chosen_catalogue
from evaluation.chat_markup import refuse_markup
from evaluation.engines.endpoint.api_key import find_key
from evaluation.engines.endpoint.async_map import AsyncMap
from evaluation.engines.endpoint.items import LikelihoodRequest, QuestionSet, choice_paper, written_paper
from evaluation.engines.endpoint.options import EndpointOptions, read_options
from evaluation.engines.endpoint.prompts import OWN_PROMPTS, read_prompts
from evaluation.engines.endpoint.responses import Reply
from evaluation.engines.endpoint.scoring import MOST_LEFT_OUT, scoring_of, unusable_judge
from evaluation.engines.endpoint.server import Server, served_hash
from evaluation.engines.interface import Batch, ItemResult, RunSummary, kept_reply
from evaluation.errors import CannotRun, OptionInvalid
from evaluation.json_node import told
from lineage.scores.score import Identity, digest, item_set_hash

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from evaluation.engines.endpoint.items import Question, Request
    from evaluation.engines.endpoint.responses import ServedModel
    from evaluation.engines.endpoint.server import Likelihood, LikelihoodSettings
    from evaluation.engines.interface import Setup
    from evaluation.engines.options import Value
    from evaluation.engines.tasks.session import TaskPlan
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue
    from lineage.scores.scorer_agreement import ScorerAgreement

ENGINE: Final = "endpoint"
SOFTMAX: Final = "server"
"""The type in which a server takes log-probabilities, which it does not tell."""
BATCH: Final = 32
MOST_KEPT: Final = 100_000
"""The most replies that are kept for the next instrument on the same model and prompts."""


@dataclass(slots=True)
class ReplyCache:
    """What the next job may need: replies by request, how judges agree with people, and which models were probed.

    Of those it is kept how their server tells likelihoods. `plan` is the last task of the harness, by what it was
    built from.
    """

    replies: OrderedDict[str, Reply] = field(default_factory=OrderedDict)
    calibrations: dict[str, ScorerAgreement] = field(default_factory=dict)
    probed: dict[tuple[str, str, str | None], LikelihoodSettings] = field(default_factory=dict)
    plan: tuple[Hashable, TaskPlan] | None = None

    def keep(self, key: str, reply: Reply) -> None:
        """Keep a reply; the oldest go."""
        self.replies[key] = reply
        while len(self.replies) > MOST_KEPT:
            self.replies.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredQuestion:
    """One item: its result, or None if no verdict could be read."""

    question: Question
    result: ItemResult | None


class EndpointRunner:
    """Runs jobs on servers; keeps replies, so that several instruments over the same prompts ask once.

    `defaults` are options for jobs that do not set them, such as the `url`; `catalogue` names the metrics of tasks of
    the harness, or is None for the one of the package.
    """

    def __init__(self, defaults: Mapping[str, Value] | None = None, catalogue: Catalogue | None = None) -> None:
        self._defaults = dict(defaults or {})
        self._catalogue = catalogue or chosen_catalogue(None)
        self._kept = ReplyCache()

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield batches of the items that are not done yet, in the order of their prompts, then the summary.

        Raises CannotRun (OptionInvalid, KeyRefused, ModelNotServed, NoLikelihoods), MissingExtra, and ImportRefused and
        JudgePromptInvalid for the user's files; EndpointAway, AnswerUnusable and EndpointRefused after the batches that
        came before.
        """
        options = read_options(self._defaults | spec.options)
        if not options.url:
            raise OptionInvalid("url", "the address of the server is missing; --endpoint-url names it")
        with AsyncMap[Any](options.concurrency) as flow:
            yield from _EndpointRun(spec, options, flow, self._kept, self._catalogue).work(done)


def make_runner(setup: Setup) -> EndpointRunner:
    """Return a runner for a worker; raises UsageError or InstrumentFault if the file of instruments has an error."""
    catalogue = chosen_catalogue(None if setup.instruments is None else Path(setup.instruments))
    return EndpointRunner({"url": setup.endpoint_url} if setup.endpoint_url else None, catalogue)


class _EndpointRun:
    """One job in progress."""

    def __init__(
        self,
        spec: JobSpec,
        options: EndpointOptions,
        flow: AsyncMap[Any],
        kept: ReplyCache,
        catalogue: Catalogue,
    ) -> None:
        self.spec, self.options, self.flow, self._kept, self._catalogue = spec, options, flow, kept, catalogue
        self._client = options.client(options.url, find_key(options.key_variable))
        flow.close_with(self._client.close())
        model = options.model or spec.model
        decoding = options.decoding(is_harness=not _is_own(spec))
        empty_context = options.empty_context or None
        self._server = Server(self._client, model, decoding=decoding, empty_context=empty_context)

    def work(self, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        served = self.flow.call(self._server.find())
        software = self.flow.call(self._server.software(served))
        if _is_own(self.spec):
            yield from self._own(served, software, done)
        else:
            yield from self._harness(served, software, done)

    def _harness(self, served: ServedModel, software: str | None, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Ask a task of lm-evaluation-harness, in the session that serves the models that run here too."""
        from evaluation.engines.endpoint.server_backend import ServerBackend, check_greedy, plan_behind

        instrument = self._catalogue.find(self.spec.instrument)
        if instrument is None:
            raise CannotRun(self.spec.instrument, "the catalogue has no such instrument")
        key = (self.spec.definition, self.spec.item_limit, self._server.decoding.is_chat)
        if self._kept.plan is None or self._kept.plan[0] != key:
            self._kept.plan = key, plan_behind(self.spec, is_chat=self._server.decoding.is_chat)
        plan = self._kept.plan[1]
        self._probe(served, software, is_written=plan.is_written)

        from evaluation.engines.tasks.identity import EngineSettings
        from evaluation.engines.tasks.options import TaskOptions
        from evaluation.engines.tasks.session import Session

        backend = ServerBackend(self.flow, self._ask)
        session = Session(
            plan=plan,
            instrument=instrument,
            catalogue=self._catalogue,
            options=TaskOptions(metric=self.options.scorer or None, batch_items=BATCH),
            model=backend,
            answers={},
            is_by_prompt=True,
            engine_settings=EngineSettings(
                template={"system": self._system(is_chat=plan.is_chat), "server": software},
                decoding=self._drawn(),
                softmax_dtype=SOFTMAX,
            ),
        )
        for batch in session.batches(done):
            check_greedy(backend, plan, session.metric)
            yield batch
        yield session.finished(self._hash(served), _engine(software))

    def _probe(self, served: ServedModel, software: str | None, *, is_written: bool) -> None:
        """Check once per model of a server that it gives likelihoods, where they are asked for."""
        asked = (self._client.endpoint.url(""), served.name, software)
        if is_written:
            return
        if asked not in self._kept.probed:
            self.flow.call(self._server.check_likelihoods())
            self._kept.probed[asked] = self._server.settings
        self._server.settings = self._kept.probed[asked]

    def _own(self, served: ServedModel, software: str | None, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Ask the user's own prompts."""
        paper = self._paper()
        self._probe(served, software, is_written=paper.is_written)
        if paper.is_written and self._server.decoding.is_chat:
            refuse_markup(paper.reply_prompts)
        left = sorted((one for one in paper.questions if one.item not in done), key=_first_text)
        self.flow.add(self._answer(question) for question in left)
        total, left_out = len(paper.questions), set[str]()
        while True:
            start = time.monotonic()
            found, error = self.flow.take(BATCH)
            left_out |= {one.question.item for one in found if one.result is None}
            results = tuple(one.result for one in found if one.result is not None)
            if results:
                yield Batch(items=results, seconds=time.monotonic() - start, total=total)
            if error is not None:
                raise error
            self._check(paper, left_out)
            if len(found) < BATCH:
                break
        yield RunSummary(
            identity=self._identity(paper, left_out, software),
            weights_hash=self._hash(served),
            engine=_engine(software),
            calibration=None if paper.scoring is None else paper.scoring.calibration,
            left_out=len(left_out),
        )

    async def _answer(self, question: Question) -> ScoredQuestion:
        """Send all requests of a question, and mark the answers."""
        outcomes = tuple(await asyncio.gather(*(self._ask(request) for request in question.requests)))
        value = await question.mark(outcomes)
        if value is None:
            return ScoredQuestion(question=question, result=None)
        text = next((one.text for one in outcomes if isinstance(one, Reply)), None)
        result = ItemResult(
            item=question.item,
            value=value,
            cluster=question.cluster,
            reply_length=None if text is None else len(text),
            reply=None if text is None else kept_reply(text),
        )
        return ScoredQuestion(question=question, result=result)

    async def _ask(self, request: Request) -> Likelihood | Reply:
        if isinstance(request, LikelihoodRequest):
            return await self._server.likelihood(request.context, request.continuation)
        key = digest([self.options.url, self._server.model, repr(self._server.decoding), repr(request)])
        known = self._kept.replies.get(key)
        if known is not None:
            return known
        reply = await self._server.reply(request.prompt, stop=request.stop, max_tokens=request.max_tokens)
        self._kept.keep(key, reply)
        return reply

    def _paper(self) -> QuestionSet:
        prompts = read_prompts(Path(self.spec.definition))[: self.spec.item_limit]
        if prompts[0].choices:
            return choice_paper(prompts, self.options.scorer)
        return written_paper(prompts, scoring_of(prompts, self.options, self.flow, self._kept.calibrations))

    def _check(self, paper: QuestionSet, left_out: set[str]) -> None:
        if len(left_out) > MOST_LEFT_OUT * len(paper.questions):
            raise unusable_judge(self.spec.instrument, len(left_out), len(paper.questions), "replies")

    def _identity(self, paper: QuestionSet, left_out: set[str], software: str | None) -> Identity:
        is_chat = paper.is_written and self._server.decoding.is_chat
        shape: dict[str, object] = {
            "form": "chat" if is_chat else "completion",
            "system": self._system(is_chat=is_chat),
            "prompts": paper.prompts_hash,
            "server": software,
        }
        scoring = paper.scoring
        return Identity(
            name=self.spec.instrument,
            item_set_hash=item_set_hash(one.item for one in paper.questions if one.item not in left_out),
            scorer=paper.scorer,
            judge=None if scoring is None else scoring.judge,
            judge_prompt_hash=None if scoring is None else scoring.judge_prompt_hash,
            template=told(shape),
            decoding=self._drawn() if paper.is_written else None,
            softmax_dtype=None if paper.is_written else SOFTMAX,
        )

    def _system(self, *, is_chat: bool) -> str | None:
        """Return the hash of the system prompt, None where there is none."""
        system = self._server.decoding.system
        return digest(system) if is_chat and system is not None else None

    def _drawn(self) -> str | None:
        """Return how replies are drawn, in the words of an identity."""
        decoding = self._server.decoding
        return told({"temperature": 0, "max_tokens": decoding.max_tokens, "seed": decoding.seed})

    def _hash(self, served: ServedModel) -> str:
        return served_hash(self._client.endpoint.url(""), served, self.spec.revision)


def _engine(software: str | None) -> str:
    """Return the name of what answered."""
    return ENGINE if software is None else f"{ENGINE} {software}"


def _first_text(question: Question) -> str:
    """Return what a question asks first: in this order, those with one start come one after the other."""
    request = question.requests[0]
    return request.context if isinstance(request, LikelihoodRequest) else request.prompt


def _is_own(spec: JobSpec) -> bool:
    """Return whether a job's definition is a file of the user's own prompts, and no task of the harness."""
    return Path(spec.definition).suffix in OWN_PROMPTS
