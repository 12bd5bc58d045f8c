"""Connections that wait for a request: each for some seconds, and only so many, so that nobody keeps others out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

HEAD_SECONDS: Final = 10.0
"""How long the head of a request may take, from the opening of a connection or the answer before it."""
MOST_WAITING: Final = 128
"""How many connections may wait at a time: one more, and that which has waited longest is closed."""


class PatientConnection(H11Protocol):
    """A connection that is closed if a request does not come in time, however slowly it comes."""

    _deadline: asyncio.TimerHandle | None = None

    @property
    def due(self) -> float | None:
        """When the connection is closed, by the clock of the event loop; None if it does not wait."""
        return None if self._deadline is None else self._deadline.when()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Begin to wait, in the place of the connection that has waited longest if there are too many."""
        super().connection_made(transport)
        self._watch()
        others = [one for one in self.connections if isinstance(one, PatientConnection)]
        waiting = [(one.due, place) for place, one in enumerate(others) if one.due is not None]
        if len(waiting) > MOST_WAITING:
            others[min(waiting)[1]].close()

    def data_received(self, data: bytes) -> None:
        """Read on, and see whether the request is there."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def close(self) -> None:
        """Close the connection."""
        self._stop_waiting()
        self.transport.close()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
