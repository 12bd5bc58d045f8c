"""What passes between processes comes out as it went in, and nothing else is taken for a message."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.engines.interface import Batch, ItemResult, RunSummary
from evaluation.workers.protocol import (
    Acknowledge,
    Heartbeat,
    Idle,
    ItemsDone,
    JobEnded,
    JobStarted,
    Lease,
    NotUnderstood,
    Stop,
    decode_command,
    decode_report,
    encode,
)
from lineage.scheduling.job import JobFailure, JobReturn, JobSpec
from lineage.scores.score import Identity
from lineage.scores.scorer_agreement import ScorerAgreement

if TYPE_CHECKING:
    from evaluation.workers.protocol import Command, Report

TEXT = st.text(max_size=20)
MAYBE = st.none() | TEXT
FINITE = st.floats(allow_nan=False, allow_infinity=False)
SPECS = st.builds(
    JobSpec,
    model=TEXT,
    revision=MAYBE,
    folder=MAYBE,
    base=MAYBE,
    base_revision=MAYBE,
    base_folder=MAYBE,
    instrument=TEXT,
    definition=TEXT,
    item_limit=st.none() | st.integers(1, 9),
    options=st.dictionaries(TEXT, TEXT | st.booleans() | st.integers() | FINITE),
)
JOBS = st.dictionaries(st.integers(0, 9), st.tuples(SPECS, st.frozensets(TEXT)), max_size=3)
COMMANDS = (
    st.sampled_from([Acknowledge()])
    | st.builds(Stop, job=st.integers(0, 9))
    | JOBS.map(
        lambda jobs: Lease(
            specs={number: spec for number, (spec, _) in jobs.items()},
            done={number: done for number, (_, done) in jobs.items()},
        )
    )
)
ITEMS = st.builds(ItemResult, item=TEXT, value=FINITE, cluster=MAYBE, reply_length=st.none() | st.integers(0, 99))
BATCHES = st.builds(
    Batch, items=st.lists(ITEMS, max_size=3).map(tuple), seconds=FINITE, total=st.none() | st.integers(0, 9)
)
CALIBRATIONS = st.builds(ScorerAgreement, scorer=TEXT, labels_hash=TEXT, judge=MAYBE)
IDENTITIES = st.builds(Identity, name=TEXT, item_set_hash=MAYBE, scorer=MAYBE, softmax_dtype=MAYBE)
OUTCOMES = (
    st.none()
    | st.builds(
        RunSummary,
        identity=IDENTITIES,
        weights_hash=TEXT,
        engine=TEXT,
        is_stopped_early=st.booleans(),
        calibration=st.none() | CALIBRATIONS,
    )
    | st.builds(JobFailure, reason=TEXT, traceback=TEXT, is_final=st.booleans())
    | st.builds(JobReturn, reason=TEXT, is_away=st.booleans())
)
REPORTS = (
    st.builds(JobStarted, job=st.integers(0, 9), place=TEXT)
    | st.builds(ItemsDone, job=st.integers(0, 9), batch=BATCHES)
    | st.builds(JobEnded, job=st.integers(0, 9), outcome=OUTCOMES)
    | st.sampled_from([Heartbeat(), Idle()])
)


@given(command=COMMANDS)
def test_a_command_comes_out_as_it_went_in(command: Command) -> None:
    """Encoding and decoding is the identity, in one line of ASCII."""
    line = encode(command)
    heard = decode_command(line)
    assert heard == command
    if isinstance(heard, Lease) and isinstance(command, Lease):
        assert list(heard.specs) == list(command.specs)
    assert line.isascii()
    assert line.count("\n") == 1


@given(report=REPORTS)
def test_a_report_comes_out_as_it_went_in(report: Report) -> None:
    """Values of items are the same to the last bit."""
    assert decode_report(encode(report)) == report


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "Loading weights: 100%",
        "[]",
        "7",
        "{}",
        '{"kind":"Nothing"}',
        '{"kind":"JobStarted"}',
        '{"kind":"Stop","job":1}',
        '{"kind":"JobEnded","job":1,"result":"Other","outcome":{}}',
        "[" * 100_000,
    ],
)
def test_what_is_no_report_is_not_understood(line: str) -> None:
    """Prose, JSON of another form and commands are refused, with the begin of the line."""
    with pytest.raises(NotUnderstood, match="no message"):
        decode_report(line)


def test_what_is_no_number_is_not_told() -> None:
    """JSON has no NaN: it is refused where it is said, not where it is read."""
    batch = Batch(items=(ItemResult(item="a", value=math.nan),), seconds=1.0, total=None)
    with pytest.raises(ValueError, match="JSON"):
        encode(ItemsDone(job=1, batch=batch))


@pytest.mark.parametrize("said", ["\ud83d", "half \udc00 of it", "\udf41\ud83c", "whole \N{MAPLE LEAF}", "\\ud83d"])
def test_half_a_character_arrives_as_a_mark(said: str) -> None:
    """No database keeps one, and what is whole, or is only written like one, is left as it is."""
    failed = JobFailure(reason=said, traceback="", is_final=False)
    heard = decode_report(encode(JobEnded(job=1, outcome=failed)))
    assert heard == JobEnded(job=1, outcome=replace(failed, reason=said.encode(errors="replace").decode()))
