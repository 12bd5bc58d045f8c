"""A Ray cluster: one on this machine, started for a run and closed to others, or an existing one."""

from __future__ import annotations

import contextlib
import functools
import io
import logging
import math
import os
import secrets
import socket
import tempfile
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from evaluation.engines.registry import ENGINES
from evaluation.errors import EvaluationError
from evaluation.workers.ray_worker import CALLS_AT_A_TIME, RayWorker
from lineage.errors import MissingExtra
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evaluation.engines.interface import Setup

MEBIBYTE: Final = 1 << 20
LOOKING_SECONDS: Final = 5.0
OBJECT_STORE_BYTES: Final = 80 * MEBIBYTE
"""About the least that Ray accepts; our messages are small."""
CLOSED: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # on every system: what is no cluster of several machines, on loopback
    "RAY_AUTH_MODE": "token",
}
"""Environment variables that keep a local cluster private; Ray and its daemons read them."""
KEY_VARIABLE: Final = "RAY_AUTH_TOKEN"


class NoCluster(EvaluationError):
    """A Ray cluster cannot be reached or started."""

    hint = "`ray status` on a machine of the cluster says how it is; both sides need the same Ray and the same Python"

    def __init__(self, address: str | None, reason: str) -> None:
        """Say which, and why."""
        super().__init__(plain(f"Ray at {address or 'this machine'}: {reason}", 300))


class ClusterTooSmall(EvaluationError):
    """No machine of the cluster has what a worker needs."""

    hint = "`--set gpus-per-worker=N` and `--set threads=N` say what a worker needs"
    exit_code = 2

    def __init__(self, needs: Mapping[str, float]) -> None:
        """Say what it needs."""
        told = ", ".join(f"{amount:g} {name}" for name, amount in needs.items() if amount)
        super().__init__(f"no machine of the cluster has {told}")


class NoPlace(EvaluationError):
    """No machine of the cluster had room for a worker for minutes."""

    hint = (
        "`lineage evaluate` goes on where it was, as soon as machines are there; `ray status` says how the cluster is"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RaySettings:
    """How workers are started on Ray. `address` is host:port or ray://host:port, or None for a cluster of this machine.

    `gpus` may be a fraction: Ray reserves that share of one GPU, but only the memory use of the engine keeps a worker
    within it. `memory_mib` is reserved too, or None for none.
    """

    setup: Setup
    address: str | None = None
    gpus: float = 0.0
    memory_mib: int | None = None
    beat_seconds: float = 5.0
    engines: Mapping[str, str] = field(default_factory=lambda: ENGINES)

    @property
    def needs(self) -> dict[str, float]:
        """Return what a worker needs from a node, by Ray's names: processors, GPUs, bytes of memory."""
        return {
            "CPU": float(self.setup.threads or 1),
            "GPU": self.gpus,
            "memory": float((self.memory_mib or 0) * MEBIBYTE),
        }


class RayCluster:
    """A connection to Ray, with RayWorker as its actors; a local cluster ends with it.

    Ray writes about dead workers to stdout, whatever its log settings: that is suppressed until `close`.
    """

    def __init__(self, form: RaySettings, workers: int) -> None:
        """Connect, or start a cluster for `workers` workers; raises MissingExtra or NoCluster."""
        self._form = form
        self._closing = contextlib.ExitStack()
        with contextlib.ExitStack() as failing:
            failing.callback(self._closing.close)
            self.ray = self._connect(workers)
            failing.pop_all()

    def _connect(self, workers: int) -> Any:  # noqa: ANN401 -- Ray is typed only where it is installed
        form = self._form
        options: dict[str, Any] = {"address": form.address}
        if form.address is None:
            self._closing.enter_context(_environment(CLOSED | {KEY_VARIABLE: _token()}))
            folder = self._closing.enter_context(
                tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True)  # its daemons end a bit later
            )
            options = {
                "address": "local",
                "num_cpus": math.ceil(workers * form.needs["CPU"]),
                "include_dashboard": False,
                "object_store_memory": OBJECT_STORE_BYTES,
                "_temp_dir": folder,
            }
        else:
            _look_for(form.address)
        try:
            ray = import_module("ray")
        except ModuleNotFoundError as error:
            raise MissingExtra("ray", "--ray") from error
        self._closing.enter_context(contextlib.redirect_stdout(io.StringIO()))
        self._closing.callback(ray.shutdown)
        try:
            ray.init(**options, log_to_driver=False, logging_level=logging.CRITICAL)
        except Exception as error:  # daemons that do not start in time are no narrower kind
            raise NoCluster(form.address, str(error)) from error
        return ray

    def room(self) -> int:
        """Return how many workers fit on all nodes that are up, if nothing else runs there."""
        nodes = [node["Resources"] for node in self.ray.nodes() if node["Alive"]]
        needs = {name: amount for name, amount in self._form.needs.items() if amount}
        return sum(
            min(math.floor(node.get(name, 0) / amount + 1e-9) for name, amount in needs.items()) for node in nodes
        )

    def actor(self) -> Any:  # noqa: ANN401 -- as above
        """Request a new worker, which starts when there is room. Ray neither restarts it nor repeats calls: we do."""
        form = self._form
        needs = form.needs
        made = self.ray.remote(
            num_cpus=needs["CPU"],
            num_gpus=needs["GPU"],
            memory=int(needs["memory"]) or None,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=CALLS_AT_A_TIME,
        )(RayWorker)
        return made.remote(form.setup.as_json(), dict(form.engines), form.beat_seconds)

    def close(self) -> None:
        """Leave the cluster, or end it if it was started here."""
        self._closing.close()


def _look_for(address: str) -> None:
    """Raise NoCluster within seconds if nobody listens: Ray itself would try for more than ten minutes."""
    parts = urlsplit(address if "//" in address else f"//{address}")
    try:
        if not parts.hostname or not parts.port:
            raise NoCluster(address, "the address is no HOST:PORT and no ray://HOST:PORT")
        socket.create_connection((parts.hostname, parts.port), timeout=LOOKING_SECONDS).close()
    except (OSError, ValueError) as error:
        raise NoCluster(address, str(error)) from error


@functools.cache
def _token() -> str:
    """Return the token of all clusters of this process: Ray reads it once and keeps it."""
    return secrets.token_hex(32)


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, also for processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
