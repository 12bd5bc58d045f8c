"""What somebody states about a model without a run that could be read, and the score or the reason that comes of it.

A statement is hostile text with a number in it: its words are bounded and cleaned when it is made, its number is read
in the unit that the catalogue declares for such statements, and nothing is guessed.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from evaluation.imports.interface import Skipped
from lineage.scores.instruments import Instrument, Reported
from lineage.scores.score import SHORT_DIGITS, Identity, Score, digest
from lineage.text.plain import plain

if TYPE_CHECKING:
    from lineage.scores.instruments import Catalogue

HUNDRED: Final = 100.0
DIGITS: Final = 12
"""Places after the point: 75.49 of 100 and 0.7549 of 1 are one value, in spite of binary fractions."""
_NUMBER: Final = re.compile(r"([-+]?(?:\d{1,15}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][-+]?\d{1,3})?)\s{0,3}(%?)", re.ASCII)


def in_range(stated: float | str, instrument: Instrument, form: Reported) -> float | str:
    """Return a stated value in the instrument's range, or the reason why it cannot be read.

    The range is `form.low` to `form.high` as stated; a text is read where it is a number, and a percent sign says the
    unit. Where hundredths are declared for whoever reports, a value between 0 and 1 is refused: it may be a share.
    """
    share = _share(stated, form)
    if isinstance(share, str):
        return share
    value = round(instrument.low + share * instrument.span, DIGITS)
    return min(max(value, instrument.low), instrument.high)  # the last digit of a float may step over the edge


def _share(stated: float | str, form: Reported) -> float | str:
    """Return where a value stands between the ends of the declared unit, from 0 to 1; or the reason why nowhere."""
    number, is_percent = (stated, False) if isinstance(stated, float) else _read(stated)
    if math.isnan(number) and isinstance(stated, str):
        return f"{stated!r} is not a number" if stated else "it states no value"
    if not math.isfinite(number):
        return f"{number} is not a finite number"
    least, most = (0.0, HUNDRED) if is_percent else (form.low, form.high)
    if not least <= number <= most or (is_percent and form.low != 0):
        return f"{number:.15g}{'%' if is_percent else ''} is outside {form.low:g}..{form.high:g}"
    if not is_percent and _may_be_a_share(number, form):
        return f"{number:.15g} may be a share of 1, where 0..100 is declared for whoever reports it"
    return (number - least) / (most - least)


def _may_be_a_share(number: float, form: Reported) -> bool:
    return form.publisher is None and (form.low, form.high) == (0, HUNDRED) and 0 < number <= 1


def _read(text: str) -> tuple[float, bool]:
    """Return the number of a text and whether a percent sign follows it; NaN where the text is no number."""
    found = _NUMBER.fullmatch(text)
    return (float(found[1]), found[2] == "%") if found else (math.nan, False)


LONGEST_WORDS: Final = 200
LONGEST_VALUE: Final = 60
MOST_BITS: Final = 64
UNKNOWN: Final = "the catalogue has no instrument that is reported so"

Source = Literal["card", "eval-results", "leaderboard"]
Found = tuple[Instrument, Reported]

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.+-]{1,60}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A value that a source states of a model. None means that it was not told.

    `dataset` is the Hub's data set and `also_called` its other name; `metric` is a metric of the model index, or the
    task of a benchmark, `metric_called` its other name. `value` is a number, or what stood in its place as text.
    `revision` is the data set's. `publisher` names who made the statement, where that is not the author of the card.
    `run_name` tells statements of one source apart, `origin` says where it stands, as a person would, `place` where in
    there.
    """

    model: str
    source: Source
    place: str
    origin: str
    dataset: str
    value: float | str
    also_called: str | None = None
    metric: str | None = None
    metric_called: str | None = None
    metric_config: str | None = None
    config: str | None = None
    split: str | None = None
    revision: str | None = None
    arguments: str | None = None
    publisher: str | None = None
    notes: str | None = None
    run_name: str | None = None
    measured_at: datetime | None = None

    @property
    def what(self) -> str:
        """Return the name of the statement, for a person who reads that it was left out."""
        parts = (self.dataset, self.config, self.metric)
        return f"{self.origin}, {self.place}: {' '.join(part for part in parts if part)}"

    @property
    def apart_from_place(self) -> Statement:
        """Return the statement without its place: what is said twice in one source is equal."""
        return replace(self, place="")


