"""Predicted scores: seconds beside a sparse solver, and how often intervals hold, on simulated and real scores."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

import lineage
from benchmarks.rig.leaderboard import LEADERBOARD, join, without
from benchmarks.rig.records import SNAPSHOT
from benchmarks.rig.scores.drawn_scores import DRIFTS, draw_graph, draw_scores, draw_truth
from benchmarks.rig.scores.exact_scores import solve_densely, system_of
from benchmarks.rig.snapshots import opened
from benchmarks.rig.stopwatch import clock, since
from benchmarks.rig.tables import Cell, print_machine, print_table
from benchmarks.rig.tangles import KINDS, draw_tangle, kinds_of
from lineage.prediction.belief_forest import plant
from lineage.prediction.belief_propagation import solve, value_of_information
from lineage.prediction.leave_one_out import normal_reach
from lineage.prediction.predict import fit_model, predict

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.rig.scores.drawn_scores import Drift
    from lineage.graph.graph import Graph
    from lineage.prediction.belief_forest import BeliefForest
    from lineage.prediction.leave_one_out import Coverage, Errors, PredictionCheck
    from lineage.prediction.predict import Model, Observations, Predictions

SCORED: Final = 0.01
CALIBRATED: Final = 100_000
SCORED_OF_CALIBRATED: Final = 5_000
DRAWS: Final = 5
TANGLES: Final = 200
TANGLE: Final = 120
ROUNDS: Final = 3
SPARSE_LIMIT: Final = 1_000_000
VARIANCES: Final = 200


def main() -> None:
    """Time, then check on simulated scores, on tangled graphs, and on a real leaderboard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 3_000_000], metavar="MODELS")
    parser.add_argument("--seed", type=int, default=20260425)
    parser.add_argument("--records", type=Path, default=SNAPSHOT, help="listing to take the real lineage from")
    parser.add_argument("--db", type=Path, help="a database loaded from such a listing, instead")
    parser.add_argument("--leaderboard", type=Path, default=LEADERBOARD, help="scores, a CSV file")
    options = parser.parse_args()
    print_machine("numpy", "scipy")
    print(f"seed {options.seed}\n")
    time_sizes(options.sizes, np.random.default_rng(options.seed))
    cover_drawn(np.random.default_rng(options.seed))
    untangle(np.random.default_rng(options.seed))
    for path in (options.leaderboard, options.db or options.records):
        if not path.exists():
            print(f"{path.name} is not here: no real scores measured")
            return
    cover_real(options.leaderboard, options.db, options.records)


def time_sizes(sizes: list[int], random: np.random.Generator) -> None:
    """Print seconds of each part and of scipy's sparse solver, the least of several rounds."""
    rows: list[list[Cell]] = []
    for size in sizes:
        graph = draw_graph(size, random)
        _ = graph.labels
        forest = plant(graph)
        scores = draw_scores(draw_truth(graph, forest, DRIFTS[1], random), int(size * SCORED), random)
        model = fit_model(forest, scores)
        errors, weights = np.full(size, 0.0003), np.ones(size)
        ours = (
            _least(plant, graph),
            _least(solve, forest, model.own, model.steps, model.root),
            _least(value_of_information, forest, model.posterior, weights, errors),
            _least(fit_model, forest, scores),
            _least(_predict_on, forest, graph, scores),
        )
        means, one, apart = _time_sparse(model) if size <= SPARSE_LIMIT else (None, None, None)
        whole = None if means is None or one is None else means + one * size
        times = None if whole is None else whole / ours[1]
        rows.append([size, len(forest.bounds) - 1, len(forest.merges.at), *ours, means, whole, times, apart])
    print(f"seconds, the least of {ROUNDS}; one node in {1 / SCORED:.0f} is scored. The peer, scipy's sparse LU, gives")
    print("means at once, a variance for one more solution (some timed, and multiplied). `apart` is the largest")
    print("difference of means in deviations: LU lets what is scored below a merge speak to its parents")
    ours_named = ("plant", "solve", "gains", "estimate + solve", "predict")
    print_table(("models", "levels", "merges", *ours_named, "LU means", "LU all", "LU all/solve", "apart"), rows)


def _predict_on(forest: BeliefForest, graph: Graph, scores: Observations) -> Predictions:
    return predict(graph, scores, forest=forest)


