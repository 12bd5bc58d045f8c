"""Schedules: the error left after equal budgets, by policy, on simulated forests and on a real leaderboard.

Scores are hidden, each policy spends the same seconds, what it ran is revealed and learnt from in four rounds, and the
error over all models is compared. It also times planning.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

import lineage
from benchmarks.rig.leaderboard import BOARDS, LEADERBOARD, join, without
from benchmarks.rig.records import SNAPSHOT
from benchmarks.rig.replays import ROUNDS, Replay, draw_world, hide_scores, replay, whole_seconds
from benchmarks.rig.scores.drawn_scores import DRIFTS, draw_graph
from benchmarks.rig.snapshots import opened
from benchmarks.rig.stopwatch import clock, since, stopwatches
from benchmarks.rig.tables import Cell, print_machine, print_table
from evaluation.jobs.from_plan import chosen_hardware
from lineage.prediction.belief_forest import plant
from lineage.scheduling.inputs import SchedulePreferences
from lineage.scheduling.plan import Budget
from lineage.scheduling.schedule import schedule
from lineage.vocabulary import SchedulingPolicy
from store.connect import open_database
from store.derive.graph_cache import open_graph
from store.jobs import schedule as scheduling
from store.jobs.schedule import ScheduleRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from store.database import Database

    Floats = NDArray[np.float64]

SHOWN: Final = (DRIFTS[1], DRIFTS[2], DRIFTS[4])
FIRST: Final = 0.005
"""Share of the models of a drawn forest that are measured before the schedule begins."""
POWERS: Final = (1.0, 0.5, 0.25, 0.0)
"""Powers of the cost that are tried for `voi`: 1 is gain per cost, 0 the gain alone."""
SPLITS: Final = 6
"""How often the families of the leaderboard are split into halves: one chooses the power, the other tests it."""
SEEDS: Final = 3
"""Draws of the policy `random` on real scores."""


def main() -> None:
    """Compare on drawn forests, then time, then compare on the leaderboard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=3_000, help="of a drawn forest")
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--budgets", type=float, nargs="+", default=[0.02, 0.05], metavar="SHARE")
    parser.add_argument("--seed", type=int, default=20261125)
    parser.add_argument("--records", type=Path, default=SNAPSHOT, help="listing to take the real lineage from")
    parser.add_argument("--db", type=Path, help="a database loaded from such a listing, instead")
    parser.add_argument("--leaderboard", type=Path, default=LEADERBOARD, help="scores, a CSV file")
    parser.add_argument("--time", type=int, nargs="*", default=[100_000], metavar="MODELS")
    options = parser.parse_args()
    print_machine("numpy", "scipy")
    print(f"seed {options.seed}; errors are exposure-weighted root mean squares in points, over measured models too;")
    print("budgets are shares of the seconds that running every model would take")
    compare_drawn(options.models, options.draws, options.budgets, options.seed)
    for size in options.time:
        time_plan(size, np.random.default_rng(options.seed))
    for path in (options.leaderboard, options.db or options.records):
        if not path.exists():
            print(f"{path.name} is not here: no real scores replayed")
            return
    compare_real(options.leaderboard, options.db, options.records, options.budgets)


def compare_drawn(models: int, draws: int, budgets: Sequence[float], seed: int) -> None:
    """Print the errors left by each policy; the first kind of drift is the model's own."""
    rows: list[list[Cell]] = []
    for drift in SHOWN:
        worlds, firsts = [], []
        for draw in range(draws):
            random = np.random.default_rng((seed, draw))
            graph = draw_graph(models, random)
            worlds.append(draw_world(graph, plant(graph), drift, random))
            firsts.append(np.sort(random.choice(models, int(models * FIRST), replace=False)).astype(np.int32))
        before = float(np.mean([world.error(first) for world, first in zip(worlds, firsts, strict=True)]))
        for share in budgets:
            left = [_mean_error(worlds, firsts, policy, share) for policy in SchedulingPolicy]
            rows.append([drift.name, share, before, *left])
    print(f"\n{models:,} drawn models, mean of {draws} draws, {FIRST:.1%} measured before, one instrument; each family")
    print("of one size, downloads as Pareto has them. The first kind is drawn from the model itself: its best case")
    print_table(("drift", "budget", "before", *(policy.value for policy in SchedulingPolicy)), rows)


def _mean_error(
    worlds: Sequence[Replay], firsts: Sequence[NDArray[np.int32]], policy: SchedulingPolicy, share: float
) -> float:
    errors = [
        replay(world, policy, share * whole_seconds(world), first, seed)[0]
        for seed, (world, first) in enumerate(zip(worlds, firsts, strict=True))
    ]
    return float(np.mean(errors))


