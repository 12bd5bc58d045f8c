"""A few daemon threads that send requests; whoever leaves them by an error or Ctrl-C does not wait for responses.

`concurrent.futures` waits for its threads even when the program ends, be it five minutes for the next window of the
quota; these are abandoned. They only ever touch the client.
"""

from __future__ import annotations

import os
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from types import TracebackType
    from typing import Self

T = TypeVar("T")
S = TypeVar("S")
_ABANDONED: list[threading.Thread] = []
_Job: TypeAlias = "tuple[Future[Any], Callable[[], Any]]"


def has_abandoned() -> bool:
    """Return whether a thread that was abandoned still waits for its response."""
    return any(thread.is_alive() for thread in _ABANDONED)


def leave(code: int) -> NoReturn:
    """End the program, at once if threads were abandoned: DuckDB would list what they still hold."""
    if has_abandoned():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


class DaemonPool:
    """So many threads, which take jobs in their order. Use as a context manager."""

    def __init__(self, number: int, *, name: str) -> None:
        """Start the threads."""
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._is_left = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{count}", daemon=True) for count in range(number)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        """Return the workers."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the threads end: at once if all is well, else abandon them behind their current requests."""
        if kind is not None:
            self._is_left.set()
            _ABANDONED.extend(self._threads)
        for _ in self._threads:
            self._jobs.put(None)
        if kind is None:
            for thread in self._threads:
                thread.join()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Run a job; its result, or the error that it raised, is the future's."""
        from concurrent.futures import Future  # every command imports this module for `leave`

        future: Future[T] = Future()
        self._jobs.put((future, job))
        return future

    def each(self, job: Callable[[S], T], items: Sequence[S]) -> list[T]:
        """Run a job for each item and return the results in order; raises the first error."""
        futures = [self.submit(lambda item=item: job(item)) for item in items]  # type: ignore[misc] # item is an S
        return [future.result() for future in futures]

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None and not self._is_left.is_set():
            future, run = job
            try:
                future.set_result(run())
            except BaseException as error:  # noqa: BLE001 -- it is raised again where the result is asked for
                future.set_exception(error)
