"""The httpx client as this project sets it up: every time-out explicit, no redirect followed, no token inside."""

from __future__ import annotations

import logging
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import httpx

MOST_CONNECTIONS = 16
KEEP_ALIVE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for a connection, the next bytes, sending, a free connection, and one whole response."""

    connect_seconds: float = 10
    read_seconds: float = 60
    write_seconds: float = 30
    pool_seconds: float = 120
    answer_seconds: float = 300


def new_client(timeouts: Timeouts, *, uses_environment: bool) -> httpx.Client:
    """Return a client; proxies and certificates from the environment count only with `uses_environment`."""
    quiet_httpx()
    return httpx.Client(
        headers={"user-agent": name_ourselves(), "accept": "*/*", "accept-encoding": "gzip"},
        timeout=httpx.Timeout(
            connect=timeouts.connect_seconds,
            read=timeouts.read_seconds,
            write=timeouts.write_seconds,
            pool=timeouts.pool_seconds,
        ),
        limits=httpx.Limits(
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        ),
        follow_redirects=False,
        trust_env=uses_environment,
    )


def quiet_httpx() -> None:
    """Quiet the loggers of httpx, which at lower levels write whole URLs and headers."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def name_ourselves() -> str:
    """Return our User-Agent; huggingface_hub's `build_hf_headers` would ask the Hub for a registry to build its own."""
    try:
        ours = version("hub-lineage")
    except PackageNotFoundError:  # a working tree that was never installed
        ours = "unreleased"
    return f"hub-lineage/{ours}; httpx/{httpx.__version__}; python/{platform.python_version()}"
