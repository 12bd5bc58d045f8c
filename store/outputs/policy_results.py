"""The results of a check, a block of models at a time, in a file once they are more than one block."""

from __future__ import annotations

import json
import tempfile
import weakref
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from lineage.policy.findings import CheckState, Detail, Excuse, ModelOutcome
from lineage.policy.results import ResultBlock, RuleResults
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Iterator


class PolicyResults:
    """The results of each rule of a policy on blocks of models, in order; only the newest block is in memory."""

    def __init__(self) -> None:
        """Begin without a block."""
        self._newest: tuple[ResultBlock, ...] = ()
        self._places: list[tuple[int, ...]] = []

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return len(self._places) + bool(self._newest)

    def add(self, block: tuple[ResultBlock, ...]) -> None:
        """Add the results of each rule on some further models."""
        if self._newest:
            self._places.append(tuple(self._keep(self._newest)))
        self._newest = block

    def of_block(self, block: int, rule: int) -> ResultBlock:
        """Return the results of a rule on a block of models."""
        if block == len(self._places):
            return self._newest[rule]
        names, *places = self._places[block]
        distinct = tuple(_read(*one) for one in self._load(places[rule]))
        kinds = np.load(self._file, allow_pickle=False)
        return ResultBlock(models=self._load(names), kinds=kinds, distinct=distinct)

    def of_rule(self, rule: int) -> RuleResults:
        """Return the results of a rule on all models."""
        return RuleResults(partial(self._of_blocks, rule))

    def _of_blocks(self, rule: int) -> Iterator[ResultBlock]:
        return (self.of_block(block, rule) for block in range(self.blocks))

    def _keep(self, block: tuple[ResultBlock, ...]) -> Iterator[int]:
        """Write a block, and yield where its names and the results of each rule begin."""
        yield self._dump(block[0].models)
        for results in block:
            yield self._dump([_written(one) for one in results.distinct])
            np.save(self._file, results.kinds, allow_pickle=False)

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


def _written(result: ModelOutcome) -> tuple[object, ...]:
    excuse = None if result.excuse is None else (result.excuse.reason, result.excuse.expires.isoformat())
    return result.model, [_detail_written(one) for one in result.details], excuse


def _read(model: str, details: list[tuple[str, ...]], excuse: tuple[str, str] | None) -> ModelOutcome:
    return ModelOutcome(
        model=model,
        details=tuple(_detail_read(*one) for one in details),
        excuse=None if excuse is None else Excuse(reason=excuse[0], expires=date.fromisoformat(excuse[1])),
    )


def _detail_written(detail: Detail) -> tuple[str, ...]:
    missing = "" if detail.missing is None else detail.missing.value
    return detail.state.value, detail.subject, detail.found, detail.source, missing, detail.remedy


def _detail_read(state: str, subject: str, found: str, source: str, missing: str, remedy: str) -> Detail:
    return Detail(
        state=CheckState(state),
        subject=subject,
        found=found,
        source=source,
        missing=MissingFact(missing) if missing else None,
        remedy=remedy,
    )
