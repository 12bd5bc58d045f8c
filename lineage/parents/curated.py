"""Vendor facts: what the makers of models say they were made from, each with the address where they say it.

The facts that ship are `curated.csv` beside this module. A line without a parent says that its maker pre-trained the
model on its own: from scratch, or as the student of a larger one.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from lineage.errors import LineageError
from lineage.parents.declared_ids import is_possible_id
from lineage.vocabulary import RELATIONS, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COLUMNS: Final = ("model", "parent", "relation", "source", "place", "checked")
NO_FACTS: Final = ",".join(COLUMNS)
"""The text of a file without facts: its heading."""

LARGEST_FILE_BYTES: Final = 1 << 20
_SOURCE: Final = re.compile(r"https://[a-z0-9.-]+\.[a-z]+(?:/\S*)?")


class CuratedFault(LineageError):
    """A file of vendor facts has a fault; `line` counts from 1."""

    hint = f"Its first line is {NO_FACTS}; `lineage docs lineage` describes the others."
    exit_code = 2

    def __init__(self, *, source: str, line: int, problem: str) -> None:
        super().__init__(f"{source}, line {line}: {problem}")
        self.source = source
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorFact:
    """What a model was made from, or, with None as `parent` and `relation`, that it was pre-trained on its own.

    `source` is the address of a paper, card or page of the maker, `place` where in it, `checked` the UTC day on which
    somebody last looked there, None if the source is cited from knowledge of it and was not looked up for this file.
    """

    model: str
    parent: str | None
    relation: Relation | None
    source: str
    place: str
    checked: datetime | None

    @property
    def cited(self) -> str:
        """The source and the place in it, as shown beside an edge."""
        return f"{self.source}, {self.place}"


@cache
def shipped_facts() -> tuple[VendorFact, ...]:
    """Return the facts that ship with this release."""
    return read_facts(files("lineage.parents").joinpath("curated.csv").read_text("utf-8"), "curated.csv")


def read_facts(text: str, source: str) -> tuple[VendorFact, ...]:
    """Read a file of vendor facts; `source` is its name. Raises CuratedFault for the first fault.

    A fault is a heading that is not `COLUMNS`, a line without a source, an impossible id, a relation without a parent
    or the reverse, a day that is none, a model that is given twice, or one that is its own ancestor.
    """
    if len(text.encode(errors="replace")) > LARGEST_FILE_BYTES:
        raise CuratedFault(source=source, line=1, problem=f"longer than {LARGEST_FILE_BYTES:,} bytes")
    lines = csv.reader(text.splitlines(), strict=True)
    found: dict[str, VendorFact] = {}
    try:
        if tuple(next(lines, ())) != COLUMNS:
            raise CuratedFault(source=source, line=1, problem=f"the heading is not {NO_FACTS}")
        for cells in lines:
            fact = _read_line(cells)
            _check_fits(fact, found)
            found[fact.model] = fact
    except (csv.Error, ValueError) as error:
        raise CuratedFault(source=source, line=lines.line_num, problem=str(error)) from error
    return tuple(found.values())


def joined(several: Iterable[tuple[VendorFact, ...]]) -> tuple[VendorFact, ...]:
    """Return the facts of several files as one; about one model, the later file counts."""
    return tuple({fact.model: fact for facts in several for fact in facts}.values())


def _read_line(cells: list[str]) -> VendorFact:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} cells instead of {len(COLUMNS)}")
    model, parent, relation, source, place, checked = cells
    for name in (model, parent) if parent else (model,):
        if not is_possible_id(name):
            raise ValueError(f"{name!r} cannot be a model's id")
    if relation not in (RELATIONS if parent else ("",)):
        raise ValueError(f"the relation is {relation!r}" if parent else "a relation without a parent")
    if _SOURCE.fullmatch(source) is None or not place.strip():
        raise ValueError("the source is not an address (https://...) with a place in it")
    return VendorFact(
        model=model,
        parent=parent or None,
        relation=Relation(relation) if relation else None,
        source=source,
        place=place,
        checked=datetime.strptime(checked, "%Y-%m-%d").replace(tzinfo=UTC) if checked else None,
    )


def _check_fits(fact: VendorFact, earlier: Mapping[str, VendorFact]) -> None:
    if fact.model in earlier:
        raise ValueError(f"{fact.model} has a line already")
    if fact.model in _ancestors(fact.parent, earlier):
        raise ValueError(f"{fact.model} would be its own ancestor")


def _ancestors(model: str | None, facts: Mapping[str, VendorFact]) -> Iterator[str]:
    while model is not None:
        yield model
        model = facts[model].parent if model in facts else None
