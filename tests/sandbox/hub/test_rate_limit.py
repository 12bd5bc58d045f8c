"""Request quotas: windows, buckets, identities and the refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from hypothesis import given
from hypothesis import strategies as st

from sandbox.hub.rate_limit import PLANS, QuotaMeter, QuotaRules
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from sandbox.hub.rate_limit import AccountPlan, Bucket

FREE = {"Authorization": "Bearer hf_sandbox_free"}
FEW: dict[AccountPlan, dict[Bucket, int]] = {plan: {"api": 3, "resolvers": 2, "pages": 1} for plan in PLANS}


@given(st.lists(st.floats(0, 50, allow_nan=False), max_size=60))
def test_no_window_lets_more_through_than_its_quota(pauses: list[float]) -> None:
    """Whatever the rhythm, each fixed window admits at most the quota, and refuses only when it is spent."""
    now = 0.0
    meter = QuotaMeter(QuotaRules(is_enforced=True, window_seconds=100, plans=FEW), lambda: now)
    admitted: dict[int, int] = {}
    for pause in pauses:
        now += pause
        reading = meter.spend("me", "free", "api")
        window = int(now // 100)
        if reading.is_over:
            assert reading.remaining == 0
            assert admitted[window] == 3
        else:
            admitted[window] = admitted.get(window, 0) + 1
            assert reading.remaining == 3 - admitted[window]
        assert 1 <= reading.reset_seconds <= 100
        assert now + reading.reset_seconds >= (window + 1) * 100
    assert all(count <= 3 for count in admitted.values())


def test_unenforced_quota_counts_down_to_half() -> None:
    """Where nothing is enforced `r` stops at half the quota and nothing is over."""
    meter = QuotaMeter(QuotaRules(plans=FEW), lambda: 0.0)
    readings = [meter.spend("me", "free", "api") for _ in range(6)]
    assert [reading.remaining for reading in readings] == [2, 2, 2, 2, 2, 2]
    assert not any(reading.is_over for reading in readings)


def test_the_hubs_figures() -> None:
    """The default quotas are the documented ones."""
    meter = QuotaMeter(QuotaRules(), lambda: 0.0)
    assert meter.spend("a", "anonymous", "api").headers() == {
        "RateLimit": '"api";r=499;t=300',
        "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
    }
    assert meter.spend("f", "free", "resolvers").quota == 5000
    assert meter.spend("p", "pro", "pages").quota == 400


def test_a_request_too_many_is_refused_until_the_window_turns() -> None:
    """The 429 has r=0, comes as text and as HTML by turns, spares other buckets and identities, and ends on time."""
    now = [10.0]
    quota = QuotaRules(is_enforced=True, window_seconds=300, plans=FEW)
    with serve(RepoStore(), quota=quota, clock=lambda: now[0]) as hub, httpx.Client(base_url=hub.url) as client:
        assert [client.get("/api/models").status_code for _ in range(4)] == [200, 200, 200, 429]
        text, html = client.get("/api/models"), client.get("/api/models")
        kinds = {answer.headers["Content-Type"].partition(";")[0] for answer in (text, html)}
        assert kinds == {"text/plain", "text/html"}
        for answer in (text, html):
            assert answer.headers["RateLimit"] == '"api";r=0;t=290'
            assert "Retry-After" not in answer.headers
            assert "you hit the quota of 3 api requests per 5 minutes period" in answer.text
        assert client.get("/models-json").status_code == 200
        assert client.get("/api/models", headers=FREE).status_code == 200
        now[0] = 300.0
        answer = client.get("/api/models")
        assert (answer.status_code, answer.headers["RateLimit"]) == (200, '"api";r=2;t=300')
        assert hub.requests.count(status=429) == 3


def test_quota_true_enforces_the_hubs_figures() -> None:
    """`quota=True` refuses the 101st page of an anonymous caller."""
    with serve(RepoStore(), quota=True, clock=lambda: 0.0) as hub, httpx.Client(base_url=hub.url) as client:
        assert [client.get("/models-json").status_code for _ in range(101)].count(429) == 1


def test_faults_of_status_429_are_no_quota() -> None:
    """A 429 that is a fault leaves r above 0."""
    with serve(RepoStore(), quota=True, faults="429=1") as hub, httpx.Client(base_url=hub.url) as client:
        answer = client.get("/api/models")
        assert (answer.status_code, answer.text) == (429, "Too Many Requests")
        assert ";r=499;" in answer.headers["RateLimit"]


def test_the_way_to_a_small_file_costs_two_resolver_requests(client: httpx.Client) -> None:
    """The redirect and the cache both count; the place of large files costs nothing."""

    def left(answer: httpx.Response) -> int:
        return int(answer.headers["RateLimit"].split(";r=")[1].split(";")[0])

    first = client.get("/acme/base/resolve/main/README.md")
    assert left(client.get(first.headers["Location"])) == left(first) - 1
    large = client.get("/acme/base/resolve/main/onnx/model.onnx")
    assert left(client.get(large.headers["Location"])) == left(large)