class Reports:
    """The catalogue's forms of statements, by data set: a Hub has more statements than any catalogue knows."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._forms: dict[str, list[Found]] = {}
        for instrument in catalogue:
            for form in instrument.reported:
                self._forms.setdefault(form.dataset.casefold(), []).append((instrument, form))

    def score(self, statement: Statement) -> Score | Skipped:
        """Return the score that a statement gives, or the reason why it gives none."""
        found = self._find(statement)
        if isinstance(found, str):
            return Skipped(what=statement.what, reason=found)
        instrument, form = found
        value = in_range(statement.value, instrument, form)
        if isinstance(value, str):
            return Skipped(what=statement.what, reason=value)
        return Score(
            model=statement.model,
            revision=None,
            instrument=instrument,
            identity=_identity(statement, instrument, form),
            value=value,
            stderr=None,
            items=None,
            source=statement.source,
            origin=statement.origin,
            measured_at=statement.measured_at,
            is_reported=True,
            run_name=statement.run_name,
        )

    def _find(self, statement: Statement) -> Found | str:
        """Return the form of a statement, by the names of its data set in their order; or why there is none."""
        for dataset in (statement.dataset, statement.also_called):
            if dataset is None or dataset.casefold() not in self._forms:
                continue
            if statement.metric is None:
                return self._only_form(dataset, statement.publisher)
            found = self._catalogue.for_report(dataset, statement.metric, statement.config, statement.publisher)
            if found is not None:
                return found
        return UNKNOWN

    def _only_form(self, dataset: str, publisher: str | None) -> Found | str:
        """Return the form of a statement that names no task, where the catalogue leaves no choice."""
        said_by = (publisher or "").casefold()
        fitting = {
            (instrument.name, form.low, form.high): (instrument, form)
            for instrument, form in self._forms[dataset.casefold()]
            if form.publisher is None or form.publisher.casefold() == said_by
        }
        if len(fitting) == 1:
            return next(iter(fitting.values()))
        return "no task is named, and the catalogue has several that it could be" if fitting else UNKNOWN


def _identity(statement: Statement, instrument: Instrument, form: Reported) -> Identity:
    """Return the identity of what is stated; words that differ make identities that differ, but for capitals.

    What was measured with stands in `scorer`, all that is told of data and prompt in `template`.
    """
    told = {
        "dataset": statement.dataset,
        "called": statement.also_called,
        "config": statement.config,
        "split": statement.split,
        "revision": statement.revision,
        "args": statement.arguments,
        "publisher": statement.publisher,
        "notes": statement.notes,
    }
    scorer = {
        "": statement.metric or form.metric,
        "called": statement.metric_called,
        "config": statement.metric_config,
    }
    return Identity(name=instrument.name, scorer=_joined(scorer), judge=instrument.judge, template=_joined(told))


def _joined(parts: dict[str, str | None]) -> str:
    return "; ".join(f"{name} {_unmistakable(text)}".strip() for name, text in parts.items() if text is not None)


def _unmistakable(text: str) -> str:
    """Return a text in small letters, in quotes where it could pass for several parts."""
    return json.dumps(text.casefold()) if set(text) & set(';"') else text.casefold()


def read_words(value: object, limit: int = LONGEST_WORDS) -> str | None:
    """Return a name as one clean line, or None for what is no name; a number is one.

    A text that had to be cut or cleaned ends in a hash of the whole, so that different texts stay different.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return None
    text = value.strip() if isinstance(value, str) else json.dumps(value)
    shown = plain(text, limit)
    if shown == text:
        return text or None
    return f"{plain(text, limit - SHORT_DIGITS - 2)} #{digest(text)[:SHORT_DIGITS]}"


def read_number(value: object) -> float | str:
    """Return a number, or the text of what stands in its place, JSON where it is no text; empty where nothing does."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return "a number beyond all bounds"
    if isinstance(value, str):
        return plain(value.strip(), LONGEST_VALUE)
    return "" if value is None else plain(written(value), LONGEST_VALUE)


def written(value: object) -> str:
    """Return the JSON of a value, its keys in order and whole numbers without a fraction."""
    try:
        text = json.dumps(value, sort_keys=True, default=str)
        return json.dumps(json.loads(text, parse_float=_whole), sort_keys=True)
    except (TypeError, ValueError, RecursionError, OverflowError):  # keys of two types; nested too deeply; too long
        return f"a {type(value).__name__}"


def _whole(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def read_arguments(value: object) -> str | None:
    """Return the arguments of a data set or metric: a text as it is, anything else as JSON; None without any.

    An object of plain names and numbers is `num_few_shot=5, seed=1`. An empty list or object counts as none.
    """
    if value is None or value in ("", [], {}):
        return None
    if not isinstance(value, dict):
        return read_words(value) or read_words(written(value))
    kept = {str(key): written(each).strip('"') for key, each in value.items() if each is not None}
    if all(_PLAIN.fullmatch(key) and _PLAIN.fullmatch(text) for key, text in kept.items()):
        return read_words(", ".join(f"{key}={text}" for key, text in sorted(kept.items())))
    return read_words(written(value))


def read_moment(value: object) -> datetime | None:
    """Return a date or time of ISO 8601 as UTC; None where it is none. What names no zone is taken as UTC."""
    text = value if isinstance(value, str) else str(value)[:LONGEST_VALUE]
    if not _DATE.fullmatch(text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # no such day; a zone that leads out of the calendar
        return None
