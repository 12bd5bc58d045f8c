"""What huggingface_hub connects to in this process: the Hub, and nothing of our own network that the Hub leads to.

It follows redirects by itself and lets a program give it its HTTP client, one for the whole process: ours watches each
connection as the crawler's does (crawler.http.address_guard). Files that lie in Xet storage are fetched by native code;
of those the storage that the Hub names is looked at, once, before that code is given it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from crawler.http.address_guard import AddressGuard

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    Hook = Callable[..., Any]

_guard: Final = AddressGuard(is_inner=False)
_hubs: Final[set[bytes]] = set()
_lock: Final = threading.Lock()


class PlainAddressError(Exception):
    """The Hub, which is no inner one, leads to an address where bytes can be changed on their way; nothing was sent."""


def guard_downloads(endpoint: str | None) -> None:
    """Let huggingface_hub raise InnerAddressError where the Hub leads it to an inner address, from now on.

    And PlainAddressError where that is no https, which only a Hub of an inner network may name.

    `endpoint` is the Hub's, which may be anywhere; None is the one that huggingface_hub finds.
    """
    import httpx2
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined] # public, but re-exported unmarked

    with _lock:
        if not _hubs:
            own = list(get_session().event_hooks["request"])  # its offline mode is one of them
            set_client_factory(lambda: _new_client(own))
        _hubs.add(httpx2.URL(endpoint or constants.ENDPOINT).netloc)


def _new_client(own: list[Hook]) -> httpx2.Client:
    """Return a client as huggingface_hub's, which also looks where it is led."""
    import httpx2

    hooks: dict[str, list[Hook]] = {"request": [*own, _watch], "response": [_look]}
    return httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=None)  # requests have their own


def _watch(request: httpx2.Request) -> None:
    """Watch one request, which may be one hop of several."""
    is_endpoint = request.url.netloc in _hubs
    if not is_endpoint:
        _check_scheme(request.url)
    request.extensions["trace"] = _guard.trace(str(request.url), is_endpoint=is_endpoint)


def _look(response: httpx2.Response) -> None:
    """Look at the storage that an answer names, before anything is fetched from it."""
    import httpx2
    from huggingface_hub import constants

    named = response.headers.get(constants.HUGGINGFACE_HEADER_X_XET_ENDPOINT)
    if named is not None:
        url = httpx2.URL(named)
        _check_scheme(url)
        _guard.look(url.host)


def _check_scheme(url: httpx2.URL) -> None:
    if url.scheme != "https" and not _guard.is_inner:
        raise PlainAddressError(url.host)
