"""The one retry policy: which statuses are tried again, how often, and after what wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.http.retry_policy import AttemptFailure, RetryPolicy, judge_status, read_retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
CUT = AttemptFailure(kind="cut", reason="it broke off")
LATE = AttemptFailure(kind="late", reason="status 504", status=504)
ALONE = AttemptFailure(kind="unconnected", reason="refused")


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 507, 520, 530])
def test_transient_statuses_are_tried_again(status: int) -> None:
    """Overload, time-outs and the troubles of proxies may pass."""
    failure = judge_status(status)
    assert failure is not None
    assert (failure.status, failure.kind == "late") == (status, status in {408, 504})


@pytest.mark.parametrize("status", [200, 206, 301, 307, 400, 401, 403, 404, 410, 451, 501])
def test_other_statuses_are_final(status: int) -> None:
    """No further attempt would change them."""
    assert judge_status(status) is None


def test_only_a_429_of_a_spent_window_is_the_quota() -> None:
    """A 503 while the window is spent is still a 503."""
    kinds = [getattr(judge_status(status, is_quota=True), "kind", None) for status in (429, 503, 504)]
    assert kinds == ["quota", "status", "late"]


def test_attempts_depend_on_the_failure() -> None:
    """Time-outs have their own number where one is given, and a server that never answered gets three attempts."""
    policy = RetryPolicy(attempts=8, overload_attempts=2)
    assert [policy.allows_another(LATE, attempts) for attempts in (1, 2)] == [True, False]
    assert [policy.allows_another(CUT, attempts) for attempts in (7, 8)] == [True, False]
    assert [policy.allows_another(ALONE, attempts, is_known=False) for attempts in (2, 3)] == [True, False]
    assert policy.allows_another(ALONE, 7)
    assert RetryPolicy(attempts=8).allows_another(LATE, 7)


def test_waits_double_up_to_the_longest_and_yield_to_the_server() -> None:
    """The server's own wait replaces ours without jitter, up to its own bound."""
    policy = RetryPolicy(longest_wait_seconds=5.0, longest_retry_after_seconds=9.0, jitter=lambda: 0.5)
    assert [policy.wait_seconds(CUT, attempts) for attempts in (1, 2, 3, 4, 10_000)] == [0.5, 1.0, 2.0, 2.5, 2.5]
    asked = [AttemptFailure(kind="status", reason="", retry_after_seconds=seconds) for seconds in (0.0, 7.0, 70.0)]
    assert [policy.wait_seconds(failure, 1) for failure in asked] == [0.0, 7.0, 9.0]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 01 Mar 2026 12:00:09 GMT", 9.0),
        ("Sun, 01 Mar 2026 12:00:09", 9.0),
        ("Sun, 01 Mar 2026 11:59:59 GMT", None),
        ("-7", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_digits_or_a_date_to_come(text: str, seconds: float | None) -> None:
    """Anything else, and a date that is past, says nothing of a wait."""
    assert read_retry_after(text, NOW) == seconds


def test_a_date_needs_the_time_of_day() -> None:
    """Without it no wait can be told."""
    assert read_retry_after("Sun, 01 Mar 2026 12:00:09 GMT", None) is None
