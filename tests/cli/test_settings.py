"""Settings and the options of all commands, as their user meets them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Runs


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the user's settings and the working folder into places of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("LINEAGE_CONFIG", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "config" / "lineage").mkdir(parents=True)
    return tmp_path / "config" / "lineage" / "lineage.toml"


def test_precedence(lineage: Runs, crawled: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line wins over the environment, that over the folder's file, and that over the user's."""
    monkeypatch.setenv("LINEAGE_DB", str(crawled))
    home.write_text('db = "/nowhere/user.duckdb"\nformat = "json"\n[models]\nlimit = 1\n')
    assert len(json.loads(lineage("models").out)) == 1
    (home.parents[2] / "work" / "lineage.toml").write_text("[models]\nlimit = 2\n")
    assert len(json.loads(lineage("models").out)) == 2
    assert len(json.loads(lineage("models", "--limit", "3").out)) == 3


def test_named_file_is_the_only_one(lineage: Runs, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LINEAGE_CONFIG names the file that is read; one that is not there is said."""
    home.write_text("nonsense = 1\n")
    assert lineage("status").code == 2
    monkeypatch.setenv("LINEAGE_CONFIG", str(tmp_path / "gone.toml"))
    ran = lineage("status")
    assert ran.code == 2
    assert "gone.toml: it cannot be read" in ran.err
    monkeypatch.setenv("LINEAGE_CONFIG", "")
    assert "no database here" in lineage("status").err


def test_wrong_value(lineage: Runs, home: Path) -> None:
    """A value of the wrong kind is wrong usage of the option."""
    home.write_text('[models]\nlimit = "many"\n')
    ran = lineage("models")
    assert ran.code == 2
    assert "--limit" in ran.err


def test_quiet(lineage: Runs, hub: str, tmp_path: Path) -> None:
    """Quiet, a crawl says nothing but its answer; errors are still said."""
    ran = lineage("--quiet", "crawl", "--all", "--endpoint", hub, "--db", str(tmp_path / "q.duckdb"))
    assert (ran.code, ran.err) == (0, "")
    assert "requests" in ran.out
    failed = lineage("--quiet", "status", "--db", str(tmp_path / "none.duckdb"))
    assert "no database here" in failed.err
    assert lineage("status", "--db", str(tmp_path / "none.duckdb")).code == 3


@pytest.fixture
def levels() -> Iterator[None]:
    """Put back the levels of logging that a verbose run in this process leaves."""
    loggers = [logging.getLogger(name) for name in ("crawler", "evaluation", "store")]
    before = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("levels")
def test_verbose(lineage: Runs, hub: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verbose, each request is told, and never the token."""
    monkeypatch.setenv("HF_TOKEN", "hf_secretsecret")
    lineage("--verbose", "doctor", "--endpoint", hub)
    assert f"GET {hub}/api/models?limit=1: 401, " in caplog.text
    assert "secretsecret" not in caplog.text
