"""What was read of models' weights, and how one compares with others, as tables."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Final

from lineage.output.result import Result
from lineage.weights.adapter_verdict import judge_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineage.weights.verdict import OriginVerdict
    from lineage.weights.weight_rows import WeightRows

_SMALLEST_SHOWN_PLAIN: Final = -3.0


def tabulate_readings(ours: WeightRows, others: Mapping[str, WeightRows | str]) -> Result:
    """Return one row per model that was read: which file, which matrix, and what that cost; or why it was not read."""
    rows = [_reading(ours.model, ours), *(_reading(model, read) for model, read in others.items())]
    return Result(columns=tuple(rows[0]), rows=tuple(tuple(row.values()) for row in rows))


def _reading(model: str, read: WeightRows | str) -> dict[str, object]:
    found = None if isinstance(read, str) else read
    first, second = (*(found.matrices if found else ()), None, None)[:2]
    return {
        "model": model,
        "revision": found and found.revision,
        "file": found and found.file,
        "file_bytes": found and found.file_bytes,
        "tensors": found and found.tensors,
        "parameters": found and found.parameters,
        "matrix": first and first.name,
        "type": first and first.dtype,
        "matrix_rows": first and first.matrix_rows,
        "columns": first and first.columns,
        "rows_read": first and len(first.rows),
        "second_matrix": second and second.name,
        "second_rows": second and len(second.rows),
        "bytes_read": found and found.bytes_read,
        "requests": found and found.requests,
        "not_read": read if isinstance(read, str) else None,
    }


def compare(ours: WeightRows, others: Mapping[str, WeightRows | str]) -> tuple[Result, bool]:
    """Return one row per other model, and whether one has an origin in common or fits as an adapter.

    What is no rows is the reason why the other was not read.
    """
    rows = []
    is_any_related = False
    for model, theirs in others.items():
        if isinstance(theirs, str):
            rows.append(_row(ours, model, "not read", theirs, None))
            continue
        verdict = judge_weights(ours, theirs)
        is_any_related = is_any_related or verdict.is_yes
        rows.append(_row(ours, model, verdict.kind, verdict.reason, verdict))
    return Result(columns=tuple(rows[0]), rows=tuple(tuple(row.values()) for row in rows)), is_any_related


def show_p(log10_p: float) -> str:
    """Return a probability given as its logarithm, as `1.3e-98`; no float holds those below 1e-308."""
    if log10_p > _SMALLEST_SHOWN_PLAIN:
        return f"{10**log10_p:.2g}"
    exponent = floor(log10_p)
    return f"{10 ** (log10_p - exponent):.1f}e{exponent}"


def _row(ours: WeightRows, model: str, kind: str, reason: str, verdict: OriginVerdict | None) -> dict[str, object]:
    test = verdict.test if verdict else None
    return {
        "model": ours.model,
        "other": model,
        "verdict": kind,
        "p": show_p(test.log10_p) if test else None,
        "log10_p": round(test.log10_p, 2) if test else None,
        "fixed_points": test.fixed_points if test else None,
        "columns": test.units if test else None,
        "rows": test.rows if test else None,
        "equal_share": round_figure(verdict.equal_share if verdict else None),
        "change": round_figure(verdict.change if verdict else None),
        "reason": reason,
    }


def round_figure(number: float | None) -> float | None:
    """Return a figure to four digits; None for None."""
    return None if number is None else float(f"{number:.4g}")
