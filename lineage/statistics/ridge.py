"""Ridge regression with groups left out: sums are kept per fold, so leaving a fold out is a subtraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Folds = NDArray[np.intp]

INNER: Final = 5
PENALTIES: Final = tuple(10.0**power for power in range(-2, 5))
"""Penalties tried for each fold, as multiples of the total weight; the greatest leaves little more than the mean."""
_NOBODY: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sums:
    """Sums of weights, of columns and target, and of their products."""

    weight: float
    first: Floats
    second: Floats

    def without(self, other: _Sums) -> _Sums:
        return _Sums(
            weight=self.weight - other.weight, first=self.first - other.first, second=self.second - other.second
        )


class DesignSource(Protocol):
    """A design of which some rows can be had: an array, or what makes them when asked."""

    def __getitem__(self, rows: Folds, /) -> Floats:
        """Return the values of some rows: float64 (rows, columns)."""
        ...


def predict_left_out(design: DesignSource, target: Floats, weights: Floats, folds: Folds) -> Floats:
    """Return a prediction for each row from the rows of all other folds: float64 (rows,).

    `design` has (rows, columns), of which one fold's rows are asked for at a time; `target` and `weights` are (rows,),
    `folds` numbers from 0 without gaps, at least two. Columns are standardised to mean 0 and deviation 1 over the
    training rows. The penalty is chosen within those rows alone, by the squared error with five groups of their folds
    left out in turn. Source: Hoerl and Kennard (1970), Technometrics 12, 55-67.
    """
    members = np.split(np.argsort(folds, kind="stable"), np.cumsum(np.bincount(folds))[:-1])
    parts = [_sums(np.column_stack([design[rows], target[rows]]), weights[rows]) for rows in members]
    total = _added(parts)
    predicted = np.zeros(len(target))
    for fold, rows in enumerate(members):
        predicted[rows] = _guess(design[rows], total.without(parts[fold]), _choose(fold, parts))
    return predicted


def learn_slopes(design: Floats, target: Floats, weights: Floats, folds: Folds) -> Floats:
    """Return the slope of each column as learnt from all rows: float64 (columns,), 0 for one that does not vary.

    Arguments and the choice of the penalty are those of `predict_left_out`.
    """
    table = np.column_stack([design, target])
    parts = [_sums(table[folds == fold], weights[folds == fold]) for fold in range(int(folds.max()) + 1)]
    model = _standardised(_added(parts))
    penalised = model.covariance + _choose(_NOBODY, parts) * np.eye(len(model.inner))
    slopes = np.zeros(design.shape[1])
    slopes[model.inner] = np.linalg.solve(penalised, model.with_target) / model.spread
    return slopes


def _choose(left_out: int, parts: list[_Sums]) -> float:
    """Return the penalty with the least error; the errors follow from the sums, without a look at the rows."""
    others = [fold for fold in range(len(parts)) if fold != left_out]
    total = _added([parts[fold] for fold in others])
    errors = np.zeros(len(PENALTIES))
    for start in range(min(INNER, len(others))):
        group = others[start::INNER]
        if len(group) == len(others):
            break
        held = _added([parts[fold] for fold in group])
        errors += _errors(_standardised(total.without(held)), held)
    return PENALTIES[-1 - int(np.argmin(errors[::-1]))]  # among equal errors, the greatest penalty


class _Standardised(NamedTuple):
    """The columns that vary (`inner`), the means of all and of the target, and the correlations of those that vary."""

    inner: NDArray[np.intp]
    means: Floats
    spread: Floats
    covariance: Floats
    with_target: Floats


def _standardised(learned: _Sums) -> _Standardised:
    means = learned.first / learned.weight
    centred = learned.second / learned.weight - np.outer(means, means)
    spread = np.sqrt(np.maximum(np.diag(centred)[:-1], 0))
    varies = spread > 1e-9 * np.maximum(np.abs(means[:-1]), 1)
    spread = spread[varies]
    inner = np.flatnonzero(varies)
    return _Standardised(
        inner=inner,
        means=means,
        spread=spread,
        covariance=centred[np.ix_(inner, inner)] / np.outer(spread, spread),
        with_target=centred[inner, -1] / spread,
    )


def _errors(model: _Standardised, held: _Sums) -> Floats:
    """Return the weighted sum of squared errors on the rows behind `held`, one entry per penalty."""
    known = np.append(model.inner, len(held.first) - 1)
    means, first = model.means[known], held.first[known]
    crossed = np.outer(means, first)
    about = held.second[np.ix_(known, known)] - crossed - crossed.T + held.weight * np.outer(means, means)
    penalised = model.covariance + np.multiply.outer(PENALTIES, np.eye(len(model.inner)))
    steps = np.linalg.solve(penalised, np.broadcast_to(model.with_target[:, None], (*penalised.shape[:2], 1)))[..., 0]
    residual = np.column_stack([-steps / model.spread, np.ones(len(PENALTIES))])
    found: Floats = np.einsum("pi,ij,pj->p", residual, about, residual, optimize=True)
    return found


def _guess(design: Floats, learned: _Sums, penalty: float) -> Floats:
    """Return the predictions for some rows."""
    model = _standardised(learned)
    rows = (design[:, model.inner] - model.means[model.inner]) / model.spread
    eigenvalues, vectors = np.linalg.eigh(model.covariance)
    turned, weights = rows @ vectors, vectors.T @ model.with_target
    guess: Floats = model.means[-1] + turned @ (weights / (np.maximum(eigenvalues, 0) + penalty))
    return guess


def _sums(table: Floats, weights: Floats) -> _Sums:
    weighted = table * weights[:, None]
    return _Sums(weight=float(weights.sum()), first=weighted.sum(axis=0), second=weighted.T @ table)


def _added(parts: list[_Sums]) -> _Sums:
    return _Sums(
        weight=sum(part.weight for part in parts),
        first=np.sum([part.first for part in parts], axis=0),
        second=np.sum([part.second for part in parts], axis=0),
    )
