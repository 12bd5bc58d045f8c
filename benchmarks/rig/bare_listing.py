"""The limit of a crawl: the same pages over one connection, parsed and counted, nothing stored; prints a count.

The next page is fetched while one is parsed, as in a crawl. `python -m benchmarks.rig.bare_listing URL json|duckdb`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import httpx

from crawler.hub.listing import first_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PREPARE: Final = "prepare counting as select count(*) from read_json_objects(getvariable('page'), format = 'array')"
_CALL_ARGUMENTS: Final = 3


def pages(url: str) -> Iterator[bytes]:
    """Yield the bodies of the listing that `crawl --all` walks, one fetched ahead."""
    with httpx.Client(timeout=120) as client, ThreadPoolExecutor(max_workers=1) as ahead:
        query = httpx.QueryParams(list(first_page().params))
        upcoming = ahead.submit(client.get, f"{url}/api/models", params=query)
        while True:
            answer = upcoming.result().raise_for_status()
            following = answer.links.get("next")
            if following is not None:
                upcoming = ahead.submit(client.get, following["url"])
            yield answer.content
            if following is None:
                return


def count_with_json(bodies: Iterator[bytes]) -> int:
    """Parse each page into Python objects."""
    return sum(len(json.loads(body)) for body in bodies)


def count_with_duckdb(bodies: Iterator[bytes]) -> int:
    """Let DuckDB find the objects of each page, spooled through a file as a crawl does."""
    count = 0
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        spool = Path(folder) / "page.json"
        connection.execute("set variable page = $1", [str(spool)])
        spool.write_bytes(b"[]")
        connection.execute(PREPARE)
        for body in bodies:
            spool.write_bytes(body)
            row = connection.execute("execute counting").fetchone()
            count += int(row[0]) if row else 0
    return count


COUNTERS: Final[dict[str, Callable[[Iterator[bytes]], int]]] = {"json": count_with_json, "duckdb": count_with_duckdb}


def main() -> None:
    """Walk the listing at the URL of the command line and count its records."""
    if len(sys.argv) != _CALL_ARGUMENTS or sys.argv[2] not in COUNTERS:
        sys.exit(f"usage: bare_listing URL {'|'.join(COUNTERS)}")
    print(COUNTERS[sys.argv[2]](pages(sys.argv[1])))


if __name__ == "__main__":
    main()
