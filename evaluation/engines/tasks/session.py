"""One task on one model: which items, in which order and batches, and what they are worth."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from evaluation.chat_markup import refuse_markup
from evaluation.engines.interface import Batch, ItemResult, RunSummary, kept_reply
from evaluation.engines.tasks.harness_tasks import (
    HarnessItem,
    HarnessTask,
    ItemOutcome,
    TaskSettings,
    build,
    judge,
    load,
)
from evaluation.engines.tasks.identity import TRANSFORMERS, EngineSettings, identity_of, metric_of, value_of
from evaluation.engines.tasks.options import FEWEST_ITEMS, MOST_ITEMS
from evaluation.errors import CannotRun
from lineage.statistics.sequential_test import hash_order

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from evaluation.engines.tasks.backend import AskedModel
    from evaluation.engines.tasks.encoding import Encoder
    from evaluation.engines.tasks.options import TaskOptions
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue, Instrument

QUICK_SECONDS: Final = 5.0
"""A batch that takes less is followed by one of twice as many items."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlannedItem:
    """An item in its task; `name` and `cluster` are what the whole plan calls them."""

    name: str
    cluster: str | None
    task: HarnessTask
    item: HarnessItem


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskPlan:
    """All that is asked in a task or a group of tasks, for every model with the same template. `key` names it."""

    key: Hashable
    name: str
    is_group: bool
    is_chat: bool
    tasks: tuple[HarnessTask, ...]

    @cached_property
    def places(self) -> tuple[PlannedItem, ...]:
        """Return all items; in a group they are named `TASK/ITEM`, as the importer names them."""
        has_clusters = any(item.cluster for task in self.tasks for item in task.items)
        return tuple(
            PlannedItem(
                name=self._named(task, item.name),
                cluster=self._named(task, item.cluster or item.name) if has_clusters else None,
                task=task,
                item=item,
            )
            for task in self.tasks
            for item in task.items
        )

    @property
    def is_written(self) -> bool:
        """Return whether replies are asked for, and no likelihoods."""
        return any(task.is_written for task in self.tasks)

    def as_chat(self) -> TaskPlan:
        """Return the plan as one that is asked as a chat, whether its requests or a server hold the template.

        Raises OptionInvalid for prompts that hold the marks of a chat already.
        """
        refuse_markup(str(task.task.doc_to_text(item.document)) for task in self.tasks for item in task.items)
        return replace(self, is_chat=True)

    def sample(self) -> Iterator[Any]:
        """Yield the requests of the first task."""
        yield from (request for item in self.tasks[0].items for request in item.requests)

    def _named(self, task: HarnessTask, name: str) -> str:
        return f"{task.name}/{name}" if self.is_group else name


def plan_of(spec: JobSpec, options: TaskOptions, encoder: Encoder, key: Hashable) -> TaskPlan:
    """Load a task's definition and build its requests, with the template of a tokenizer.

    Raises what `planned` and `TaskPlan.as_chat` raise.
    """
    template = encoder.tokenizer.chat_template if options.chat else None
    if options.chat and template is None:
        raise CannotRun(spec.model, "it has no chat template")
    setting = TaskSettings(
        shots=options.shots,
        limit=spec.item_limit,
        system=options.system,
        chat=encoder.conversation if options.chat else None,
        template=hashlib.sha256(str(template).encode()).hexdigest() if template else None,
    )
    plan = planned(spec, setting, key)
    return plan.as_chat() if options.chat else plan


def planned(spec: JobSpec, setting: TaskSettings, key: Hashable) -> TaskPlan:
    """Load a task's definition and build its requests. Raises CannotRun where there is none."""
    loaded = load(spec.definition)
    tasks = tuple(build(one, setting) for one in loaded.tasks)
    return TaskPlan(key=key, name=loaded.name, is_group=loaded.is_group, is_chat=False, tasks=tasks)


