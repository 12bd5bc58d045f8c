"""Classes of licences, from `licences.toml`: a rough grouping that shows where to look, not legal advice."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceClass:
    """Licences of one kind: `rank` 0 is the most permissive class; `ids` are the Hub's names in lower case."""

    name: str
    about: str
    rank: int
    ids: frozenset[str]


@cache
def licence_classes() -> tuple[LicenceClass, ...]:
    """Return the classes, the most permissive first."""
    read = tomllib.loads(files("lineage").joinpath("licences.toml").read_text(encoding="utf-8"))
    return tuple(
        LicenceClass(name=entry["name"], about=entry["about"], rank=rank, ids=frozenset(entry["ids"]))
        for rank, entry in enumerate(read["class"])
    )


def class_of(licence: str | None) -> str:
    """Return the name of a licence's class; `unknown` for None, `other` and every id that is in no class."""
    name = (licence or "").lower()
    return next((group.name for group in licence_classes() if name in group.ids), UNKNOWN)
