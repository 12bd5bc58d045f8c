"""The JSON API: each endpoint, its parameters, and its query. Routes and OpenAPI are built from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from lineage.drift.chance import by_chance_of
from lineage.drift.drift_row import GUARDS
from lineage.output.result import Result
from lineage.statistics.defaults import ALPHA
from lineage.vocabulary import Against, Direction, JobState, Relation, Sort, StatusName, Verdict
from store.jobs.queue import list_jobs
from store.queries.known_domains import known_domains
from store.queries.models import list_models, read_status, show_model
from store.queries.search import ModelQuery, list_children, search_models
from store.queries.selected import selected
from store.scores.queries import list_coverage, list_scores
from store.serving.overview import OverviewSort, list_overview
from store.serving.parameters import LIMIT, OFFSET, Parameter, chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from store.database import Database

    Values: TypeAlias = dict[str, str | int | None]
    Answering: TypeAlias = "Callable[[Database, Values, int], Result]"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiEndpoint:
    """An endpoint. `answer` takes the database, the parameters' values and the maximum number of rows, 0 for all.

    With `is_paged` it also has `limit` and `offset`. `note` returns a sentence on the rows as a whole, or None.
    """

    path: str
    about: str
    answer: Answering
    parameters: tuple[Parameter, ...] = ()
    is_paged: bool = True
    note: Callable[[Database, Values], str | None] = lambda _, __: None

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Its own parameters, and those of paging."""
        return (*self.parameters, LIMIT, OFFSET) if self.is_paged else self.parameters


SELECTOR: Final = Parameter(name="selector", about="which models, as on the command line (`lineage docs selectors`)")
MODEL: Final = Parameter(name="id", about="a model's id, or a former one", is_required=True)


