"""What was read of models' weights, and how one compares with others, as tables."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, Final

from lineage.output.result import Result
from lineage.weights.verdict import judge_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lineage.weights.verdict import OriginVerdict
    from lineage.weights.weight_rows import WeightRows

_SMALLEST_SHOWN_PLAIN: Final = -3.0


def tabulate_reading(read: WeightRows) -> Result:
    """Return one row: which file was read, which matrix, and what that cost."""
    facts: dict[str, object] = {
        "model": read.model,
        "revision": read.revision,
        "file": read.file,
        "file_bytes": read.file_bytes,
        "tensors": len(read.header.tensors),
        "parameters": read.header.parameters,
        "matrix": read.tensor.name,
        "type": read.tensor.dtype,
        "matrix_rows": read.tensor.shape[0],
        "columns": read.tensor.shape[1],
        "rows_read": len(read.rows),
        "bytes_read": read.bytes_read,
        "requests": read.requests,
    }
    return Result(columns=tuple(facts), rows=(tuple(facts.values()),))


def compare(ours: WeightRows, others: Mapping[str, WeightRows | str]) -> tuple[Result, bool]:
    """Return one row per other model, and whether one of them has an origin in common with ours.

    What is no rows is the reason why the other was not read.
    """
    rows = []
    is_any_related = False
    for model, theirs in others.items():
        if isinstance(theirs, str):
            rows.append(_row(ours, model, "not read", theirs, None))
            continue
        verdict = judge_origin(ours, theirs)
        is_any_related = is_any_related or verdict.is_related
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
        "equal_share": _rounded(verdict.equal_share if verdict else None),
        "change": _rounded(verdict.change if verdict else None),
        "reason": reason,
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else float(f"{number:.4g}")
