"""The transformers runner: a base stays loaded for its whole family, and preparations are shared.

Adapters are attached to the loaded base and removed; any other model replaces it. Requests are built once per task and
template, and encoded once per tokenizer; weights that ran before in this process give their answers again at once.
"""

from __future__ import annotations

import logging
import weakref
from collections import OrderedDict
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from evaluation.engines.interface import Weights
from evaluation.engines.transformers.adapters import attached, changes_model, fingerprint
from evaluation.engines.transformers.batch_size import estimate, free_memory
from evaluation.engines.transformers.continuous_batching import ContinuousBatcher
from evaluation.engines.transformers.downloads import Snapshot, Snapshots
from evaluation.engines.transformers.encoding import Encoder
from evaluation.engines.transformers.extras import need_eval
from evaluation.engines.transformers.load_model import (
    Precision,
    choose_precision,
    has_tokenizer,
    load_model,
    load_tokenizer,
)
from evaluation.engines.transformers.options import read_options
from evaluation.engines.transformers.session import Session, TaskPlan, engine_name, plan_of
from evaluation.engines.transformers.weights_hash import adapted_hash, tokenizer_hash
from evaluation.errors import CannotRun
from lineage.vocabulary import BatchingName

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Hashable, Iterator

    from evaluation.engines.interface import Batch, ItemResult, RunSummary
    from evaluation.engines.transformers.options import TransformersOptions
    from lineage.scheduling.job import JobSpec
    from lineage.scores.instruments import Catalogue, Instrument

KEPT: Final = 8
"""The most plans, encoders and answers that are kept, each."""
_Kept = TypeVar("_Kept")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedModel:
    """A model in memory: its files, its hash, its tokenizer, and the hash of how that encodes."""

    weights: Weights
    snapshot: Snapshot
    hash: str
    model: Any
    tokenizer: Any
    tokenizer_hash: str
    precision: Precision


