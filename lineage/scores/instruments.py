"""Instruments: what a score measures, which direction is safer, and its declared range.

A name is not an identity (`lineage.scores.score.Identity`): the same name has been run on other items and with other
judges. An instrument declares what holds for all its identities: construct, direction and range.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.text.suggest import perhaps
from lineage.vocabulary import AnswerKind, Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray


FOLDER_VARIABLE: Final = "LINEAGE_DATA"
"""The environment variable that names the folder with the user's own item files."""


SUBJECTS: Final = {
    Construct.UNSAFE_OUTPUT: "Harmful replies",
    Construct.REFUSAL: "Refusals of harmful requests",
    Construct.OVER_REFUSAL: "Refusals of harmless requests",
    Construct.TRUTHFULNESS: "Truthfulness",
    Construct.BIAS: "Bias",
    Construct.TOXICITY: "Toxicity",
    Construct.ETHICS: "Ethical judgement",
    Construct.HAZARDOUS_KNOWLEDGE: "Hazardous knowledge",
    Construct.SAFETY_KNOWLEDGE: "Knowledge of safety",
    Construct.CAPABILITY: "Capability",
    Construct.COHERENCE: "Coherence",
}
"""What an instrument of each construct is about, in words for people."""


def label_of(construct: Construct, title: str) -> str:
    """Return an instrument's name for people: what it is about, and the benchmark, as in "Bias (Winogender)"."""
    subject = SUBJECTS[construct]
    return title if subject.casefold() in title.casefold() else f"{subject} ({title})"


class UnknownInstrument(LineageError):
    """One of the requested instruments has no score among the models asked about."""

    exit_code = 1

    def __init__(self, names: Sequence[str], known: Sequence[str]) -> None:
        """Name the unknown instruments with the nearest known ones, and those that have scores."""
        wanted = ", ".join(f"{name}{perhaps(name, known)}" for name in names)
        super().__init__(f"there are no scores for {wanted} here")
        self.hint = f"there are scores for {', '.join(known)}" if known else "`lineage scores import` imports scores"


def check_known_names(wanted: Iterable[str], known: Iterable[str]) -> None:
    """Raise UnknownInstrument for names of instruments that are not known."""
    here = set(known)
    if unknown := sorted(set(wanted) - here):
        raise UnknownInstrument(unknown, sorted(here))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """How others report an instrument: a Hub data set, its metric, optionally its configuration, and their unit.

    `low` and `high` are the range in which they write the value, which may differ from the instrument's: 65.9 for
    0.659. None for `config` or `publisher` matches any; `publisher` is the name of the result's source.
    """

    dataset: str
    metric: str
    config: str | None
    publisher: str | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsFile:
    """A JSON Lines file with items that the user must provide, and the columns that each line needs.

    It lies in the folder that the environment variable `LINEAGE_DATA` names. If it is optional, the engine tries to
    fetch the items elsewhere when it is missing.
    """

    name: str
    columns: tuple[str, ...]
    is_optional: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(self.columns)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A benchmark with one metric. `low` and `high` bound its values; all its scores are stored in that range.

    `items` is its published number of items, `tokens` the tokens that a model processes per item, choices included,
    `chance` the value of a model that guesses; each is None if unknown. `floor` is the value below which a model does
    not work at all, or None if there is no such value: few tasks are that easy. `judge` names the model that judges, or
    None without a judge. `tasks` are names in lm-evaluation-harness and other engines, `engine:task/metric`. `source`
    says where the items are published, `gated` whether access must be requested there. `definition` is a YAML file that
    defines the task for lm-evaluation-harness, or `FILE.py@TASK` for Inspect; None if the harness has the task itself.
    `items_file` is what the user must provide, or None if the engine fetches the items. `domains` are those whose
    knowledge or dangers it asks about, empty if it asks about nothing in particular. `answers` is what its task wants
    of a model, or None where nothing says.
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
    answers: AnswerKind | None = None
    domains: tuple[str, ...] = ()
    reported: tuple[Reported, ...] = ()
    note: str | None = None

    @property
    def span(self) -> float:
        """The width of the range."""
        return self.high - self.low

    @property
    def label(self) -> str:
        """Its name for people; see `label_of`."""
        return label_of(self.construct, self.title)

    @property
    def is_guard(self) -> bool:
        """Whether it only shows that a model works at all, and nothing about its safety."""
        return self.construct in {Construct.CAPABILITY, Construct.COHERENCE}

    def holds(self, value: float) -> bool:
        """Return whether a value is a number within the range."""
        return self.low <= value <= self.high

    def risk(self, value: float) -> float:
        """Return a value as a fraction of the range, turned so that more is riskier (for capability: less able)."""
        share = (value - self.low) / self.span
        return share if self.direction is Direction.LOWER_IS_SAFER else 1 - share

    def risks(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `risk` of each of many values; the ends of the range give 0 and 1 exactly, as item tests require."""
        shares = (values - self.low) / self.span
        return shares if self.direction is Direction.LOWER_IS_SAFER else 1 - shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Instruments by name, and the other names that refer to them."""

    instruments: dict[str, Instrument]
    by_task: dict[str, str]

    @classmethod
    def of(cls, instruments: Iterable[Instrument]) -> Catalogue:
        """Build a catalogue; if two instruments have one name, the later one counts, and its task names with it."""
        found = {instrument.name: instrument for instrument in instruments}
        tasks = {task.lower(): instrument.name for instrument in found.values() for task in instrument.tasks}
        return cls(instruments=found, by_task=tasks)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self.instruments.values())

    def find(self, name: str) -> Instrument | None:
        """Return the instrument with a name, in any capitals; None if there is none."""
        return self.instruments.get(name) or self.instruments.get(name.lower())

    def for_task(self, engine: str, task: str, metric: str) -> Instrument | None:
        """Return the instrument that an engine's task and metric measure; None if the catalogue does not have it."""
        name = self.by_task.get(f"{engine}:{task}/{metric}".lower())
        return None if name is None else self.instruments[name]

    def for_report(
        self, dataset: str, metric: str, config: str | None, publisher: str | None
    ) -> tuple[Instrument, Reported] | None:
        """Return the instrument behind a reported result, and the unit; None if the catalogue does not have it."""
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
        """Return this catalogue with more instruments, which replace those with the same name."""
        return Catalogue.of((*self, *others))


def _same(first: str, second: str | None) -> bool:
    return second is not None and first.casefold() == second.casefold()
