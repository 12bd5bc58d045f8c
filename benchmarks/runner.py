"""Evaluating one model and families of models by each engine: how near its values come, how fast, in how much memory.

The reference is lm-eval's own `hf` model. vLLM runs where it is installed or LINEAGE_VLLM_PYTHON names its Python,
SGLang where it is installed, as a model of lm-eval; an engine that does not run says why. Loading is not counted, but
for the models after the first of a case.

On a GPU it ends within ten minutes: nothing is begun once `--seconds` (400) have passed, and what was begun before
ends with at most a start (90 s) and a case (15 s: 200 items of four choices, twice). All of it should fit: weights of
19 GB written once and read by four engines, 60 s; four starts of vLLM and SGLang, 60 s each; three cases on two models,
50 s in lm-eval, which 817 items took 31 and 9 s of the longest case for one round, and half of that here.
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":  # a test that imports this module must leave the process as it is
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

from benchmarks.engines.case_runs import ENGINES, Case, CaseRun, Unavailable, by_transformers, differences, free
from benchmarks.rig.grove_models import SHAPES, save_adapter, save_model, write_task
from benchmarks.rig.stopwatch import PARTS, matrix_rate, measured_shares
from benchmarks.rig.tables import Cell, print_machine, print_table
from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS: Final = 2
ADAPTERS: Final = 20
TUNED: Final = 4
TUNED_IN_FULL: Final = 10
GOALS: Final = {"long prefix": 3.0, "20 adapters": 3.0}
"""How many times as fast as lm-eval `transformers` is to be; of the rest no less than 1."""
ALONE: Final = ("long prefix", "letters", "letters, examples")
"""Cases of one model, which are all on a GPU where nobody names others."""
EQUAL: Final = {"float32": 1e-3, "bfloat16": 0.05, "float16": 0.05, "float64": 1e-6}
"""By how much the share of the right choice may differ and be called equal, by the type of the numbers."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a device is measured on where nobody says otherwise."""

    sizes: tuple[str, ...]
    items: int
    dtype: str
    seconds: float


DEFAULTS: Final = {
    "cpu": Defaults(("0.3M", "8M"), 24, "float32", float("inf")),
    "cuda": Defaults(("1.5B", "8B"), 200, "bfloat16", 400),
}


def main() -> None:
    """Make models and tasks in a temporary folder, run every engine on every case, and print a table for each size."""
    options = read_options()
    if not all(find_spec(name) for name in ("torch", "lm_eval", "peft")):
        print("not run: it needs the extra eval")
        return
    _quiet(options.threads)
    print_machine("lm_eval", "transformers", "peft", "torch")
    end = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as name:
        for size in options.sizes:
            if time.monotonic() > end:
                print(f"{size}: not begun, {options.seconds:g} s have passed (--seconds)")
                continue
            folder = Path(name) / size
            folder.mkdir()
            cases = _cases(folder, size, options)
            chosen = [case for case in cases if options.cases is None or case.name in options.cases]
            _print_cases(size, chosen, options, end)
            if options.device == "cpu":
                _print_shares(size, [case for case in chosen if len(case.models) == 1], options)


def read_options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options; those that are not given are those of the device."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--sizes", nargs="*", choices=list(SHAPES), help="default: 0.3M 8M; on a GPU 1.5B 8B")
    parser.add_argument("--items", type=int, help="items a task; default: 24; on a GPU 200")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--dtype", help="of the numbers; default: float32; on a GPU bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--engines", nargs="*", default=list(ENGINES), choices=list(ENGINES), help="default: all")
    parser.add_argument("--cases", nargs="*", help="names of cases; default: all; on a GPU those of one model")
    parser.add_argument("--seconds", type=float, help="begin nothing after so many; default: no limit; on a GPU 400")
    parser.add_argument("--full", action="store_true", help=f"{TUNED_IN_FULL} fine-tunes instead of {TUNED}")
    options = parser.parse_args(words)
    defaults = DEFAULTS[options.device.partition(":")[0]]
    for name in ("sizes", "items", "dtype", "seconds"):
        if getattr(options, name) is None:
            setattr(options, name, getattr(defaults, name))
    if options.cases is None and options.device != "cpu":
        options.cases = list(ALONE)
    return options


