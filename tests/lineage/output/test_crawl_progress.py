"""A run counted from its events: the line a person reads, and the figures at the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lineage.output.crawl_events import (
    CrawlEstimate,
    CrawlFinished,
    CrawlPlanned,
    CrawlRemark,
    FileEstimate,
    ModelsTaken,
    PageTaken,
    StageBegan,
)
from lineage.output.crawl_progress import QuotaLeft, Tally

DONE = CrawlFinished(crawl=1, requests=12, size_bytes=3_000, retries=2, wait_seconds=61.0)


def planned(*, walks: int = 1, requests: int = 10, continues: bool = False, is_told: bool = True) -> CrawlPlanned:
    """Return the plan of a small crawl."""
    estimate = CrawlEstimate(
        scope="medical",
        walks=walks,
        models=5_000,
        requests=requests,
        quota=5,
        window_seconds=300,
        is_quota_told=is_told,
        is_incremental=continues,
    )
    return CrawlPlanned(estimate=estimate, crawl=7, continues=continues)


def page(*, is_last: bool = False) -> PageTaken:
    """Return a page of a hundred records, ten of them known."""
    return PageTaken(walk="created", records=100, known=10, is_last=is_last)


def test_the_plan_is_told_in_one_line() -> None:
    """Scope or crawl, listings, requests, time and whose quota it is."""
    line = Tally(started=0.0).take(planned(), 0.0)
    assert line == ("plan for medical: 1 listings, about 10 requests, about 5 min at the Hub's quota (5 in 300 s)")
    again = str(Tally(started=0.0).take(planned(continues=True, is_told=False, requests=3), 0.0))
    assert again.startswith("crawl 7 goes on: only what is new or changed")
    assert "under a minute at the Hub's usual quota" in again


def test_the_plan_tells_what_files_cost() -> None:
    """Files, their requests, models and those left stand behind the listings, and whether they were counted."""
    files = FileEstimate(
        models=1_500, files=3_000, requests=6_000, api_requests=30, left=7, is_counted=False, windows=2
    )
    plan = planned()
    told = replace(plan, estimate=replace(plan.estimate, files=files))
    line = str(Tally(started=0.0).take(told, 0.0))
    assert line.endswith(
        "; then up to 3,000 files (6,000 requests at their own quota) and 30 API requests within 2 windows of the "
        "quota for 1,500 models without a declared parent, estimated from earlier listings, 7 more another time"
    )


def test_events_are_counted() -> None:
    """Records, known ones, look-ups and those that the Hub does not show add up to the summary's row."""
    tally = Tally(started=100.0)
    for event in (
        planned(),
        StageBegan(stage="listings", steps=1),
        page(),
        page(is_last=True),
        ModelsTaken(found=3, gone=2),
    ):
        tally.take(event, 101.0)
    assert tally.take(CrawlRemark(text="the Hub refused a key"), 102.0) == "note: the Hub refused a key"
    assert tally.ending(103.0) is None
    assert tally.take(DONE, 103.0) is None
    answer = tally.summary(models=190, seconds=3.04)
    assert dict(zip(answer.columns, answer.rows[0], strict=True)) == {
        "requests": 12,
        "records": 200,
        "already_known": 20,
        "looked_up": 5,
        "not_shown": 2,
        "models_stored": 190,
        "bytes": 3_000,
        "seconds": 3.0,
    }
    assert "2 requests repeated" in str(tally.ending(103.0))
    assert "of it waiting" in str(tally.ending(103.0))


def test_a_run_that_only_planned_answers_its_plan() -> None:
    """Without a crawl, the summary is what was planned; without a plan, it is nothing done."""
    tally = Tally(started=0.0)
    tally.take(planned(), 0.0)
    answer = tally.summary(models=0, seconds=0.1)
    assert answer.rows[0][0] == "medical"
    assert len(answer.columns) == len(answer.rows[0])
    assert Tally(started=0.0).summary(models=4, seconds=0.0).rows[0][:2] == (0, 0)


def test_a_long_walk_is_counted_by_pages_and_many_by_their_ends() -> None:
    """One walk of ten pages is ten steps; twenty walks are twenty; a stage without an end has none."""
    tally = Tally(started=0.0)
    tally.take(planned(), 0.0)
    tally.take(StageBegan(stage="listings", steps=1), 0.0)
    tally.take(page(), 1.0)
    assert (tally.done, tally.steps) == (1, 10)
    many = Tally(started=0.0)
    many.take(planned(walks=20), 0.0)
    many.take(StageBegan(stage="listings", steps=20), 0.0)
    many.take(page(), 1.0)
    many.take(page(is_last=True), 1.0)
    assert (many.done, many.steps) == (1, 20)
    many.take(StageBegan(stage="resolving", steps=None), 2.0)
    assert (many.stage, many.steps, many.seconds_left(9.0, None)) == ("resolving", None, None)


def test_figures_say_what_is_known_and_nothing_else() -> None:
    """Before anything happened there is nothing to say; then steps, records, rate, quota and time left."""
    tally = Tally(started=0.0)
    assert tally.figures(0.0, None) == ""
    tally.take(planned(walks=20), 0.0)
    tally.take(StageBegan(stage="listings", steps=20), 0.0)
    tally.take(page(is_last=True), 2.0)
    text = tally.figures(2.0, QuotaLeft(4_000, 5_000, 300))
    assert text.startswith("1 of 20, 100 records, 50/s, quota left 4,000, ")
    assert text.endswith(" left")


@pytest.mark.parametrize(
    ("quota", "seconds"),
    [
        (None, 19.0),
        (QuotaLeft(100, 5, 300), 19.0),
        (QuotaLeft(9, None, None), 19.0),
        (QuotaLeft(9, 5, 300), 600.0),
        (QuotaLeft(9, 5, 1), 19.0),
    ],
)
def test_the_time_left_is_the_pace_or_the_quota(quota: QuotaLeft | None, seconds: float) -> None:
    """Nineteen steps of a second each, unless the quota makes later windows necessary."""
    tally = Tally(started=0.0)
    tally.take(StageBegan(stage="look-ups", steps=20), 0.0)
    assert tally.seconds_left(1.0, quota) is None
    tally.take(ModelsTaken(found=1, gone=0), 1.0)
    assert tally.seconds_left(0.5, quota) is None
    assert tally.seconds_left(1.0, quota) == seconds


def test_a_quiet_end_is_short() -> None:
    """Without retries or waits the ending is its time alone."""
    tally = Tally(started=0.0)
    tally.take(CrawlFinished(crawl=1, requests=1, size_bytes=1, retries=0, wait_seconds=0.0), 5.0)
    assert "repeated" not in str(tally.ending(5.0))
    assert "waiting" not in str(tally.ending(5.0))
