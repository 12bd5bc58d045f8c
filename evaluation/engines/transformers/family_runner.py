"""The transformers runner: a base stays loaded for its whole family.

Adapters are attached to the loaded base and removed; any other model replaces it.
"""

from __future__ import annotations

import logging
import weakref
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from evaluation.engines.interface import Weights
from evaluation.engines.tasks.task_runner import TaskRunner
from evaluation.engines.transformers.adapters import attached, changes_model, fingerprint
from evaluation.engines.transformers.batch_size import free_memory
from evaluation.engines.transformers.continuous_batching import ContinuousBatcher
from evaluation.engines.transformers.downloads import Snapshot, Snapshots
from evaluation.engines.transformers.load_model import (
    Precision,
    choose_precision,
    has_tokenizer,
    load_model,
    load_tokenizer,
)
from evaluation.engines.transformers.options import TransformersOptions, read_options
from evaluation.engines.transformers.placement import devices_of
from evaluation.engines.transformers.weights_hash import adapted_hash, tokenizer_hash
from evaluation.errors import CannotRun
from lineage.vocabulary import BatchingName

if TYPE_CHECKING:
    from collections.abc import Container, Hashable, Iterator

    from evaluation.engines.tasks.encoding import Encoder
    from evaluation.engines.tasks.session import TaskPlan
    from evaluation.engines.transformers.model_backend import TransformersBackend
    from lineage.scheduling.job import JobSpec, Options
    from lineage.scores.instruments import Catalogue

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

    @property
    def longest(self) -> int:
        """The most tokens that it takes, as lm-evaluation-harness finds them."""
        from lm_eval.models.utils import resolve_max_length

        return int(resolve_max_length(self.model.config, self.tokenizer))

    @property
    def engine(self) -> str:
        """The name of what runs it."""
        spread = devices_of(self.model)
        return engine_name(self.precision) + (f" over {len(spread)} devices" if spread else "")


class FamilyRunner(TaskRunner[LoadedModel, TransformersOptions]):
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
        super().__init__(catalogue, trusted)
        self.batching = batching
        self.snapshots = snapshots or Snapshots()
        self.device = device
        self._loaded: LoadedModel | None = None
        self._trusted: dict[Hashable, bool] = {}
        self._trusted_starts: dict[Hashable, bool] = {}

    def read_options(self, given: Options) -> TransformersOptions:
        """Return the options of a task. Raises OptionInvalid."""
        return read_options(given)

    def fetch_ahead(self, spec: JobSpec) -> None:
        """Begin to download what the next job needs, while this one runs."""
        self.snapshots.fetch_ahead(Weights.of(spec, self._allowed))

    def close(self) -> None:
        """Free memory and stop downloads."""
        self._unload()
        self.snapshots.close()

    def backend(
        self,
        spec: JobSpec,
        options: TransformersOptions,
        loaded: LoadedModel,
        encoder: Encoder,
        plan: TaskPlan,
    ) -> TransformersBackend:
        """Return what answers for a loaded model; what its answers have in common is run once."""
        from evaluation.engines.transformers.generate import ReplyWriter
        from evaluation.engines.transformers.loglikelihood import LikelihoodScorer
        from evaluation.engines.transformers.model_backend import TransformersBackend

        is_continuous = self.batching is BatchingName.CONTINUOUS or (
            self.batching is BatchingName.AUTO
            and loaded.model.device.type == "cuda"
            and not devices_of(loaded.model)  # nobody ran that
        )
        name = spec.model
        scorer = LikelihoodScorer(loaded.model, name)
        continuous = ContinuousBatcher(loaded.model, name) if is_continuous else None
        writer = ReplyWriter(loaded.model, name, continuous, trusted=self._trusted_starts)
        for budget in (scorer.budget, writer.budget):
            budget.tokens = options.batch_tokens or budget.tokens
        architecture = (type(loaded.model).__name__, loaded.model.config.model_type, loaded.precision)
        sample = [request.args for request in plan.sample() if request.request_type == "loglikelihood"]
        if architecture not in self._trusted and scorer.shares(pairs := encoder.pairs(sample)):
            self._trusted[architecture] = scorer.agrees(pairs)
            if not self._trusted[architecture]:
                _log.warning("%s: sharing contexts changes its answers, so they are not shared", name)
        if not self._trusted.get(architecture, True):
            scorer.stop_branching()
        return TransformersBackend(scorer, writer)

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


@lru_cache
def engine_name(precision: Precision) -> str:
    """Return what ran a model: the packages whose versions may move an answer, and the type of its numbers."""
    packages = ("lm_eval", "transformers", "torch")
    return " ".join([*(f"{name}/{version(name)}" for name in packages), precision.dtype])
