"""What a plan says of its time."""

import pytest

from lineage.output.crawl_events import CrawlEstimate


@pytest.mark.parametrize(
    ("requests", "quota", "minutes"),
    [(0, 500, 0.0), (1, 500, 0.0), (500, 500, 0.0), (501, 500, 5.0), (3_300, 500, 30.0), (10, 0, 45.0)],
)
def test_the_first_window_goes_at_once(requests: int, quota: int, minutes: float) -> None:
    """So many requests as the quota allows take no time; each window's worth more takes one window."""
    plan = CrawlEstimate(
        scope="all",
        walks=1,
        models=None,
        requests=requests,
        quota=quota,
        window_seconds=300,
        is_quota_told=True,
        is_incremental=False,
    )
    assert plan.minutes == minutes
