"""The engine `vllm`: tasks of lm-evaluation-harness on models under vLLM, offline, one process per base.

A base stays in its process for its family; adapters are named with what is asked. Items, tokens and values are made as
for the engine `transformers`; only who runs the model differs.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evaluation.catalogue import chosen_catalogue
from evaluation.engines.interface import Weights
from evaluation.engines.tasks.identity import EngineSettings
from evaluation.engines.tasks.options import TaskOptions
from evaluation.engines.tasks.task_runner import TaskRunner
from evaluation.engines.transformers.downloads import Snapshots
from evaluation.engines.transformers.load_model import has_tokenizer, load_tokenizer, told_of
from evaluation.engines.transformers.placement import weights_bytes
from evaluation.engines.transformers.weights_hash import adapted_hash, tokenizer_hash
from evaluation.engines.vllm.adapter_limits import MODULES, rank_of
from evaluation.engines.vllm.generation_rules import check_generation
from evaluation.engines.vllm.interpreter import find_interpreter
from evaluation.engines.vllm.options import read_options
from evaluation.engines.vllm.vllm_backend import VllmBackend
from evaluation.engines.vllm.vllm_process import VllmProcess
from evaluation.errors import CannotRun
from lineage.vocabulary import EngineName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluation.engines.interface import Setup
    from evaluation.engines.tasks.encoding import Encoder
    from evaluation.engines.tasks.session import TaskPlan
    from evaluation.engines.transformers.downloads import Snapshot
    from lineage.scheduling.job import JobSpec, Options
    from lineage.scores.instruments import Catalogue

AUTO: Final = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProcess:
    """A base in its process: where its files are, how it was asked for, and what it is as a model of its own."""

    weights: Weights
    dtype: str | None
    rank: int
    process: VllmProcess
    alone: VllmModel


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmModel:
    """A model under vLLM, lent for a task; `adapter` is the folder of what is added to the base, or None."""

    hash: str
    engine: str
    longest: int
    tokenizer: Any
    tokenizer_hash: str
    adapter: Path | None


def make_runner(setup: Setup) -> VllmRunner:
    """Return a runner for a worker; raises UsageError or InstrumentFault where the file of instruments has a fault."""
    catalogue = chosen_catalogue(None if setup.instruments is None else Path(setup.instruments))
    return VllmRunner(
        catalogue,
        Snapshots(cache_gb=setup.cache_gb),
        device=None if setup.device == AUTO else setup.device,
        threads=setup.threads,
    )


class VllmRunner(TaskRunner[VllmModel, TaskOptions]):
    """Runs tasks under vLLM, one base at a time; `device` and `threads` are None for what vLLM chooses.

    Code of a model's repository is never run. Not thread-safe.
    """

    engine_settings = EngineSettings(template={"engine": EngineName.VLLM.value})

    def __init__(
        self,
        catalogue: Catalogue,
        snapshots: Snapshots | None = None,
        device: str | None = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(catalogue)
        self.snapshots = snapshots or Snapshots()
        self.device = device
        self.threads = threads
        self._served: LoadedProcess | None = None

    def read_options(self, given: Options) -> TaskOptions:
        """Return the options of a task. Raises OptionInvalid."""
        return read_options(given)

    @contextmanager
    def lend(self, weights: Weights, options: TaskOptions) -> Iterator[VllmModel]:
        """Provide a model for the time of a task, an adapter on its base. Raises CannotRun, NotFetched, VllmFailed."""
        if weights.base is None:
            yield self._serve(weights, options.dtype, 0).alone
            return
        if weights.base.base is not None:
            raise CannotRun(weights.model, "an adapter on an adapter is not run")
        with ExitStack() as ending:
            snapshot = self.snapshots.fetch(weights)
            ending.callback(self.snapshots.release, weights)
            if not snapshot.is_adapter:
                raise CannotRun(weights.model, "it is said to be an adapter, and has no adapter_config.json")
            yield self._adapted(weights, snapshot, self._base_for(weights, snapshot, options.dtype))

    def backend(
        self, spec: JobSpec, options: TaskOptions, loaded: VllmModel, encoder: Encoder, plan: TaskPlan
    ) -> VllmBackend:
        """Return what answers for a model in the process of its base."""
        del options, encoder, plan
        if self._served is None:
            raise TypeError(self._served)
        return VllmBackend(name=spec.model, process=self._served.process, adapter=loaded.adapter)

    def fetch_ahead(self, spec: JobSpec) -> None:
        """Begin to download what the next job needs, while this one runs."""
        self.snapshots.fetch_ahead(Weights.of(spec))

    def close(self) -> None:
        """End the process, and stop downloads."""
        self._end()
        self.snapshots.close()

    def _base_for(self, weights: Weights, snapshot: Snapshot, dtype: str | None) -> LoadedProcess:
        """Return the base of an adapter, in a process that has room for it."""
        if weights.base is None:
            raise TypeError(weights)
        with ExitStack() as ending:
            carrier = self.snapshots.fetch(weights.base)
            ending.callback(self.snapshots.release, weights.base)
            config = _config_of(carrier, weights.base)
            rank = rank_of(snapshot.folder, weights.model, int(config.num_hidden_layers))
            return self._serve(weights.base, dtype, rank)

    def _adapted(self, weights: Weights, snapshot: Snapshot, base: LoadedProcess) -> VllmModel:
        alone = base.alone
        tokenizer = load_tokenizer(snapshot, weights) if has_tokenizer(snapshot) else alone.tokenizer
        is_own = tokenizer is not alone.tokenizer
        return VllmModel(
            hash=adapted_hash(snapshot.hash(), alone.hash),
            engine=alone.engine,
            longest=alone.longest,
            tokenizer=tokenizer,
            tokenizer_hash=tokenizer_hash(tokenizer) if is_own else alone.tokenizer_hash,
            adapter=snapshot.folder,
        )

    def _serve(self, weights: Weights, dtype: str | None, rank: int) -> LoadedProcess:
        """Return a base in a process with room for adapters of a rank, the present one if it fits and lives."""
        served = self._served
        if served is not None:
            is_same = (served.weights, served.dtype) == (weights, dtype)
            if is_same and served.rank >= rank and served.process.is_alive:
                return served
            self._end()
        with ExitStack() as failing:
            snapshot = self.snapshots.fetch(weights)
            failing.callback(self.snapshots.release, weights)
            if snapshot.is_adapter:
                raise CannotRun(weights.model, "it is an adapter, and no base is named")
            check_generation(snapshot.folder, weights.model)
            process = VllmProcess(find_interpreter(), weights.model, self.threads)
            failing.callback(process.close)
            alone = self._loaded(weights, snapshot, process, dtype, rank)
            self._served = LoadedProcess(weights=weights, dtype=dtype, rank=rank, process=process, alone=alone)
            failing.pop_all()
        return self._served

    def _loaded(
        self, weights: Weights, snapshot: Snapshot, process: VllmProcess, dtype: str | None, rank: int
    ) -> VllmModel:
        """Load a base in a process. Raises CannotRun with what vLLM says where it cannot run it."""
        from lm_eval.models.utils import resolve_max_length

        tokenizer = load_tokenizer(snapshot, weights)
        config = _config_of(snapshot, weights)
        longest = int(resolve_max_length(config, tokenizer))
        given = {
            "folder": str(snapshot.folder),
            "dtype": dtype,
            "longest": longest,
            "rank": rank,
            "modules": sorted(MODULES),
            "device": self.device,
            "shape": [
                weights_bytes(snapshot.folder, 1),
                int(getattr(config.get_text_config(), "num_attention_heads", 1)),
            ],
        }
        try:
            said = process.ask("load", given)
        except ValueError as exc:
            raise CannotRun(weights.model, f"vLLM does not run it: {exc}", "the engine transformers may") from exc
        packages = {"lm_eval": version("lm_eval"), **said["versions"]}
        engine = " ".join([*(f"{name}/{of}" for name, of in packages.items()), str(said["dtype"])])
        if said["devices"] > 1:
            engine += f" over {said['devices']} devices"
        return VllmModel(
            hash=snapshot.hash(),
            engine=engine,
            longest=longest,
            tokenizer=tokenizer,
            tokenizer_hash=tokenizer_hash(tokenizer),
            adapter=None,
        )

    def _end(self) -> None:
        if self._served is None:
            return
        self._served.process.close()
        self.snapshots.release(self._served.weights)
        self._served = None


def _config_of(snapshot: Snapshot, weights: Weights) -> Any:
    """Return the settings of a model as transformers reads them, without code of its repository. Raises CannotRun."""
    from transformers import AutoConfig

    with told_of(weights.model):
        return AutoConfig.from_pretrained(snapshot.folder, trust_remote_code=False, local_files_only=True)
