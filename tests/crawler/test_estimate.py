"""What a crawl expects to ask, before it asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from crawler.budget import ANONYMOUS_QUOTA, WINDOWS
from crawler.estimate import (
    HUB_COUNTED_AT,
    HUB_GROWTH_A_DAY,
    HUB_MODELS,
    count_files,
    estimate_weights,
    expected_files,
    expected_models,
    expected_requests,
    make_estimate,
)
from crawler.file_plan import FilePlan
from crawler.http.rate_limit import Quota
from lineage.crawl_records import GGUF_FACTS, FollowUp, WantedKinship, WantedWeights, WeightFile, WeightOptions
from lineage.domains.lexicon_file import default_lexicon

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lineage.output.crawl_events import WeightEstimate


def test_a_plan_tells_the_documented_quota_where_the_hub_does_not() -> None:
    """Without a word of the Hub's a plan assumes its documentation's quota, by whether there is a token."""
    plans = [
        make_estimate(scope="all", walks=1, requests=1_001, models=None, quota=None, has_token=has_token, news=False)
        for has_token in (False, True)
    ]
    assert [(estimate.quota, estimate.minutes) for estimate in plans] == [(500, 10.0), (1_000, 5.0)]


def test_the_hub_grows_where_it_does_not_say_how_large_it_is() -> None:
    """A total is believed; without one the last count grows by the creations a day."""
    assert expected_models(7, HUB_COUNTED_AT) == 7
    assert expected_models(None, HUB_COUNTED_AT - timedelta(days=9)) == HUB_MODELS
    assert expected_models(None, HUB_COUNTED_AT + timedelta(days=2)) == HUB_MODELS + 2 * HUB_GROWTH_A_DAY


def test_requests_are_pages_and_walks() -> None:
    """The whole Hub is its pages; news are theirs; domains are a page a word, and one follow-up for 20 models."""
    assert expected_requests(walks=1, models=3_300_000, is_all=True, domains=3, news=None) == 3_300
    assert expected_requests(walks=2, models=3_300_000, is_all=True, domains=3, news=7_000) == 8
    assert expected_requests(walks=2, models=3_300_000, is_all=True, domains=3, news=0) == 2
    assert expected_requests(walks=90, models=3_300_000, is_all=False, domains=1, news=None) == 90 + 17 + 825
    assert expected_requests(walks=1, models=3_300_000, is_all=False, domains=1, news=7_000) == 1 + 7 + 2


def test_a_first_crawl_of_a_domain_fits_two_windows_of_an_anonymous_quota() -> None:
    """So many questions may a domain have, and no more, on the Hub as it was counted."""
    lexicon = default_lexicon()
    for domain in lexicon.names:
        walks = len(lexicon.queries([domain]))
        requests = expected_requests(walks=walks, models=HUB_MODELS, is_all=False, domains=1, news=None)
        assert requests <= WINDOWS * ANONYMOUS_QUOTA["api"]


def test_files_are_a_share_of_the_hub_before_a_first_crawl() -> None:
    """A domain's undeclared models are 0.6 % of the Hub, at two files each; what does not fit is left."""
    most = expected_files(models=1_000_000, domains=1, files=3_000, facts=200, names=5)
    assert (most.models, most.files, most.requests, most.left) == (1_500, 3_000, 6_000, 4_500)
    assert most.api_requests == 30 + 5
    assert not most.is_counted
    few = expected_files(models=1_000, domains=2, files=3_000, facts=0, names=200)
    assert few.api_requests == 12
    assert (few.models, few.files, few.left) == (12, 24, 0)


def test_files_of_stored_models_are_counted() -> None:
    """Each file may be two requests; trees, facts about GGUF files and models that files name are the API's."""
    plan = FilePlan(follow_ups=(FollowUp(model="maple/one", sha=None, paths=("README.md", GGUF_FACTS)),), left=3)
    counted = count_files(plan, names=9)
    assert (counted.models, counted.files, counted.requests, counted.api_requests, counted.left) == (1, 1, 2, 2, 3)
    assert counted.is_counted


def test_weights_are_bounded_by_the_smaller_quota() -> None:
    """A list of files for each is the most that is asked of the API, two requests of the bucket for files."""
    weights = planned(2_500)
    assert (weights.models, weights.file_requests, weights.size_bytes) == (2_500, 5_000, 250_000_000)
    assert weights.minutes == 10.0
    told = {"api": Quota(bucket="api", remaining=0, reset_at=0, limit=10**6, window_seconds=300)}
    assert planned(15_000, quotas=told.get) == replace(
        weights, models=15_000, file_requests=30_000, size_bytes=1_500_000_000, minutes=25.0
    )


def test_close_readings_are_counted_by_their_files() -> None:
    """One request for each file that is known, four at most; whose files are not known yet may have as many."""
    paths = ("model.safetensors", "model-00001-of-00002.safetensors", "model-00001-of-00012.safetensors")
    one, two, many = (WeightFile(model=f"oak/{number}", sha=None, path=path) for number, path in enumerate(paths))
    kin = [WantedKinship(model=one, relatives=(two,)), WantedKinship(model=many, relatives=(two,), base=one)]
    weights = planned(0, kin)
    assert (weights.close_models, weights.close_requests, weights.close_bytes) == (3, 1 + 2 + 4, 3_000_000)
    assert (weights.models, weights.size_bytes) == (0, 0)
    more = planned(2, [*kin, WantedKinship(model=replace(one, model="maple/1"), relatives=(two,))])
    assert (more.close_models, more.close_requests) == (5, 7 + 1 + 4)
    assert (planned(5_000).minutes, planned(5_000, []).minutes) == (20.0, 25.0)
    assert planned(3).close_models == 0


def test_long_headers_are_counted_for_gguf_alone() -> None:
    """Where they are allowed; other models have the usual bytes."""
    wanted = [WantedWeights(model=f"maple/{number}", sha=None, is_gguf=number < 2) for number in range(5)]
    for most_bytes, size_bytes in ((10_000_000, 20_300_000), (100_000, 500_000), (50_000, 250_000)):
        options = WeightOptions(most_bytes=most_bytes)
        weights = estimate_weights(wanted, None, options, quotas=lambda _: None, has_token=True).weights
        assert weights is not None
        assert (weights.size_bytes, weights.is_about) == (size_bytes, most_bytes > 100_000)


def planned(
    models: int,
    kin: Sequence[WantedKinship] | None = None,
    *,
    quotas: Callable[[str], Quota | None] = lambda _: None,
) -> WeightEstimate:
    """Return what so many models cost, and what is to be read closely."""
    wanted = [WantedWeights(model=f"maple/{number}", sha=None) for number in range(models)]
    options = WeightOptions(most_bytes=100_000)
    weights = estimate_weights(wanted, kin, options, quotas=quotas, has_token=True).weights
    assert weights is not None
    return weights
