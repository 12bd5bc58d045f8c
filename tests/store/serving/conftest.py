"""A server over a small database with a hostile name in it, as `lineage serve` runs it."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from store.connect import open_database
from store.serving.reader_copies import Copies
from store.serving.run import ListenAddress, Listening, listening, new_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.store.conftest import Desk, Filled

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
HOSTILE = "evil/<img-src=x-onerror=alert(1)>"
FAMILY = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the server says
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A server that runs: how to ask it, where its database is."""

    place: Listening
    path: Path

    @property
    def origin(self) -> str:
        """Return the address without a path or token."""
        return self.place.url.partition("?")[0].rstrip("/")

    def get(self, path: str, *, method: str = "GET", **headers: str) -> Answered:
        """Ask for a path, following nothing."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.origin + path, headers=names, method=method)  # noqa: S310 - loopback
        try:
            with urllib.request.build_opener(_Staying).open(request, timeout=60) as answer:
                return _answered(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _answered(error)


class _Staying(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow no redirect."""


def _answered(answer: Any) -> Answered:  # noqa: ANN401 - an answer, or an error that is one
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answered(status=answer.status, headers=headers, body=answer.read())


def fill(desk: Desk) -> None:
    """Store one family: a base, derivatives by number, one with a hostile name."""
    tags = ["base_model:maple/base", "base_model:finetune:maple/base"]
    base = desk.record(1, id="maple/base", downloads=1_000)
    rest = [desk.record(number, id=f"maple/base-{number:02}", tags=tags) for number in range(2, FAMILY)]
    rest[0] = desk.record(2, id="maple/base-02", tags=[*tags, "medical", "dataset:pubmed_qa"])
    desk.take([base, *rest, desk.record(FAMILY, id=HOSTILE, tags=tags)])
    desk.derive()


@pytest.fixture
def family_db(filled: Filled, tmp_path: Path) -> Path:
    """Give a database of the family that nobody holds."""
    return Path(shutil.copyfile(filled(fill).database.path, tmp_path / "family.duckdb"))


@pytest.fixture
def serving(tmp_path: Path) -> Callable[..., Any]:
    """Give a context manager that serves a database while its block runs."""

    @contextmanager
    def served(path: Path, **settings: Any) -> Iterator[Asking]:  # noqa: ANN401 - fields of Place
        folder = tmp_path / "copies"
        folder.mkdir(exist_ok=True)
        with listening(ListenAddress(**settings)) as place, Copies(path, folder, lambda: MOMENT) as copies:
            server = new_server(copies, place)
            thread = threading.Thread(target=server.run, kwargs={"sockets": [place.socket]})
            thread.start()
            try:
                yield Asking(place=place, path=path)
            finally:
                server.should_exit = True
                thread.join()

    return served


@pytest.fixture
def asking(family_db: Path, serving: Callable[..., Any]) -> Iterator[Asking]:
    """Give a server of the family on loopback."""
    with serving(family_db) as found:
        yield found


@pytest.fixture
def empty_db(tmp_path: Path) -> Path:
    """Give a database without models."""
    path = tmp_path / "empty.duckdb"
    open_database(path).close()
    return path
