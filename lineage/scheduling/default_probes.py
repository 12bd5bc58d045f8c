"""Which instruments are scheduled where nobody names any: those that need no judge and that an engine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError
from lineage.scheduling.probes import USUAL_TOKENS, Probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.instruments import Catalogue, Instrument

ENGINE: Final = "lm-eval"
GUARD: Final = "hellaswag"
GUARD_ITEMS: Final = 500
"""Items of the guard that are run: enough to tell a model that works from one that guesses, 0.25, by many errors."""
WHOLES: Final = frozenset({"bbq", "wmdp"})
"""Instruments whose items are all in others, which are measured in their stead."""


class NotRunnable(UsageError):
    """An instrument has no task that an engine here could run."""

    def __init__(self, name: str, *, is_known: bool) -> None:
        """Say which instrument."""
        super().__init__(f"{name} has no task of {ENGINE}" if is_known else f"no instrument is called {name}")
        self.name = name
        self.hint = "docs/scores.md says how to declare one with its task in a file of your own"


def choose_probes(catalogue: Catalogue, names: Sequence[str] | None = None) -> tuple[Probe, ...]:
    """Return the instruments of some names, null for all that need no judge, are no guard and have a task.

    Of several that one task measures the first is taken, since one run gives them all. Raises NotRunnable for a name
    that is unknown or has no task.
    """
    if names is not None:
        return tuple(_named(catalogue, name) for name in dict.fromkeys(names))
    by_task: dict[str, Probe] = {}
    for instrument in catalogue:
        task = task_of(instrument)
        if task is None or instrument.judge is not None or instrument.is_guard or instrument.name in WHOLES:
            continue
        by_task.setdefault(task, as_probe(instrument, task))
    return tuple(by_task.values())


def choose_guard(catalogue: Catalogue, name: str = GUARD) -> Probe:
    """Return the guard that runs beside every first instrument of a model. Raises NotRunnable as above."""
    instrument = catalogue.find(name)
    task = None if instrument is None else task_of(instrument)
    if instrument is None or task is None:
        raise NotRunnable(name, is_known=instrument is not None)
    return as_probe(instrument, task, limit=GUARD_ITEMS)


def task_of(instrument: Instrument) -> str | None:
    """Return what the engine runs for an instrument, a file or the name of a task; null where it has none."""
    if instrument.definition is not None:
        return instrument.definition
    found = (task.partition(":")[2] for task in instrument.tasks if task.startswith(f"{ENGINE}:"))
    return next((task.rpartition("/")[0] for task in found), None)


def as_probe(instrument: Instrument, task: str, *, limit: int | None = None) -> Probe:
    """Return an instrument as one that could be run, of which nobody has a score."""
    return Probe(
        name=instrument.name,
        definition=task,
        items=instrument.items,
        limit=limit,
        tokens_per_item=tokens_of(instrument, None),
    )


def tokens_of(instrument: Instrument | None, measured: float | None) -> float:
    """Return the tokens that an item is taken for: as was measured, else as is declared, else as usual."""
    declared = None if instrument is None else instrument.tokens
    return measured or declared or USUAL_TOKENS


def _named(catalogue: Catalogue, name: str) -> Probe:
    instrument = catalogue.find(name)
    task = None if instrument is None else task_of(instrument)
    if instrument is None or task is None:
        raise NotRunnable(name, is_known=instrument is not None)
    return as_probe(instrument, task)
