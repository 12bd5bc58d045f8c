"""Scores as a table, this project's own format: CSV, JSON lines or parquet, one row per score or one row per item.

Columns of a summary: model, instrument, value; and optionally items, stderr, run, revision, scorer, judge,
judge_prompt, judge_prompt_hash, template, decoding, softmax_dtype, source, measured_at. With a column `item`, every row
is one item: model, instrument, item, value; and optionally cluster, reply_length and the same others. A run is what has
the same model, revision, identity and `run`; its items are distinct. They are gathered in columns, so that millions of
them fit into memory. `value` is in the declared range of the instrument, whatever it looks like.
"""

from __future__ import annotations

import csv
import json
import re
from array import array
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.errors import ImportRefused
from evaluation.imports.interface import FileScores
from evaluation.imports.table_rows import (
    MARK,
    PARQUET_MAGIC,
    CellFault,
    count_of,
    moment_of,
    number_of,
    open_table,
    prompt_of,
    text_of,
)
from lineage.errors import LineageError
from lineage.scores.score import DIGITS, Identity, ItemScores, Score, digest
from lineage.scores.standard_error import mean_and_error
from lineage.text.plain import plain
from lineage.vocabulary import Scale
from store.ingest import parquet_reader as tabular

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from evaluation.imports.table_rows import ScoreTable
    from lineage.scores.instruments import Instrument

RUN_COLUMNS: Final = (
    "model",
    "instrument",
    "run",
    "revision",
    "scorer",
    "judge",
    "judge_prompt",
    "judge_prompt_hash",
    "template",
    "decoding",
    "softmax_dtype",
    "source",
)
FORMAT: Final = "table"
_HASH: Final = re.compile(rf"[0-9a-f]{{{DIGITS}}}")
DECLARE: Final = "declare it in a file for --instruments FILE.toml; `lineage instruments` lists those that are known"
PER_CENT: Final = (
    "if it is in per cent, divide by 100 first; an instrument of your own can be declared with range = [0, 100] in a "
    "file for --instruments"
)


class RunFault(CellFault):
    """A row does not fit its instrument; `hint` is the way out."""

    def __init__(self, problem: str, hint: str) -> None:
        """Say what is wrong and what to do."""
        super().__init__(problem)
        self.hint = hint


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRun:
    """One run: what was measured of which model, without the items. `identity` lacks their hash still."""

    model: str
    revision: str | None
    instrument: Instrument
    identity: Identity
    name: str | None

    def value(self, cell: object) -> float:
        """Return a cell as a value in the instrument's range. Raises CellFault."""
        number = number_of(cell, "value")
        if number is None:
            raise CellFault("value is empty")
        if not self.instrument.holds(number):
            raise RunFault(f"{number:g} is outside {_span(self.instrument)} of {self.instrument.name}", PER_CENT)
        return number

    def item_value(self, cell: object) -> float:
        """Return a cell as the value of one item, which of a rate is its lowest or its highest. Raises CellFault."""
        number = self.value(cell)
        if self.instrument.scale is Scale.RATE and number not in {self.instrument.low, self.instrument.high}:
            bounds = f"{self.instrument.low:g} nor {self.instrument.high:g}"
            raise RunFault(
                f"{number:g} is neither {bounds}: {self.instrument.name} counts items",
                'declare the instrument with scale = "graded" in a file for --instruments',
            )
        return number


