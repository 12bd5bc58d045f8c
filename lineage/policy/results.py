"""The results of a check: those of a rule on many models, each distinct one once, and of the whole policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, overload

import numpy as np

from lineage.policy.alike import STAND_IN
from lineage.policy.findings import CheckState, ModelOutcome
from lineage.policy.rules import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from typing import Self

    from numpy.typing import NDArray

    from lineage.policy.findings import Detail
    from lineage.policy.policy import Policy
    from lineage.vocabulary import MissingFact


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultBlock:
    """The results of a rule on some models: that of model number i is `distinct[kinds[i]]`.

    A distinct result of the model STAND_IN is that of every model of its kind, once its name is put in.
    """

    models: Sequence[str]
    kinds: NDArray[np.int64]
    distinct: Sequence[ModelOutcome]

    def counted(self) -> Iterator[tuple[ModelOutcome, int]]:
        """Yield each distinct result with the number of models that have it."""
        counts = np.bincount(self.kinds, minlength=len(self.distinct)).tolist()
        return ((result, count) for result, count in zip(self.distinct, counts, strict=True) if count)

    def chosen(self, is_wanted: Callable[[ModelOutcome], bool]) -> Iterator[ModelOutcome]:
        """Yield the results for which this holds, whatever the name of the model."""
        wanted = np.fromiter(map(is_wanted, self.distinct), dtype=bool, count=len(self.distinct))
        for place in np.flatnonzero(wanted[self.kinds]).tolist():
            yield _named(self.distinct[self.kinds[place]], self.models[place])

    def written(self, write: Callable[[ModelOutcome], str]) -> str:
        """Return the texts of all results, one after another; each distinct result is written once.

        `write` may quote and escape texts, but must not treat one name of a model unlike another.
        """
        texts = [
            (write(result), result.model == STAND_IN) if count else ("", False)
            for result, count in zip(self.distinct, np.bincount(self.kinds, minlength=len(self.distinct)), strict=True)
        ]
        told = (texts[kind] for kind in self.kinds.tolist())
        return "".join(
            text.replace(STAND_IN, model) if is_shared else text
            for model, (text, is_shared) in zip(self.models, told, strict=True)
        )


class RuleResults(Sequence[ModelOutcome]):
    """The results of a rule on all models, in their order, a block at a time; each pass may read the blocks anew."""

    def __init__(self, blocks: Callable[[], Iterable[ResultBlock]]) -> None:
        """Take what yields the blocks from the first one on."""
        self._blocks = blocks

    @classmethod
    def in_blocks(cls, *blocks: ResultBlock) -> Self:
        """Return results that are in memory."""
        return cls(lambda: blocks)

    @classmethod
    def of(cls, results: Sequence[ModelOutcome]) -> Self:
        """Return results that are all distinct."""
        models = [one.model for one in results]
        return cls.in_blocks(ResultBlock(models=models, kinds=np.arange(len(results)), distinct=tuple(results)))

    def chosen(self, is_wanted: Callable[[ModelOutcome], bool]) -> Iterator[ModelOutcome]:
        """Yield the results for which this holds, whatever the name of the model."""
        for block in self._blocks():
            yield from block.chosen(is_wanted)

    def written(self, write: Callable[[ModelOutcome], str]) -> Iterator[str]:
        """Yield the texts of all results, a block at a time, as `ResultBlock.written`."""
        for block in self._blocks():
            yield block.written(write)

    def __iter__(self) -> Iterator[ModelOutcome]:
        return self.chosen(lambda _: True)

    def __len__(self) -> int:
        return sum(len(block.models) for block in self._blocks())

    @overload
    def __getitem__(self, place: int) -> ModelOutcome: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[ModelOutcome]: ...
    def __getitem__(self, place: int | slice) -> ModelOutcome | Sequence[ModelOutcome]:
        if isinstance(place, slice):
            return tuple(self)[place]
        return next(islice(self, place, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTally:
    """How many models are in each state by one rule, and how many facts it skipped, by kind."""

    states: Counter[CheckState] = field(default_factory=Counter)
    skipped: Counter[MissingFact] = field(default_factory=Counter)

    def add(self, result: ModelOutcome, models: int = 1) -> None:
        """Count a result too, that of so many models."""
        self.states[result.state] += models
        for one in result.details:
            if one.state is CheckState.SKIPPED and one.missing is not None:
                self.skipped[one.missing] += models

    @property
    def models(self) -> int:
        """How many models were counted."""
        return self.states.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """The results of one rule on all models, in their order, and the tally of these."""

    name: str
    kind: str
    about: str
    level: Level
    line: int | None
    results: RuleResults
    tally: OutcomeTally

    def count(self, state: CheckState) -> int:
        """How many models are in a state."""
        return self.tally.states[state]

    @property
    def has_failed(self) -> bool:
        """Whether this rule makes the check fail."""
        return self.level is Level.ERROR and self.count(CheckState.FOUND) > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check found: one outcome per rule, and notes on parts of the policy that expired or match nothing.

    `allowed` are the kinds of missing facts that the whole check skips.
    """

    policy: Policy
    models: int
    checked_at: datetime
    outcomes: tuple[RuleOutcome, ...]
    allowed: tuple[MissingFact, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def skipped(self) -> Counter[MissingFact]:
        """How many facts were skipped, by kind."""
        return sum((outcome.tally.skipped for outcome in self.outcomes), Counter())

    @property
    def has_failed(self) -> bool:
        """Whether any rule makes the check fail."""
        return any(outcome.has_failed for outcome in self.outcomes)


def _named(result: ModelOutcome, model: str) -> ModelOutcome:
    """Return the result of a model from that of its kind."""
    if result.model != STAND_IN:
        return result
    return replace(result, model=model, details=tuple(_detail_of(one, model) for one in result.details))


def _detail_of(detail: Detail, model: str) -> Detail:
    return replace(
        detail,
        subject=detail.subject.replace(STAND_IN, model),
        found=detail.found.replace(STAND_IN, model),
        source=detail.source.replace(STAND_IN, model),
        remedy=detail.remedy.replace(STAND_IN, model),
    )
