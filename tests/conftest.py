"""What tests of several packages need: the family of real tiny models, made once, and a real browser."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings
from typer.testing import CliRunner

import cli
from sandbox.weights.folders import LIST
from store import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

# No test fails by the clock: the first example of many imports scipy, which takes a busy machine a second.
# All else is Hypothesis's own: where CI is set, it draws the same examples each time.
settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")

CHROMIUM: Final = ("chromium", "chromium-browser", "google-chrome")


def pytest_runtest_setup() -> None:
    """Let Ctrl-C interrupt: a shell that starts tests in the background, and readers of tables, take that away."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(name="empty", scope="session")
def fixture_empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file of an empty database, to be copied: making the schema takes most of the time of a short test."""
    path = tmp_path_factory.mktemp("empty") / "lineage.duckdb"
    connect.open_database(path).close()
    return path


@pytest.fixture(autouse=True, scope="session")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what the product remembers for its user out of the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


_make = connect._make


@pytest.fixture(autouse=True, scope="session")
def new_databases_are_copies(empty: Path) -> Iterator[None]:
    """Let this process begin a new database as a copy of the empty one; what it starts makes its own, from nothing."""
    scripts = connect.migrations()

    def copy(path: Path) -> None:
        if connect.migrations() != scripts:
            _make(path)
            return
        with suppress(OSError):  # opening it will say what is wrong
            shutil.copyfile(empty, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connect, "_make", copy)
        yield


@pytest.fixture(name="made_from_nothing")
def fixture_made_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process make the schema of a new database itself, as users' processes do."""
    monkeypatch.setattr(connect, "_make", _make)


@pytest.fixture(scope="session")
def family_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that `lineage sandbox weights` makes; half a minute, once for all parts of a run."""
    return _make_family(tmp_path_factory, "")


@pytest.fixture(scope="session")
def hidden_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that `lineage sandbox weights --hidden` makes; once for all parts of a run."""
    return _make_family(tmp_path_factory, "--hidden")


def _make_family(tmp_path_factory: pytest.TempPathFactory, option: str) -> Path:
    pytest.importorskip("torch", reason="models are made with the extra eval")
    pytest.importorskip("peft", reason="adapters are made with the extra eval")
    folder = Path(f"{os.environ.get('LINEAGE_TEST_FAMILY') or tmp_path_factory.mktemp('family')}{option}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{folder}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / LIST).exists():
            result = CliRunner().invoke(cli.app, ["sandbox", "weights", str(folder), *filter(None, [option])])
            assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(name="browser", scope="module")
def fixture_browser() -> Iterator[Browser]:
    """Give the Chromium of the system, to the tests of one module: while it is open this thread has an event loop."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="the group test brings playwright")
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        assert "CI" not in os.environ, "CI looks at the pages in a browser"
        pytest.skip("no Chromium is installed here")
    options = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        browser.close()