def time_plan(size: int, random: np.random.Generator) -> None:
    """Print the seconds of planning over a drawn Hub, apart from reading it out of a database."""
    graph = draw_graph(size, random)
    world = draw_world(graph, plant(graph), DRIFTS[1], random)
    seen = np.sort(random.choice(size, size // 20, replace=False)).astype(np.int32)
    pool, inputs = world.pool(), world.inputs(seen)
    ids = list(pool.candidates)
    start = clock()
    plan = schedule(inputs, pool, ids, SchedulePreferences(budget=Budget(amount=8 * 3_600.0)), str)
    print(f"\n{size:,} models, {len(seen):,} of them measured, one instrument, 8 h: {plan.summary()};", end=" ")
    print(f"planned in {since(start)[0]:.2f} s")


def time_stored(database: Database) -> None:
    """Print the seconds of a plan out of a database, with those of reading its records and of choosing in them."""
    hardware = chosen_hardware(None)
    terms = ScheduleRequest(hardware=hardware, preferences=SchedulePreferences(budget=Budget(amount=8 * 3_600.0)))
    with stopwatches(scheduling, ("read_candidates", "schedule")) as spent:
        start = clock()
        plan = scheduling.plan_schedule(database, None, terms)
        wall, cpu = since(start)
    parts = ", ".join(f"{name} {took[1]:.2f}" for name, took in spent.items())
    print(f"\nout of a database, 8 h: {plan.summary()}; planned in {wall:.2f} s, {cpu:.2f} of a processor: {parts}")


def compare_real(leaderboard: Path, db: Path | None, records: Path, budgets: Sequence[float]) -> None:
    """Print the errors left by each policy on each column of the leaderboard, broken models left out."""
    with opened(db, records) as path:
        with lineage.open(path) as library:
            joined = join(leaderboard, library.graph().number)
        database = open_database(path, "read")
        time_stored(database)
        stored = open_graph(database)
        downloads = database.arrays("graph_tables/list_downloads")["downloads"].astype(np.int64)
        graph = stored.graph
        rows: list[list[Cell]] = []
        worlds = []
        for board in BOARDS:
            scores = without(joined.scores[board.name], joined.broken)
            world = hide_scores(graph, scores, downloads, board.items, stored.index.id)
            worlds.append(world)
            rows += [[board.name, len(scores.node), *row] for row in _real_rows(world, budgets)]
        database.close()
    relatives = int((np.bincount(graph.labels.root[scores.node])[graph.labels.root[scores.node]] > 1).sum())
    print(f"\n{leaderboard.name}: {len(scores.node)} unbroken models of the lineage, nothing measured before;")
    print(f"{relatives} of them share a root with another: few relatives, so lineage can say little of most")
    print_table(("column", "models", "budget", "before", *(policy.value for policy in SchedulingPolicy)), rows)
    cross_validate(worlds, budgets)


def cross_validate(worlds: Sequence[Replay], budgets: Sequence[float]) -> None:
    """Print what each power of the cost leaves on halves of the families, against plain exposure, and which was chosen.

    The half that chooses never sees the scores on which the choice is tested.
    """
    roots, nodes = worlds[0].graph.labels.root, worlds[0].runnable
    families, tested = np.unique(roots[nodes]), np.zeros((2 * SPLITS, len(POWERS)))
    chosen = []
    for split in range(SPLITS):
        half = np.random.default_rng(split).permutation(families)[: len(families) // 2]
        is_in = np.isin(roots[nodes], half)
        left = [_against_exposure(worlds, nodes[side], budgets) for side in (is_in, ~is_in)]
        for side in (0, 1):
            chosen.append(int(left[side].argmin()))
            tested[2 * split + side] = left[1 - side]
    print(
        f"\n{SPLITS} splits of the families in halves: error on one half against exposure, as a ratio (geometric mean)"
    )
    rows: list[list[Cell]] = [
        [power, chosen.count(place), float(np.exp(tested[:, place].mean()))] for place, power in enumerate(POWERS)
    ]
    picked = float(np.exp(np.mean([tested[row, place] for row, place in enumerate(chosen)])))
    print_table(("power of the cost", "times chosen", "ratio where tested"), [*rows, ["as chosen", 2 * SPLITS, picked]])


def _against_exposure(worlds: Sequence[Replay], nodes: NDArray[np.int32], budgets: Sequence[float]) -> Floats:
    """Return for each power the mean logarithm of the error that it leaves against that of plain exposure."""
    nobody, found = np.zeros(0, dtype=np.int32), np.zeros(len(POWERS))
    for world in (replace(one, runnable=nodes) for one in worlds):
        for seconds in (share * whole_seconds(world) for share in budgets):
            plain = replay(world, SchedulingPolicy.EXPOSURE, seconds, nobody, 0)[0]
            for place, power in enumerate(POWERS):
                left = replay(world, SchedulingPolicy.VOI, seconds, nobody, 0, cost_power=power)[0]
                found[place] += np.log(left / plain)
    return found / (len(worlds) * len(budgets))


def _real_rows(world: Replay, budgets: Sequence[float]) -> list[list[Cell]]:
    nobody = np.zeros(0, dtype=np.int32)
    whole, before = whole_seconds(world), world.error(nobody)
    rows: list[list[Cell]] = []
    for share in budgets:
        errors = []
        for policy in SchedulingPolicy:
            seeds = range(SEEDS if policy is SchedulingPolicy.RANDOM else 1)
            found = [replay(world, policy, share * whole, nobody, ROUNDS * seed)[0] for seed in seeds]
            errors.append(float(np.mean(found)))
        rows.append([share, before, *errors])
    return rows


if __name__ == "__main__":
    main()
