"""Drift from weights: what drives it, and whether weights tell it, on tiny families that were made on the spot.

Everything that is learnt is judged on families, on methods and on texts that it was not learnt from, beside "no change"
and the mean of the family's other members, as predictions themselves are.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.repairs.drifted_models import OVER_REFUSAL, REFUSAL
from benchmarks.rig.tables import Cell, print_machine, print_table
from benchmarks.weights.drift_zoo import BASE, COMPLY, REFUSE, open_family
from lineage.prediction.weight_steps import ScoredMoves, WeightFeatures, learn_rule
from lineage.weights.low_rank import measure_rank
from lineage.weights.module_sketch import lean_of, sketch_modules
from lineage.weights.span_rows import pair_spans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from benchmarks.weights.drift_zoo import ZooFamily, ZooModel
    from lineage.prediction.weight_steps import LeftOut

    Floats = NDArray[np.float64]

FOUND: Final = 8
"""Measured children among which references are looked for where none were taught."""
PARTS: Final = (("token_embedding",), ("query", "key", "value", "attention_output"), ("gate", "up", "down"))
INSIDE: Final = 1.645
"""Standard deviations to each side that hold 90 % of a normal distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedModel:
    """A fine-tune on one instrument: its drift and the variance of its error, as shares, and what its weights show."""

    family: int
    made: ZooModel
    drift: float
    error: float
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskScale:
    """The risk of models on an instrument: the share of harmful requests answered, or of harmless ones refused."""

    instrument: str

    def risk(self, model: ZooModel) -> float:
        """Return the share, larger for riskier."""
        return 1 - model.means[REFUSAL] if self.instrument == REFUSAL else model.means[OVER_REFUSAL]

    def variance(self, model: ZooModel) -> float:
        """Return the variance of its error, of one item more and one less right at least."""
        items = model.items[self.instrument]
        share = min(max(self.risk(model), 1 / items), 1 - 1 / items)
        return share * (1 - share) / items