@dataclass(kw_only=True, eq=False)
class Session:
    """Asks one model all items of a plan that are not done. `answers` are those that these weights gave before.

    `engine_settings` are what the score's identity says of what answers.
    `is_by_prompt` asks the items of a task in the order of their prompts, so that those with one start come one after
    the other, and not the longest first. `began` is when the present batch did, of a clock that only counts, and `ran`
    the tokens that were run before it.
    """

    plan: TaskPlan
    instrument: Instrument
    catalogue: Catalogue
    options: TaskOptions
    model: AskedModel
    answers: dict[str, ItemResult] = field(repr=False)
    engine_settings: EngineSettings = TRANSFORMERS
    is_by_prompt: bool = False
    began: float = 0.0
    ran: int | None = 0
    metric: str | None = None

    def batches(self, done: frozenset[str]) -> Iterator[Batch]:
        """Yield the items that are not done, first those whose answers are known."""
        self.began, self.ran = time.monotonic(), self.model.tokens_run
        waiting = [place for place in self.plan.places if place.name not in done]
        known = [self.answers[place.name] for place in waiting if place.name in self.answers]
        for start in range(0, len(known), MOST_ITEMS):
            yield self._batch(known[start : start + MOST_ITEMS])
        for places in self._orders([place for place in waiting if place.name not in self.answers]):
            self.model.prepare([request for place in places for request in place.item.requests])
            yield from self._asked(places)

    def ask(self, names: Sequence[str]) -> dict[str, float]:
        """Return the values of some items of the plan by their names; raises KeyError for an unknown one."""
        places = self._prepared
        return {result.item: result.value for result in self._results([places[name] for name in names])}

    @cached_property
    def _prepared(self) -> dict[str, PlannedItem]:
        """The items by name, once what they have in common was run."""
        self.model.prepare([request for place in self.plan.places for request in place.item.requests])
        return {place.name: place for place in self.plan.places}

    def finished(self, weights_hash: str, engine: str) -> RunSummary:
        """Return what identifies the score of all items."""
        if self.metric is None:  # nothing was left to ask
            self._results(self.plan.places[:1])
        return RunSummary(
            identity=identity_of(
                self.plan.tasks,
                [place.name for place in self.plan.places],
                self.instrument,
                str(self.metric),
                is_group=self.plan.is_group,
                is_chat=self.plan.is_chat,
                engine_settings=self.engine_settings,
            ),
            weights_hash=weights_hash,
            engine=engine,
        )

    def _orders(self, places: list[PlannedItem]) -> Iterator[list[PlannedItem]]:
        """Yield what is asked together, in the order to ask it: all by their hashes, else a task."""
        if self.options.random_order:
            if places:
                yield sorted(places, key=lambda place: hash_order(place.name))
            return
        for task in self.plan.tasks:
            if of_task := [place for place in places if place.task is task]:
                yield sorted(of_task, key=_prompt if self.is_by_prompt else _length)

    def _asked(self, places: list[PlannedItem]) -> Iterator[Batch]:
        size = self.options.batch_items or FEWEST_ITEMS
        start = 0
        while start < len(places):
            asked = places[start : start + size]
            count = self.model.ready([place.item.requests for place in asked])
            results = self._results(asked[:count])
            start += count
            batch = self._batch(results)
            if self.options.batch_items is None and batch.seconds < QUICK_SECONDS:
                size = min(2 * size, MOST_ITEMS)
            yield batch

    def _results(self, places: Sequence[PlannedItem]) -> list[ItemResult]:
        """Ask some items, those of each task together, since it filters and judges its own."""
        asked: list[PlannedItem] = []
        outcomes: list[ItemOutcome] = []
        for task in self.plan.tasks:
            if of_task := [place for place in places if place.task is task]:
                asked += of_task
                outcomes += judge(task, [place.item for place in of_task], self.model)
        if self.metric is None:
            name, wanted = self.plan.name, self.options.metric
            self.metric = metric_of(outcomes[0], name, self.instrument, self.catalogue, wanted)
        results = [
            ItemResult(
                item=place.name,
                value=value_of(outcome, self.metric, self.instrument),
                cluster=place.cluster,
                reply_length=None if outcome.reply is None else len(outcome.reply),
                reply=None if outcome.reply is None else kept_reply(outcome.reply),
            )
            for place, outcome in zip(asked, outcomes, strict=True)
        ]
        self.answers.update({result.item: result for result in results})
        return results

    def _batch(self, results: Iterable[ItemResult]) -> Batch:
        now = time.monotonic()
        seconds, self.began = now - self.began, now
        ran = self.model.tokens_run
        tokens, self.ran = None if ran is None or self.ran is None else ran - self.ran, ran
        return Batch(items=tuple(results), seconds=seconds, total=len(self.plan.places), tokens=tokens)


def _prompt(place: PlannedItem) -> tuple[str, str]:
    return str(place.item.requests[0].args[0]), place.item.name


def _length(place: PlannedItem) -> tuple[int, str]:
    return -place.item.length, place.item.name
