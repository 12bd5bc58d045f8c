"""What a crawl may request beside its listings: what two windows of the quota leave, or as much as was said."""

from __future__ import annotations

from crawler.budget import MOST_FACTS, MOST_NAMES, ReadingBudget
from crawler.http.hub_client import HubClient
from crawler.http.rate_limit import RateLimiter
from crawler.http.token import Token

NOWHERE = "http://127.0.0.1:1"


def client(*, told: str = "", token: Token | None = None) -> HubClient:
    """Return a client that has heard of a quota, and sent nothing."""
    known = HubClient(NOWHERE, token=token, rate_limiter=RateLimiter(clock=lambda: 0.0))
    if told:
        limits = {"ratelimit": '"api";r=1;t=9, "resolvers";r=1;t=9', "ratelimit-policy": told}
        known.rate_limiter.observe(limits, bucket="api")
    return known


def send(known: HubClient, requests: int) -> None:
    """Take the turns of so many requests of the API."""
    for _ in range(requests):
        with known.rate_limiter.turn("api"):
            pass


def test_the_listings_leave_the_rest_of_two_windows() -> None:
    """Half of it are facts about GGUF files, a name costs two requests, and nothing is left behind a long listing."""
    known = client()
    budget = ReadingBudget(known, domains=1, files=None)
    assert (budget.files, budget.facts(0), budget.names(), budget.windows) == (3_000, MOST_FACTS, MOST_NAMES, 2)
    assert (budget.facts(0, expected=982), budget.names(expected=982)) == (9, 9)
    send(known, 982)
    budget.spend_names(195)
    assert (budget.facts(0), budget.facts(195), budget.names()) == (9, 5, 5)
    send(known, 100)
    assert (budget.facts(0), budget.names(), budget.files) == (0, 0, 3_000)
    assert ReadingBudget(known, domains=1, files=None).facts(0) == MOST_FACTS


def test_each_domain_has_two_windows_and_a_token_has_larger_ones() -> None:
    """The quota is the Hub's own word, and without one its documentation's; of files never more than that."""
    three = ReadingBudget(client(), domains=3, files=None)
    assert (three.files, three.facts(0, expected=2_980), three.windows) == (9_000, 10, 6)
    assert ReadingBudget(client(token=Token("hf_x", source="a test")), domains=1, files=None).files == 5_000
    told = client(told='"fixed window";"api";q=20;w=300, "fixed window";"resolvers";q=7;w=300')
    strict = ReadingBudget(told, domains=1, files=None)
    assert (strict.files, strict.facts(0)) == (7, 20)
    rich = client(told='"fixed window";"api";q=9999;w=300, "fixed window";"resolvers";q=9999;w=300')
    assert ReadingBudget(rich, domains=1, files=None).files == 3_000


def test_a_number_of_files_or_trees_know_no_windows() -> None:
    """What the user says wins, also of the API's requests beside it."""
    for files, is_bounded in ((40, True), (None, False)):
        known = client()
        budget = ReadingBudget(known, domains=1, files=files, is_bounded=is_bounded)
        send(known, 400)
        assert (budget.facts(0, expected=5_000), budget.names(), budget.windows) == (MOST_FACTS, MOST_NAMES, None)
        assert budget.files == (files or 0)