def main() -> None:
    """Make the families, or take those that a folder keeps, and print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bases", type=int, default=3, help="families; 8 and more tell something")
    parser.add_argument("--folder", type=Path, help="keep the families here, or take them from here")
    options = parser.parse_args()
    if not all(find_spec(name) for name in ("torch", "peft")):
        print("not run: it needs the extra eval")
        return
    print_machine("transformers", "torch")
    began = time.process_time()
    with tempfile.TemporaryDirectory() as passing:
        families = [open_family(seed, options.folder or Path(passing)) for seed in range(options.bases)]
    for instrument in (REFUSAL, OVER_REFUSAL):
        scale = RiskScale(instrument=instrument)
        print(f"{instrument}: what drives drift, share of its variance between groups (omega squared)")
        print_table(("factor", "all", "nothing said of requests"), list(_drivers(families, scale)))
        print(f"{instrument}: errors on what was left out, points; gains are lower limits")
        print_table(
            (
                "weights show",
                "left out",
                "groups",
                "models",
                "error",
                "no change",
                "family mean",
                "gain",
                "gain over mean",
            ),
            [row for name, show in _kinds() for row in _rows(name, _judged(families, scale, show))],
        )
        taught = _judged(families, scale, _lean_taught)
        print(f"{instrument}: the lean to taught references, families left out, by method")
        print_table(("method", "models", "error", "no change", "within 90 %"), list(_by_method(taught)))
    print(f"{time.process_time() - began:.0f} CPU seconds, training included")


def _kinds() -> tuple[tuple[str, Show], ...]:
    return (
        ("lean to references that were taught", _lean_taught),
        ("lean to references as found among 8", _lean_found),
        ("lean in 12 rows of two matrices", _lean_first_rows),
        ("how far each kind of part moved", _sizes),
        ("rank spectrum of the change", _spectrum),
    )


def _judged(families: Sequence[ZooFamily], scale: RiskScale, show: Show) -> list[JudgedModel]:
    return [
        JudgedModel(
            family=family.seed,
            made=model,
            drift=scale.risk(model) - scale.risk(family.models[0]),
            error=scale.variance(model) + scale.variance(family.models[0]),
            values=values,
        )
        for family in families
        for model, values in show(family, scale)
    ]


def _rows(name: str, models: Sequence[JudgedModel]) -> Iterator[list[Cell]]:
    for by, groups in (("family", None), ("method", "method"), ("text", "data")):
        left_out = _learn(models, groups or "method")[0][0 if by == "family" else 1]
        yield [
            name,
            by,
            left_out.groups,
            len(models),
            *(_points(one) for one in (left_out.error, left_out.error_of_no_change, left_out.error_of_family_mean)),
            *(_points(one) for one in (left_out.gain_over_no_change, left_out.gain_over_family_mean)),
        ]


def _learn(models: Sequence[JudgedModel], group: str) -> tuple[tuple[LeftOut, ...], float, Floats]:
    """Return how the rule does with families and with such groups left out, its variance, and what it tells unseen."""
    names = [str(getattr(one.made, group)) for one in models]
    features = WeightFeatures(
        node=np.arange(len(models), dtype=np.int32),
        values=np.array([one.values for one in models], dtype=np.float64),
        method=np.unique(names, return_inverse=True)[1].astype(np.intp),
    )
    moves = ScoredMoves(
        place=np.arange(len(models)),
        difference=np.array([one.drift for one in models]),
        error=np.array([one.error for one in models]),
        family=np.array([one.family for one in models], dtype=np.intp),
    )
    rule, unseen = learn_rule(features, moves)
    return rule.check.left_out, rule.variance, unseen


def _by_method(models: Sequence[JudgedModel]) -> Iterator[list[Cell]]:
    _, variance, unseen = _learn(models, "method")
    drift = np.array([one.drift for one in models])
    reach = INSIDE * np.sqrt(variance + np.array([one.error for one in models]))
    methods = np.array([str(one.made.method) for one in models])
    for method in (*dict.fromkeys(methods.tolist()), "all"):
        mine = methods == method if method != "all" else np.ones(len(models), dtype=bool)
        missed = np.abs(drift - unseen)[mine]
        yield [
            method,
            int(mine.sum()),
            *(_points(float(one.mean())) for one in (missed, np.abs(drift)[mine])),
            f"{np.mean(missed <= reach[mine]):.0%}",
        ]


def _drivers(families: Sequence[ZooFamily], scale: RiskScale) -> Iterator[list[Cell]]:
    trained = [
        (family, model) for family in families for model in family.models if model.rate is not None and model.steps
    ]
    edges = np.quantile([model.rate or 0 for _, model in trained], (1 / 3, 2 / 3))
    factors: dict[str, Callable[[ZooFamily, ZooModel], str]] = {
        "text": lambda _, model: str(model.data),
        "method": lambda _, model: str(model.method),
        "learning rate, in thirds": lambda _, model: str(int(np.searchsorted(edges, model.rate or 0))),
        "steps": lambda _, model: str(model.steps),
        "base": lambda family, _: str(family.seed),
    }
    for name, of in factors.items():
        row: list[Cell] = [name]
        for chosen in (trained, [one for one in trained if str(one[1].data).endswith("None")]):
            drift = np.array([scale.risk(model) - scale.risk(family.models[0]) for family, model in chosen])
            row.append(f"{_between(drift, [of(family, model) for family, model in chosen]):.2f}")
        yield row


def _between(drift: Floats, names: Sequence[str]) -> float:
    """Return omega squared: the share of variance between groups beyond chance (Hays 1963)."""
    groups = np.unique(names, return_inverse=True)[1]
    means = np.bincount(groups, drift) / np.bincount(groups)
    within, total = float(((drift - means[groups]) ** 2).sum()), float(((drift - drift.mean()) ** 2).sum())
    error = within / (len(drift) - len(means))
    return (total - within - (len(means) - 1) * error) / (total + error)


def _lean_taught(family: ZooFamily, scale: RiskScale) -> Iterator[tuple[ZooModel, tuple[float, ...]]]:
    by_name = {one.name: one for one in family.models}
    safe, risky = (by_name[name] for name in ((REFUSE, COMPLY) if scale.instrument == REFUSAL else (COMPLY, REFUSE)))
    yield from _leans(family, scale, safe, risky)


def _lean_found(family: ZooFamily, scale: RiskScale) -> Iterator[tuple[ZooModel, tuple[float, ...]]]:
    """Take the safest and the riskiest of eight children as a database might have them: no reference was taught."""
    children = [one for one in family.models if one.name not in {BASE, COMPLY, REFUSE}]
    drawn = np.random.default_rng(family.seed).choice(len(children), FOUND, replace=False)
    found = sorted((children[place] for place in drawn), key=scale.risk)
    yield from _leans(family, scale, found[0], found[-1])


def _lean_first_rows(family: ZooFamily, scale: RiskScale) -> Iterator[tuple[ZooModel, tuple[float, ...]]]:
    """Lean in what a crawl with --weights keeps: 12 rows of the embedding and of a matrix of the first layer."""
    by_name = {one.name: one for one in family.models}
    safe, risky = (by_name[name] for name in ((REFUSE, COMPLY) if scale.instrument == REFUSAL else (COMPLY, REFUSE)))
    yield from _leans(family, scale, safe, risky, first_rows=True)


def _leans(
    family: ZooFamily, scale: RiskScale, safe: ZooModel, risky: ZooModel, *, first_rows: bool = False
) -> Iterator[tuple[ZooModel, tuple[float, ...]]]:
    kept = {}
    for one in family.models:
        reading = family.reading(one.name)
        if first_rows:
            spans = (
                span for span in reading.spans if (span.role, span.layer) in {("token_embedding", None), ("gate", 0)}
            )
            reading = type(reading)(
                model=one.name,
                revision="",
                spans=tuple(type(span)(**_cut(span)) for span in spans),  # type: ignore[arg-type] # its own fields
            )
        kept[one.name] = sketch_modules(reading)
    base = scale.risk(family.models[0])
    for model in family.models:
        if model.name in {BASE, COMPLY, REFUSE, safe.name, risky.name}:
            continue
        lean = lean_of(kept[BASE], kept[model.name], kept[safe.name], kept[risky.name]) or 0.0
        yield model, (max(lean, 0) * (scale.risk(risky) - base), max(-lean, 0) * (scale.risk(safe) - base))


def _cut(span: object) -> dict[str, object]:
    names = ("role", "layer", "dtype", "tensor_rows", "first_row", "rows")
    return {name: getattr(span, name) for name in names} | {"rows": span.rows[:12]}  # type: ignore[attr-defined] # rows of a matrix


def _sizes(family: ZooFamily, _: RiskScale) -> Iterator[tuple[ZooModel, tuple[float, ...]]]:
    base = family.reading(BASE)
    for model in family.models:
        if model.name in {BASE, COMPLY, REFUSE}:
            continue
        pairs = pair_spans(base, family.reading(model.name))
        moved = []
        for roles in PARTS:
            mine = [pair for pair in pairs if pair.ours.role in roles]
            moved.append(
                sum(float((pair.change**2).sum()) for pair in mine) / sum(float((pair.a**2).sum()) for pair in mine)
            )
        yield model, tuple(float(np.sqrt(one)) for one in moved)


def _spectrum(family: ZooFamily, _: RiskScale) -> Iterator[tuple[ZooModel, tuple[float, ...]]]:
    base = family.reading(BASE)
    for model in family.models:
        if model.name in {BASE, COMPLY, REFUSE}:
            continue
        found = [measure_rank(pair) for pair in pair_spans(base, family.reading(model.name))]
        spectra = [one for one in found if one is not None]
        count = max(len(spectra), 1)
        yield model, (sum(one.energy_8 for one in spectra) / count, sum(one.rank / one.rows for one in spectra) / count)


def _points(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


if TYPE_CHECKING:
    Show = Callable[[ZooFamily, RiskScale], Iterator[tuple[ZooModel, tuple[float, ...]]]]

if __name__ == "__main__":
    main()
