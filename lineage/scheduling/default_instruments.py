"""The instruments that are scheduled by default: those that need no judge and that an engine can run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from lineage.errors import UsageError
from lineage.scheduling.domain_needs import needed
from lineage.scheduling.inputs import USUAL_TOKENS, RunnableInstrument
from lineage.scores.instruments import FOLDER_VARIABLE
from lineage.text.plain import plain
from lineage.text.suggest import perhaps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lineage.scores.instruments import Catalogue, Instrument, ItemsFile

ENGINE: Final = "lm-eval"
GUARD: Final = "hellaswag"
GUARD_ITEMS: Final = 500
"""Items of the guard that are run: many standard errors apart between a model that works and one that guesses (0.25).
"""
WHOLES: Final = frozenset({"bbq", "wmdp"})
"""Instruments whose items are all part of other instruments, which are measured instead."""


class NotRunnable(UsageError):
    """An instrument has no task that an engine here could run."""

    def __init__(self, name: str, catalogue: Catalogue) -> None:
        """Say which instrument."""
        is_known = catalogue.find(name) is not None
        near = perhaps(name, (one.name for one in catalogue))
        super().__init__(f"{name} has no task for {ENGINE}" if is_known else f"no instrument is called {name}{near}")
        self.name = name
        self.hint = "`lineage docs scores` shows how to declare one with its task in your own file"


class NoItems(UsageError):
    """An instrument needs a file of items that the user has to bring."""

    def __init__(self, instrument: str, wanted: ItemsFile, problem: str) -> None:
        """Say which instrument, which file, and why it cannot be used."""
        super().__init__(plain(f"{instrument} needs {wanted.name}, a file of items that you bring: {problem}", 500))
        columns = ", ".join(wanted.columns)
        self.hint = (
            f"put {wanted.name}, JSON lines with the columns {columns}, into a folder and set {FOLDER_VARIABLE} to it"
        )


def choose_instruments(
    catalogue: Catalogue, names: Sequence[str] | None = None, files: Mapping[str, str | None] | None = None
) -> tuple[RunnableInstrument, ...]:
    """Return the instruments with these names; for None, all without a judge that are no guard and have task and items.

    `files` maps the user's files of items by name to the reason why they cannot be used, or None if they can; other
    files are missing. Of several instruments that one task measures, the first is taken, because one run gives them
    all. Raises NotRunnable for a name that is unknown or has no task, NoItems if its file is missing.
    """
    here = files or {}
    if names is not None:
        return tuple(_named(catalogue, name, here) for name in dict.fromkeys(names))
    by_task: dict[str, RunnableInstrument] = {}
    for instrument in catalogue:
        task = task_of(instrument)
        if task is None or instrument.judge is not None or instrument.is_guard or instrument.name in WHOLES:
            continue
        if _missing(instrument, here) is not None:
            continue
        by_task.setdefault(task, as_runnable(instrument, task))
    return tuple(by_task.values())


def choose_for_domains(
    catalogue: Catalogue, domains: Iterable[str], files: Mapping[str, str | None] | None = None
) -> tuple[RunnableInstrument, ...]:
    """Return what the models of some domains need, and models of none: safety first, then the domains' capability.

    Only what an engine can run without a judge is taken, and what is of a domain is for its models alone; `files` is as
    above.
    """
    listed = runnable(catalogue, files)
    each = [needed(listed, asked) for asked in ((), *((domain,) for domain in domains))]
    names = dict.fromkeys([name for safety, _ in each for name in safety] + [name for _, able in each for name in able])
    domains_of = {one.name: one.domains for one in listed}
    return tuple(replace(_named(catalogue, name, files or {}), domains=domains_of[name]) for name in names)


def runnable(catalogue: Catalogue, files: Mapping[str, str | None] | None = None) -> list[Instrument]:
    """Return the instruments of safety and capability that an engine can run without a judge; `files` is as above."""
    safety = {one.name for one in choose_instruments(catalogue, None, files)}
    return [one for one in catalogue if one.name in safety or _measures_capability(one, files or {})]


def choose_guard(catalogue: Catalogue, name: str = GUARD) -> RunnableInstrument:
    """Return the guard that runs beside every first instrument of a model. Raises NotRunnable as above."""
    instrument = catalogue.find(name)
    task = None if instrument is None else task_of(instrument)
    if instrument is None or task is None:
        raise NotRunnable(name, catalogue)
    return as_runnable(instrument, task, limit=GUARD_ITEMS)


def task_of(instrument: Instrument) -> str | None:
    """Return what the engine runs for an instrument, a file or the name of a task; None if it has none."""
    if instrument.definition is not None:
        return instrument.definition
    found = (task.partition(":")[2] for task in instrument.tasks if task.startswith(f"{ENGINE}:"))
    return next((task.rpartition("/")[0] for task in found), None)


def as_runnable(instrument: Instrument, task: str, *, limit: int | None = None) -> RunnableInstrument:
    """Return an instrument as one that could be run, without any scores."""
    return RunnableInstrument(
        name=instrument.name,
        definition=task,
        items=instrument.items,
        limit=limit,
        tokens_per_item=tokens_of(instrument, None),
        answers=instrument.answers,
        is_capability=instrument.is_guard,
    )


def tokens_of(instrument: Instrument | None, measured: float | None) -> float:
    """Return the tokens per item: as measured, else as declared, else the usual number."""
    declared = None if instrument is None else instrument.tokens
    return measured or declared or USUAL_TOKENS


def _missing(instrument: Instrument, files: Mapping[str, str | None]) -> str | None:
    """Return why the items that the user has to bring cannot be used; None if they can, or if none are needed."""
    wanted = instrument.items_file
    return None if wanted is None or wanted.is_optional else files.get(wanted.name, "it is not here")


def _measures_capability(instrument: Instrument, files: Mapping[str, str | None]) -> bool:
    has_task = task_of(instrument) is not None and instrument.judge is None
    return instrument.is_guard and has_task and _missing(instrument, files) is None


def _named(catalogue: Catalogue, name: str, files: Mapping[str, str | None]) -> RunnableInstrument:
    instrument = catalogue.find(name)
    task = None if instrument is None else task_of(instrument)
    if instrument is None or task is None:
        raise NotRunnable(name, catalogue)
    if instrument.items_file is not None and (problem := _missing(instrument, files)) is not None:
        raise NoItems(name, instrument.items_file, problem)
    return as_runnable(instrument, task)