def _text(values: Mapping[str, str | int | None], name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def _status(database: Database, _: Values, __: int) -> Result:
    return read_status(database)


def _domains(database: Database, _: Values, __: int) -> Result:
    known = known_domains(database)
    return Result(columns=("name", "title", "colour"), rows=tuple((one.name, one.title, one.colour) for one in known))


def _families(database: Database, values: Values, rows: int) -> Result:
    return list_overview(
        database,
        domain=_text(values, "domain"),
        search=_text(values, "search"),
        sort=OverviewSort(_text(values, "sort") or OverviewSort.EXPOSURE),
        limit=rows,
    )


def _models(database: Database, values: Values, rows: int) -> Result:
    absent = dict.fromkeys(("author", "basis", "confidence", "library", "license", "undeclared", "unscored"))
    filters = {name: _text(values, name) for name in ("domain", "relation", "search", "sort", "status")}
    return list_models(database, limit=rows, selector=_text(values, "selector"), **filters, **absent)


def _model(database: Database, values: Values, _: int) -> Result:
    return show_model(database, _text(values, "id") or "")


def _search(database: Database, values: Values, rows: int) -> Result:
    return search_models(database, asked(values), limit=rows)


def asked(values: Mapping[str, str | int | None]) -> ModelQuery:
    """Return the question of `SEARCHED` parameters."""
    words, author, domain, license_ = (_text(values, one.name) for one in SEARCHED)
    return ModelQuery(words=words, author=author, domain=domain, license=license_)


def _children(database: Database, values: Values, rows: int) -> Result:
    return list_children(database, _text(values, "id") or "", limit=rows)[0]


def _scores(database: Database, values: Values, rows: int) -> Result:
    return list_scores(database, selector=_text(values, "selector"), name=_text(values, "instrument"), limit=rows)


def stored_drift(database: Database, values: Values, rows: int) -> Result:
    """Return stored drift by selector, instrument, against and verdict, the largest differences first; 0 for all."""
    selector = _text(values, "selector")
    with selected(database, selector):
        return database.run(
            "serving/drift",
            is_selected=selector is not None,
            against=_text(values, "against"),
            verdict=_text(values, "verdict"),
            name=_text(values, "instrument"),
            limit=rows or None,
        )


def told_by_chance(database: Database, values: Values) -> str | None:
    """Return how many of the selected models chance alone would call worse on safety; None for fewer than two."""
    selector = _text(values, "selector")
    with selected(database, selector):
        rows = database.run(
            "serving/families_of_tests",
            is_selected=selector is not None,
            against=_text(values, "against"),
            guards=[one.value for one in GUARDS],
            capability=Direction.CAPABILITY.value,
        ).rows
    chance = by_chance_of(cast("list[tuple[str, str | None, str]]", rows), ALPHA)
    return chance.words if chance.models > 1 else None


def _coverage(database: Database, values: Values, rows: int) -> Result:
    return list_coverage(database, selector=_text(values, "selector") or "*", state=None, limit=rows)[0]


def _jobs(database: Database, values: Values, rows: int) -> Result:
    state = _text(values, "state")
    return list_jobs(database, None if state is None else [JobState(state)], limit=rows)


def _crawls(database: Database, _: Values, rows: int) -> Result:
    return database.run("models/crawls", limit=rows or None)


DOMAIN: Final = Parameter(name="domain", about="only of this domain, one of those that `domains` lists")
SEARCHED: Final = (
    Parameter(name="search", about="only models whose id contains all these words"),
    Parameter(name="author", about="only of this author, in any capitals"),
    DOMAIN,
    Parameter(name="license", about="only under this licence, as the Hub calls it"),
)
INSTRUMENT: Final = Parameter(name="instrument", about="only of this instrument, by name")
ENDPOINTS: Final = (
    ApiEndpoint(path="status", about="what the database holds, and how fresh it is", answer=_status, is_paged=False),
    ApiEndpoint(
        path="domains",
        about="the domains that models are sorted into, with the title and colour that pages give them",
        answer=_domains,
        is_paged=False,
    ),
    ApiEndpoint(
        path="families",
        about="families by their roots, with coverage and what moved",
        answer=_families,
        parameters=(
            DOMAIN,
            Parameter(name="search", about="only families whose root's id contains this"),
            chosen("sort", "what to order by, the greatest first", OverviewSort, OverviewSort.EXPOSURE.value),
        ),
    ),
    ApiEndpoint(
        path="models",
        about="models with their domains and parents",
        answer=_models,
        parameters=(
            SELECTOR,
            DOMAIN,
            chosen("relation", "only derivatives made this way", Relation),
            chosen("status", "only models of this status", StatusName),
            Parameter(name="search", about="only models whose id contains this"),
            chosen("sort", "what to order by, the greatest first", Sort, Sort.DOWNLOADS.value),
        ),
    ),
    ApiEndpoint(
        path="search",
        about="models by id, author, domain and licence, the most downloaded first: the fastest way to one of millions",
        answer=_search,
        parameters=SEARCHED,
    ),
    ApiEndpoint(
        path="model", about="everything known of one model", answer=_model, parameters=(MODEL,), is_paged=False
    ),
    ApiEndpoint(
        path="children",
        about="models made directly from one, the most downloaded first",
        answer=_children,
        parameters=(MODEL,),
    ),
    ApiEndpoint(
        path="drift",
        about="how far derivatives moved, as it was stored last, the largest differences first",
        answer=stored_drift,
        parameters=(
            SELECTOR,
            INSTRUMENT,
            chosen("against", "only against this kind of ancestor", Against),
            chosen("verdict", "only this verdict", Verdict),
        ),
        note=told_by_chance,
    ),
    ApiEndpoint(path="scores", about="scores with their identity", answer=_scores, parameters=(SELECTOR, INSTRUMENT)),
    ApiEndpoint(
        path="coverage",
        about="which models are measured, only reported, stale or unscored",
        answer=_coverage,
        parameters=(SELECTOR,),
    ),
    ApiEndpoint(
        path="jobs",
        about="the queue of evaluations, as the last copy has it",
        answer=_jobs,
        parameters=(chosen("state", "only jobs of this state", JobState),),
    ),
    ApiEndpoint(path="crawls", about="crawls, the last first", answer=_crawls),
)
