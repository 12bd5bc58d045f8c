"""Scores: a value with its uncertainty and its identity.

Drift exists only between equal identities. A field that is None was not reported, which differs from every reported
value: an identity with an unknown judge equals only another with an unknown judge.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from lineage.scores.instruments import label_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from numpy.typing import NDArray

    from lineage.scores.instruments import Instrument
    from lineage.vocabulary import Construct, Direction

DIGITS: Final = 16
SHORT_DIGITS: Final = 8
NORMAL_95: Final = 1.959964
"""The number of standard errors on either side of a 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The settings that make two scores of one instrument comparable; None means that nobody reported the setting.

    `name` is the instrument's name in the catalogue, `item_set_hash` the hash of the items' names, `scorer` the metric,
    `template` how the prompt was made (few-shot examples, chat template, system prompt), `decoding` how the answer was
    sampled, `softmax_dtype` the precision of log-probabilities (a bf16 softmax is off by 0.26 nats on 14 tokens).
    """

    name: str
    item_set_hash: str | None = None
    scorer: str | None = None
    judge: str | None = None
    judge_prompt_hash: str | None = None
    template: str | None = None
    decoding: str | None = None
    softmax_dtype: str | None = None

    @property
    def key(self) -> str:
        """Return the name and a short hash of all fields: `truthfulqa_mc2@1f3a9c2e`."""
        return f"{self.name}@{digest(asdict(self))[:SHORT_DIGITS]}"

    @property
    def replies(self) -> str:
        """Return a hash of prompt and decoding, equal for identities that score the same replies with any judge."""
        return digest([self.name, self.template, self.decoding])

    def differences(self, other: Identity) -> tuple[str, ...]:
        """Return the names of the fields in which two identities differ, in field order."""
        mine, theirs = asdict(self), asdict(other)
        return tuple(name for name, value in mine.items() if value != theirs[name])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ItemScores:
    """One score per item, in columns of equal length.

    `items` are distinct names that are the same for every model (in lm-evaluation-harness, the hash of the document).
    `values` are in the instrument's range. `clusters` names the group of items that vary one prompt, or is None if the
    items are independent; `reply_lengths` are the characters of each reply, -1 if unknown.
    """

    items: tuple[str, ...]
    values: NDArray[np.float64]
    clusters: tuple[str, ...] | None = None
    reply_lengths: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.items)

    @property
    def item_set_hash(self) -> str:
        """Return the hash of the items' names, regardless of their order."""
        return item_set_hash(self.items)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """The result of one run of an instrument on a model.

    `value` and `stderr` are in the instrument's declared range; `stderr` is None if unknown; `items` is the number of
    items run. `is_reported` says that somebody states it without a run that could be read: a model's own card, a
    leaderboard. `origin` says where it comes from, as a person would: `lm-eval results_2026.json`.
    """

    model: str
    revision: str | None
    instrument: Instrument
    identity: Identity
    value: float
    stderr: float | None
    items: int | None
    source: str
    origin: str
    measured_at: datetime | None
    is_reported: bool = False
    run_name: str | None = None
    item_scores: ItemScores | None = field(default=None, repr=False)

    @property
    def run(self) -> str:
        """Return the name of the run: a hash of its content, so that a result read twice is one run."""
        parts = [
            self.model.casefold(),
            self.revision,
            self.identity.key,
            self.source,
            self.run_name,
            repr(self.value),
            self.items,
            None if self.measured_at is None else self.measured_at.isoformat(),
        ]
        if self.item_scores is not None:
            order = np.argsort(np.array(self.item_scores.items, dtype=object))
            parts += [self.item_scores.item_set_hash, self.item_scores.values[order].tobytes().hex()]
        return digest(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScore:
    """A score as stored in the database. `value` and `stderr` are in the instrument's range, `low` to `high`.

    `instrument` is the key of the identity; `state` is one of `lineage.vocabulary.CURRENT_STATES`. `is_standing` marks
    the model's current score of this identity; if it is contradictory, all that contradict each other. `variant` is the
    file of the repository that was measured, empty for all of it.
    """

    instrument: str
    identity: Identity
    title: str
    construct: Construct
    direction: Direction
    low: float
    high: float
    value: float
    stderr: float | None
    items: int | None
    state: str
    source: str
    origin: str
    run: str
    revision: str | None
    measured_at: datetime | None
    is_standing: bool
    variant: str = ""

    @property
    def name(self) -> str:
        """The instrument's name in the catalogue."""
        return self.identity.name

    @property
    def label(self) -> str:
        """The instrument's name for people."""
        return label_of(self.construct, self.title)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval by the normal distribution, within the range; None without a standard error."""
        if self.stderr is None:
            return None
        reach = NORMAL_95 * self.stderr
        return max(self.low, self.value - reach), min(self.high, self.value + reach)

    @property
    def origin_in_words(self) -> str:
        """Who gave the score, and where: the source, unless the origin already starts with it, then the origin."""
        return self.origin if self.origin.startswith(self.source) else f"{self.source}: {self.origin}"


def item_set_hash(items: Iterable[str]) -> str:
    """Return the hash of some items' names, regardless of their order."""
    return digest(sorted(items))


def digest(value: object) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a value's JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
