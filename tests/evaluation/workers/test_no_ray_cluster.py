"""A Ray cluster that is not there, or does not start, is told in words."""

from __future__ import annotations

import socket
import sys
from types import SimpleNamespace

import pytest

from evaluation.engines.interface import Setup
from evaluation.workers.ray_cluster import NoCluster, RaySettings
from evaluation.workers.ray_executor import RayExecutor

SETUP = Setup(device="cpu")


def test_where_no_cluster_listens_it_is_said_at_once() -> None:
    """Ray would try for minutes; an address that is none is told apart."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(NoCluster, match="refused"):
        RayExecutor(RaySettings(setup=SETUP, address=address), 1)
    with pytest.raises(NoCluster, match="no HOST:PORT"):
        RayExecutor(RaySettings(setup=SETUP, address="auto"), 1)


def test_a_cluster_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where its daemons take too long Ray raises an Exception that is nothing narrower."""

    def late(**_: object) -> None:
        raise Exception("The current node timed out during startup.")  # noqa: TRY002 - as Ray does

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=late, shutdown=lambda: None))
    with pytest.raises(NoCluster, match="this machine: The current node timed out"):
        RayExecutor(RaySettings(setup=SETUP), 1)
