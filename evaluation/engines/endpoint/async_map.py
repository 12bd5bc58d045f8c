"""Runs coroutines a few at a time, and returns their results in order to a caller that is not asynchronous."""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import chain, islice
from typing import TYPE_CHECKING, Generic, TypeVar

from lineage.errors import LineageError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Iterator

Result = TypeVar("Result")
Other = TypeVar("Other")


class AsyncMap(Generic[Result]):
    """Runs coroutines, `width` at once, and returns their results in the order of the coroutines.

    They progress only while `take` or `call` is running. Leaving it as a context manager cancels what is under way, and
    then awaits what was given to `close_with`, in that order.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._waiting: Iterator[Coroutine[object, None, Result]] = iter(())
        self._under_way: deque[asyncio.Task[Result]] = deque()
        self._closing: list[Coroutine[object, None, None]] = []
        self._loop = asyncio.Runner()

    def __enter__(self) -> AsyncMap[Result]:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._loop.run(self._end())
        finally:
            self._loop.close()

    def call(self, coroutine: Coroutine[object, None, Other]) -> Other:
        """Run one coroutine to its end."""
        return self._loop.run(coroutine)

    def close_with(self, coroutine: Coroutine[object, None, None]) -> None:
        """Await a coroutine at the end."""
        self._closing.append(coroutine)

    def add(self, coroutines: Iterable[Coroutine[object, None, Result]]) -> None:
        """Add coroutines to run after those that wait already; each is made when its turn comes."""
        self._waiting = chain(self._waiting, coroutines)

    def take(self, count: int) -> tuple[list[Result], LineageError | None]:
        """Return the next results, fewer only at the end, or up to the first that failed, and its error."""
        return self._loop.run(self._take(count))

    async def _take(self, count: int) -> tuple[list[Result], LineageError | None]:
        found: list[Result] = []
        while len(found) < count:
            self._fill()
            if not self._under_way:
                break
            try:
                found.append(await self._under_way[0])
            except LineageError as error:
                return found, error
            self._under_way.popleft()
        return found, None

    def _fill(self) -> None:
        for coroutine in islice(self._waiting, self._width - len(self._under_way)):
            self._under_way.append(asyncio.ensure_future(coroutine))

    async def _end(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for closing in self._closing:
            await closing
