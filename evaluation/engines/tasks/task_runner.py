"""Runs tasks of lm-evaluation-harness on whatever lends models: a subclass loads them and makes their backend.

Requests are built once per task and template, and encoded once per tokenizer; weights that ran before in this process
give their answers again at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar

from evaluation.engines.interface import Weights
from evaluation.engines.tasks.backend import LentModel
from evaluation.engines.tasks.encoding import Encoder
from evaluation.engines.tasks.extras import need_eval
from evaluation.engines.tasks.identity import TRANSFORMERS, EngineSettings
from evaluation.engines.tasks.options import TaskOptions
from evaluation.engines.tasks.session import Session, TaskPlan, plan_of
from evaluation.errors import CannotRun

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterator
    from contextlib import AbstractContextManager

    from evaluation.engines.interface import Batch, ItemResult, RunSummary
    from evaluation.engines.tasks.backend import Backend
    from lineage.scheduling.job import JobSpec, Options
    from lineage.scores.instruments import Catalogue, Instrument

KEPT: Final = 8
"""The most plans, encoders and answers that are kept, each."""
_Kept = TypeVar("_Kept")
_Lent = TypeVar("_Lent", bound=LentModel)
_Options = TypeVar("_Options", bound=TaskOptions)


class TaskRunner(ABC, Generic[_Lent, _Options]):
    """Runs tasks on one model at a time. `trusted` are the models whose own code may run. Not thread-safe.

    `engine_settings` are what their scores' identity says of what runs the models.
    """

    engine_settings: ClassVar[EngineSettings] = TRANSFORMERS

    def __init__(self, catalogue: Catalogue, trusted: Container[str] = ()) -> None:
        self.catalogue = catalogue
        self._allowed = trusted
        self._plans: OrderedDict[Hashable, TaskPlan] = OrderedDict()
        self._encoders: OrderedDict[Hashable, Encoder] = OrderedDict()
        self._answers: OrderedDict[Hashable, dict[str, ItemResult]] = OrderedDict()

    @abstractmethod
    def read_options(self, given: Options) -> _Options:
        """Return the options of a task. Raises OptionInvalid."""

    @abstractmethod
    def lend(self, weights: Weights, options: _Options) -> AbstractContextManager[_Lent]:
        """Provide a model for the time of a task, an adapter on its base. Raises CannotRun, NotFetched."""

    @abstractmethod
    def backend(self, spec: JobSpec, options: _Options, loaded: _Lent, encoder: Encoder, plan: TaskPlan) -> Backend:
        """Return what answers for a lent model while a plan is asked."""

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield batches of the items that are not done yet, then the summary of the run.

        The seconds of a batch are those of its items, without fetching, loading and building requests. Raises CannotRun
        if the model or the task cannot be run at all, NotFetched if files could not be fetched this time, MissingExtra
        without the extra `eval`.
        """
        need_eval("running models")
        options = self.read_options(spec.options)
        self._instrument(spec)
        with self.lend(Weights.of(spec, self._allowed), options) as loaded, self.session(spec, loaded) as session:
            named = (loaded.hash, loaded.engine, session.plan.key, session.instrument.name, options.metric)
            session.answers = _kept(self._answers, named, dict)
            yield from session.batches(done)
            yield session.finished(loaded.hash, loaded.engine)

    @contextmanager
    def session(self, spec: JobSpec, loaded: _Lent) -> Iterator[Session]:
        """Provide a session of a task with a loaded model, which knows no answers yet. Raises CannotRun."""
        from evaluation.engines.tasks.harness_model import HarnessModel

        options, instrument = self.read_options(spec.options), self._instrument(spec)
        encoder, plan = self._prepared(spec, options, loaded)
        with closing(HarnessModel(self.backend(spec, options, loaded, encoder, plan), encoder)) as model:
            yield Session(
                plan=plan,
                instrument=instrument,
                catalogue=self.catalogue,
                options=options,
                model=model,
                answers={},
                engine_settings=self.engine_settings,
            )

    def _instrument(self, spec: JobSpec) -> Instrument:
        instrument = self.catalogue.find(spec.instrument)
        if instrument is None:
            raise CannotRun(spec.instrument, "the catalogue has no such instrument")
        return instrument

    def _prepared(self, spec: JobSpec, options: _Options, loaded: _Lent) -> tuple[Encoder, TaskPlan]:
        """Return the encoder and the requests of a task, built if they are not kept."""
        tokenizer, longest = loaded.tokenizer, loaded.longest
        template = (str(tokenizer.chat_template), str(tokenizer.special_tokens_map)) if options.chat else None
        key = (spec.definition, spec.item_limit, options.shots, options.system, template)
        named = (loaded.tokenizer_hash, longest, key)
        encoder = _kept(self._encoders, named, lambda: Encoder(tokenizer, longest))
        return encoder, _kept(self._plans, key, lambda: plan_of(spec, options, encoder, key))


def _kept(store: OrderedDict[Hashable, _Kept], key: Hashable, make: Callable[[], _Kept]) -> _Kept:
    """Return the value under a key, made if it is missing; the least recently used one is dropped."""
    if key not in store:
        store[key] = make()
    store.move_to_end(key)
    while len(store) > KEPT:
        store.popitem(last=False)
    return store[key]
