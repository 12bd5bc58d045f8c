"""What the process that runs the queue tells comes through as it was, and what it left behind is not taken for now."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.scheduling.queue_progress import FRESH, SETTLING, QueueProgress, RunningJob, decode, encode
from lineage.vocabulary import JobState

TOLD_AT = datetime(2026, 3, 1, 20, 31, 5, tzinfo=UTC)
ONE = RunningJob(number=7, model="maple/small", instrument="harm", items_done=20, items_total=40)
PROGRESS = QueueProgress(
    process=4711,
    started_at=TOLD_AT - timedelta(minutes=1),
    told_at=TOLD_AT,
    jobs={JobState.LEASED: 1, JobState.QUEUED: 1200, JobState.DONE: 3},
    running=(ONE,),
    new_items=1500,
    items_per_second=25.0,
    seconds_left=185.0,
)
COUNTS = st.integers(0, 10**9)
AMOUNTS = st.none() | st.floats(0, 1e9)
RUNNING = st.builds(
    RunningJob,
    number=COUNTS,
    model=st.text(max_size=40),
    instrument=st.none() | st.text(max_size=40),
    items_done=COUNTS,
    items_total=st.none() | COUNTS,
)


@given(
    st.builds(
        QueueProgress,
        process=COUNTS,
        started_at=st.just(TOLD_AT),
        told_at=st.datetimes(timezones=st.just(UTC)),
        jobs=st.dictionaries(st.sampled_from(JobState), COUNTS),
        running=st.lists(RUNNING, max_size=4).map(tuple),
        new_items=COUNTS,
        items_per_second=AMOUNTS,
        seconds_left=AMOUNTS,
        is_settling=st.booleans(),
    )
)
def test_what_is_told_is_read(progress: QueueProgress) -> None:
    """Encoding and decoding are inverse, whatever the names of models are."""
    assert decode(encode(progress)) == progress


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"process": True},
        {"process": "4711"},
        {"told_at": "2026-03-01T20:31:05"},
        {"told_at": None},
        {"jobs": {"lost": 1}},
        {"jobs": ["leased"]},
        {"jobs": {"leased": -1}},
        {"running": [{"job": 1}]},
        {"running": [3]},
        {"running": 3},
        {"new_items": 1.5},
        {"items_per_second": "fast"},
        {"items_per_second": 10**400},
        {"seconds_left": -1},
    ],
)
def test_what_is_something_else_is_nothing(change: dict[str, Any]) -> None:
    """A later version and a body with a fault are told apart from a record, and are no error."""
    assert decode(json.dumps(json.loads(encode(PROGRESS)) | change)) is None


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "[" * 100_000, '{"version": NaN}', "\ufffd"])
def test_what_is_no_json_of_ours_is_nothing(text: str) -> None:
    """An empty, cut or foreign file is nothing."""
    assert decode(text) is None


def test_what_was_left_behind_is_told_apart() -> None:
    """It holds for the process that has the database, and for a minute; longer while drift is measured."""
    late = TOLD_AT + FRESH + timedelta(seconds=1)
    assert PROGRESS.is_of(4711, TOLD_AT + FRESH)
    assert PROGRESS.is_of(None, TOLD_AT + FRESH)
    assert not PROGRESS.is_of(4712, TOLD_AT)
    assert not PROGRESS.is_of(4711, late)
    assert not PROGRESS.is_of(None, late)
    settling = replace(PROGRESS, is_settling=True)
    assert settling.is_of(4711, late)
    assert not settling.is_of(4711, TOLD_AT + SETTLING + timedelta(seconds=1))


def test_it_is_said_as_of_when() -> None:
    """The sentence has the time, counts, pace and time left, and says when all jobs are run."""
    assert PROGRESS.sentence() == (
        "as of 2026-03-01 20:31:05 UTC: 1,200 queued, 1 leased, 3 done, 1,500 items in this run, 25.0/s, 3:05 min left"
    )
    assert PROGRESS.answer().records() == [
        {
            "job": 7,
            "model": "maple/small",
            "instrument": "harm",
            "state": "leased",
            "items_done": 20,
            "items_total": 40,
            "as_of": TOLD_AT,
        }
    ]
    bare = QueueProgress(process=1, started_at=TOLD_AT, told_at=TOLD_AT, is_settling=True)
    assert bare.sentence().endswith("no jobs, 0 items in this run, all have run, measuring drift")
