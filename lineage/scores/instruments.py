"""Instruments: what a score measures, in which direction it is safer, and on which range it is declared.

A name is not an identity (`lineage.scores.score.Identity`): the same name has been run over other items, by other
judges. What is declared here holds for every identity of an instrument: its construct, its direction and its range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.vocabulary import Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray


FOLDER_VARIABLE: Final = "LINEAGE_DATA"
"""The environment variable that names the folder of the user's own files of items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """How others report an instrument: a Hub data set, its metric, perhaps its configuration, and the unit they use.

    `low` and `high` are the range in which they write the value, which need not be the instrument's: 65.9 for 0.659.
    None for `config` or `publisher` fits any; `publisher` is the name of the result's source.
    """

    dataset: str
    metric: str
    config: str | None
    publisher: str | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsFile:
    """A file of JSON lines with items that the user must bring, and the columns that each line has at least.

    It lies in the folder that the environment variable `LINEAGE_DATA` names. Where it is optional the engine tries to
    fetch the items of another place without it.
    """

    name: str
    columns: tuple[str, ...]
    is_optional: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(self.columns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A benchmark with one metric. `low` and `high` bound its values; all scores of it are kept in that range.

    `items` is how many items it has as published, `tokens` how many an item has that a model runs, with its choices,
    `chance` the value of a model that guesses; all None where unknown.
    `floor` is the value under which a model does not work at all, or None where none can be named: few tasks are so
    easy. `judge` names the model that judges, or None where none does. `tasks` are names in lm-evaluation-harness and
    other engines, `engine:task/metric`. `source` says where the items live, `gated` whether one must ask for access
    there. `definition` is a YAML file that defines the task for lm-evaluation-harness, or `FILE.py@TASK` of Inspect;
    None where the harness has the task itself. `items_file` is what the user must bring, or None where the engine
    fetches the items.
    """

    name: str
    title: str
    construct: Construct
    direction: Direction
    low: float
    high: float
    scale: Scale
    items: int | None = None
    tokens: int | None = None
    chance: float | None = None
    floor: float | None = None
    scorer: str | None = None
    judge: str | None = None
    licence: str | None = None
    source: str | None = None
    gated: bool = False
    tasks: tuple[str, ...] = ()
    definition: str | None = None
    items_file: ItemsFile | None = None
    reported: tuple[Reported, ...] = ()
    note: str | None = None

    @property
    def span(self) -> float:
        """How wide the range is."""
        return self.high - self.low

    @property
    def is_guard(self) -> bool:
        """Whether it says that a model works at all, and nothing of its safety."""
        return self.construct in {Construct.CAPABILITY, Construct.COHERENCE}

    def holds(self, value: float) -> bool:
        """Return whether a value is a number within the range."""
        return self.low <= value <= self.high

    def risk(self, value: float) -> float:
        """Return a value as a share of the range, turned so that more is riskier; of capability, more is less able."""
        share = (value - self.low) / self.span
        return share if self.direction is Direction.LOWER_IS_SAFER else 1 - share

    def risks(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `risk` of each of many values; the ends of the range give 0 and 1 exactly, as tests of items need."""
        shares = (values - self.low) / self.span
        return shares if self.direction is Direction.LOWER_IS_SAFER else 1 - shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Instruments by name, and the other names that lead to them."""

    instruments: dict[str, Instrument]
    by_task: dict[str, str]

    @classmethod
    def of(cls, instruments: Iterable[Instrument]) -> Catalogue:
        """Make a catalogue; of two instruments of one name the later one counts, and its task names with it."""
        found = {instrument.name: instrument for instrument in instruments}
        tasks = {task.lower(): instrument.name for instrument in found.values() for task in instrument.tasks}
        return cls(instruments=found, by_task=tasks)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self.instruments.values())

    def find(self, name: str) -> Instrument | None:
        """Return the instrument of a name, in any capitals; None where there is none."""
        return self.instruments.get(name) or self.instruments.get(name.lower())

    def for_task(self, engine: str, task: str, metric: str) -> Instrument | None:
        """Return what an engine's task measures with a metric; None where the catalogue does not know."""
        name = self.by_task.get(f"{engine}:{task}/{metric}".lower())
        return None if name is None else self.instruments[name]

    def for_report(
        self, dataset: str, metric: str, config: str | None, publisher: str | None
    ) -> tuple[Instrument, Reported] | None:
        """Return what somebody reports of a data set, and in which unit; None where the catalogue does not know."""
        fitting = (
            (instrument, form)
            for instrument in self.instruments.values()
            for form in instrument.reported
            if _same(form.dataset, dataset)
            and _same(form.metric, metric)
            and (form.config is None or _same(form.config, config))
            and (form.publisher is None or _same(form.publisher, publisher))
        )
        return next(fitting, None)

    def with_more(self, others: Iterable[Instrument]) -> Catalogue:
        """Return this catalogue with more instruments, which replace those of the same name."""
        return Catalogue.of((*self, *others))


def _same(first: str, second: str | None) -> bool:
    return second is not None and first.casefold() == second.casefold()
