"""The models that a selector matches: sets of the numbers of `hub.nodes`, from SQL and from paths along edges.

The last derivation assigned the numbers; a newer model has none, so no selector finds it before the next derivation.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, TypeAlias, assert_never, cast

import numpy as np

from lineage.domains.lexicon import LISTED_CONFIDENCE
from lineage.errors import UsageError
from lineage.scores.variant import split_variant
from lineage.selectors.parser import parse
from lineage.selectors.records import (
    EVERYTHING_WORDS,
    Everything,
    Group,
    Having,
    InDomain,
    Mark,
    Marked,
    Method,
    NamedModel,
    Selector,
    SelectorTerm,
)
from store.derive.graph_cache import open_graph
from store.derive.graph_tables import load_declared_graph
from store.derive.model_names import find_model
from store.queries.known_domains import check_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lineage.graph.graph import Graph
    from store.database import Database

    Mask: TypeAlias = NDArray[np.bool_]
    Numbers: TypeAlias = NDArray[np.int32]


def select(database: Database, text: str) -> Numbers:
    """Return the numbers of the models that a selector matches, in ascending order.

    Raises SelectorError if it cannot be parsed, NoSuchModel for an unknown id, UnknownDomain.
    """
    return np.flatnonzero(_Selecting(database).selector(parse(text))).astype(np.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedScores:
    """The models whose scores are asked for, by number.

    `only` has the variants of those that were named by single files, such as `:Q2_K`; of all others every score is
    asked for.
    """

    numbers: Numbers
    only: Mapping[int, frozenset[str]] = field(default_factory=dict)


def select_scores(database: Database, text: str | None) -> SelectedScores:
    """Return the models and files that a selector names, None for all; raises what `select` raises."""
    selecting = _Selecting(database, with_files=True)
    whole, only = np.zeros(selecting.size, dtype=np.bool_), dict[int, frozenset[str]]()
    for group in parse(EVERYTHING_WORDS[0] if text is None else text).groups:
        mask = selecting.group(group)
        named = [split_variant(one.atom.id).variant for one in group.terms if isinstance(one.atom, NamedModel)]
        variants = frozenset(filter(None, named))
        if not variants:
            whole |= mask
        elif len(variants) == 1:
            only |= {number: only.get(number, frozenset()) | variants for number in np.flatnonzero(mask).tolist()}
    only = {number: variants for number, variants in only.items() if not whole[number]}
    whole[list(only)] = True
    return SelectedScores(numbers=np.flatnonzero(whole).astype(np.int32), only=only)


class FileNotAsked(UsageError):
    """The selector names a file of a repository where only models can be named."""

    hint = (
        "name the repository; `lineage show`, `drift`, `coverage`, `check` and `scores list` take its files too, and "
        "`lineage evaluate` does over a server that serves the file"
    )

    def __init__(self, name: str) -> None:
        """Name the file."""
        super().__init__(f"{name} is a file of a repository, and this command is about whole models")


class _Selecting:
    """The evaluation of one selector as masks over all numbers; a graph is opened once, when a term needs it."""

    def __init__(self, database: Database, *, with_files: bool = False) -> None:
        self._database = database
        self._with_files = with_files
        self.size = cast("int", database.value("graph/count_nodes"))
        self._graphs: dict[bool, Graph] = {}

    def selector(self, selector: Selector) -> Mask:
        return reduce(or_, map(self.group, selector.groups))

    def group(self, group: Group) -> Mask:
        return reduce(and_, map(self._term, group.terms))

    def _term(self, term: SelectorTerm) -> Mask:
        starts = self._atom(term)
        found = starts
        if term.ancestors != 0:
            found = found | self._reach(starts, term.ancestors, is_up=True, declared_only=term.declared_only)
        if term.descendants != 0:
            found = found | self._reach(starts, term.descendants, is_up=False, declared_only=term.declared_only)
        return found

    def _atom(self, term: SelectorTerm) -> Mask:
        match term.atom:
            case Everything():
                return np.ones(self.size, dtype=np.bool_)
            case NamedModel(id=name):
                return self._named(name, term)
            case Marked(mark=mark):
                marked = self._mask("select/scored" if mark in {Mark.SCORED, Mark.UNSCORED} else "select/declared")
                return marked if mark in {Mark.SCORED, Mark.DECLARED} else ~marked
            case Having(method=Method.RELATION, value=value):
                return self._mask("select/relation", value=value, declared_only=term.declared_only)
            case InDomain(domain=domain, least=least):
                check_known(self._database, domain)
                return self._mask("select/domain", domain=domain, least=LISTED_CONFIDENCE if least is None else least)
            case Having(method=method, value=value):
                return self._mask(f"select/{method.value}", value=value)
            case _ as never:
                assert_never(never)

    def _named(self, name: str, term: SelectorTerm) -> Mask:
        """Return the mask of the model of a name; of the repository, if it is the name of a file."""
        part = split_variant(name)
        if part.variant and not self._with_files:
            raise FileNotAsked(name)
        if part.variant and (term.ancestors != 0 or term.descendants != 0):
            raise UsageError(f"{name} is a file, which has no generations: name {part.repository}")
        found = self._mask("select/number", id=part.repository)
        if found.any():
            return found
        return self._mask("select/number", id=find_model(self._database, part.repository))

    def _reach(self, starts: Mask, generations: int | None, *, is_up: bool, declared_only: bool) -> Mask:
        numbers = np.flatnonzero(starts).astype(np.int32)
        graph = self._graph(declared_only=declared_only)
        return self._marked(graph.reach(numbers, is_up=is_up, generations=generations))

    def _graph(self, *, declared_only: bool) -> Graph:
        if declared_only not in self._graphs:
            database = self._database
            graph = load_declared_graph(database) if declared_only else open_graph(database).graph
            self._graphs[declared_only] = graph
        return self._graphs[declared_only]

    def _mask(self, name: str, **parameters: object) -> Mask:
        return self._marked(self._database.arrays(name, **parameters)["nid"])

    def _marked(self, numbers: NDArray[np.integer]) -> Mask:
        mask = np.zeros(self.size, dtype=np.bool_)
        mask[numbers] = True
        return mask
