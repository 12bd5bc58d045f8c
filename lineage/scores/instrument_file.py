"""Files of instruments: the catalogue that comes with the package, and the user's own in the same format.

The format is described at the top of `instruments.toml`. Errors name the file, entry and field, and nothing is read
from a file that has one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from lineage.errors import LineageError
from lineage.scores.instruments import Catalogue, Instrument, ItemsFile, Reported
from lineage.scores.task_reference import INSPECT, inspect_task
from lineage.text.plain import plain
from lineage.text.toml import read_toml
from lineage.vocabulary import AnswerKind, Construct, Direction, Scale

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

ENTRIES: Final = "instruments"
REQUIRED: Final = ("name", "construct", "direction", "range")
TEXTS: Final = ("title", "scorer", "judge", "licence", "source", "definition", "note")
KNOWN: Final = (
    *REQUIRED,
    *TEXTS,
    "scale",
    "items",
    "tokens",
    "chance",
    "floor",
    "gated",
    "tasks",
    "reported",
    "items_file",
    "domains",
    "answers",
)
REPORTED: Final = ("dataset", "metric", "range", "config", "publisher")
ITEMS_FILE: Final = ("name", "columns", "optional")
LARGEST_TEXT: Final = 500
LARGEST_FILE: Final = 1 << 20
LARGEST_COUNT: Final = 2**31 - 1
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_FILE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.jsonl")
_TASK: Final = re.compile(r"[a-z0-9-]+:[^\s:/][^\s/]*/\S+")
_Choice = TypeVar("_Choice", bound="StrEnum")


class InstrumentFault(LineageError):
    """A file that declares instruments has a fault.

    `place` names the entry and its field, or None for the whole file.
    """

    hint = "the form is described at the top of the catalogue: lineage/scores/instruments.toml"
    exit_code = 2

    def __init__(self, source: str, place: str | None, problem: str) -> None:
        """Store the file, the entry and the problem."""
        where = source if place is None else f"{source}, {place}"
        super().__init__(plain(f"{where}: {problem}", LARGEST_TEXT))
        self.source = source
        self.place = place
        self.problem = problem


@cache
def default_catalogue() -> Catalogue:
    """Return the catalogue that comes with the package; it is read once."""
    text = resources.files("lineage.scores").joinpath("instruments.toml").read_text("utf-8")
    return Catalogue.of(read_instruments(text, "instruments.toml"))


def read_instruments(text: str, source: str) -> tuple[Instrument, ...]:
    """Read instruments in the format that `instruments.toml` describes; `source` is the file's name in messages.

    Raises InstrumentFault for the first error: broken TOML, an unknown or missing field, a value of the wrong type, a
    repeated name, a task that two instruments claim.
    """
    entries = _entries(text, source)
    found: dict[str, Instrument] = {}
    tasks: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name")
        reading = _Entry(source=source, label=name if isinstance(name, str) else f"entry {number}", fields=entry)
        instrument = reading.read()
        if instrument.name in found:
            reading.fail("name", "is given twice")
        for task in instrument.tasks:
            if (other := tasks.setdefault(task.lower(), instrument.name)) != instrument.name:
                reading.fail("tasks", f"{task!r} already belongs to {other}")
        found[instrument.name] = instrument
    return tuple(found.values())


def _entries(text: str, source: str) -> list[dict[str, object]]:
    if len(text) > LARGEST_FILE:
        raise InstrumentFault(source, None, f"longer than {LARGEST_FILE:,} characters")
    try:
        root = read_toml(text)
    except ValueError as error:
        raise InstrumentFault(source, None, f"not readable as TOML: {error}") from error
    if unknown := next((key for key in root if key != ENTRIES), None):
        raise InstrumentFault(source, None, f"unknown key {unknown!r}; write instruments as [[{ENTRIES}]] tables")
    entries = root.get(ENTRIES, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InstrumentFault(source, None, f"write [[{ENTRIES}]] with two brackets, one table per instrument")
    return entries


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One table of a file, which becomes an instrument; `label` names it in messages."""

    source: str
    label: str
    fields: Mapping[str, object]

    def read(self) -> Instrument:
        for unknown in sorted(self.fields.keys() - set(KNOWN)):
            self.fail(unknown, f"is not a field; known are {', '.join(KNOWN)}")
        for missing in (field for field in REQUIRED if field not in self.fields):
            self.fail(missing, "is missing")
        name = self._name()
        low, high = self._range(self.fields, "range")
        texts = {field: self._text(self.fields, field) for field in TEXTS}
        instrument = Instrument(
            name=name,
            title=texts["title"] or name,
            construct=self._choice("construct", Construct),
            direction=self._choice("direction", Direction),
            low=low,
            high=high,
            scale=self._choice("scale", Scale) if "scale" in self.fields else Scale.GRADED,
            items=self._count("items"),
            tokens=self._count("tokens"),
            chance=self._number(self.fields["chance"], "chance") if "chance" in self.fields else None,
            floor=self._number(self.fields["floor"], "floor") if "floor" in self.fields else None,
            scorer=texts["scorer"],
            judge=texts["judge"],
            licence=texts["licence"],
            source=texts["source"],
            gated=self._truth("gated"),
            tasks=self._tasks(),
            definition=texts["definition"],
            items_file=self._items_file(),
            domains=self._domains(),
            answers=self._choice("answers", AnswerKind) if "answers" in self.fields else None,
            reported=self._reported(),
            note=texts["note"],
        )
        self._check(instrument)
        return instrument

    def _check(self, instrument: Instrument) -> None:
        is_capability = instrument.construct is Construct.CAPABILITY
        if is_capability != (instrument.direction is Direction.CAPABILITY):
            self.fail("direction", "is capability where the construct is capability, and only there")
        for name, value in (("chance", instrument.chance), ("floor", instrument.floor)):
            if value is not None and not instrument.holds(value):
                self.fail(name, f"{value:g} is outside {instrument.low:g}..{instrument.high:g}")
        named = inspect_task(instrument.definition or "")
        start = None if named is None else f"{INSPECT}:{named[1]}/"
        if start is not None and not any(task.lower().startswith(start.lower()) for task in instrument.tasks):
            self.fail("tasks", f"needs {start}SCORER, which names the scorer that counts of the definition")

    def _name(self) -> str:
        name = self.fields["name"]
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            self.fail("name", "must be up to 80 of a-z, 0-9, _ . and -, with a letter or digit first")
        return name

    def _choice(self, field: str, choices: type[_Choice]) -> _Choice:
        value = self.fields[field]
        found = next((choice for choice in choices if choice.value == value), None)
        if found is None:
            self.fail(field, f"{_shown(value)} is not one of {', '.join(choices)}")
        return found

    def _count(self, field: str) -> int | None:
        value = self.fields.get(field)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST_COUNT:
            self.fail(field, "must be a whole number above 0")
        return value

    def _tasks(self) -> tuple[str, ...]:
        value = self.fields.get("tasks", [])
        if not isinstance(value, list):
            self.fail("tasks", "must be a list")
        for task in value:
            if not isinstance(task, str) or len(task) > LARGEST_TEXT or not _TASK.fullmatch(task):
                self.fail("tasks", f"{_shown(task)} is not ENGINE:TASK/METRIC")
        return tuple(value)

    def _domains(self) -> tuple[str, ...]:
        value = self.fields.get("domains", [])
        if not isinstance(value, list) or not all(isinstance(one, str) and _NAME.fullmatch(one) for one in value):
            self.fail("domains", "must be a list of domains, each of a-z, 0-9, _ . and -")
        return tuple(value)

    def _items_file(self) -> ItemsFile | None:
        value = self.fields.get("items_file")
        if value is None:
            return None
        if not isinstance(value, dict) or value.keys() - set(ITEMS_FILE):
            self.fail("items_file", f"must be a table of {', '.join(ITEMS_FILE)}")
        name, columns, is_optional = value.get("name"), value.get("columns"), value.get("optional", False)
        if not isinstance(name, str) or not _FILE.fullmatch(name):
            self.fail("items_file", "needs a name such as items.jsonl, without a folder")
        if not isinstance(columns, list) or not columns or not all(isinstance(one, str) and one for one in columns):
            self.fail("items_file", "needs a list of columns")
        if not isinstance(is_optional, bool):
            self.fail("items_file", "is optional or not: true or false")
        return ItemsFile(name=name, columns=tuple(columns), is_optional=is_optional)

    def _reported(self) -> tuple[Reported, ...]:
        value = self.fields.get("reported", [])
        if not isinstance(value, list) or not all(isinstance(form, dict) for form in value):
            self.fail("reported", "must be a list of {dataset, metric, range} tables")
        return tuple(self._report(form) for form in value)

    def _report(self, form: Mapping[str, object]) -> Reported:
        for unknown in sorted(form.keys() - set(REPORTED)):
            self.fail("reported", f"{unknown} is not a field; known are {', '.join(REPORTED)}")
        dataset, metric = self._text(form, "dataset"), self._text(form, "metric")
        if dataset is None or metric is None or "range" not in form:
            self.fail("reported", "needs dataset, metric and range")
        low, high = self._range(form, "range")
        config, publisher = self._text(form, "config"), self._text(form, "publisher")
        return Reported(dataset=dataset, metric=metric, config=config, publisher=publisher, low=low, high=high)

    def _range(self, fields: Mapping[str, object], field: str) -> tuple[float, float]:
        value = fields[field]
        if not isinstance(value, list) or len(value) != len(("lowest", "highest")):
            self.fail(field, "must be [lowest, highest], such as [0, 1] or [0, 100]")
        low, high = (self._number(bound, field) for bound in value)
        if low >= high:
            self.fail(field, f"{low:g} is not below {high:g}")
        return low, high

    def _number(self, value: object, field: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(field, f"{_shown(value)} is not a number")
        if not -LARGEST_COUNT <= value <= LARGEST_COUNT or not math.isfinite(value):
            self.fail(field, "is not a number that a score can have")
        return float(value)

    def _truth(self, field: str) -> bool:
        value = self.fields.get(field, False)
        if not isinstance(value, bool):
            self.fail(field, "must be true or false")
        return value

    def _text(self, fields: Mapping[str, object], field: str) -> str | None:
        value = fields.get(field)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > LARGEST_TEXT:
            self.fail(field, f"must be a text of at most {LARGEST_TEXT} visible characters")
        return value.strip()

    def fail(self, field: str, problem: str) -> NoReturn:
        raise InstrumentFault(self.source, f"{self.label}.{field}", problem)


def _shown(value: object) -> str:
    """Return a value as text; Python prints no integer of more than 4,300 digits, which hexadecimal ones can have."""
    try:
        return repr(value)
    except ValueError:
        return "a number with too many digits"