class FamilyRunner:
    """Runs tasks of lm-evaluation-harness on models of transformers, one model in memory at a time.

    `device` is torch's name, or None for the best one. Replies are generated in continuous batches only on cuda if
    `batching` is auto. `trusted` are the models whose own code may run. Not thread-safe.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        snapshots: Snapshots | None = None,
        device: str | None = None,
        batching: BatchingName = BatchingName.AUTO,
        trusted: Container[str] = (),
    ) -> None:
        self.catalogue = catalogue
        self.batching = batching
        self._allowed = trusted
        self.snapshots = snapshots or Snapshots()
        self.device = device
        self._loaded: LoadedModel | None = None
        self._plans: OrderedDict[Hashable, TaskPlan] = OrderedDict()
        self._encoders: OrderedDict[Hashable, Encoder] = OrderedDict()
        self._answers: OrderedDict[Hashable, dict[str, ItemResult]] = OrderedDict()
        self._trusted: dict[Hashable, bool] = {}

    def run(self, spec: JobSpec, done: frozenset[str]) -> Iterator[Batch | RunSummary]:
        """Yield batches of the items that are not done yet, then the summary of the run.

        The seconds of a batch are those of its items, without fetching, loading and building requests. Raises CannotRun
        if the model or the task cannot be run at all, NotFetched if files could not be fetched this time, MissingExtra
        without the extra `eval`.
        """
        need_eval("running models")
        options = read_options(spec.options)
        self._instrument(spec)
        with self.lend(Weights.of(spec, self._allowed), options) as loaded, self.session(spec, loaded) as session:
            named = (loaded.hash, loaded.precision, session.plan.key, session.instrument.name, options.metric)
            session.answers = _kept(self._answers, named, dict)
            yield from session.batches(done)
            yield session.finished(loaded.hash, engine_name(loaded.precision))

    @contextmanager
    def session(self, spec: JobSpec, loaded: LoadedModel) -> Iterator[Session]:
        """Provide a session of a task with a loaded model, which knows no answers yet. Raises CannotRun."""
        options, instrument = read_options(spec.options), self._instrument(spec)
        encoder, plan = self._prepared(spec, options, loaded)
        with closing(self._asked(spec, options, loaded, encoder, plan)) as model:
            yield Session(
                plan=plan,
                instrument=instrument,
                catalogue=self.catalogue,
                options=options,
                model=model,
                answers={},
            )

    def fetch_ahead(self, spec: JobSpec) -> None:
        """Begin to download what the next job needs, while this one runs."""
        self.snapshots.fetch_ahead(Weights.of(spec, self._allowed))

    def close(self) -> None:
        """Free memory and stop downloads."""
        self._unload()
        self.snapshots.close()

    def _instrument(self, spec: JobSpec) -> Instrument:
        instrument = self.catalogue.find(spec.instrument)
        if instrument is None:
            raise CannotRun(spec.instrument, "the catalogue has no such instrument")
        return instrument

    def _prepared(self, spec: JobSpec, options: TransformersOptions, loaded: LoadedModel) -> tuple[Encoder, TaskPlan]:
        """Return the encoder and the requests of a task, built if they are not kept."""
        from lm_eval.models.utils import resolve_max_length

        tokenizer = loaded.tokenizer
        longest = resolve_max_length(loaded.model.config, tokenizer)
        template = (str(tokenizer.chat_template), str(tokenizer.special_tokens_map)) if options.chat else None
        key = (spec.definition, spec.item_limit, options.shots, options.system, template)
        named = (loaded.tokenizer_hash, longest, key)
        encoder = _kept(self._encoders, named, lambda: Encoder(tokenizer, longest))
        return encoder, _kept(self._plans, key, lambda: plan_of(spec, options, encoder, key))

    def _asked(
        self, spec: JobSpec, options: TransformersOptions, loaded: LoadedModel, encoder: Encoder, plan: TaskPlan
    ) -> Any:
        """Return the model as the harness asks it; what its answers have in common is run once."""
        from evaluation.engines.transformers.harness_model import HarnessModel
        from evaluation.engines.transformers.loglikelihood import LikelihoodScorer

        budget = estimate(loaded.model)
        budget.tokens = options.batch_tokens or budget.tokens
        is_continuous = self.batching is BatchingName.CONTINUOUS or (
            self.batching is BatchingName.AUTO and loaded.model.device.type == "cuda"
        )
        name = spec.model
        continuous = ContinuousBatcher(loaded.model, name) if is_continuous else None
        model = HarnessModel(LikelihoodScorer(loaded.model, name, budget), encoder, continuous)
        architecture = (type(loaded.model).__name__, loaded.model.config.model_type, loaded.precision)
        sample = [request.args for request in plan.sample() if request.request_type == "loglikelihood"]
        if architecture not in self._trusted and model.scorer.shares(pairs := encoder.pairs(sample)):
            self._trusted[architecture] = model.scorer.agrees(pairs)
            if not self._trusted[architecture]:
                _log.warning("%s: sharing contexts changes its answers, so they are not shared", name)
        if not self._trusted.get(architecture, True):
            model.scorer.stop_branching()
        return model

    @contextmanager
    def lend(self, weights: Weights, options: TransformersOptions) -> Iterator[LoadedModel]:
        """Provide a model for the time of a task, an adapter on its base. Raises CannotRun, NotFetched."""
        precision = choose_precision(self.device, options.dtype)
        if weights.base is None:
            yield self._load(weights, precision)
            return
        if weights.base.base is not None:
            raise CannotRun(weights.model, "an adapter on an adapter is not run")
        self._unload_all_but(weights.base, precision)
        with ExitStack() as ending:
            snapshot = self.snapshots.fetch(weights)
            ending.callback(self.snapshots.release, weights)
            if not snapshot.is_adapter:
                raise CannotRun(weights.model, "it is said to be an adapter, and has no adapter_config.json")
            yield from self._adapted(weights, snapshot, self._load(weights.base, precision))

    def _adapted(self, weights: Weights, snapshot: Snapshot, base: LoadedModel) -> Iterator[LoadedModel]:
        """Yield a base with an adapter attached; then remove it, or unload the base if that is impossible."""
        before = fingerprint(base.model)
        tokenizer = load_tokenizer(snapshot, weights) if has_tokenizer(snapshot) else base.tokenizer
        try:
            with attached(base.model, snapshot.folder, weights.model) as model:
                yield LoadedModel(
                    weights=weights,
                    snapshot=snapshot,
                    hash=adapted_hash(snapshot.hash(), base.hash),
                    model=model,
                    tokenizer=tokenizer,
                    tokenizer_hash=base.tokenizer_hash if tokenizer is base.tokenizer else tokenizer_hash(tokenizer),
                    precision=base.precision,
                )
        finally:
            if changes_model(snapshot.folder) or fingerprint(base.model) != before:
                self._unload()

    def _load(self, weights: Weights, precision: Precision) -> LoadedModel:
        """Return a loaded model that is no adapter; another loaded model is freed first, and its files released."""
        self._unload_all_but(weights, precision)
        if self._loaded is not None:
            return self._loaded
        with ExitStack() as failing:
            snapshot = self.snapshots.fetch(weights)
            failing.callback(self.snapshots.release, weights)
            if snapshot.is_adapter:
                raise CannotRun(weights.model, "it is an adapter, and no base is named")
            tokenizer = load_tokenizer(snapshot, weights)
            self._loaded = LoadedModel(
                weights=weights,
                snapshot=snapshot,
                hash=snapshot.hash(),
                model=load_model(snapshot, weights, precision),
                tokenizer=tokenizer,
                tokenizer_hash=tokenizer_hash(tokenizer),
                precision=precision,
            )
            failing.pop_all()
        return self._loaded

    def _unload_all_but(self, weights: Weights, precision: Precision) -> None:
        if self._loaded is not None and (self._loaded.weights, self._loaded.precision) != (weights, precision):
            self._unload()

    def _unload(self) -> None:
        if self._loaded is None:
            return
        self.snapshots.release(self._loaded.weights)
        model = weakref.ref(self._loaded.model)
        self._loaded = None
        if model() is not None:  # something goes around in a circle
            free_memory()


def _kept(store: OrderedDict[Hashable, _Kept], key: Hashable, make: Callable[[], _Kept]) -> _Kept:
    """Return the value under a key, made if it is missing; the least recently used one is dropped."""
    if key not in store:
        store[key] = make()
    store.move_to_end(key)
    while len(store) > KEPT:
        store.popitem(last=False)
    return store[key]
