"""What a close comparison found, and how a model is mixed of others, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.output.result import Result
from lineage.weights.kinship import measure_kinship
from lineage.weights.kinship_findings import tell_findings
from lineage.weights.mixture import TOLD, UnfitMixture, fit_mixture
from lineage.weights.origin_table import round_figure
from lineage.weights.verdict import judge_origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lineage.weights.mixture import MixtureFit
    from lineage.weights.span_rows import SpanReading
    from lineage.weights.weight_rows import WeightRows

_COLUMNS = ("model", "other", "finding", "number", "reason")
_MIXTURE_COLUMNS = ("model", "parent", "weight", "copied_share", "verdict", "residual", "rounding")


def tabulate_origin(ours: WeightRows, others: Mapping[str, WeightRows | str]) -> tuple[Result, tuple[str, ...]]:
    """Return one row per other model, with log10 of p as its number, and the models that have an origin in common."""
    rows: list[tuple[object, ...]] = []
    related = []
    for model, theirs in others.items():
        if isinstance(theirs, str):
            rows.append((ours.model, model, "not read", None, theirs))
            continue
        if ours.adapter is not None or theirs.adapter is not None:
            rows.append((ours.model, model, "not comparable", None, "an adapter holds only what it adds to its base"))
            continue
        verdict = judge_origin(ours, theirs)
        number = round_figure(verdict.test.log10_p) if verdict.test else None
        rows.append((ours.model, model, verdict.kind, number, verdict.reason))
        if verdict.is_related and verdict.kind != "identical":
            related.append(model)
    return Result(columns=_COLUMNS, rows=tuple(rows)), tuple(related)


def tabulate_findings(ours: SpanReading, others: Sequence[SpanReading]) -> Result:
    """Return one row per finding, for each of the other models in turn."""
    rows: list[tuple[object, ...]] = []
    for theirs in others:
        kinship = measure_kinship(ours, theirs)
        if kinship is None:
            rows.append((ours.model, theirs.model, "not comparable", None, "no rows were read of both"))
            continue
        rows += [
            (ours.model, theirs.model, found.kind, round_figure(found.number), found.reason)
            for found in tell_findings(kinship)
        ]
    return Result(columns=_COLUMNS, rows=tuple(rows))


def tabulate_mixture(
    child: SpanReading, parents: Sequence[SpanReading], base: SpanReading | None
) -> tuple[Result, bool]:
    """Return one row per parent, and for the base where one is given, and whether the child is a mixture of them."""
    fit = fit_mixture(child, parents, base=base)
    if isinstance(fit, UnfitMixture):
        names = [parent.model for parent in parents]
        rows = [(child.model, name, None, None, f"not fitted: {fit.reason}", None, None) for name in names]
        return Result(columns=_MIXTURE_COLUMNS, rows=tuple(rows)), False
    return Result(columns=_MIXTURE_COLUMNS, rows=tuple(_weigh(child, parents, base, fit))), fit.kind in TOLD


def _weigh(
    child: SpanReading, parents: Sequence[SpanReading], base: SpanReading | None, fit: MixtureFit
) -> list[tuple[object, ...]]:
    """Return the rows of a fit; where weights do not explain the child, none are shown."""
    is_told = fit.kind == "mixture"
    told = (fit.kind, round_figure(fit.residual), round_figure(fit.rounding))
    copied = fit.copied or (None,) * len(parents)
    rows: list[tuple[object, ...]] = [
        (child.model, parent.model, _round_weight(weight) if is_told else None, round_figure(share), *told)
        for parent, weight, share in zip(parents, fit.weights, copied, strict=True)
    ]
    if base is not None:
        rows.append((child.model, base.model, _round_weight(fit.base_weight) if is_told else None, None, *told))
    return rows


def _round_weight(weight: float | None) -> float | None:
    return None if weight is None else round(weight, 4) + 0.0
