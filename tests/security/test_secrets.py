"""Tokens and keys are in no list of processes, traceback or log, and in no file that is written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cli
from evaluation.engines.endpoint.api_key import find_key
from evaluation.engines.inspect import subprocess as running
from evaluation.engines.interface import Setup
from evaluation.workers.local import WorkerSettings
from sandbox.catalogue import generate
from sandbox.hub.rate_limit import QuotaRules
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.hub.run import RunningHub

SENTINEL = "hf_sentinelSENTINELsentinel"
ROOT = Path(__file__).resolve().parents[2]
GENEROUS = QuotaRules(
    plans={plan: dict.fromkeys(("api", "resolvers", "pages"), 10**6) for plan in ("anonymous", "free", "pro")}
)
FAILING = """
import sys
import cli, crawler.crawl, crawler.http.token
found = crawler.http.token.find_token()
def broken(task, dry_run):
    headers = {"authorization": f"Bearer {found.reveal()}"}
    raise KeyError("a fault of ours")
crawler.crawl.crawl = broken
sys.argv = ["lineage", "crawl", "--domain", "medical", "--db", sys.argv[1], "--endpoint", "http://127.0.0.1:1"]
cli.main()
"""


@pytest.fixture(name="environment")
def fixture_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give an environment that holds a token and a key, and no settings of the user's."""
    for name, value in {
        "HF_TOKEN": SENTINEL,
        "JUDGE_KEY": SENTINEL,
        "LINEAGE_CONFIG": "",
        "HF_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    return dict(os.environ)


def test_a_workers_command_line_holds_no_secret(environment: dict[str, str]) -> None:
    """Everybody on a machine reads the arguments of its processes: tokens and keys go through the environment alone."""
    setup = Setup(endpoint_url="http://127.0.0.1:1", threads=2, instruments="mine.toml", logs="logs", cache_gb=1.0)
    form = WorkerSettings(setup=setup, memory_mib=10)
    assert SENTINEL not in " ".join(form.command())
    assert form.environment()["HF_TOKEN"] == environment["HF_TOKEN"] == SENTINEL


def test_inspects_command_line_holds_no_secret(environment: dict[str, str], tmp_path: Path) -> None:
    """What Inspect is told comes by a pipe, and its arguments are always the same four words."""
    text = Path(running.__file__).read_text("utf-8")
    assert '[sys.executable, "-P", "-m", "evaluation.engines.inspect.process"]' in text
    key = find_key("JUDGE_KEY")
    assert key is not None
    assert SENTINEL not in repr(key)
    assert environment["JUDGE_KEY"] == SENTINEL
    assert not list(tmp_path.iterdir())


def test_a_crash_shows_no_variables(environment: dict[str, str], tmp_path: Path) -> None:
    """The traceback of a fault of ours names lines of code, and not what its variables hold."""
    ran = subprocess.run(
        [sys.executable, "-c", FAILING, str(tmp_path / "lineage.duckdb")],
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "KeyError: 'a fault of ours'" in ran.stderr
    assert SENTINEL not in ran.stderr + ran.stdout
    assert all(SENTINEL.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.fixture(name="hub", scope="module")
def fixture_hub() -> Iterator[RunningHub]:
    """Give a sandbox Hub."""
    with serve(RepoStore(generate(seed=0, models=600)), quota=GENEROUS) as served:
        yield served


def test_nothing_that_is_written_holds_the_token(
    environment: dict[str, str],
    hub: RunningHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A crawl with an accepted token, told in full, and what is made of it: the sentinel is in no file and no word."""
    token = "hf_sandbox_free"  # noqa: S105 - of the sandbox
    monkeypatch.setenv("HF_TOKEN", token)
    db = str(tmp_path / "lineage.duckdb")
    for words in (
        ("--verbose", "crawl", "--domain", "legal", "--endpoint", hub.url, "--db", db),
        ("export", "*", "--format", "csv", "-o", str(tmp_path / "out"), "--db", db),
        ("export", "*", "--format", "json", "-o", str(tmp_path / "graph.json"), "--db", db),
        ("snapshot", "create", "--output", str(tmp_path / "frozen.duckdb"), "--db", db),
        ("sql", "from crawls", "--db", db),
        ("sql", "from duckdb_settings()", "--db", db),
    ):
        monkeypatch.setattr(sys, "argv", ["lineage", *words])
        with pytest.raises(SystemExit) as exited:
            cli.main()
        written = capsys.readouterr()
        assert exited.value.code in {0, 1}, written.err
        assert token not in written.out + written.err
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert [path for path in files if token.encode() in path.read_bytes()] == []
    assert environment["HF_TOKEN"] == SENTINEL
