"""Tables with one row an item: the rows gathered into runs, in columns, so that millions of them fit into memory."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.imports.cells import CellFault, count_of, moment_of, text_of
from lineage.scores.score import ItemScores, Score
from lineage.scores.standard_error import mean_and_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from evaluation.imports.table_runs import TableRun

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
