"""First crawls of the generated Hub, each made once: what comes after them is what the tests are about."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

import pytest

from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crawler.scope import Scope
    from tests.crawler.conftest import Clock, Laboratory

    Content = Callable[[Scope], dict[str, list[tuple[object, ...]]]]


class Begins(Protocol):
    """Puts the database of a first crawl into the laboratory."""

    def __call__(self, scope: Scope, *, url: str = "http://127.0.0.1:1", name: str = "crawl") -> None:
        """Put it there as one of the Hub at this address."""


@pytest.fixture(scope="session")
def first_crawls() -> dict[Scope, Path]:
    """Give the databases that were made so far; `begin` makes them."""
    return {}


@pytest.fixture
def begin(
    lab: Laboratory, clock: Clock, first_crawls: dict[Scope, Path], tmp_path_factory: pytest.TempPathFactory
) -> Begins:
    """Give a function that stands for the first crawl of the generated Hub, by a few words, on the first day."""

    def crawled(scope: Scope) -> Path:
        if scope not in first_crawls:
            place = type(lab)(tmp_path_factory.mktemp("first"), type(clock)())
            with serve(RepoStore(generate(), now=place.now)) as hub:
                place.crawl(hub.url, scope)
            first_crawls[scope] = place.folder / "crawl.duckdb"
        return first_crawls[scope]

    def put(scope: Scope, *, url: str = "http://127.0.0.1:1", name: str = "crawl") -> None:
        shutil.copy(crawled(scope), lab.folder / f"{name}.duckdb")
        with lab.open(name) as database:
            database._connection.execute("update hub.crawls set endpoint = ?", [url])

    return put


@pytest.fixture
def undisturbed(begin: Begins, lab: Laboratory) -> Content:
    """Give a function that returns the content which a crawl of the generated Hub has where nothing goes wrong."""

    def content(scope: Scope) -> dict[str, list[tuple[object, ...]]]:
        begin(scope, name="undisturbed")
        return lab.content("undisturbed")

    return content
