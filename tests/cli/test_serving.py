"""`lineage serve` beside commands that write the same database."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

import lineage as library
from tests.cli.conftest import LINEAGE

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.conftest import Runs

    Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Give the temporary folder of the server."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


@pytest.fixture
def served(start: Start, own_db: Path, copies: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Give a server of a database as a process of its own, and its address."""
    with start("--quiet", "serve", "--port", "0", "--db", str(own_db), TMPDIR=str(copies)) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        yield process, found.group()
        process.send_signal(signal.SIGINT)
        process.communicate()


def ask(address: str, path: str) -> Any:  # noqa: ANN401 - whatever the server says
    """Return the JSON that the server answers."""
    with urllib.request.urlopen(f"{address}api/v1/{path}", timeout=60) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def test_others_write_meanwhile(served: tuple[subprocess.Popen[str], str], lineage: Runs, own_db: Path) -> None:
    """A command that writes is not kept out, and what it wrote is served at the next question."""
    _, address = served
    [family, *_] = ask(address, "families?sort=models")["rows"]
    assert lineage("edge", "reject", *_an_edge(address), "--db", str(own_db)).code == 0
    after = ask(address, "families?sort=models")
    assert not after["is_behind"]
    assert family not in after["rows"]


def _an_edge(address: str) -> tuple[str, str]:
    """Return a child and a parent in the largest family: the root's first child."""
    root = ask(address, "families?sort=models&limit=1")["rows"][0]["root"]
    rows = ask(address, f"models?selector={root}%2B1&limit=100")["rows"]
    return next((row["id"], root) for row in rows if row["parents"] == [root])


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(served: tuple[subprocess.Popen[str], str], copies: Path, sent: signal.Signals) -> None:
    """Ctrl-C is how it ends, or what ends services: no failure, and no copy of the database stays behind."""
    process, address = served
    assert ask(address, "status")["rows"]
    assert list(copies.iterdir())
    process.send_signal(sent)
    _, err = process.communicate()
    assert (process.returncode, err, list(copies.iterdir())) == (0, "", [])


def test_without_a_database(lineage: Runs, tmp_path: Path) -> None:
    """Without a database there is nothing to serve, and the way out is said."""
    ran = lineage("serve", "--port", "0", "--db", str(tmp_path / "none.duckdb"))
    assert ran.code == 3
    assert "no database here" in ran.err


def test_an_assistant_asks_over_pipes(own_db: Path, environment: dict[str, str], copies: Path) -> None:
    """`lineage mcp` answers a client that started it, and leaves no copy behind when the client ends it."""
    pytest.importorskip("mcp", reason="assistants are answered with the extra mcp")
    from mcp.client.stdio import StdioServerParameters

    place = {**environment, "TMPDIR": str(copies)}
    command = StdioServerParameters(command=str(LINEAGE), args=["mcp", "--db", str(own_db)], env=place)
    assert asyncio.run(_largest(command)) == ask_directly(own_db)
    assert list(copies.iterdir()) == []


def test_an_assistant_asks_over_http(start: Start, own_db: Path, copies: Path) -> None:
    """`lineage mcp --http` answers at the printed address, and neither another name nor another page's origin."""
    pytest.importorskip("mcp", reason="assistants are answered with the extra mcp")
    with start("mcp", "--http", "--db", str(own_db), TMPDIR=str(copies)) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        assert asyncio.run(_largest(found.group())) == ask_directly(own_db)
        assert _refused(found.group(), host="evil.example")
        assert _refused(found.group(), origin="http://evil.example")
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert (process.returncode, list(copies.iterdir())) == (0, [])


async def _largest(target: Any) -> str:  # noqa: ANN401 - an address, or a command to start
    """Return the id of the most downloaded model, as the tools say."""
    from mcp.client import Client

    async with Client(target) as client:
        result = await client.call_tool("find_models", {"limit": 1})
    return str((result.structured_content or {})["models"][0]["id"])


def ask_directly(path: Path) -> str:
    """Return the id of the most downloaded model of a database."""
    with library.open(path) as opened:
        return str(opened.models(limit=1).rows[0][0])


def _refused(address: str, **headers: str) -> bool:
    """Return whether a request with these headers is refused."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        address, data=b"{}", headers={"content-type": "application/json", **headers}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310 - loopback
            return False
    except urllib.error.HTTPError as error:
        with error:
            return error.code in {400, 403, 421}
