"""The shared budget: what is read from headers, and that nobody sends what the window does not allow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import QuotaExhausted, Stopped
from crawler.http.rate_limit import (
    LARGEST_QUOTA,
    LONGEST_WAIT_SECONDS,
    Quota,
    RateLimiter,
    WaitingForQuota,
    read_quotas,
)

if TYPE_CHECKING:
    from tests.crawler.conftest import Clock


def told(remaining: int, seconds: int, *, limit: int | None = 500, bucket: str = "api") -> dict[str, str]:
    """Return the Hub's headers."""
    policy = {} if limit is None else {"ratelimit-policy": f'"fixed window";"{bucket}";q={limit};w=300'}
    return {"ratelimit": f'"{bucket}";r={remaining};t={seconds}', **policy}


def spend(rate_limiter: RateLimiter, headers: dict[str, str] | None = None, bucket: str = "api") -> None:
    """Send one request whose answer has these headers."""
    with rate_limiter.turn(bucket):
        if headers is not None:
            rate_limiter.observe(headers, bucket=bucket)


@pytest.mark.parametrize(
    ("rate", "policy", "expected"),
    [
        ('"api";r=497;t=168', '"fixed window";"api";q=500;w=300', (497, 168, 500, 300)),
        ('"api";t=168;r=497', '"fixed window"; "api"; w=300; q=500', (497, 168, 500, 300)),
        (' "api" ; R=497 ; T = 168 ', "", (497, 168, None, None)),
        ("api;r=497;t=168", "api;q=500", (497, 168, 500, None)),
        ("r=497;t=168", "q=500;w=300", (497, 168, 500, 300)),
        ('"pages";r=1;t=2, "api";r=497;t=168', '"pages";q=100;w=300,"api";q=500;w=300', (497, 168, 500, 300)),
        ('"api";r=497;t=168, "api";r=9;t=20', '"api";q=500;w=300, "api";q=10;w=60', (9, 20, 10, 60)),
        ('"api";r=99999999999;t=99999999999', '"api";q=99999999999;w=1', (LARGEST_QUOTA, 3600, LARGEST_QUOTA, 1)),
    ],
)
def test_headers_are_read_in_any_form(
    rate: str, policy: str, expected: tuple[int, int, int | None, int | None]
) -> None:
    """Order, spacing, quoting and several statements make no difference; of two for a bucket the tighter counts."""
    quota = read_quotas({"ratelimit": rate, "ratelimit-policy": policy}, now=1000.0, bucket="api")["api"]
    assert (quota.remaining, quota.reset_at - 1000, quota.limit, quota.window_seconds) == expected


@pytest.mark.parametrize("rate", ["", '"api"', '"api";r=1', '"api";t=1', '"api";r=-1;t=5', '"api";r=x;t=5', ';;;,,,"'])
def test_what_says_nothing_is_nothing(rate: str) -> None:
    """Without a remaining number and a time there is no statement."""
    assert read_quotas({"ratelimit": rate, "ratelimit-policy": '"api";q=5;w=300'}, now=0.0, bucket="api") == {}


@given(st.text(max_size=200), st.text(max_size=200))
def test_hostile_headers_are_bounded(rate: str, policy: str) -> None:
    """Whatever the headers say, reading them never fails and never makes a long wait."""
    for quota in read_quotas({"ratelimit": rate, "ratelimit-policy": policy}, now=0.0, bucket="api").values():
        assert 0 <= quota.remaining <= LARGEST_QUOTA
        assert 0 <= quota.reset_at <= LONGEST_WAIT_SECONDS


def test_nothing_waits_before_the_hub_said_anything(clock: Clock) -> None:
    """An unknown window lets everything pass and is None."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter)
    assert rate_limiter.quota("api") is None
    assert clock.sleeps == []


def test_a_spent_window_is_waited_for_exactly(clock: Clock) -> None:
    """With nothing left the next request waits t and the margin from when it was said, once, and says so before."""
    events: list[WaitingForQuota] = []
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep, on_event=events.append)
    spend(rate_limiter, told(0, 76))
    clock.now += 6
    spend(rate_limiter, told(499, 300))
    assert clock.sleeps == [71.0]
    assert events == [WaitingForQuota(bucket="api", seconds=71.0, reason="the quota of api requests is spent")]
    assert rate_limiter.waited_seconds == 71.0
    spend(rate_limiter)
    assert len(clock.sleeps) == 1


def test_buckets_do_not_wait_for_each_other(clock: Clock) -> None:
    """A spent api window holds up no file."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter, told(0, 76))
    spend(rate_limiter, bucket="resolvers")
    assert clock.sleeps == []


