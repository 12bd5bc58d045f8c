"""What running a model needs to know: its commit, its family, and the base of an adapter."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any, cast

from lineage.errors import UsageError
from lineage.scheduling.cost_model import MeasuredCost
from lineage.scheduling.default_instruments import tokens_of
from lineage.scores.variant import split_variant
from store.derive.model_names import NoSuchModel, find_model

if TYPE_CHECKING:
    from collections.abc import Collection

    from lineage.scores.instruments import Catalogue
    from store.database import Database


class FileNotServed(UsageError):
    """A single file of a repository is to be run, which no engine loads itself."""

    hint = (
        "serve it, for example with llama.cpp's llama-server, and name the server: --engine endpoint "
        "--endpoint-url URL, with --option model=NAME where the server calls it otherwise"
    )

    def __init__(self, name: str) -> None:
        """Name the file."""
        super().__init__(f"{name} is a file of a repository, and only whole repositories can be loaded here")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """A model at its known commit; `base` is what an adapter is attached to, or None for any other model.

    `family` is its root, or the model itself if it has none. The commit of a model that only a server knows is None.
    """

    model: str
    revision: str | None
    family: str
    base: str | None = None
    base_revision: str | None = None


class CommitUnknown(UsageError):
    """The record of a model that is to be run names no commit."""

    def __init__(self, model: str) -> None:
        """Keep the model, whose record can be fetched."""
        super().__init__(f"the commit of {model} is not known: `lineage crawl --revisions {quote(model)}` fetches it")
        self.model = model


def find_facts(database: Database, name: str, *, is_served: bool) -> RunFacts:
    """Return what is known about a model, or a file of a repository, by any of its names.

    A served model need not be known, and its commit is never known. Raises NoSuchModel, FileNotServed, or
    CommitUnknown for a model or a base whose commit is not known, because a score names what was run.
    """
    part = split_variant(name)
    if part.variant and not is_served:
        raise FileNotServed(name)
    try:
        model = find_model(database, part.repository)
    except NoSuchModel:
        if is_served:
            return RunFacts(model=name, revision=None, family=part.repository)
        raise
    facts = RunFacts(model=model, **cast("dict[str, Any]", database.run("queue/model_facts", id=model).records()[0]))
    if is_served:
        return RunFacts(model=f"{model}{part.variant}", revision=None, family=facts.family)
    for one, commit in ((model, facts.revision), (facts.base, facts.base_revision)):
        if one is not None and commit is None:
            raise CommitUnknown(one)
    return facts


def measured_costs(database: Database, catalogue: Catalogue, engines: Collection[str]) -> tuple[MeasuredCost, ...]:
    """Return what the items of models of a known size took here with some engines, for the cost model.

    Items whose tokens nobody counted are taken to be as long as a plan assumes.
    """
    measured = measured_tokens(database)
    rows = database.run("queue/measured_costs", engines=sorted(engines)).rows
    return tuple(
        MeasuredCost(
            instrument=str(name),
            parameters=float(cast("int", parameters)),
            items=cast("int", items),
            tokens_per_item=(
                tokens_of(catalogue.find(str(name)), measured.get(str(name)))
                if tokens is None
                else cast("int", tokens) / cast("int", items)
            ),
            seconds=cast("float", seconds),
        )
        for name, parameters, items, tokens, seconds in rows
    )


def family_engines(database: Database) -> dict[tuple[str, str], str]:
    """Return the engine of the jobs of a family, by its root, on an instrument: that of most, where several ran some.

    Jobs that failed, were skipped or ended without a score count for nothing: no score is compared with them.
    """
    rows = database.run("queue/family_engines").rows
    return {(str(family), str(instrument)): str(engine) for family, instrument, engine in rows}


def measured_tokens(database: Database) -> dict[str, float]:
    """Return how many tokens an item of each instrument has, as measured here: the median of all runs."""
    return {str(name): cast("float", tokens) for name, tokens in database.run("queue/measured_tokens").rows}
