"""How much a crawl may request beside its listings: unless told, what two windows of the quota leave for each domain.

Listings, ancestors and derivatives are what a crawl is for, and are requested whatever they cost. Files of models that
declare no parent, what the Hub knows of GGUF files, and models that only files name come behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from crawler.http.hub_client import HubClient

WINDOWS: Final = 2
"""How many windows of the quota a first crawl of one domain is to take."""
REQUESTS_PER_FILE: Final = 2
"""The Hub redirects to a cache, by address of the commit, and may count both requests."""
REQUESTS_PER_NAME: Final = 2
"""A model that only a file names is one request, and its own parent is often another."""
MOST_FACTS: Final = 200
"""How many requests of the API ask what the Hub knows of GGUF files: the rest waits for another crawl."""
MOST_NAMES: Final = 200
"""How many models that only files name are requested in one run."""
ANONYMOUS_QUOTA: Final = {"api": 500, "resolvers": 3_000}
"""Requests in a window of a caller without a token, as the Hub documents them."""
FREE_QUOTA: Final = {"api": 1_000, "resolvers": 5_000}


class ReadingBudget:
    """What one run of a crawl may still request beside its listings.

    `files` is how many files the user allows, or None for what the windows leave. Where the user says a number, the
    API requests beside it are bounded by `MOST_FACTS` and `MOST_NAMES` alone. `windows` is how many windows of the
    quota the listings and this together are to take, or None if that does not matter.
    """

    def __init__(self, client: HubClient, *, domains: int, files: int | None, is_bounded: bool = True) -> None:
        """Begin a run for so many domains; with `is_bounded` False, as for whole trees, windows do not matter."""
        self._client, self._files = client, files
        self.windows = WINDOWS * domains if is_bounded and files is None else None
        self._before = client.rate_limiter.sent("api")
        self._names = 0

    @property
    def files(self) -> int:
        """How many files this crawl may request, those that it requested already among them."""
        if self._files is not None:
            return self._files
        documented = documented_quota(self._client, "resolvers")
        return (self.windows or 0) * min(window_quota(self._client, "resolvers"), documented) // REQUESTS_PER_FILE

    def facts(self, asked: int, *, expected: int = 0) -> int:
        """Return how many questions about GGUF files are left, after so many: half of what the windows leave at most.

        `expected` API requests are still to come before them.
        """
        return max(0, min(MOST_FACTS - asked, self._left(expected) // 2))

    def names(self, *, expected: int = 0) -> int:
        """Return how many models that only files name may still be requested; `spend_names` counts those that were."""
        return max(0, min(MOST_NAMES - self._names, self._left(expected) // REQUESTS_PER_NAME))

    def spend_names(self, count: int) -> None:
        """Count models that only files name as requested."""
        self._names += count

    def _left(self, expected: int) -> int:
        """Return how many API requests the windows leave, or enough for everything where they do not matter."""
        if self.windows is None:
            return REQUESTS_PER_NAME * (MOST_FACTS + MOST_NAMES)
        spent = self._client.rate_limiter.sent("api") - self._before + expected
        return max(0, self.windows * window_quota(self._client, "api") - spent)


def window_quota(client: HubClient, bucket: str) -> int:
    """Return how many requests of a bucket a window allows: as the Hub last said, else as it documents."""
    told = client.rate_limiter.quota(bucket)
    return (told and told.limit) or documented_quota(client, bucket)


def documented_quota(client: HubClient, bucket: str) -> int:
    """Return how many requests of a bucket the Hub's documentation allows in a window, with or without a free token."""
    return (FREE_QUOTA if client.has_token else ANONYMOUS_QUOTA)[bucket]
