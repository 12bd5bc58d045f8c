"""Every word with a fixed list of values: those that users choose from, and those that the core decides with.

This module does not import numpy, so `--help` need not wait for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, TypeAlias

DEFAULT_ENDPOINT: Final = "https://huggingface.co"
"""The default Hub."""


class Format(StrEnum):
    """The format of an answer."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class CheckFormat(StrEnum):
    """The format of a check's findings."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    SARIF = "sarif"


class Paper(StrEnum):
    """The paper of a printed report."""

    A4 = "a4"
    LETTER = "letter"


class MissingFact(StrEnum):
    """Why a rule of a policy cannot be judged: the fact that it needs is missing, or does not count."""

    UNMEASURED = "unmeasured"
    WITHHELD = "withheld"
    STALE = "stale"
    CONTRADICTORY = "contradictory"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """The kind as people read it."""
        return "not measured" if self is MissingFact.UNMEASURED else self.value


class Relation(StrEnum):
    """How a model was made from its parent; among parents at the same distance, the earlier member is preferred."""

    FINETUNE = "finetune"
    ADAPTER = "adapter"
    QUANTIZED = "quantized"
    MERGE = "merge"

    @property
    def order(self) -> int:
        """Position from 0 (finetune) to 3 (merge)."""
        return list(Relation).index(self)


RELATIONS: Final = tuple(relation.value for relation in Relation)
"""The relations as text, in their order, as passed to SQL."""


class AdvisoryState(StrEnum):
    """What an advisory says of a model: it holds, or may hold; it was withdrawn; or the model is not known here."""

    AFFECTED = "affected"
    POSSIBLE = "possible"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


class StatusName(StrEnum):
    """The status of a model on the Hub."""

    PRESENT = "present"
    MISSING = "missing"
    PRIVATE = "private"
    DELETED = "deleted"
    RENAMED = "renamed"


class Sort(StrEnum):
    """The order of a listing, the greatest value first."""

    DOWNLOADS = "downloads"
    LIKES = "likes"
    CREATED = "created"
    MODIFIED = "modified"
    CONFIDENCE = "confidence"


class FamilySort(StrEnum):
    """The order of families, the greatest first: models (of the domain, if one is given) and so on."""

    MODELS = "models"
    EXPOSURE = "exposure"
    GENERATIONS = "generations"


class ChangeName(StrEnum):
    """The kinds of change to a model between two crawls."""

    NEW = "new"
    VANISHED = "vanished"
    RETURNED = "returned"
    PARENT_VANISHED = "parent_vanished"
    PARENT_RETURNED = "parent_returned"
    RENAMED = "renamed"
    RECREATED = "recreated"
    PARENTS = "parents"
    RELATION = "relation"
    LICENCE = "licence"
    CARD = "card"
    REVISION = "revision"


class DifferenceName(StrEnum):
    """The kinds of difference between two databases, in reporting order."""

    MODEL_NEW = "model_new"
    MODEL_GONE = "model_gone"
    RENAMED = "renamed"
    RECREATED = "recreated"
    STATUS = "status"
    LICENCE = "licence"
    REVISION = "revision"
    EDGE_NEW = "edge_new"
    EDGE_GONE = "edge_gone"
    RELATION = "relation"
    EVIDENCE = "evidence"
    CONFIDENCE = "confidence"
    SCORE_NEW = "score_new"
    SCORE_GONE = "score_gone"
    SCORE = "score"
    SCORE_STATE = "score_state"
    VERDICT_NEW = "verdict_new"
    VERDICT_GONE = "verdict_gone"
    VERDICT = "verdict"


class LicenceDrift(StrEnum):
    """How a derivative's licence differs from its parent's."""

    LOOSER = "looser"
    STRICTER = "stricter"
    OTHER = "other"
    CHILD_UNKNOWN = "child_unknown"
    PARENT_UNKNOWN = "parent_unknown"


class Construct(StrEnum):
    """The subject of an instrument. Constructs are never added up into one number."""

    UNSAFE_OUTPUT = "unsafe_output"
    REFUSAL = "refusal"
    OVER_REFUSAL = "over_refusal"
    TRUTHFULNESS = "truthfulness"
    BIAS = "bias"
    TOXICITY = "toxicity"
    ETHICS = "ethics"
    HAZARDOUS_KNOWLEDGE = "hazardous_knowledge"
    SAFETY_KNOWLEDGE = "safety_knowledge"
    CAPABILITY = "capability"
    COHERENCE = "coherence"


class Direction(StrEnum):
    """Which direction is safer; with `capability`, a change says nothing about safety."""

    LOWER_IS_SAFER = "lower_is_safer"
    HIGHER_IS_SAFER = "higher_is_safer"
    CAPABILITY = "capability"


class Scale(StrEnum):
    """The value of one item: 0 or 1, so that the score is a share, or anything within the range."""

    RATE = "rate"
    GRADED = "graded"


class ScoreState(StrEnum):
    """The state of a model's scores, the most informative first: the first state present stands for the others."""

    MEASURED = "measured"
    REPORTED = "reported"
    CONTRADICTORY = "contradictory"
    STALE = "stale"
    REJECTED = "rejected"
    UNSCORED = "unscored"