def _time_sparse(model: Model) -> tuple[float, float, float]:
    """Return seconds of a sparse factorisation with all means, of one variance, and how far our means are off.

    The variance of a node takes a solution of its own; that of VARIANCES nodes is timed.
    """
    from scipy.sparse.linalg import splu

    matrix, information = system_of(model)
    start = clock()
    factor = splu(matrix, permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0)
    means = factor.solve(information)
    seconds = since(start)[0]
    count = min(VARIANCES, 10**8 // model.forest.size)
    units = np.zeros((model.forest.size, count))
    units[np.arange(count), np.arange(count)] = 1
    one = _seconds(factor.solve, units) / count
    apart = np.abs(means - model.posterior.mean) / np.sqrt(model.posterior.variance)
    return seconds, one, float(apart.max())


def cover_drawn(random: np.random.Generator) -> None:
    """Print how often true scores lie in their 90 % intervals, and the errors beside two simple predictions."""
    graph = draw_graph(CALIBRATED, random)
    forest = plant(graph)
    rows: list[list[Cell]] = []
    for drift in DRIFTS:
        found = [_cover_one(graph, forest, drift, random) for _ in range(DRAWS)]
        rows.append([drift.name, *(float(mean) for mean in np.mean(found, axis=0))])
    print(f"true scores of unscored models in 90 % intervals: {CALIBRATED:,} models, {SCORED_OF_CALIBRATED:,} scored,")
    print(
        f"mean of {DRAWS} draws. `left out` is what the tool itself sees; errors in points, of those below a scored one"
    )
    named = ("informed", "99 %", "others", "left out", "inflation", "widened", "error", "ancestor", "mean")
    print_table(("drift", *named), rows)


def _cover_one(graph: Graph, forest: BeliefForest, drift: Drift, random: np.random.Generator) -> tuple[float, ...]:
    truth = draw_truth(graph, forest, drift, random)
    scores = draw_scores(truth, SCORED_OF_CALIBRATED, random)
    found = predict(graph, scores, forest=forest)
    left = _calibration(found).informed
    scored = np.zeros(graph.size, dtype=bool)
    scored[scores.node] = True
    informed, others = ~scored & found.is_informed, ~scored & ~found.is_informed
    source, _ = graph.nearest_marked(scored)
    below = informed & (source >= 0)
    value = np.zeros(graph.size)
    value[scores.node] = scores.value
    error = np.abs(found.mean - truth)
    inside = error <= normal_reach(0.1) * found.standard_deviation
    widened = (found.low <= truth) & (truth <= found.high)
    answers = (error[below], np.abs(value[source] - truth)[below], np.abs(scores.value.mean() - truth)[below])
    return (
        inside[informed].mean(),
        (error <= normal_reach(0.01) * found.standard_deviation)[informed].mean(),
        inside[others].mean(),
        left.within.share,
        left.inflation,
        widened[informed].mean(),
        *(100 * answer.mean() for answer in answers),
    )


def _calibration(found: Predictions) -> PredictionCheck:
    if found.calibration is None:
        raise ValueError("nothing is scored")
    return found.calibration


def untangle(random: np.random.Generator) -> None:
    """Print the cost of merges passing nothing to their parents, beside the exact answer with known steps."""
    sums = {kind: np.zeros(6) for kind in KINDS}
    for _ in range(TANGLES):
        model, truth = draw_tangle(TANGLE, random)
        mean, variance = solve_densely(model)
        ours, deviation = model.posterior.mean, np.sqrt(model.posterior.variance)
        columns = (
            np.ones(TANGLE),
            np.abs(ours - truth) <= normal_reach(0.1) * deviation,
            np.abs(mean - truth) <= normal_reach(0.1) * np.sqrt(variance),
            (ours - truth) ** 2,
            (mean - truth) ** 2,
            deviation / np.sqrt(variance),
        )
        kind_of = kinds_of(model)
        for number, kind in enumerate(KINDS):
            chosen = (kind_of == number) & (model.own.precision == 0)
            sums[kind] += np.array([column[chosen].sum() for column in columns])
    rows: list[list[Cell]] = []
    for kind, total in sums.items():
        count, *figures = total.tolist()
        covered, exactly, squares, least, wider = (figure / count for figure in figures)
        rows.append([kind, int(count), covered, exactly, 100 * squares**0.5, 100 * least**0.5, wider])
    print(f"{TANGLES} tangled graphs of {TANGLE}: a third are merges of two to four before them, a third is scored,")
    print("steps known. Unscored nodes: coverage of 90 % intervals, root mean square errors in points, deviations")
    print_table(("nodes", "count", "covered", "exact", "error", "exact error", "deviation/exact"), rows)


def cover_real(leaderboard: Path, db: Path | None, records: Path) -> None:
    """Print coverage and errors on a leaderboard, over the lineage of a listing, with and without broken models."""
    with opened(db, records) as path, lineage.open(path) as library:
        models = library.graph()
        joined = join(leaderboard, models.number)
        graph = models.arrays
        forest = plant(graph)
    found = len(next(iter(joined.scores.values())).node)
    print(f"{leaderboard.name}: {joined.rows:,} rows, {found:,} models in the lineage of {graph.size:,} models and")
    print(
        f"{graph.edge_count:,} edges; {len(joined.broken)} are broken by the guard. Leaving each out, 90 % intervals:"
    )
    rows: list[list[Cell]] = []
    for name, scores in joined.scores.items():
        for said, chosen in (("all", scores), ("unbroken", without(scores, joined.broken))):
            calibration = _calibration(_predict_on(forest, graph, chosen))
            rows.append([name, said, *_coverage(calibration.informed), *_coverage(calibration.uninformed)])
            rows[-1] += _errors(calibration.below_scored) + _errors(calibration.everywhere)
    coverage = ("covered", "95 %", "inflation")
    print("with a scored relative, then without; errors in points of models below a scored one, then of all")
    errors = ("below", "error", "ancestor", "mean")
    columns = ("informed", *coverage, "others", *coverage, *errors, "all", "error", "mean")
    print_table(("instrument", "models", *columns), rows)


def _coverage(coverage: Coverage) -> list[Cell]:
    within = coverage.within
    return [within.count, within.share, f"{within.low:.3f} to {within.high:.3f}", coverage.inflation]


def _errors(errors: Errors) -> list[Cell]:
    ancestor = [] if errors.ancestor is None else [100 * errors.ancestor]
    return [errors.count, 100 * errors.prediction, *ancestor, 100 * errors.instrument_mean]


def _least(call: Callable[..., object], *arguments: object) -> float:
    """Return the wall seconds of the fastest of several rounds."""
    return min(_seconds(call, *arguments) for _ in range(ROUNDS))


def _seconds(call: Callable[..., object], *arguments: object) -> float:
    start = clock()
    call(*arguments)
    return since(start)[0]


if __name__ == "__main__":
    main()
