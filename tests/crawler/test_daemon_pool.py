"""Threads that are left behind by whoever stops, and waited for by whoever ends."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from crawler.daemon_pool import DaemonPool, has_abandoned
from crawler.scope import Scope
from sandbox.catalogue import generate
from sandbox.hub.rate_limit import PLANS, QuotaRules
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from tests.crawler.conftest import Laboratory


def test_results_come_in_order_and_errors_where_they_are_asked_for() -> None:
    """`each` keeps the order of its items; the first error is raised."""
    with DaemonPool(3, name="test") as workers:
        assert workers.each(lambda number: number * number, range(20)) == [number * number for number in range(20)]
        with pytest.raises(ZeroDivisionError):
            workers.each(lambda number: 1 / number, [1, 0, 2])
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("test-")]


def test_whoever_leaves_by_an_error_waits_for_nobody() -> None:
    """A job under way is left to itself, one that waits is never begun."""
    release, begun = threading.Event(), threading.Event()
    done: list[str] = []

    def block() -> None:
        begun.set()
        release.wait()
        done.append("first")

    workers = DaemonPool(1, name="left")
    first = workers.submit(block)
    workers.submit(lambda: done.append("second"))
    begun.wait()
    workers.__exit__(KeyboardInterrupt, None, None)
    assert not first.done()
    assert has_abandoned()
    release.set()
    first.result()
    for thread in workers._threads:
        thread.join()
    assert not has_abandoned()
    assert done == ["first"]


def test_ctrl_c_does_not_wait_for_the_quota(lab: Laboratory) -> None:
    """A crawl whose fetching thread sleeps till the next window ends at once by Ctrl-C, is stopped, and goes on."""
    release, main = threading.Event(), threading.get_ident()
    repo_store = RepoStore(generate())
    quota = QuotaRules(is_enforced=True, plans={**PLANS, "anonymous": {"api": 3, "resolvers": 9, "pages": 9}})
    clock_sleep = lab.clock.sleep

    def sleep(seconds: float) -> None:
        if threading.get_ident() == main:
            clock_sleep(seconds)
        else:
            while not release.is_set():  # again, as a signal is lost that comes just before the thread begins to wait
                if sys._current_frames()[main].f_code.co_name == "wait":  # else it stores the page before
                    signal.pthread_kill(main, signal.SIGINT)
                    release.wait(0.5)
            raise TimeoutError

    with serve(repo_store, faults="504>100") as hub:
        lab.crawl(hub.url, Scope(), name="undisturbed")
    with serve(repo_store, quota=quota, clock=lab.clock, faults="504>100") as hub:
        lab.clock.sleep = sleep  # type: ignore[method-assign] # the clock of this test
        with pytest.raises(KeyboardInterrupt):
            lab.crawl(hub.url, Scope())
        assert lab.rows("crawls", "state") == [("stopped",)]
        lab.clock.sleep = clock_sleep  # type: ignore[method-assign] # as it was
        release.set()
        lab.crawl(hub.url, Scope())
    assert lab.content() == lab.content("undisturbed")
