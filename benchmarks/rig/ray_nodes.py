"""A Ray cluster of several nodes on this machine: a head without workers, and nodes that can be lost."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from evaluation.workers.ray_cluster import CLOSED, KEY_VARIABLE, OBJECT_STORE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKING: dict[str, int] = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 2000,
    "health_check_failure_threshold": 4,
}
"""How soon the head takes a node for lost: within two seconds, where Ray's own settings take a quarter of a minute."""


class Nodes:
    """The nodes, each with room for so many workers; `address` is the head's."""

    def __init__(self, cluster: Any, count: int, room: int) -> None:  # noqa: ANN401 -- Ray is typed only where it is
        """Start so many nodes."""
        self._cluster = cluster
        self._room = room
        self._nodes = [self._add() for _ in range(count)]
        self.address: str = cluster.address

    def lose(self, number: int) -> None:
        """Kill all processes of a node at once (-9), and start a new one."""
        self._cluster.remove_node(self._nodes[number], allow_graceful=False)
        self._nodes[number] = self._add()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._nodes)

    def _add(self) -> Any:  # noqa: ANN401 -- as above
        return self._cluster.add_node(num_cpus=self._room, object_store_memory=OBJECT_STORE_BYTES, wait=False)


@contextmanager
def nodes(count: int, room: int) -> Iterator[Nodes]:
    """Run a cluster while the block runs, on loopback and with a key, both named in our environment."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True))
        ours = CLOSED | {KEY_VARIABLE: secrets.token_hex(32), "RAY_TMPDIR": folder}
        stack.enter_context(patch.dict(os.environ, ours))
        head = {
            "num_cpus": 0,
            "node_ip_address": "127.0.0.1",
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
            "_system_config": LOOKING,
        }
        cluster = import_module("ray.cluster_utils").Cluster(initialize_head=True, head_node_args=head)
        stack.callback(cluster.shutdown)
        yield Nodes(cluster, count, room)
