"""Evaluating one model and families of models, by the transformers runner beside lm-eval's own `hf` model."""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

from benchmarks.rig.grove_models import SHAPES, save_adapter, save_model, write_task
from benchmarks.rig.stopwatch import PARTS, matrix_rate, measured_shares
from benchmarks.rig.tables import Cell, print_machine, print_table
from evaluation.engines.interface import Batch
from evaluation.engines.transformers.family_runner import FamilyRunner
from lineage.scheduling.job import JobSpec
from lineage.scores.instruments import Catalogue, Instrument
from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS: Final = 2
ADAPTERS: Final = 20
TUNED: Final = 4
TUNED_IN_FULL: Final = 10
GOALS: Final = {"long prefix": 3.0, "20 adapters": 3.0}
"""How many times as fast; of the rest no less than 1."""
BATCHES: Final = {"cpu": 16, "cuda": 64}
"""Rows at once in lm-eval, which has no way to find the best itself that does not cost a trial of its longest rows."""
Values = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Models that are evaluated one after the other on a task; the first one carries the adapters among them."""

    name: str
    task: Path
    models: tuple[Path, ...]
    has_adapters: bool = False


def main() -> None:
    """Make models and tasks in a temporary folder, and run every case in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--sizes", nargs="*", default=["0.3M", "8M"], choices=list(SHAPES))
    parser.add_argument("--items", type=int, default=24, help="items a task")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dtype", help="of the numbers; float32 on cpu, else bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cases", nargs="*", default=None, help="names of cases, null for all")
    parser.add_argument("--full", action="store_true", help=f"{TUNED_IN_FULL} fine-tunes instead of {TUNED}")
    options = parser.parse_args()
    if not all(find_spec(name) for name in ("torch", "lm_eval", "peft")):
        print("not run: it needs the extra eval")
        return
    options.dtype = options.dtype or ("float32" if options.device == "cpu" else "bfloat16")
    _quiet(options.threads)
    print_machine("lm_eval", "transformers", "peft", "torch")
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        for size in options.sizes:
            folder = Path(name) / size
            folder.mkdir()
            cases = _cases(folder, size, options)
            chosen = [case for case in cases if options.cases is None or case.name in options.cases]
            _print_cases(size, chosen, options)
            if options.device == "cpu":
                _print_shares(size, [case for case in chosen if len(case.models) == 1], options)


def _cases(folder: Path, size: str, options: argparse.Namespace) -> list[Case]:
    shape, device = SHAPES[size], options.device
    base = save_model(folder / "base", shape, device)
    tasks = {kind: write_task(folder, kind, options.items) for kind in ("long_prefix", "letters", "letters_shots")}
    cases = [
        Case(name="long prefix", task=tasks["long_prefix"], models=(base,)),
        Case(name="letters", task=tasks["letters"], models=(base,)),
        Case(name="letters, examples", task=tasks["letters_shots"], models=(base,)),
    ]
    if options.cases is None or not {one.name for one in cases}.issuperset(options.cases):
        adapters = [save_adapter(folder / f"adapter{number}", base, number) for number in range(ADAPTERS)]
        count = TUNED_IN_FULL if options.full else TUNED
        tuned = [save_model(folder / f"tuned{number}", shape, device, number + 1) for number in range(count)]
        cases += [
            Case(name=f"{ADAPTERS} adapters", task=tasks["long_prefix"], models=(base, *adapters), has_adapters=True),
            Case(name=f"{count} fine-tunes", task=tasks["long_prefix"], models=(base, *tuned)),
            Case(name=f"{count} fine-tunes, letters", task=tasks["letters"], models=(base, *tuned)),
        ]
    return cases


def _print_cases(size: str, cases: Sequence[Case], options: argparse.Namespace) -> None:
    rows: list[list[Cell]] = []
    for case in cases:
        ours, theirs, differing = _measure(case, options)
        times = [theirs[at] / ours[at] for at in (0, 1)]
        goal = GOALS.get(case.name, 1.0)
        is_met = "yes" if times[1] >= goal else "no"
        rows.append([case.name, len(case.models), theirs[0], ours[0], times[0], theirs[1], ours[1], times[1]])
        rows[-1] += [differing, goal, is_met]
    print(
        f"{size} parameters, {options.items} items, {options.device}, {options.dtype},"
        f" least of {options.rounds} turns; cpu: all threads"
    )
    columns = ("case", "models", "lm-eval s", "ours s", "times", "lm-eval cpu s", "ours cpu s", "times cpu")
    print_table([*columns, "items that differ", "goal", "met by cpu"], rows)


