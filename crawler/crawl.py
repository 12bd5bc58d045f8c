"""The crawl: discover, close the graph, follow up, sweep; each step is stored before the next begins.

whole Hub   one walk by creation; then, another time, what was created and what was changed since
domains     a walk for each question of the lexicon; another time, what was changed since, kept where it matters;
            then rounds until nothing is missing: ancestors by id, derivatives by `filter=base_model:ID`
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from crawler.followups import follow_up_all
from crawler.lookups import look_up_all
from crawler.pages import PageRequest, Sort, fetch_page, first_page, total
from crawler.plan import HUB_GROWTH_A_DAY, expected_models, expected_requests, make_plan
from crawler.walks import Run, Spending, Until, take_walks
from lineage.pages import WalkRow
from lineage.progress import Began, Finished, Planned, Remarked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from crawler.scope import Scope
    from crawler.shelf import Shelf
    from crawler.wire import Wire
    from lineage.pages import Baseline
    from lineage.progress import Event, Plan
    from lineage.terms import Lexicon

OVERLAP: Final = timedelta(minutes=15)
MOST_ROUNDS: Final = 60
CREATED: Final = "created"
CHANGED: Final = "changed"
CHILDREN: Final = "children"
LISTED: Final = "list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a crawl works with: the wire, the shelf, what is asked for, what counts as a domain, and what the time is."""

    wire: Wire
    shelf: Shelf
    scope: Scope
    lexicon: Lexicon
    now: Callable[[], datetime]


def crawl(task: Task, *, dry_run: bool = False) -> Iterator[Event]:
    """Crawl, continuing an unfinished crawl of the same scope; yields events, ends after the plan with `dry_run`.

    Raises what the wire raises when the Hub cannot be asked; everything stored until then is kept.
    """
    baseline = None if task.scope.sweep else task.shelf.baseline(task.scope.covering, task.wire.endpoint.origin)
    walks = first_walks(task, baseline)
    models = expected_models(total(task.wire), task.now())
    if dry_run:
        fetch_page(task.wire, first_page(limit=1))  # one request that tells this token's quota
    plan = _plan(task, walks, baseline, models)
    if dry_run:
        yield Planned(plan=plan, crawl=0, continues=False)
        return
    row = task.shelf.open_crawl(task.scope.text, task.wire.endpoint.origin, task.now())
    run = Run(
        wire=task.wire,
        shelf=task.shelf,
        crawl=row.crawl,
        spending=Spending(task.wire),
        now=task.now,
        remarks=deque(),
    )
    yield Planned(plan=plan, crawl=row.crawl, continues=not row.is_new)
    if row.is_new:
        task.shelf.add_walks(row.crawl, walks)
    if baseline is not None:
        since = baseline.seen_at - OVERLAP
        task.shelf.set_relevance(task.lexicon, since=since, siblings=task.scope.siblings)
    yield from _steps(task, run, baseline)
    task.shelf.close_crawl(row.crawl, "finished", task.now())
    spent = task.wire.counts
    yield Finished(
        crawl=row.crawl,
        requests=spent.requests,
        size_bytes=spent.bytes_received,
        retries=spent.retries,
        wait_seconds=spent.wait_seconds,
    )


def _steps(task: Task, run: Run, baseline: Baseline | None) -> Iterator[Event]:
    yield Began(stage="listing", steps=len(task.shelf.open_walks(run.crawl)))
    yield from take_walks(run)
    if not task.scope.is_all:
        if baseline is not None and _is_unreached(task, run):
            yield from _walk_changed_terms(task, run, baseline)
        yield from _close(task, run)
        if task.scope.deep:
            wanted = task.shelf.follow_ups(task.scope.domains)
            yield Began(stage="files", steps=len(wanted))
            yield from follow_up_all(run, wanted)
            yield from _close(task, run)
    if task.scope.sweep:
        unseen = task.shelf.unseen(run.crawl)
        yield Began(stage="vanished models", steps=len(unseen))
        yield from look_up_all(run, unseen, was_known=True)
    yield Began(stage="resolving the graph", steps=None)
    task.shelf.derive(task.lexicon, task.now())


