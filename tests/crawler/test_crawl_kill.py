"""A crawl that is killed at random moments and goes on ends with the database of a crawl that never was."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from crawler.budget import REQUESTS_PER_FILE
from crawler.fetch_models import BATCH
from crawler.scope import Scope
from lineage.domains.lexicon_file import default_lexicon
from sandbox.catalogue import generate
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from sandbox.hub.run import RunningHub
    from tests.crawler.conftest import Laboratory

FAULTS = "503=0.1,drop=0.05,truncate=0.05,html=0.03,429=0.05,garbage=0.02,slow=0.01,seed=7"
QUICK = (
    "import cli, crawler.http.hub_client as hub\n"
    "hub.RETRIES = hub.RetryPolicy(attempts=40, first_wait_seconds=0.01, longest_wait_seconds=0.1)\n"  # short waits
    "cli.main()\n"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the commands a home without tokens."""
    for name in ("HF_TOKEN", "HF_ENDPOINT", "LINEAGE_DB"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    return tmp_path


def begin(hub: RunningHub, lab: Laboratory, *options: str) -> subprocess.Popen[str]:
    """Start `lineage crawl` as a process of its own."""
    command = [sys.executable, "-c", QUICK, "crawl", *options, "--endpoint", hub.url]
    return subprocess.Popen(
        [*command, "--db", str(lab.folder / "crawl.duckdb"), "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def kill(hub: RunningHub, lab: Laboratory, requests: int, *options: str) -> int:
    """Start a crawl, kill it (-9) when it has asked so much, and return how it ended."""
    before = len(hub.requests)
    with begin(hub, lab, *options) as process:
        while process.poll() is None and len(hub.requests) - before < requests:
            try:
                process.wait(timeout=0.002)
            except subprocess.TimeoutExpired:
                continue
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=60)
    return process.returncode


@pytest.mark.parametrize(("options", "kills", "most"), [(("--domain", "legal"), 7, 40), (("--all",), 3, 9)])
def test_kills_cost_requests_but_no_record(
    options: tuple[str, ...], kills: int, most: int, lab: Laboratory, home: Path
) -> None:
    """Killed (-9) behind random requests, faults and all, a crawl that goes on ends as an undisturbed one."""
    assert home == lab.folder
    repo_store = RepoStore(generate())
    scope = Scope(domains=("legal",)) if "--domain" in options else Scope()
    with serve(repo_store) as hub:
        files = None if "--domain" in options else 0
        lab.crawl(hub.url, scope, name="undisturbed", lexicon=default_lexicon(), files=files)
        undisturbed = len(hub.requests)
    chance = random.Random(7)
    # pages of at most 125 models, so that the whole catalogue is many
    with serve(repo_store, faults=FAULTS + (",504>125" if "--all" in options else "")) as hub:
        codes = [kill(hub, lab, chance.randint(1, most), *options) for _ in range(kills)]
        assert codes.count(-signal.SIGKILL) >= kills - 1
        while True:
            with begin(hub, lab, *options) as process:
                process.communicate(timeout=120)
            if process.returncode == 0:
                break
            assert process.returncode == 3
        answered = [asked for asked in hub.requests if asked.fault is None]
    assert lab.content() == lab.content("undisturbed")
    again = len(answered) - undisturbed
    batch = BATCH * 2 * REQUESTS_PER_FILE
    assert again <= (kills + 1) * (1 + 2 + batch) if "--domain" in options else again <= 60