def read_run(cells: Mapping[str, object], wanted: ImportSettings) -> tuple[TableRun, str]:
    """Return the run that a row belongs to, and the source of it. Raises CellFault.

    What the user says of the model and its revision counts more than what the row says.
    """
    model = wanted.model or text_of(cells.get("model"), "model")
    name = text_of(cells.get("instrument"), "instrument")
    if model is None or name is None:
        raise CellFault(f"{'model' if model is None else 'instrument'} is empty")
    instrument = wanted.catalogue.find(name)
    if instrument is None:
        raise RunFault(f"instrument {name!r} is not in the catalogue", DECLARE)
    texts = {column: text_of(cells.get(column), column) for column in RUN_COLUMNS if column != "judge_prompt"}
    identity = Identity(
        name=instrument.name,
        scorer=texts["scorer"],
        judge=texts["judge"],
        judge_prompt_hash=_prompt_hash(cells),
        template=texts["template"],
        decoding=texts["decoding"],
        softmax_dtype=texts["softmax_dtype"],
    )
    revision = wanted.revision or texts["revision"]
    run = TableRun(model=model, revision=revision, instrument=instrument, identity=identity, name=texts["run"])
    return run, texts["source"] or FORMAT


def _prompt_hash(cells: Mapping[str, object]) -> str | None:
    """Return the hash of what a judge was asked, of the text or as it is told, or None for neither.

    Raises CellFault.
    """
    prompt = prompt_of(cells.get("judge_prompt"), "judge_prompt")
    told = text_of(cells.get("judge_prompt_hash"), "judge_prompt_hash")
    found = None if prompt is None else digest(prompt)
    if told is not None and not _HASH.fullmatch(told):
        raise CellFault(f"judge_prompt_hash {told!r} is not {DIGITS} digits of 0-9 and a-f, as lineage writes it")
    if found is not None and told is not None and found != told:
        raise CellFault("judge_prompt_hash is not the hash of judge_prompt")
    return found or told


def _span(instrument: Instrument) -> str:
    return f"{instrument.low:g}..{instrument.high:g}"


UNKNOWN_LENGTH: Final = -1


@dataclass(slots=True, kw_only=True)
class RunItems:
    """The rows of one run so far, a column a list; `numbers` are their places in the file, for messages.

    `names` holds every item's and cluster's name of the whole file once, whichever run has it.
    """

    run: TableRun
    source: str
    names: dict[str, str]
    numbers: array[int] = field(default_factory=lambda: array("I"))
    items: list[str] = field(default_factory=list)
    values: array[float] = field(default_factory=lambda: array("d"))
    clusters: list[str] = field(default_factory=list)
    lengths: array[int] = field(default_factory=lambda: array("i"))
    measured_at: datetime | None = None
    last_moment: object = None

    def take(self, number: int, item: object, value: object, cluster: object, length: object, moment: object) -> None:
        """Add a row. Raises CellFault."""
        name = self._name(item, "item")
        if name is None:
            raise CellFault("item is empty")
        self.values.append(self.run.item_value(value))
        self.items.append(name)
        self.numbers.append(number)
        if (group := self._name(cluster, "cluster")) is not None:
            self.clusters.append(group)
        if self.clusters and len(self.clusters) != len(self.items):
            raise CellFault("cluster is given for some items of a run only")
        known = None if length is None else count_of(length, "reply_length", 0)
        self.lengths.append(UNKNOWN_LENGTH if known is None else known)
        if moment is not None and moment != self.last_moment:
            self._take_moment(moment)

    def _name(self, cell: object, column: str) -> str | None:
        if cell is None:
            return None
        if isinstance(cell, str) and (known := self.names.get(cell)) is not None:
            return known
        name = text_of(cell, column)
        return None if name is None else self.names.setdefault(name, name)

    def _take_moment(self, cell: object) -> None:
        self.last_moment = cell
        moment = moment_of(cell, "measured_at")
        if moment is not None and (self.measured_at is None or moment > self.measured_at):
            self.measured_at = moment

    def repeated(self) -> tuple[int, str] | None:
        """Return place and name of the first item that comes a second time, or None where all are distinct."""
        if len(set(self.items)) == len(self.items):
            return None
        seen: set[str] = set()
        for number, item in zip(self.numbers, self.items, strict=True):
            if item in seen:
                return number, item
            seen.add(item)
        return None

    def score(self, origin: str) -> Score:
        """Return the run as a score: the mean of its items, which must be distinct, and its standard error."""
        run = self.run
        lengths = np.array(self.lengths, dtype=np.int32)
        items = ItemScores(
            items=tuple(self.items),
            values=np.array(self.values, dtype=np.float64),
            clusters=tuple(self.clusters) or None,
            reply_lengths=lengths if np.any(lengths != UNKNOWN_LENGTH) else None,
        )
        mean, stderr = mean_and_error(items.values, items.clusters)
        return Score(
            model=run.model,
            revision=run.revision,
            instrument=run.instrument,
            identity=replace(run.identity, item_set_hash=items.item_set_hash),
            value=min(max(mean, run.instrument.low), run.instrument.high),
            stderr=stderr,
            items=len(items),
            source=self.source,
            origin=origin,
            measured_at=self.measured_at,
            run_name=run.name,
            item_scores=items,
        )


