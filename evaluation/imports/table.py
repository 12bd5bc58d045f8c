"""Scores as a table, the project's own form: CSV, JSON lines or parquet, one row a score or one row an item.

Columns of a summary: model, instrument, value; and perhaps items, stderr, run, revision, scorer, judge, judge_prompt,
judge_prompt_hash, template, decoding, softmax_dtype, source, measured_at. With a column `item` every row is one item:
model, instrument, item, value; and perhaps cluster, reply_length and the same others. A run is what has the same model,
revision, identity and `run`; its items are distinct. `value` is in the instrument's declared range, whatever it looks
like.
"""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from evaluation.errors import ImportRefused
from evaluation.imports.cells import CellFault, count_of, moment_of, number_of
from evaluation.imports.interface import FileScores
from evaluation.imports.item_table import ItemCollector
from evaluation.imports.table_rows import MARK, PARQUET_MAGIC, open_table
from evaluation.imports.table_runs import RUN_COLUMNS, RunFault, read_run
from lineage.errors import LineageError
from lineage.scores.score import Score
from lineage.text.plain import plain
from store.ingest import parquet_reader as tabular

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from evaluation.imports.interface import ImportSettings
    from evaluation.imports.item_table import RunItems
    from evaluation.imports.table_rows import ScoreTable
    from evaluation.imports.table_runs import TableRun

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
    """Return None: a table stands for itself."""


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