def first_walks(task: Task, baseline: Baseline | None) -> tuple[WalkRow, ...]:
    """Return the walks that a crawl begins with: everything in its scope, or what is new or changed since `baseline`."""
    changed = None if baseline is None else Until(modified_at=baseline.seen_at - OVERLAP)
    if task.scope.is_all:
        created = walk(CREATED, until=Until(hub_id=baseline.top_id) if baseline and baseline.top_id else None)
        return (created,) if changed is None else (created, walk(CHANGED, sort="lastModified", until=changed))
    questions = tuple(
        walk(LISTED, ((query.parameter, query.value),)) for query in task.lexicon.queries(task.scope.domains)
    )
    if baseline is None:
        return questions
    asked = task.shelf.walked()
    is_whole = baseline.scope.split(" ")[0] in {"all", "load"}
    unasked = () if is_whole else tuple(row for row in questions if row.walk not in asked)
    since = Until(modified_at=baseline.seen_at - OVERLAP, pages=max(1, len(questions)), is_relevant_only=True)
    return (walk(CHANGED, sort="lastModified", until=since), *unasked)


def walk(
    kind: str, filters: tuple[tuple[str, str], ...] = (), *, sort: Sort = "createdAt", until: Until | None = None
) -> WalkRow:
    """Return a walk at its top; its name says what it lists, so that no crawl has it twice."""
    name = " ".join((kind, *(f"{parameter}={value}" for parameter, value in filters)))
    request: PageRequest = first_page(sort=sort, filters=filters)
    return WalkRow(walk=name, request=request.to_json(), until=until.to_json() if until else None)


def _is_unreached(task: Task, run: Run) -> bool:
    """Say whether the walk of changes gave up before it reached what was known."""
    return task.shelf.pages_of(run.crawl, CHANGED) >= len(task.lexicon.queries(task.scope.domains))


def _walk_changed_terms(task: Task, run: Run, baseline: Baseline) -> Iterator[Event]:
    since = Until(modified_at=baseline.seen_at - OVERLAP)
    yield Remarked(text="too much has changed on the whole Hub since; asking for the changes of each term instead")
    walks = [
        walk(CHANGED, ((query.parameter, query.value),), sort="lastModified", until=since)
        for query in task.lexicon.queries(task.scope.domains)
    ]
    task.shelf.add_walks(run.crawl, walks)
    yield from take_walks(run)


def _close(task: Task, run: Run) -> Iterator[Event]:
    """Bring in ancestors by id and derivatives by listing, round by round, until a round finds nothing to ask."""
    for _ in range(MOST_ROUNDS):
        task.shelf.derive(task.lexicon, task.now())
        missing = task.shelf.missing_ancestors(task.scope.domains, run.crawl, ask_again=task.scope.sweep)
        if missing:
            yield Began(stage="ancestors", steps=len(missing))
            yield from look_up_all(run, missing, was_known=False)
        parents = task.shelf.unexpanded(
            task.scope.domains, run.crawl, siblings=task.scope.siblings, ask_again=task.scope.sweep
        )
        walks = [walk(CHILDREN, (("filter", f"base_model:{name}"),)) for name in parents]
        if not missing and not walks:
            return
        if walks:
            yield Began(stage="derivatives", steps=len(walks))
            task.shelf.add_walks(run.crawl, walks)
            yield from take_walks(run)
    yield Remarked(text=f"the graph was not closed after {MOST_ROUNDS} rounds; run the same command again")


def _plan(task: Task, walks: tuple[WalkRow, ...], baseline: Baseline | None, models: int) -> Plan:
    news = None
    if baseline is not None:
        days = max(0.0, (task.now() - baseline.seen_at).total_seconds() / 86_400)
        news = min(models, round(days * 2 * HUB_GROWTH_A_DAY))
    requests = expected_requests(
        walks=len(walks),
        models=models,
        is_all=task.scope.is_all,
        domains=len(task.scope.domains),
        news=news,
    )
    return make_plan(
        scope=task.scope.text,
        walks=len(walks),
        requests=requests,
        models=models,
        quota=task.wire.pace.quota("api"),
        has_token=task.wire.has_token,
        news=baseline is not None,
    )
