"""The results of a check, a block of models at a time, in a file once they are more than one block."""

from __future__ import annotations

import json
import tempfile
import weakref
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast, overload

from lineage.policy.findings import CheckState, Detail, Excuse, ModelOutcome
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Iterator

    Block = tuple[tuple[ModelOutcome, ...], ...]


class PolicyResults:
    """The results of each rule of a policy on blocks of models, in order; only the newest block is in memory."""

    def __init__(self) -> None:
        """Begin without a block."""
        self._newest: Block | None = None
        self._places: list[tuple[int, ...]] = []

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self._places) + (self._newest is not None)

    def add(self, block: Block) -> None:
        """Add the results of each rule on some further models."""
        if self._newest is not None:
            self._places.append(tuple(self._keep(self._newest)))
        self._newest = block

    def of_block(self, block: int, rule: int) -> Sequence[ModelOutcome]:
        """Return the results of a rule on a block of models."""
        if block == len(self._places) and self._newest is not None:
            return self._newest[rule]
        places = self._places[block]
        distinct, shared, excused = self._load(places[rule + 1])
        details = [tuple(_read_detail(*one) for one in some) for some in distinct]
        excuses = {place: Excuse(reason=reason, expires=date.fromisoformat(day)) for place, reason, day in excused}
        return [
            ModelOutcome(model=model, details=details[shared[place]], excuse=excuses.get(place))
            for place, model in enumerate(self._load(places[0]))
        ]

    def of_rule(self, rule: int) -> Sequence[ModelOutcome]:
        """Return the results of a rule on all models."""
        if not self._places:
            return () if self._newest is None else self._newest[rule]
        return _RuleResults(self, rule)

    def _keep(self, block: Block) -> Iterator[int]:
        """Write a block, and yield where its names and the results of each rule begin."""
        yield self._dump([one.model for one in block[0]])
        for results in block:
            numbers: dict[int, int] = {}
            distinct: list[list[tuple[str, ...]]] = []
            for one in results:
                if numbers.setdefault(id(one.details), len(distinct)) == len(distinct):
                    distinct.append([_written(detail) for detail in one.details])
            shared = [numbers[id(one.details)] for one in results]
            excused = [
                (place, one.excuse.reason, one.excuse.expires.isoformat())
                for place, one in enumerate(results)
                if one.excuse is not None
            ]
            yield self._dump((distinct, shared, excused))

    @cached_property
    def _file(self) -> BinaryIO:
        file = tempfile.TemporaryFile(prefix="lineage-check-")  # noqa: SIM115 - it lives as long as the results
        weakref.finalize(self, file.close)
        return cast("BinaryIO", file)

    def _dump(self, value: object) -> int:
        place = self._file.seek(0, 2)
        self._file.write(json.dumps(value).encode() + b"\n")
        return place

    def _load(self, place: int) -> Any:  # noqa: ANN401 - what `_dump` was given, tuples as lists
        self._file.seek(place)
        return json.loads(self._file.readline())


def _written(detail: Detail) -> tuple[str, ...]:
    missing = "" if detail.missing is None else detail.missing.value
    return detail.state.value, detail.subject, detail.found, detail.source, missing, detail.remedy


def _read_detail(state: str, subject: str, found: str, source: str, missing: str, remedy: str) -> Detail:
    return Detail(
        state=CheckState(state),
        subject=subject,
        found=found,
        source=source,
        missing=MissingFact(missing) if missing else None,
        remedy=remedy,
    )


class _RuleResults(Sequence[ModelOutcome]):
    """The results of a rule on all models, read a block at a time."""

    def __init__(self, results: PolicyResults, rule: int) -> None:
        self._results, self._rule = results, rule

    def __iter__(self) -> Iterator[ModelOutcome]:
        for block in range(self._results.blocks):
            yield from self._results.of_block(block, self._rule)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, place: int) -> ModelOutcome: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ModelOutcome]: ...
    def __getitem__(self, place: int | slice) -> ModelOutcome | Sequence[ModelOutcome]:
        if isinstance(place, slice):
            return tuple(self)[place]
        return next(islice(self, place, None))