def _print_shares(size: str, cases: Sequence[Case], options: argparse.Namespace) -> None:
    """Print where the seconds of a processor go, and how near the work comes to its rate of matrix products."""
    rate = matrix_rate(options.dtype)
    rows: list[list[Cell]] = []
    for case in cases:
        with measured_shares(SHAPES[size].vocabulary) as shares:
            tokens = _run_ours(case, options)[1]
        needed = 2e-9 * SHAPES[size].weights * tokens + shares.head_gflop
        seconds = [shares.seconds[part] for part in PARTS]
        rows.append(
            [case.name, tokens, shares.cpu_seconds, *seconds, needed / sum(seconds), needed / rate / sum(seconds)]
        )
    print(
        f"{size} parameters, {options.dtype}, ours once more under a profiler;"
        f" this processor's rate of matrix products: {rate:,.0f} GFLOP/s"
    )
    print_table(["case", "tokens", "cpu s", *PARTS, "GFLOP/s", "of the rate"], rows)


def _measure(case: Case, options: argparse.Namespace) -> tuple[tuple[float, float], tuple[float, float], int]:
    """Return the least wall and CPU seconds of ours and of lm-eval, and how many items get another value."""
    spent: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
    values: dict[str, Values] = {}
    runs: dict[str, Callable[[Case, argparse.Namespace], tuple[Values, int]]] = {
        "theirs": _run_harness,
        "ours": _run_ours,
    }
    for _ in range(options.rounds):
        for name, run in runs.items():
            start = (time.perf_counter(), time.process_time())
            values[name] = run(case, options)[0]
            spent[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    ours, theirs = (
        (min(one[0] for one in part), min(one[1] for one in part)) for part in (spent["ours"], spent["theirs"])
    )
    pairs = [zip(values["ours"][model], values["theirs"][model], strict=True) for model in values["ours"]]
    return ours, theirs, sum(one != two for pair in pairs for one, two in pair)


def _run_ours(case: Case, options: argparse.Namespace) -> tuple[Values, int]:
    """Evaluate all models of a case with a runner of its own.

    Return the values in the order of the items' names, and how many tokens were run.
    """
    runner = FamilyRunner(_catalogue(case.task.stem), device=options.device)
    found: Values = {}
    tokens = 0
    for number, path in enumerate(case.models):
        spec = JobSpec(
            model=path.name,
            revision=None,
            folder=str(path),
            instrument=case.task.stem,
            definition=str(case.task),
            options={"dtype": options.dtype},
        )
        if case.has_adapters and number:
            spec = replace(spec, base="base", base_folder=str(case.models[0]))
        batches = [batch for batch in runner.run(spec, frozenset()) if isinstance(batch, Batch)]
        tokens += sum(batch.tokens or 0 for batch in batches)
        items = [item for batch in batches for item in batch.items]
        found[path.name] = [item.value for item in sorted(items, key=lambda item: item.item)]
    runner.close()
    return found, tokens


def _run_harness(case: Case, options: argparse.Namespace) -> tuple[Values, int]:
    """Evaluate all models of a case as lm-eval does, without its start, which every model would pay.

    It does not count tokens: they are given as 0.
    """
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    manager = TaskManager(include_defaults=False)
    found: Values = {}
    for number, path in enumerate(case.models):
        is_adapter = case.has_adapters and number > 0
        model = HFLM(
            pretrained=str(case.models[0] if is_adapter else path),
            peft=str(path) if is_adapter else None,
            device=options.device,
            dtype=options.dtype,
            softmax_dtype="float32",
            batch_size=BATCHES[options.device.partition(":")[0]],
        )
        results: Any = simple_evaluate(model=model, tasks=[str(case.task)], task_manager=manager, bootstrap_iters=0)
        samples = results["samples"][case.task.stem]
        found[path.name] = [sample["acc"] for sample in sorted(samples, key=lambda sample: sample["doc_hash"])]
        del model
    return found, 0


def _catalogue(task: str) -> Catalogue:
    instrument = Instrument(
        name=task,
        title=task,
        construct=Construct.CAPABILITY,
        direction=Direction.CAPABILITY,
        low=0,
        high=1,
        scale=Scale.RATE,
        tasks=(f"lm-eval:{task}/acc",),
    )
    return Catalogue.of([instrument])


def _quiet(threads: int) -> None:
    import datasets
    import torch
    import transformers

    torch.set_num_threads(threads)
    logging.disable(logging.WARNING)
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call] # not typed there


if __name__ == "__main__":
    main()
