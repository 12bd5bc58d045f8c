"""The hash of the facts that a report rests on: those of its models and of all their ancestors.

It covers what is known of them, not when that was looked at, and nothing of other models: who makes the report again
from a copy of the database, or after a crawl that found nothing new of these models, gets the same hash. The queue is
left out. The facts are hashed kind by kind: a kind's hash is the SHA-256 over the sorted SHA-256 of its records as
JSON, the whole the SHA-256 over lines of kind, count and hash.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from lineage.output.fingerprint import Fingerprint, FingerprintPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lineage.profile import Profiles

FORM: Final = "lineage report facts 1"
"""The first line that is hashed: a change of the records or of the method gets another number."""
TIMES: Final = frozenset({"first_seen_at", "last_seen_at"})
"""The fields that say when something was looked at, in whatever record."""


def hash_facts(profiles: Profiles) -> Fingerprint:
    """Return the hash of everything that is known of some models and of their ancestors."""
    every = profiles.by_id.values()
    told: Mapping[str, Iterable[object]] = {
        "chosen": profiles.chosen,
        "models": (one.facts for one in every),
        "domains": ((one.id, each) for one in every for each in one.topics),
        "edges": (each for one in every for each in one.parents),
        "evidence": ((one.id, each) for one in every for each in one.signs),
        "scores": ((one.id, each) for one in every for each in (*one.scores, *one.file_scores)),
        "drift": (each for one in every for each in one.drift),
        "problems": ((one.id, each) for one in every for each in one.problems),
        "origins": (one.origin for one in every if one.origin is not None),
    }
    return Fingerprint.over(FORM, (_hash_kind(name, facts) for name, facts in told.items()))


def _hash_kind(name: str, facts: Iterable[object]) -> FingerprintPart:
    hashes = sorted(_digest(_ENCODER.encode(one)) for one in facts)
    return FingerprintPart(name=name, facts=len(hashes), hash=_digest("".join(hashes)))


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _as_json(value: object) -> object:
    """Return what stands in JSON for a record or a time; raises TypeError for anything else."""
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        kind: type = type(value)
        return {name: getattr(value, name) for name in _names(kind)}
    raise TypeError(f"{type(value).__name__} is no fact")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.name not in TIMES)


_ENCODER: Final = json.JSONEncoder(default=_as_json, ensure_ascii=True)
