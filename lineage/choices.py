"""The words that a user chooses from on the command line."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class DomainName(StrEnum):
    """The domains that the lexicon knows."""

    MEDICAL = "medical"
    LEGAL = "legal"
    FINANCIAL = "financial"


class RelationName(StrEnum):
    """How a derivative was made."""

    FINETUNE = "finetune"
    ADAPTER = "adapter"
    QUANTIZED = "quantized"
    MERGE = "merge"


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
    """What families are ordered by, the greatest first: models (of the domain, if one is asked for) in the family..."""

    MODELS = "models"
    EXPOSURE = "exposure"
    GENERATIONS = "generations"
