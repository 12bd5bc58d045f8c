"""The crawl: list, close the graph, follow up, sweep; each step is stored before the next begins.

A crawl of the whole Hub is one walk by creation; the next crawl lists only what was created and what was changed since.
A crawl of domains is one walk per query of the lexicon; the next one lists what was changed since and keeps what
matters; then rounds until nothing is missing: ancestors by id, derivatives by `filter=base_model:ID`.

A crawl that begins where another ended takes over the walks whose findings are there as `covered`: the next crawl need
not repeat what a finished crawl has walked or covered.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from crawler.budget import ReadingBudget
from crawler.estimate import (
    HUB_GROWTH_A_DAY,
    count_files,
    estimate_weights,
    expected_files,
    expected_models,
    expected_requests,
    make_estimate,
)
from crawler.fetch_files import follow_up_all
from crawler.fetch_models import look_up_all
from crawler.fetch_weights import read_all_closely, read_all_weights
from crawler.file_plan import FilePlan, plan_files, plan_trees
from crawler.hub.listing import PageRequest, Sort, fetch_page, first_page, total
from crawler.scope import ALL, LOADED, NAMED, WEIGHTS
from crawler.walks import CrawlRun, Spending, StopCondition, take_walks
from lineage.crawl_records import WalkRow
from lineage.errors import LineageError
from lineage.output.crawl_events import CrawlFinished, CrawlPlanned, CrawlRemark, StageBegan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from crawler.crawl_store import CrawlStore
    from crawler.http.hub_client import HubClient
    from crawler.http.retry_policy import RequestCounts
    from crawler.scope import Scope
    from lineage.crawl_records import Baseline, CrawlRow, FollowUp, NamedModels, WeightOptions
    from lineage.domains.lexicon import Lexicon
    from lineage.output.crawl_events import CrawlEstimate, CrawlEvent, FileEstimate

OVERLAP: Final = timedelta(minutes=15)
MOST_ROUNDS: Final = 60
CREATED: Final = "created"
CHANGED: Final = "changed"
CHILDREN: Final = "children"
LISTED: Final = "list"
NO_CRAWL: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlTask:
    """What a crawl works with: the client, the store, the scope, the lexicon of the domains, and the clock.

    `files` is how many files of models that declare no parent it may request, None for what two windows of the quota
    leave for each domain; with trees, all are requested.
    """

    client: HubClient
    store: CrawlStore
    scope: Scope
    lexicon: Lexicon
    now: Callable[[], datetime]
    files: int | None = 0

    @property
    def watched(self) -> tuple[str, ...]:
        """The domains whose models and ancestors matter: those asked for, on the whole Hub every one of the lexicon."""
        return tuple(name for name in self.lexicon.names if self.scope.is_all or name in self.scope.domains)

    @property
    def reads_files(self) -> bool:
        """Whether files are read at all."""
        return self.scope.deep or self.files != 0

    def new_budget(self) -> ReadingBudget:
        """Return what a run that begins now may request beside its listings."""
        return ReadingBudget(self.client, domains=len(self.watched), files=self.files, is_bounded=not self.scope.deep)


def crawl(task: CrawlTask, *, dry_run: bool = False) -> Iterator[CrawlEvent]:
    """Crawl, continuing an unfinished crawl of the same scope; yields events, ends after the plan with `dry_run`.

    Raises what the client raises if the Hub cannot be asked; everything stored until then is kept.
    """
    spending, before, budget = Spending(task.client), task.client.counts, task.new_budget()
    models = expected_models(total(task.client), task.now())
    if dry_run or task.client.told_at is None:
        fetch_page(task.client, first_page(limit=1))  # tells this token's quota, and the time where the count did not
    baseline = _baseline(task)
    walks = first_walks(task, baseline)
    estimate = _estimate(task, budget, walks, baseline, models)
    if dry_run:
        yield CrawlPlanned(estimate=estimate, crawl=0, continues=False)
        return
    with _running(task, task.scope.text, spending) as (row, run):
        yield CrawlPlanned(estimate=estimate, crawl=row.crawl, continues=not row.is_new)
        covered = _covered(task, baseline) if row.is_new and baseline is not None else ()
        task.store.add_walks(row.crawl, walks, covered)
        yield from _steps(task, run, budget, baseline)
    yield _finished(row.crawl, before, task.client.counts)


def crawl_models(task: CrawlTask, models: NamedModels, *, dry_run: bool = False) -> Iterator[CrawlEvent]:
    """Fetch the present records of single models, then those of their ancestors that are not stored.

    Each costs a request. Yields events, ends after the plan with `dry_run`; raises what the client raises.
    """
    spending, before = Spending(task.client), task.client.counts
    estimate = make_estimate(
        scope=NAMED,
        walks=0,
        requests=len(models.names),
        models=None,
        quota=task.client.rate_limiter.quota("api"),
        has_token=task.client.has_token,
        news=False,
    )
    if dry_run:
        yield CrawlPlanned(estimate=estimate, crawl=NO_CRAWL, continues=False)
        return
    with _running(task, NAMED, spending) as (row, run):
        yield CrawlPlanned(estimate=estimate, crawl=row.crawl, continues=False)
        yield StageBegan(stage="models", steps=len(models.names))
        yield from look_up_all(run, models.stored, was_known=True)
        yield from look_up_all(run, models.others, was_known=False)
        yield from _ancestors_of(task, run, models.names)
    yield _finished(row.crawl, before, task.client.counts)


def crawl_weights(
    task: CrawlTask, models: NamedModels, options: WeightOptions, *, dry_run: bool = False
) -> Iterator[CrawlEvent]:
    """Read the first rows of the weights of models and of all above them, unless they were read at their commit.

    Then compare them: the ends of edges, and what looks alike; derive again what weights contradict or restrict; and
    read closely what has one origin, if that is asked for. Yields events, ends after the plan with `dry_run`; raises
    what the client raises.
    """
    spending, before = Spending(task.client), task.client.counts
    wanted = task.store.weights_wanted(models, most_bytes=options.most_bytes, granted=options.granted)
    estimate = estimate_weights(
        wanted,
        task.store.kin_wanted(models) if options.is_close else None,
        options,
        quotas=task.client.rate_limiter.quota,
        has_token=task.client.has_token,
    )
    if dry_run:
        yield CrawlPlanned(estimate=estimate, crawl=NO_CRAWL, continues=False)
        return
    with _running(task, WEIGHTS, spending) as (row, run):
        yield CrawlPlanned(estimate=estimate, crawl=row.crawl, continues=not row.is_new)
        yield from read_all_weights(run, wanted, most_bytes=options.most_bytes)
        yield StageBegan(stage="resolving the graph", steps=None)
        task.store.derive(task.lexicon, task.now())
        if options.is_close:
            yield from read_all_closely(run, task.store.kin_wanted(models))
    yield _finished(row.crawl, before, task.client.counts)


@contextmanager
def _running(task: CrawlTask, scope: str, spending: Spending) -> Iterator[tuple[CrawlRow, CrawlRun]]:
    """Lend an open crawl and its run; it is closed as finished, or as stopped if the block ends otherwise."""
    row = _open_crawl(task, scope)
    run = CrawlRun(client=task.client, store=task.store, crawl=row.crawl, spending=spending, now=task.now)
    try:
        yield row, run
    except BaseException:
        _close_crawl(task, run, "stopped")
        raise
    _close_crawl(task, run, "finished")


def _ancestors_of(task: CrawlTask, run: CrawlRun, names: Sequence[str]) -> Iterator[CrawlEvent]:
    """Request the ancestors of models until none is left that is not stored."""
    asked = set(names)
    for _ in range(MOST_ROUNDS):
        yield StageBegan(stage="resolving the graph", steps=None)
        task.store.derive(task.lexicon, task.now())
        missing = tuple(name for name in task.store.missing_above(names) if name not in asked)
        if not missing:
            return
        asked.update(missing)
        yield StageBegan(stage="ancestors", steps=len(missing))
        yield from look_up_all(run, missing, was_known=False)


def _finished(crawl: int, before: RequestCounts, spent: RequestCounts) -> CrawlFinished:
    return CrawlFinished(
        crawl=crawl,
        requests=spent.requests - before.requests,
        size_bytes=spent.bytes_received - before.bytes_received,
        retries=spent.retries - before.retries,
        wait_seconds=spent.wait_seconds - before.wait_seconds,
    )


def _baseline(task: CrawlTask) -> Baseline | None:
    """Return the crawl to go on from; never one that, by a wrong clock, claims to cover a time to come."""
    if task.scope.sweep:
        return None
    now, told_at = task.now(), task.client.told_at
    latest = now if told_at is None else max(now, told_at)
    return task.store.baseline(task.scope.is_covered_by, task.client.endpoint.origin, by=latest)


def _open_crawl(task: CrawlTask, scope: str) -> CrawlRow:
    """Open the crawl as of now, before anything is listed: on the Hub's clock, which dates its changes.

    If our clock were ahead, the next crawl would miss changes in between; if it is behind, it only requests more.
    """
    now = task.now()
    told_at = task.client.told_at
    covers_at = now if told_at is None else min(now, told_at)
    return task.store.open_crawl(scope, task.client.endpoint.origin, now, covers_at=covers_at)


def _close_crawl(task: CrawlTask, run: CrawlRun, state: str) -> None:
    with suppress(LineageError) if state == "stopped" else nullcontext(), run.spending.told() as spent:
        task.store.close_crawl(run.crawl, state, task.now(), spent)


def _steps(task: CrawlTask, run: CrawlRun, budget: ReadingBudget, baseline: Baseline | None) -> Iterator[CrawlEvent]:
    scope, store = task.scope, task.store
    rows = store.open_walks(run.crawl)
    _set_relevance(task, rows)
    yield StageBegan(stage="listing", steps=len(rows))
    yield from take_walks(run)
    if baseline is not None and store.has_given_up(run.crawl, CHANGED):
        yield from _walk_changed_terms(task, run, baseline)
    if not scope.is_all or task.reads_files:
        yield from GraphClosure(task, run, budget).close()
    if scope.sweep:
        store.derive(task.lexicon, task.now())
        unseen = store.unseen(scope.domains, run.crawl)
        yield StageBegan(stage="vanished models", steps=len(unseen))
        yield from look_up_all(run, unseen, was_known=True)
    yield StageBegan(stage="resolving the graph", steps=None)
    store.derive(task.lexicon, task.now())


def first_walks(task: CrawlTask, baseline: Baseline | None) -> tuple[WalkRow, ...]:
    """Return the walks that a crawl begins with: all in its scope, or what is new or changed since `baseline`."""
    changed = None if baseline is None else StopCondition(modified_at=baseline.seen_at - OVERLAP)
    if task.scope.is_all:
        created = walk(CREATED, until=StopCondition(hub_id=baseline.top_id) if baseline and baseline.top_id else None)
        return (created,) if changed is None else (created, walk(CHANGED, sort="lastModified", until=changed))
    listings = _listings(task)
    if baseline is None or changed is None:
        return listings
    asked = {row.walk for row in listings} if _is_whole(baseline) else task.store.walked(baseline.crawl)
    unasked = tuple(row for row in listings if row.walk not in asked)
    until = replace(changed, pages=max(1, len(listings)), is_relevant_only=True)
    return (walk(CHANGED, sort="lastModified", until=until), *unasked)


def walk(
    kind: str,
    filters: tuple[tuple[str, str], ...] = (),
    *,
    sort: Sort = "createdAt",
    until: StopCondition | None = None,
) -> WalkRow:
    """Return a walk at its top; its name says what it lists, so that no crawl has it twice."""
    name = " ".join((kind, *(f"{parameter}={value}" for parameter, value in filters)))
    request: PageRequest = first_page(sort=sort, filters=filters)
    return WalkRow(walk=name, request=request.to_json(), until=until.to_json() if until else None)


def _listings(task: CrawlTask) -> tuple[WalkRow, ...]:
    return tuple(walk(LISTED, ((query.parameter, query.value),)) for query in task.lexicon.queries(task.watched))


def _children(task: CrawlTask) -> tuple[WalkRow, ...]:
    parents = task.store.parents(task.watched, siblings=task.scope.siblings)
    return tuple(walk(CHILDREN, (("filter", f"base_model:{name}"),)) for name in parents)


def _is_whole(baseline: Baseline) -> bool:
    """Return whether a baseline holds all models, so that no listing of some of them could add one."""
    return baseline.scope.split(" ")[0] in {ALL, LOADED}


def _covered(task: CrawlTask, baseline: Baseline) -> tuple[WalkRow, ...]:
    """Return the walks whose findings are there before the crawl stores anything; what is new comes by its change.

    Only what this lexicon lists counts: later crawls keep no news for other words.
    """
    if task.scope.is_all:
        return ()
    task.store.derive(task.lexicon, task.now())
    wanted = (*_listings(task), *_children(task))
    if _is_whole(baseline):
        return wanted
    asked = task.store.walked(baseline.crawl)
    return tuple(row for row in wanted if row.walk in asked)


def _set_relevance(task: CrawlTask, rows: Iterable[WalkRow]) -> None:
    """Tell the store what the walk of changes keeps.

    The walk's own start counts, as another crawl may have ended since it began.
    """
    for row in rows:
        until = StopCondition.from_json(row.until) if row.until else StopCondition()
        if until.is_relevant_only and until.modified_at is not None:
            task.store.set_relevance(task.lexicon, since=until.modified_at, siblings=task.scope.siblings)


def _walk_changed_terms(task: CrawlTask, run: CrawlRun, baseline: Baseline) -> Iterator[CrawlEvent]:
    since = StopCondition(modified_at=baseline.seen_at - OVERLAP)
    yield CrawlRemark(text="too much has changed on the whole Hub since then; listing the changes of each term instead")
    walks = [
        walk(CHANGED, ((query.parameter, query.value),), sort="lastModified", until=since)
        for query in task.lexicon.queries(task.watched)
    ]
    task.store.add_walks(run.crawl, walks)
    yield from take_walks(run)


class GraphClosure:
    """Closing the graph: nothing is requested a second time, whatever the response was."""

    def __init__(self, task: CrawlTask, run: CrawlRun, budget: ReadingBudget) -> None:
        """Begin with what the crawl has walked already."""
        self._task, self._run, self._budget = task, run, budget
        self._walked = set(task.store.walked(run.crawl))
        self._asked: set[str] = set()
        self._followed: set[str] = set()
        self.left = 0

    def close(self) -> Iterator[CrawlEvent]:
        """Repeat until nothing is left to request: ancestors by id, derivatives by listing, names and files if wanted.

        Names and files come last, as they get what the quota leaves.
        """
        task = self._task
        for _ in range(MOST_ROUNDS):
            task.store.derive(task.lexicon, task.now())
            missing = self._missing()
            if missing:
                yield StageBegan(stage="ancestors", steps=len(missing))
                yield from look_up_all(self._run, missing, was_known=False)
            walks = self._unwalked()
            if walks:
                yield StageBegan(stage="derivatives", steps=len(walks))
                task.store.add_walks(self._run.crawl, walks)
                yield from take_walks(self._run)
            named = () if missing or walks else self._named()
            if named:
                yield StageBegan(stage="models that files name", steps=len(named))
                yield from look_up_all(self._run, named, was_known=False)
            wanted = () if missing or walks else self._unfollowed()
            if wanted:
                yield StageBegan(stage="files", steps=len(wanted))
                yield from follow_up_all(self._run, wanted)
            if not missing and not walks and not named and not wanted:
                if self.left:
                    yield CrawlRemark(text=f"models whose files were left for another crawl: {self.left:,}")
                return
        yield CrawlRemark(text=f"the graph was not closed after {MOST_ROUNDS} rounds; run the same command again")

    def _missing(self) -> tuple[str, ...]:
        task = self._task
        since_crawl = self._run.crawl if task.scope.sweep else 0
        names = task.store.missing_ancestors(task.watched, since_crawl)
        return self._unasked(names)

    def _named(self) -> tuple[str, ...]:
        task = self._task
        if not task.reads_files:
            return ()
        since_crawl = self._run.crawl if task.scope.sweep else 0
        named = self._unasked(task.store.unstored_names(since_crawl, self._budget.names()))
        self._budget.spend_names(len(named))
        return named

    def _unasked(self, names: tuple[str, ...]) -> tuple[str, ...]:
        unasked = tuple(name for name in names if name not in self._asked)
        self._asked.update(unasked)
        return unasked

    def _unwalked(self) -> tuple[WalkRow, ...]:
        if self._task.scope.is_all:
            return ()
        walks = tuple(row for row in _children(self._task) if row.walk not in self._walked)
        self._walked.update(row.walk for row in walks)
        return walks

    def _unfollowed(self) -> tuple[FollowUp, ...]:
        plan = _plan_files(self._task, self._budget, self._run.crawl)
        wanted = tuple(one for one in plan.follow_ups if one.model not in self._followed)
        self._followed.update(one.model for one in wanted)
        self.left = plan.left
        return wanted


def _plan_files(task: CrawlTask, budget: ReadingBudget, crawl: int, *, expected: int = 0) -> FilePlan:
    """Return which files to request next, within what a crawl has left of its budget.

    `expected` API requests are still to come before them.
    """
    if not task.reads_files:
        return FilePlan()
    found = task.store.undeclared(task.watched, trees=task.scope.deep)
    if task.scope.deep:
        return plan_trees(found)
    files, facts = task.store.files_asked(crawl)
    return plan_files(found, files=budget.files - files, facts=budget.facts(facts, expected=expected))


def _estimate(
    task: CrawlTask, budget: ReadingBudget, walks: tuple[WalkRow, ...], baseline: Baseline | None, models: int
) -> CrawlEstimate:
    news = None
    if baseline is not None:
        days = max(0.0, (task.now() - baseline.seen_at).total_seconds() / 86_400)
        news = min(models, round(days * 2 * HUB_GROWTH_A_DAY))
    requests = expected_requests(
        walks=len(walks),
        models=models,
        is_all=task.scope.is_all,
        domains=len(task.watched),
        news=news,
    )
    estimate = make_estimate(
        scope=task.scope.text,
        walks=len(walks),
        requests=requests,
        models=models,
        quota=task.client.rate_limiter.quota("api"),
        has_token=task.client.has_token,
        news=baseline is not None,
    )
    files = _estimate_files(task, budget, models, requests=requests, is_first=baseline is None)
    return replace(estimate, files=files)


def _estimate_files(
    task: CrawlTask, budget: ReadingBudget, models: int, *, requests: int, is_first: bool
) -> FileEstimate:
    """Return what files cost behind so many requests of the listings."""
    names = budget.names(expected=requests) if task.reads_files else 0
    if is_first and task.reads_files and not task.scope.deep:
        facts = budget.facts(0, expected=requests)
        found = expected_files(models=models, domains=len(task.watched), files=budget.files, facts=facts, names=names)
    else:
        found = count_files(_plan_files(task, budget, NO_CRAWL, expected=requests), names=names)
    return replace(found, windows=budget.windows)
