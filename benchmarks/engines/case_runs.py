"""A task on one model or a family, by each engine in turn: values, seconds without the first load, and peak memory.

A clock waits for the device at its borders, as a GPU goes on working after Python was told that it did.
"""

from __future__ import annotations

import gc
import os
import resource
import time
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.interface import Batch
from evaluation.engines.transformers.family_runner import FamilyRunner
from evaluation.engines.vllm.runner import VllmRunner
from lineage.scheduling.job import JobSpec
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    RunCase = Callable[["Case"], "CaseRun"]

BATCHES: Final = {"cpu": 16, "cuda": 64}
"""Rows at once in lm-eval, which has no way to find the best itself that does not cost a trial of its longest rows."""
OF_PROCESS: Final = Path("/proc")
MEGABYTE: Final = 1_000_000
Values = dict[str, list[float]]


class Unavailable(Exception):
    """An engine is not there, or does not run a case; its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Models that are evaluated one after the other on a task; the first one carries the adapters among them."""

    name: str
    task: Path
    models: tuple[Path, ...]
    has_adapters: bool = False

    def spec(self, number: int, dtype: str, items: int | None = None) -> JobSpec:
        """Return what runs the task on one of the models."""
        path = self.models[number]
        spec = JobSpec(
            model=path.name,
            revision=None,
            folder=str(path),
            instrument=self.task.stem,
            definition=str(self.task),
            item_limit=items,
            options={"dtype": dtype},
        )
        if self.has_adapters and number:
            return replace(spec, base="base", base_folder=str(self.models[0]))
        return spec


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """What an engine made of a case: values of each model's items by name, the least seconds of several rounds.

    `peak_mb` is the most memory while it ran: of a GPU what its tensors took, or what an engine with processes of its
    own has there; on a processor what the process took. `tokens` are those that were run in a round, or None where they
    are not counted.
    """

    values: Values
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    tokens: int | None = None


@contextmanager
def by_harness(cases: Sequence[Case], options: argparse.Namespace) -> Iterator[RunCase]:
    """Run lm-eval's own `hf` model; models after the first of a case are loaded while the clock runs."""
    from lm_eval.models.huggingface import HFLM

    def load(case: Case, number: int) -> Any:  # noqa: ANN401 -- the harness carries no types
        is_adapter = case.has_adapters and number > 0
        return HFLM(
            pretrained=str(case.models[0] if is_adapter else case.models[number]),
            peft=str(case.models[number]) if is_adapter else None,
            device=options.device,
            dtype=options.dtype,
            softmax_dtype="float32",
            batch_size=BATCHES[options.device.partition(":")[0]],
        )

    first = load(cases[0], 0)
    yield lambda case: _asked(case, options, _Timer(options.device), lambda number: load(case, number), first)


@contextmanager
def by_sglang(cases: Sequence[Case], options: argparse.Namespace) -> Iterator[RunCase]:
    """Run lm-eval's model `sglang`, in processes that are there before."""
    if find_spec("sglang") is None:
        raise Unavailable("the package sglang is not installed")
    if options.device == "cpu":
        raise Unavailable("lm-eval runs SGLang on a GPU alone")
    from lm_eval.models.sglang_causallms import SGLangLM

    before = _in_use(options.device)
    model: Any = SGLangLM(pretrained=str(cases[0].models[0]), dtype=options.dtype, device=options.device)

    def run(case: Case) -> CaseRun:
        if len(case.models) > 1:
            raise Unavailable("it runs one model")
        return _asked(case, options, _Timer(options.device, in_use_before=before), lambda _: model, model)

    try:
        yield run
    finally:
        model.model.shutdown()


def by_transformers(cases: Sequence[Case], options: argparse.Namespace) -> AbstractContextManager[RunCase]:
    """Run the engine `transformers`."""
    return _by_runner(cases, options, FamilyRunner(catalogue(cases), device=options.device))


def by_vllm(cases: Sequence[Case], options: argparse.Namespace) -> AbstractContextManager[RunCase]:
    """Run the engine `vllm`, whose process is there before the clock starts."""
    threads = options.threads if options.device == "cpu" else None
    return _by_runner(cases, options, VllmRunner(catalogue(cases), device=options.device, threads=threads))


ENGINES: Final[dict[str, Callable[[Sequence[Case], argparse.Namespace], AbstractContextManager[RunCase]]]] = {
    "lm-eval hf": by_harness,
    "transformers": by_transformers,
    "vllm": by_vllm,
    "sglang (lm-eval)": by_sglang,
}
"""The engines of the table; all are compared with the first. Each is started once for all cases, which share a base."""