def _cases(folder: Path, size: str, options: argparse.Namespace) -> list[Case]:
    shape, device = SHAPES[size], options.device
    base = save_model(folder / "base", shape, device)
    tasks = {
        kind: write_task(folder, kind, options.items, is_graded=True)
        for kind in ("long_prefix", "letters", "letters_shots")
    }
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


def _print_cases(size: str, cases: Sequence[Case], options: argparse.Namespace, end: float) -> None:
    """Run the engines, each on all cases, and print the table by case."""
    runs: dict[tuple[str, str], CaseRun | str] = {}
    for engine in options.engines:
        for case, found in zip(cases, _runs(engine, cases, options, end), strict=True):
            runs[case.name, engine] = found
        free(options.device)
    rows: list[list[Cell]] = []
    for case in cases:
        of_case = [(engine, runs[case.name, engine]) for engine in options.engines]
        reference = next((run for _, run in of_case if isinstance(run, CaseRun)), None)
        for engine, run in of_case:
            told = [run] if isinstance(run, str) else _figures(case, engine, run, reference, options)
            cells: list[Cell] = [*([None] * 9), *told] if isinstance(run, str) else [*told, ""]
            rows.append([case.name, len(case.models), engine, *cells])
    print(
        f"{size} parameters, {options.items} items, {options.device}, {options.dtype}, least of {options.rounds} turns;"
        f" equal: within {EQUAL[options.dtype]:g}; times: of the first engine's {_clock(options)} seconds"
    )
    columns = [
        "case",
        "models",
        "engine",
        "equal",
        "within",
        "s",
        "cpu s",
        "items/s",
        "peak MB",
        "times",
        "goal",
        "met",
    ]
    print_table([*columns, "not run because"], rows)


def _runs(engine: str, cases: Sequence[Case], options: argparse.Namespace, end: float) -> Iterator[CaseRun | str]:
    """Yield what an engine made of each case, or why it did not run it."""
    late = f"{options.seconds:g} s have passed (--seconds)"
    if time.monotonic() > end:
        yield from [late] * len(cases)
        return
    done = 0
    try:
        with ENGINES[engine](cases, options) as run:
            for case in cases:
                try:
                    found = run(case) if time.monotonic() <= end else late
                except Unavailable as error:
                    found = str(error)
                done += 1
                yield found
    except (LineageError, Unavailable) as error:
        yield from [str(error)[:110]] * (len(cases) - done)


def _figures(
    case: Case, engine: str, run: CaseRun, reference: CaseRun | None, options: argparse.Namespace
) -> list[Cell]:
    first = reference or run
    apart = list(differences(first.values, run.values))
    equal = sum(one <= EQUAL[options.dtype] for one in apart)
    at = "cpu_seconds" if _clock(options) == "cpu" else "wall_seconds"
    times = getattr(first, at) / getattr(run, at)
    goal = GOALS.get(case.name, 1.0) if engine == "transformers" and first is not run else None
    is_met = None if goal is None else "yes" if times >= goal else "no"
    pace = len(apart) / run.wall_seconds
    figures: list[Cell] = [f"{equal} of {len(apart)}", f"{max(apart):.1g}", run.wall_seconds, run.cpu_seconds, pace]
    return [*figures, run.peak_mb, times, goal, is_met]


def _clock(options: argparse.Namespace) -> str:
    """Return whose seconds count: on a busy processor those of the processor."""
    return "cpu" if options.device == "cpu" else "wall"


def _print_shares(size: str, cases: Sequence[Case], options: argparse.Namespace) -> None:
    """Print where the seconds of a processor go, and how near the work comes to its rate of matrix products."""
    rate = matrix_rate(options.dtype)
    once = argparse.Namespace(**{**vars(options), "rounds": 1})
    rows: list[list[Cell]] = []
    for case in cases:
        with by_transformers([case], once) as run, measured_shares(SHAPES[size].vocabulary) as shares:
            tokens = run(case).tokens or 0
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
