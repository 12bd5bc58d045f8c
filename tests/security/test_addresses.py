"""No answer of a server makes us ask for what only our own network reaches."""

from __future__ import annotations

import pytest

from crawler.replies import parse_endpoint

HUB = "https://hub.example.org"
INNER = (
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://anything.localhost/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.7/x",
    "https://192.168.1.1/x",
    "https://172.16.0.1/x",
    "https://0.0.0.0/x",
    "https://[::1]/x",
    "https://[fe80::1]/x",
    "https://[fd00::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://127.1/x",
)


@pytest.mark.parametrize("target", INNER)
def test_a_hub_sends_us_to_no_inner_address(target: str) -> None:
    """Numbers of this machine, of a private network and of a cloud's metadata are refused in all their forms."""
    assert not parse_endpoint(HUB).trusts(target)


@pytest.mark.parametrize(
    ("endpoint", "target"),
    [
        (HUB, "https://cdn.example.net/x"),
        (HUB, "https://93.184.215.14/x"),
        ("https://10.0.0.1", "https://10.0.0.2/x"),
        ("http://127.0.0.1:8080", "http://localhost:9090/x"),
    ],
)
def test_a_file_may_lie_elsewhere(endpoint: str, target: str) -> None:
    """Names and public addresses are trusted over https, and a Hub of an inner network leads to inner addresses."""
    assert parse_endpoint(endpoint).trusts(target)