@contextmanager
def _by_runner(
    cases: Sequence[Case], options: argparse.Namespace, runner: FamilyRunner | VllmRunner
) -> Iterator[RunCase]:
    """Run an engine of ours: one item first, so that the base is loaded, then whole rounds."""
    with ExitStack() as ending:
        ending.callback(runner.close)
        before = _in_use(options.device)
        list(runner.run(cases[0].spec(0, options.dtype, 1), frozenset()))

        def run(case: Case) -> CaseRun:
            list(runner.run(case.spec(0, options.dtype, 1), frozenset()))
            served = runner._served if isinstance(runner, VllmRunner) else None  # noqa: SLF001 -- nobody else asks for it
            if served is None:
                timer = _Timer(options.device)
            else:
                timer = _Timer(options.device, served.process.pid, in_use_before=before)
            values: Values = {}
            tokens = 0
            for _ in range(options.rounds):
                runner._answers.clear()  # noqa: SLF001 -- else the second round would find them
                timer.start()
                tokens = 0
                for number, path in enumerate(case.models):
                    spec = case.spec(number, options.dtype)
                    batches = [one for one in runner.run(spec, frozenset()) if isinstance(one, Batch)]
                    tokens += sum(batch.tokens or 0 for batch in batches)
                    items = [item for batch in batches for item in batch.items]
                    values[path.name] = [item.value for item in sorted(items, key=lambda item: item.item)]
                timer.stop()
            return timer.run(values, tokens)

        yield run


def _asked(case: Case, options: argparse.Namespace, timer: _Timer, load: Callable[[int], Any], first: Any) -> CaseRun:  # noqa: ANN401 -- the harness carries no types
    """Ask models of lm-eval, without its start, which every model would pay."""
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_defaults=False)
    values: Values = {}
    for _ in range(options.rounds):
        timer.start()
        for number, path in enumerate(case.models):
            model = load(number) if number else first
            results: Any = simple_evaluate(model=model, tasks=[str(case.task)], task_manager=manager, bootstrap_iters=0)
            samples = results["samples"][case.task.stem]
            values[path.name] = [sample["acc"] for sample in sorted(samples, key=lambda sample: sample["doc_hash"])]
        timer.stop()
    return timer.run(values, None)


class _Timer:
    """Measures rounds of one engine, this process and `child` together, on a device that it waits for.

    `in_use_before` is what was in use on a GPU before an engine with processes of its own was there, else None.
    """

    def __init__(self, device: str, child: int | None = None, in_use_before: float | None = None) -> None:
        self.device, self.child, self.in_use_before = device, child, in_use_before
        self.rounds: list[tuple[float, float]] = []
        self.began = (0.0, 0.0)
        self.peaks: list[float] = []

    def start(self) -> None:
        """Begin a round, and forget the peak of memory before it."""
        if self.device == "cpu":
            _forget_peak(self.child)
        else:
            import torch

            torch.cuda.reset_peak_memory_stats()
        self.began = self._now()

    def stop(self) -> None:
        """End a round."""
        now = self._now()
        self.rounds.append((now[0] - self.began[0], now[1] - self.began[1]))
        self.peaks.append(self._peak())

    def run(self, values: Values, tokens: int | None) -> CaseRun:
        """Return what was measured."""
        return CaseRun(
            values=values,
            wall_seconds=min(wall for wall, _ in self.rounds),
            cpu_seconds=min(cpu for _, cpu in self.rounds),
            peak_mb=max(self.peaks),
            tokens=tokens,
        )

    def _now(self) -> tuple[float, float]:
        if self.device != "cpu":
            import torch

            torch.cuda.synchronize()
        return time.perf_counter(), time.process_time() + spent(self.child)

    def _peak(self) -> float:
        if self.device == "cpu":
            return _peak_of(self.child)
        if self.in_use_before is not None:
            return _in_use(self.device) - self.in_use_before
        import torch

        return float(torch.cuda.max_memory_allocated()) / MEGABYTE


def spent(process: int | None) -> float:
    """Return the processor seconds of a process so far, 0 for none."""
    if process is None:
        return 0.0
    fields = (OF_PROCESS / str(process) / "stat").read_text("utf-8").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free(device: str) -> None:
    """Give back what nothing holds any more, so that the next engine finds it."""
    gc.collect()
    if device != "cpu":
        import torch

        torch.cuda.empty_cache()


def _in_use(device: str) -> float:
    """Return the megabytes that all processes use of a GPU; 0 on a processor."""
    if device == "cpu":
        return 0.0
    import torch

    free_bytes, total = torch.cuda.mem_get_info()
    return float(total - free_bytes) / MEGABYTE


def _forget_peak(process: int | None) -> None:
    """Let the kernel forget the peak of a process's memory."""
    (OF_PROCESS / str(process or "self") / "clear_refs").write_text("5", "utf-8")


def _peak_of(process: int | None) -> float:
    """Return the peak of a process's memory since it was forgotten, in megabytes."""
    lines = (OF_PROCESS / str(process or "self") / "status").read_text("utf-8").splitlines()
    peak = next((line for line in lines if line.startswith("VmHWM:")), None)
    kilobytes = int(peak.split()[1]) if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * 1024 / MEGABYTE


def catalogue(cases: Sequence[Case]) -> Catalogue:
    """Return the instruments that the tasks of cases measure."""
    return Catalogue.of(
        Instrument(
            name=task,
            title=task,
            construct=Construct.CAPABILITY,
            direction=Direction.CAPABILITY,
            low=0,
            high=1,
            scale=Scale.GRADED,
            scorer="acc",
        )
        for task in sorted({case.task.stem for case in cases})
    )


def differences(reference: Values, found: Values) -> Iterator[float]:
    """Yield by how much each item of each model differs from the reference."""
    for model, values in reference.items():
        yield from (abs(one - other) for one, other in zip(values, found[model], strict=True))