@dataclass(slots=True, kw_only=True)
class ItemCollector:
    """All runs of a file so far, by what their rows say (`by_cells`) and by what that means (`by_run`)."""

    by_cells: dict[object, RunItems] = field(default_factory=dict)
    by_run: dict[TableRun, RunItems] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, cells: object, run: TableRun, source: str) -> RunItems:
        """Return the rows of a run under other cells that mean the same, or none yet. Raises CellFault."""
        group = self.by_run.get(run)
        if group is None:
            group = self.by_run[run] = RunItems(run=run, source=source, names=self.names)
        if group.source != source:
            raise CellFault(f"source is {source!r}, of other rows of the same run {group.source!r}")
        self.by_cells[cells] = group
        return group

    def __iter__(self) -> Iterator[RunItems]:
        return iter(self.by_run.values())


ITEM: Final = "item"
SUMMARY_REQUIRED: Final = ("model", "instrument", "value")
ITEM_REQUIRED: Final = ("model", "instrument", "item", "value")
OTHERS: Final = tuple(column for column in RUN_COLUMNS if column not in SUMMARY_REQUIRED)
SUMMARY_COLUMNS: Final = (*SUMMARY_REQUIRED, "items", "stderr", *OTHERS, "measured_at")
ITEM_COLUMNS: Final = (*ITEM_REQUIRED, "cluster", "reply_length", *OTHERS, "measured_at")
MARKS: Final = frozenset({"instrument", "value"})
TELL_APART: Final = "a column `run` tells runs of one model and instrument apart"


def recognises(path: Path, head: bytes) -> bool:
    """Return whether a file is such a table, by its first bytes `head`; of parquet the columns are looked up."""
    if head.startswith(PARQUET_MAGIC):
        try:
            return MARKS.issubset(tabular.column_names(path))
        except LineageError:
            return False
    line = head.removeprefix(MARK).lstrip().partition(b"\n")[0].decode("utf-8", errors="replace")
    try:
        named = json.loads(line) if line.startswith("{") else [name.strip() for name in next(csv.reader([line]), [])]
    except (ValueError, RecursionError, csv.Error):
        return False
    return isinstance(named, dict | list) and MARKS.issubset(named)


def part_of(_: Path) -> None:
    """Return None: a table is always read on its own."""


def read(path: Path, wanted: ImportSettings) -> FileScores:
    """Read all scores of a table. Raises ImportRefused for the first fault."""
    table = open_table(path, _known_beside)
    _check_columns(table, wanted)
    reading = _TableReading(table=table, wanted=wanted, origin=plain(f"table {path.name}"))
    scores = reading.items() if ITEM in table.columns else reading.summary()
    if not scores:
        raise ImportRefused(path, None, "there are no rows")
    return FileScores(scores=scores)


def _known_beside(columns: Collection[str]) -> tuple[str, ...]:
    return ITEM_COLUMNS if ITEM in columns else SUMMARY_COLUMNS


