"""Parts of a large file: one request finds it, further parts are asked for where it lies.

However the server answers, no more is read than the file may cost: a body that does not end is left, a part that was
not asked for is refused, and so is a server that sends the whole file in place of a part behind its start.
"""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from crawler.errors import HubError
from crawler.http.responses import ByteSpan
from crawler.hub.repository import Absent, absent_by, find_id_fault, find_path_fault, place_of, settled

if TYPE_CHECKING:
    from crawler.http.hub_client import HubClient
    from crawler.http.responses import Response

_ATTEMPTS: Final = 3  # a server that lies about a part does so again
_EXPIRED: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
)


class RangedFile:
    """One file of a model at a revision, read by parts; at most `most_bytes` of it in all.

    `commit` is the commit that it was read at, `file_bytes` its size and `sha256` its hash, None until a response
    told. `bytes_read` counts what was kept, `requests` the parts that were asked for. Not for several threads.
    """

    def __init__(self, client: HubClient, model_id: str, revision: str, path: str, *, most_bytes: int) -> None:
        self.path = path
        self.most_bytes = most_bytes
        self.bytes_read = 0
        self.requests = 0
        self.commit: str | None = None
        self.file_bytes: int | None = None
        self.sha256: str | None = None
        self._client = client
        self._retry_policy = replace(client.retry_policy, attempts=min(_ATTEMPTS, client.retry_policy.attempts))
        self._fault = find_id_fault(model_id) or find_path_fault(revision, path)
        self._place = "" if self._fault else place_of(model_id, revision, path)
        self._location: str | None = None

    @property
    def left_bytes(self) -> int:
        """How many bytes may still be read."""
        return self.most_bytes - self.bytes_read

    def read(self, start: int, stop: int) -> bytes | Absent:
        """Return the bytes [start, stop) of the file, fewer only where it ends.

        Raises ValueError if they are more than may still be read, and what `HubClient.get` raises, unless only this
        file is affected.
        """
        if not 0 <= start < stop or stop - start > self.left_bytes:
            raise ValueError(f"{start}-{stop} is not a part that may be read")
        if self._fault is not None:
            return Absent(reason=self._fault)
        span = ByteSpan(start=start, stop=stop)
        self.requests += 1
        response = self._ask(span)
        if isinstance(response, HubError):
            return Absent(reason=str(response), is_passing=True)
        if response.status != HTTPStatus.OK:
            return absent_by(response)
        return self._taken(span, response)

    def _ask(self, span: ByteSpan) -> Response | HubError:
        """Ask where the file was found, and where it is no longer there, or was not found yet, by its name."""
        if self._location is not None:
            response = self._ask_at(span, self._location)
            if isinstance(response, HubError) or response.status not in _EXPIRED:
                return response
        return self._ask_at(span, None)

    def _ask_at(self, span: ByteSpan, location: str | None) -> Response | HubError:
        return settled(
            self._client,
            lambda: self._client.get_span(
                self._place, span, bucket="resolvers", location=location, retry_policy=self._retry_policy
            ),
        )

    def _taken(self, span: ByteSpan, response: Response) -> bytes | Absent:
        self.bytes_read += len(response.body)
        self.commit = self.commit or response.commit
        if response.part is None:
            return Absent(reason="the server sends the whole file where a part was asked for", status=response.status)
        told = response.part.file_bytes
        if None not in {told, self.file_bytes} and told != self.file_bytes:
            return Absent(reason="the server tells two sizes of one file", status=response.status)
        self.file_bytes = told if self.file_bytes is None else self.file_bytes
        self._location = response.part.location
        self.sha256 = self.sha256 or response.part.sha256
        stop = span.stop if self.file_bytes is None else min(span.stop, self.file_bytes)
        if len(response.body) != stop - span.start:
            return Absent(reason="what came is shorter than what was asked for", is_passing=True, is_cut=True)
        return response.body
