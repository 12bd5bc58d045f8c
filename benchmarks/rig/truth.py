"""The parents that a database declares, as the truth with which guesses are compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from store.statements import split_statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.database import Database

COPIES: Final = frozenset({"copy suffix", "re-upload"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is declared: the only parent of each child that has one, its relation, and all parents of every model."""

    parent: Mapping[str, str]
    relation: Mapping[str, str]
    parents: Mapping[str, frozenset[str]]

    def is_right(self, child: str, parent: str, rules: tuple[str, ...]) -> bool:
        """Return whether a guess is right.

        A copy that declares what its original declares has a copied card: the original, between the two, is right; not
        so somebody's upload of the declared model under its own name. A shape alone tells the family, so what the
        declared parent was made from is right too.
        """
        declared = self.parent[child]
        if rules == ("shape",):
            return parent == declared or parent in self._above(declared)
        if parent == declared or COPIES.isdisjoint(rules):
            return parent == declared
        return declared in self.parents.get(parent, frozenset()) and not is_namesake(parent, declared)

    def _above(self, model: str) -> set[str]:
        found: set[str] = set()
        waiting = [model]
        while waiting:
            parents = self.parents.get(waiting.pop(), frozenset()) - found
            found |= parents
            waiting += parents
        return found


def run_own(database: Database, name: str) -> list[tuple[object, ...]]:
    """Return the rows of the statement `name` of `truth.sql`, which only benchmarks ask for."""
    text = split_statements(Path(__file__).with_suffix(".sql").read_text("utf-8"))[name]
    rows: list[tuple[object, ...]] = database._connection.execute(text).fetchall()  # noqa: SLF001 - not the product's
    return rows


def read_truth(database: Database) -> Truth:
    """Return what is declared: children with exactly one stored parent count as the truth to recover."""
    edges = run_own(database, "list_declared")
    parents: dict[str, set[str]] = defaultdict(set)
    seen: dict[str, tuple[str, str]] = {}
    for child, parent, relation, is_here in edges:
        parents[str(child)].add(str(parent))
        if is_here:
            seen[str(child)] = (str(parent), str(relation))
    ones = {child: pair for child, pair in seen.items() if len(parents[child]) == 1}
    return Truth(
        parent={child: parent for child, (parent, _) in ones.items()},
        relation={child: relation for child, (_, relation) in ones.items()},
        parents={child: frozenset(found) for child, found in parents.items()},
    )


def is_namesake(guess: str, declared: str) -> bool:
    """Return whether two different models have the same name."""
    return guess != declared and guess.rpartition("/")[2].lower() == declared.rpartition("/")[2].lower()