def _check_columns(table: ScoreTable, wanted: ImportSettings) -> None:
    known = _known_beside(table.columns)
    for required in ITEM_REQUIRED if ITEM in table.columns else SUMMARY_REQUIRED:
        if required not in table.columns and not (required == "model" and wanted.model is not None):
            raise ImportRefused(table.path, None, f"column {required!r} is missing; known are {', '.join(known)}")
    for number, column in enumerate(table.columns):
        if column not in known:
            raise ImportRefused(table.path, None, f"unknown column {column!r}; known are {', '.join(known)}")
        if column in table.columns[:number]:
            raise ImportRefused(table.path, None, f"column {column!r} is there twice")


@dataclass(slots=True, kw_only=True)
class _TableReading:
    """One pass over the rows; `told` are the models that the file names, `number` is the row's place."""

    table: ScoreTable
    wanted: ImportSettings
    origin: str
    number: int = 0
    told: set[str] = field(default_factory=set)

    def summary(self) -> tuple[Score, ...]:
        scores: dict[TableRun, Score] = {}
        with self._placed():
            for row in self._rows():
                cells = dict(zip(self.table.columns, row, strict=True))
                run, source = self._run(cells)
                if run in scores:
                    raise RunFault(f"a second value of {run.instrument.name} for {run.model}", TELL_APART)
                scores[run] = self._score(run, source, cells)
        return tuple(scores.values())

    def _score(self, run: TableRun, source: str, cells: dict[str, object]) -> Score:
        stderr = number_of(cells.get("stderr"), "stderr")
        if stderr is not None and not 0 <= stderr <= run.instrument.span:
            raise CellFault(f"stderr {stderr:g} is outside 0..{run.instrument.span:g}")
        return Score(
            model=run.model,
            revision=run.revision,
            instrument=run.instrument,
            identity=run.identity,
            value=run.value(cells["value"]),
            stderr=stderr,
            items=count_of(cells.get("items"), "items", 1),
            source=source,
            origin=self.origin,
            measured_at=moment_of(cells.get("measured_at"), "measured_at"),
            run_name=run.name,
        )

    def items(self) -> tuple[Score, ...]:
        gathering = ItemCollector()
        columns = self.table.columns
        told = [column for column in RUN_COLUMNS if column in columns]
        key_of = itemgetter(*map(columns.index, told))
        item, value, cluster, length, moment = (
            itemgetter(columns.index(column)) if column in columns else _nothing
            for column in (ITEM, "value", "cluster", "reply_length", "measured_at")
        )
        with self._placed():
            for row in self._rows():
                group = gathering.by_cells.get(cells := key_of(row))
                if group is None:
                    named = dict(zip(told, cells if len(told) > 1 else (cells,), strict=True))
                    group = gathering.add(cells, *self._run(named))
                group.take(self.number, item(row), value(row), cluster(row), length(row), moment(row))
        return tuple(self._item_score(group) for group in gathering)

    def _item_score(self, group: RunItems) -> Score:
        if (repeated := group.repeated()) is not None:
            number, item = repeated
            problem = f"item {item!r} comes a second time for {group.run.model}, {group.run.instrument.name}"
            raise self.table.refuse(number, problem, TELL_APART)
        return group.score(self.origin)

    def _run(self, cells: dict[str, object]) -> tuple[TableRun, str]:
        run, source = read_run(cells, self.wanted)
        self.told.add(str(cells.get("model")).strip().casefold())
        if self.wanted.model is not None and len(self.told) > 1:
            raise RunFault("--model names one model, the file more", "leave --model out, or split the file")
        return run, source

    def _rows(self) -> Iterator[tuple[object, ...]]:
        for number, row in self.table.rows:
            self.number = number
            yield row

    @contextmanager
    def _placed(self) -> Iterator[None]:
        try:
            yield
        except RunFault as fault:
            raise self.table.refuse(self.number, str(fault), fault.hint) from fault
        except CellFault as fault:
            raise self.table.refuse(self.number, str(fault)) from fault
        except TypeError as fault:
            if "unhashable" not in str(fault):
                raise
            raise self.table.refuse(self.number, "a column holds lists or structures") from fault


def _nothing(_: tuple[object, ...]) -> None:
    return None
