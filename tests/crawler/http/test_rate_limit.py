"""The shared budget: what is read from headers, and that nobody sends what the window does not allow."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import QuotaExhausted, Stopped
from crawler.http.rate_limit import LARGEST_QUOTA, LONGEST_WAIT_SECONDS, Pace, Quota, Waiting, read_quotas

if TYPE_CHECKING:
    from tests.crawler.conftest import Clock


def told(remaining: int, seconds: int, *, limit: int | None = 500, bucket: str = "api") -> dict[str, str]:
    """Return the Hub's headers."""
    policy = {} if limit is None else {"ratelimit-policy": f'"fixed window";"{bucket}";q={limit};w=300'}
    return {"ratelimit": f'"{bucket}";r={remaining};t={seconds}', **policy}


def spend(pace: Pace, headers: dict[str, str] | None = None, bucket: str = "api") -> None:
    """Send one request whose answer has these headers."""
    with pace.turn(bucket):
        if headers is not None:
            pace.observe(headers, bucket=bucket)


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
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace)
    assert pace.quota("api") is None
    assert clock.sleeps == []


def test_a_spent_window_is_waited_for_exactly(clock: Clock) -> None:
    """With nothing left the next request waits t and the margin from when it was said, once, and says so before."""
    events: list[Waiting] = []
    pace = Pace(clock=clock, sleep=clock.sleep, on_event=events.append)
    spend(pace, told(0, 76))
    clock.now += 6
    spend(pace, told(499, 300))
    assert clock.sleeps == [71.0]
    assert events == [Waiting(bucket="api", seconds=71.0, reason="the quota of api requests is spent")]
    assert pace.waited_seconds == 71.0
    spend(pace)
    assert len(clock.sleeps) == 1


def test_buckets_do_not_wait_for_each_other(clock: Clock) -> None:
    """A spent api window holds up no file."""
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace, told(0, 76))
    spend(pace, bucket="resolvers")
    assert clock.sleeps == []


def test_requests_on_their_way_count(clock: Clock) -> None:
    """Requests without an answer are taken off what the Hub said was left."""
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace, told(2, 100))
    assert pace.quota("api") == Quota(bucket="api", remaining=2, reset_at=100.0, limit=500, window_seconds=300)
    with pace.turn("api"), pace.turn("api"):
        quota = pace.quota("api")
        assert quota is not None
        assert quota.remaining == 0
        spend(pace)
        assert clock.sleeps == [101.0]


def test_a_late_answer_of_the_window_does_not_raise_the_rest(clock: Clock) -> None:
    """Answers that overtake each other leave the lowest number of the window standing."""
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace, told(3, 100))
    spend(pace, told(5, 100))
    quota = pace.quota("api")
    assert quota is not None
    assert quota.remaining == 3
    spend(pace, told(499, 300))
    fresh = pace.quota("api")
    assert fresh is not None
    assert fresh.remaining == 499


def test_a_window_turns_over_by_itself(clock: Clock) -> None:
    """After its time a window is full again where its size is known, and unknown where not."""
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace, told(0, 10))
    spend(pace, told(0, 10, limit=None, bucket="pages"), bucket="pages")
    clock.now = 11.0
    assert pace.quota("api") == Quota(bucket="api", remaining=500, reset_at=311.0, limit=500, window_seconds=300)
    assert pace.quota("pages") is None


def test_what_a_window_holds_is_remembered(clock: Clock) -> None:
    """A response without a policy does not forget the limit."""
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace, told(9, 100))
    spend(pace, told(8, 100, limit=None))
    assert pace.quota("api") == Quota(bucket="api", remaining=8, reset_at=100.0, limit=500, window_seconds=300)


def test_patience_is_a_limit(clock: Clock) -> None:
    """A wait longer than the patience raises instead, one as long does not."""
    pace = Pace(clock=clock, sleep=clock.sleep, patience_seconds=50)
    spend(pace, told(0, 50))
    with pytest.raises(QuotaExhausted, match="api"):
        spend(pace)
    clock.now += 1
    spend(pace)
    assert clock.sleeps == [50.0]


def test_a_failed_request_gives_its_room_back(clock: Clock) -> None:
    """A request that raises is no longer on its way."""
    pace = Pace(clock=clock, sleep=clock.sleep)
    spend(pace, told(5, 100))
    with pytest.raises(RuntimeError), pace.turn("api"):
        raise RuntimeError
    quota = pace.quota("api")
    assert quota is not None
    assert quota.remaining == 5


def test_ctrl_c_ends_a_wait(clock: Clock) -> None:
    """KeyboardInterrupt passes through a sleep, whose time is counted as far as it went."""

    def interrupted(seconds: float) -> None:
        clock.sleep(seconds / 2)
        raise KeyboardInterrupt

    pace = Pace(clock=clock, sleep=interrupted)
    with pytest.raises(KeyboardInterrupt):
        pace.pause(10)
    assert pace.waited_seconds == 5


def test_a_stop_ends_a_wait_and_every_request() -> None:
    """Once asked to stop, a pace that would sleep for an hour returns at once, and nothing is sent."""
    stop = threading.Event()
    pace = Pace(stop=stop, on_event=lambda _: stop.set())
    spend(pace, told(0, 3600))
    with pytest.raises(Stopped):
        spend(pace)
    with pytest.raises(Stopped):
        spend(pace, bucket="pages")


def test_threads_share_one_window(clock: Clock) -> None:
    """However many threads ask, no window sees more requests than it holds."""
    lock = threading.Lock()
    windows: dict[int, int] = {}
    pace = Pace(clock=clock, sleep=lambda seconds: clock.sleep(seconds) if seconds > 0 else None)

    def ask() -> None:
        for _ in range(20):
            with pace.turn("api"):
                with lock:
                    number = int(clock.now // 301)
                    windows[number] = windows.get(number, 0) + 1
                    left = 10 - windows[number]
                    headers = told(max(0, left), int(301 * (number + 1) - clock.now) - 1, limit=10)
                pace.observe(headers, bucket="api")

    spend(pace, told(10, 300, limit=10))
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(windows.values()) == 80
    assert max(windows.values()) <= 10
