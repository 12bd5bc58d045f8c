"""The pairs of model and instrument that are never run, each with its reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.scheduling.plan import SkipCause, SkipReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.scheduling.candidates import Candidate, CandidatePool
    from lineage.scheduling.inputs import RunnableInstrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A model that is not run on an instrument, and why; `instrument` is None for all of them."""

    model: Candidate
    instrument: RunnableInstrument | None
    skip: SkipReason


def refuse(
    models: Sequence[Candidate],
    pool: CandidatePool,
    instruments: Sequence[RunnableInstrument],
    ranks: NDArray[np.float64],
    may_run: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], list[Refusal]]:
    """Return which (model, instrument) may be run, and a reason for every one of `may_run` that may not.

    `ranks` has one entry per node: of exact copies, the one with the highest rank runs, unless one is measured already.
    """
    is_open = np.ones((len(models), len(instruments)), dtype=bool)
    refusals = []
    for row, model in enumerate(models):
        if (skip := pool.refuse(model)) is not None:
            is_open[row] = False
            refusals.append(Refusal(model=model, instrument=None, skip=skip))
    is_open &= may_run
    nodes = np.array([model.node for model in models], dtype=np.int64)
    for column, instrument in enumerate(instruments):
        for row in np.flatnonzero(np.isin(nodes, instrument.current) & is_open[:, column]).tolist():
            skip = SkipReason(cause=SkipCause.MEASURED, detail=f"{instrument.name} at the current revision")
            is_open[row, column] = False
            refusals.append(Refusal(model=models[row], instrument=instrument, skip=skip))
    refusals += _refuse_copies(models, pool, instruments, ranks, is_open)
    return is_open, refusals


def _refuse_copies(
    models: Sequence[Candidate],
    pool: CandidatePool,
    instruments: Sequence[RunnableInstrument],
    ranks: NDArray[np.float64],
    is_open: NDArray[np.bool_],
) -> list[Refusal]:
    """Close the jobs of exact copies; a measured copy stands for the others even if it could not be run."""
    alike = defaultdict(list)
    for one in pool.candidates.values():
        if one.fingerprint is not None:
            alike[one.fingerprint].append(one)
    rows = {model.id: row for row, model in enumerate(models)}
    current = [frozenset(instrument.current.tolist()) for instrument in instruments]
    refusals = []
    for group in (group for group in alike.values() if len(group) > 1):
        group.sort(key=lambda one: (-float(ranks[one.node]), one.id))
        for column, instrument in enumerate(instruments):
            runs = [one for one in group if one.id in rows and is_open[rows[one.id], column]]
            measured = next((one for one in group if one.node in current[column]), None)
            kept = measured or next(iter(runs), None)
            for one in runs:
                if kept is not None and one is not kept:
                    is_open[rows[one.id], column] = False
                    told = "is measured" if measured else "is run instead"
                    skip = SkipReason(cause=SkipCause.IDENTICAL, detail=f"{kept.id} {told}", same_as=kept.id)
                    refusals.append(Refusal(model=one, instrument=instrument, skip=skip))
    return refusals
