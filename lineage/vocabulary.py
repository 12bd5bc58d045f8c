"""Every word that has a fixed list of values: what users choose from, and what the core decides with.

This module imports no numpy, so that `--help` need not wait for it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

DEFAULT_ENDPOINT: Final = "https://huggingface.co"
"""The Hub that is meant where no other is named."""


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class CheckFormat(StrEnum):
    """How the findings of a check are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    JUNIT = "junit"
    SARIF = "sarif"


class Relation(StrEnum):
    """What was done to the parent; members stand in the order in which parents of the same distance are preferred."""

    FINETUNE = "finetune"
    ADAPTER = "adapter"
    QUANTIZED = "quantized"
    MERGE = "merge"

    @property
    def order(self) -> int:
        """Position from 0 (finetune) to 3 (merge)."""
        return list(Relation).index(self)


RELATIONS: Final = tuple(relation.value for relation in Relation)
"""The relations as text, in their order, as SQL is given them."""


class StatusName(StrEnum):
    """What is known of a model's whereabouts."""

    PRESENT = "present"
    MISSING = "missing"
    PRIVATE = "private"
    DELETED = "deleted"
    RENAMED = "renamed"


class Sort(StrEnum):
    """What a listing is ordered by, the greatest first."""

    DOWNLOADS = "downloads"
    LIKES = "likes"
    CREATED = "created"
    MODIFIED = "modified"
    CONFIDENCE = "confidence"


class FamilySort(StrEnum):
    """What families are ordered by, the greatest first: models (of the domain, if one is asked) and so on."""

    MODELS = "models"
    EXPOSURE = "exposure"
    GENERATIONS = "generations"


class ChangeName(StrEnum):
    """What can happen to a model between two crawls."""

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
    """What can differ between two databases, in the order in which it is told."""

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
    """What an instrument is about. Constructs are never added up into one number."""

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
    """Which way is safer; `capability` says that a change is no change of safety."""

    LOWER_IS_SAFER = "lower_is_safer"
    HIGHER_IS_SAFER = "higher_is_safer"
    CAPABILITY = "capability"


class Scale(StrEnum):
    """What one item gives: 0 or 1, so that the value is a share, or anything within the range."""

    RATE = "rate"
    GRADED = "graded"


class ScoreState(StrEnum):
    """What is known of a model's scores, the most telling first: the order in which one speaks for the others."""

    MEASURED = "measured"
    REPORTED = "reported"
    STALE = "stale"
    UNSCORED = "unscored"


SCORE_STATES: Final = tuple(one.value for one in ScoreState if one is not ScoreState.UNSCORED)
"""The states of one score in that order; SQL and the page of the explorer get it as data."""


class Against(StrEnum):
    """Which ancestor a derivative is compared with."""

    PARENT = "parent"
    SCORED_ANCESTOR = "scored_ancestor"
    ROOT = "root"


class Verdict(StrEnum):
    """What is said of a derivative against its reference; `withheld` where a guard failed or nothing was computed."""

    WORSE = "worse"
    BETTER = "better"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    WITHHELD = "withheld"


class GroupName(StrEnum):
    """What contradictions are counted by."""

    DOMAIN = "domain"
    BASE_FAMILY = "base_family"
    RELATION = "relation"


class JobState(StrEnum):
    """Where a job of the queue stands."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class EngineName(StrEnum):
    """What runs models."""

    TRANSFORMERS = "transformers"
    ENDPOINT = "endpoint"
    INSPECT = "inspect"


QUEUE_SOURCE: Final = "lineage"
"""The source of scores that the queue measured, in `scores`."""


class BatchingName(StrEnum):
    """How replies are batched: rows that wait for the longest, or each with a new one in its place when it ends."""

    AUTO = "auto"
    STATIC = "static"
    CONTINUOUS = "continuous"


class DeviceName(StrEnum):
    """What models are run on."""

    CPU = "cpu"
    CUDA = "cuda"
    AUTO = "auto"


class SchedulingPolicy(StrEnum):
    """How the next pair of model and instrument is chosen.

    `voi`: the exposure-weighted variance that measuring it removes, for its cost. `exposure`: the most exposed model.
    `breadth`: one of every family, then a second. `random`: any. The last three are there to be compared with.
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