SCORE_STATES: Final = tuple(one.value for one in ScoreState if one is not ScoreState.UNSCORED)
"""The states of one score in that order; SQL and the explorer's page receive it as data."""
CURRENT_STATES: Final = tuple(one for one in SCORE_STATES if one != ScoreState.REJECTED)
"""The states of a model's current score in that order; a rejected score is never the current one."""


class Against(StrEnum):
    """The ancestor that a derivative is compared with."""

    PARENT = "parent"
    SCORED_ANCESTOR = "scored_ancestor"
    ROOT = "root"


class Verdict(StrEnum):
    """The verdict on a derivative against its reference; `withheld` if a guard failed or nothing was computed."""

    WORSE = "worse"
    BETTER = "better"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    WITHHELD = "withheld"


class Correction(StrEnum):
    """The tests that a verdict is corrected for: those of the pair itself, or everything that was asked at once."""

    PAIR = "pair"
    ASKED = "asked"


class GroupName(StrEnum):
    """The groups by which contradictions are counted."""

    DOMAIN = "domain"
    BASE_FAMILY = "base_family"
    RELATION = "relation"


class JobState(StrEnum):
    """The state of a job in the queue."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class EngineName(StrEnum):
    """The programs that run models."""

    TRANSFORMERS = "transformers"
    VLLM = "vllm"
    ENDPOINT = "endpoint"
    INSPECT = "inspect"


RUN_HERE: Final = frozenset({EngineName.TRANSFORMERS, EngineName.VLLM})
"""Engines that run a model's files where the worker is, and use no server."""
QUEUE_SOURCE: Final = "lineage"
"""The source, in `scores`, of scores measured by the queue."""


class AnswerKind(StrEnum):
    """What an instrument asks of a model.

    `choices`: how likely each of several texts is. `letters`: the same of letters, or of words of one token such as yes
    and no. `replies`: a text that the model writes.
    """

    CHOICES = "choices"
    LETTERS = "letters"
    REPLIES = "replies"


class BatchingName(StrEnum):
    """How replies are batched: every row waits for the longest, or each finished row is replaced by a new one."""

    AUTO = "auto"
    STATIC = "static"
    CONTINUOUS = "continuous"


class DeviceName(StrEnum):
    """The device that models run on."""

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"


class SchedulingPolicy(StrEnum):
    """How the next pair of model and instrument is chosen.

    `voi`: the exposure-weighted variance that measuring it removes, tempered by its cost. `exposure`: the most exposed
    model. `breadth`: one of every family, then a second. `random`: any. The last three exist for comparison.
    """

    VOI = "voi"
    EXPOSURE = "exposure"
    BREADTH = "breadth"
    RANDOM = "random"


class TableName(StrEnum):
    """The tables of an export."""

    MODELS = "models"
    EDGES = "edges"
    SCORES = "scores"
    DRIFT = "drift"


VerdictKind: TypeAlias = Literal[
    "identical",
    "rounded",
    "same origin",
    "turned",
    "no sign",
    "open",
    "not comparable",
    "same start",
    "shapes fit",
    "shapes differ",
]

RELATED: Final[frozenset[VerdictKind]] = frozenset({"identical", "rounded", "same origin"})
"""The verdicts that say one initialisation."""

EDITED: Final = "edited direction"
"""The finding of a close reading that a direction was taken out of weights or put into them."""