def test_requests_on_their_way_count(clock: Clock) -> None:
    """Requests without an answer are taken off what the Hub said was left."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter, told(2, 100))
    assert rate_limiter.quota("api") == Quota(bucket="api", remaining=2, reset_at=100.0, limit=500, window_seconds=300)
    with rate_limiter.turn("api"), rate_limiter.turn("api"):
        quota = rate_limiter.quota("api")
        assert quota is not None
        assert quota.remaining == 0
        spend(rate_limiter)
        assert clock.sleeps == [101.0]


def test_a_late_answer_of_the_window_does_not_raise_the_rest(clock: Clock) -> None:
    """Answers that overtake each other leave the lowest number of the window standing."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter, told(3, 100))
    spend(rate_limiter, told(5, 100))
    quota = rate_limiter.quota("api")
    assert quota is not None
    assert quota.remaining == 3
    spend(rate_limiter, told(499, 300))
    fresh = rate_limiter.quota("api")
    assert fresh is not None
    assert fresh.remaining == 499


def test_a_window_turns_over_by_itself(clock: Clock) -> None:
    """After its time a window is full again where its size is known, and unknown where not."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter, told(0, 10))
    spend(rate_limiter, told(0, 10, limit=None, bucket="pages"), bucket="pages")
    clock.now = 11.0
    assert rate_limiter.quota("api") == Quota(
        bucket="api", remaining=500, reset_at=311.0, limit=500, window_seconds=300
    )
    assert rate_limiter.quota("pages") is None


def test_what_a_window_holds_is_remembered(clock: Clock) -> None:
    """A response without a policy does not forget the limit."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter, told(9, 100))
    spend(rate_limiter, told(8, 100, limit=None))
    assert rate_limiter.quota("api") == Quota(bucket="api", remaining=8, reset_at=100.0, limit=500, window_seconds=300)


def test_patience_is_a_limit(clock: Clock) -> None:
    """A wait longer than the patience raises instead, one as long does not."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep, patience_seconds=50)
    spend(rate_limiter, told(0, 50))
    with pytest.raises(QuotaExhausted, match="api"):
        spend(rate_limiter)
    clock.now += 1
    spend(rate_limiter)
    assert clock.sleeps == [50.0]


def test_a_failed_request_gives_its_room_back(clock: Clock) -> None:
    """A request that raises is no longer on its way."""
    rate_limiter = RateLimiter(clock=clock, sleep=clock.sleep)
    spend(rate_limiter, told(5, 100))
    with pytest.raises(RuntimeError), rate_limiter.turn("api"):
        raise RuntimeError
    quota = rate_limiter.quota("api")
    assert quota is not None
    assert quota.remaining == 5


def test_ctrl_c_ends_a_wait(clock: Clock) -> None:
    """KeyboardInterrupt passes through a sleep, whose time is counted as far as it went."""

    def interrupted(seconds: float) -> None:
        clock.sleep(seconds / 2)
        raise KeyboardInterrupt

    rate_limiter = RateLimiter(clock=clock, sleep=interrupted)
    with pytest.raises(KeyboardInterrupt):
        rate_limiter.pause(10)
    assert rate_limiter.waited_seconds == 5


def test_a_stop_ends_a_wait_and_every_request() -> None:
    """Once asked to stop, a rate limiter that would sleep for an hour returns at once, and nothing is sent."""
    stop = threading.Event()
    rate_limiter = RateLimiter(stop=stop, on_event=lambda _: stop.set())
    spend(rate_limiter, told(0, 3600))
    with pytest.raises(Stopped):
        spend(rate_limiter)
    with pytest.raises(Stopped):
        spend(rate_limiter, bucket="pages")


def test_threads_share_one_window(clock: Clock) -> None:
    """However many threads ask, no window sees more requests than it holds."""
    lock = threading.Lock()
    windows: dict[int, int] = {}
    rate_limiter = RateLimiter(clock=clock, sleep=lambda seconds: clock.sleep(seconds) if seconds > 0 else None)

    def ask() -> None:
        for _ in range(20):
            with rate_limiter.turn("api"):
                with lock:
                    number = int(clock.now // 301)
                    windows[number] = windows.get(number, 0) + 1
                    left = 10 - windows[number]
                    headers = told(max(0, left), int(301 * (number + 1) - clock.now) - 1, limit=10)
                rate_limiter.observe(headers, bucket="api")

    spend(rate_limiter, told(10, 300, limit=10))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(windows.values()) == 80
    assert max(windows.values()) <= 10
