"""What each job would cost now, in arrays: the cost falls for relatives once what they share is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lineage.errors import UsageError
from lineage.scheduling.cost_model import START_SECONDS
from lineage.scheduling.plan import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lineage.scheduling.candidates import Candidate, CandidatePool
    from lineage.scheduling.inputs import RunnableInstrument, ScheduleInputs

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


class NoPrice(UsageError):
    """A budget in money needs hardware with a price."""

    hint = "add price_per_hour to the --hardware file, or give the budget in time or items"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSeconds:
    """The seconds of a job: fetching and loading, the instrument, and the guard, or None if it does not run."""

    fetch: float
    run: float
    guard: float | None


class JobCosts:
    """The costs of jobs: one row per model, one column per instrument.

    A model is loaded once for all its jobs; the base of adapters is loaded once for all of them, and each adapter once
    more. The guard runs with the first job of a model and is counted with it.
    """

    def __init__(self, models: Sequence[Candidate], pool: CandidatePool, inputs: ScheduleInputs) -> None:
        """Compute what does not change."""
        self._costs = costs = inputs.costs
        instruments, guard, loaded = inputs.instruments, inputs.guard, inputs.loaded
        bases = [model.base if model.is_adapter and model.base is not None else model.id for model in models]
        names, self.base = np.unique(np.array(bases, dtype=object), return_inverse=True)
        self._base_loaded = np.array([name in loaded for name in names], dtype=bool)
        self._own_loaded = np.array([model.id in loaded for model in models], dtype=bool)
        weights = np.array([pool.weight_bytes(pool.base_of(model) or model) for model in models])
        own = np.array([pool.weight_bytes(model) if model.is_adapter else 0.0 for model in models])
        self._base_fetch, self._own_fetch = costs.fetch_seconds(weights), costs.fetch_seconds(own)
        self.parameters = np.array([pool.parameters(model) for model in models], dtype=np.float64)
        self._run = np.zeros((len(models), len(instruments)))
        for column, instrument in enumerate(instruments):
            self._run[:, column] = self._seconds_of(instrument)
        self._items = np.array([float(instrument.expected_items) for instrument in instruments])
        self._guard_seconds = np.zeros(len(models)) if guard is None else self._seconds_of(guard)
        self._guard_items = 0 if guard is None else guard.expected_items
        self._needs_guard = np.zeros(len(models), dtype=bool)
        if guard is not None:
            self._needs_guard = ~np.isin([model.node for model in models], guard.current)

    def seconds(self, rows: Rows | slice) -> Floats:
        """Return the seconds of every job of some models, including what is loaded for it and the guard."""
        guard = self._guard_seconds[rows] * self._needs_guard[rows]
        return np.asarray(self._run[rows] + (self._fetch(rows) + guard)[:, None])

    def split(self, row: int, column: int) -> JobSeconds:
        """Return the seconds of one job in parts."""
        guard = float(self._guard_seconds[row]) if self._needs_guard[row] else None
        fetch = float(self._fetch(slice(row, row + 1))[0])
        return JobSeconds(fetch=fetch, run=float(self._run[row, column]), guard=guard)

    def cost(self, rows: Rows | slice, unit: Unit) -> Floats:
        """Return the cost of every job of some models in a unit. Raises NoPrice for money without a price."""
        if unit is Unit.ITEMS:
            return np.asarray(self._items[None, :] + (self._guard_items * self._needs_guard[rows])[:, None])
        if unit is Unit.SECONDS:
            return self.seconds(rows)
        price = self._costs.money_per_second
        if price is None:
            raise NoPrice
        return np.asarray(self.seconds(rows) * price)

    def effort(self, rows: Rows | slice, unit: Unit) -> Floats:
        """Return what the gain of every job is divided by: its cost, or for money the seconds that it pays for.

        Both give the same order, but hardware may cost nothing.
        """
        return self.cost(rows, Unit.SECONDS if unit is Unit.MONEY else unit)

    def load(self, row: int) -> Rows:
        """Mark a model as loaded and guarded, its base as loaded; return the rows that cost less because of it."""
        base = self.base[row]
        changed = np.array([row]) if self._base_loaded[base] else np.flatnonzero(self.base == base)
        self._base_loaded[self.base[row]] = True
        self._own_loaded[row] = True
        self._needs_guard[row] = False
        return changed

    def _fetch(self, rows: Rows | slice) -> Floats:
        base = self._base_fetch[rows] * ~self._base_loaded[self.base[rows]]
        return np.asarray(base + self._own_fetch[rows] * ~self._own_loaded[rows])

    def _seconds_of(self, instrument: RunnableInstrument) -> Floats:
        items = instrument.expected_items
        return START_SECONDS + self._costs.item_seconds(
            instrument.name, self.parameters, items, instrument.tokens_per_item
        )
