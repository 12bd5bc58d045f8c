"""The command line as its user runs it, a sandbox Hub for it to crawl, and a database that it crawled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

import cli
from evaluation.workers import local as local_executor
from evaluation.workers.local import WorkerSettings
from sandbox.catalogue import generate
from sandbox.hub.rate_limit import QuotaRules
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from sandbox.weights.family import FINANCE, ROOT
from sandbox.weights.folders import INSTRUMENTS
from sandbox.weights.repositories import read_family
from sandbox.weights.tasks import DECLARATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sandbox.hub.run import RunningHub

LINEAGE = Path(sys.executable).with_name("lineage")
MODELS = 600
OWNER = "hf_sandbox_owner"
NOWHERE = "hf_not_to_be_sent_anywhere"
TOYS = Path(__file__).parents[1] / "evaluation" / "toys"
# A test does not wait for a window to pass: the quota is told as the Hub tells it, only larger.
GENEROUS = QuotaRules(
    plans={plan: dict.fromkeys(("api", "resolvers", "pages"), 10**6) for plan in ("anonymous", "free", "pro")}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command did: its exit code, and what it wrote."""

    code: int
    out: str
    err: str


class Runs(Protocol):
    """Runs `lineage` with some arguments."""

    def __call__(self, *arguments: str) -> Ran:
        """Run it and return what it did."""


@pytest.fixture(scope="session")
def repo_store() -> RepoStore:
    """Give a small fictional catalogue."""
    return RepoStore(generate(seed=0, models=MODELS))


@pytest.fixture
def serve_hub(repo_store: RepoStore) -> Iterator[Callable[[str], str]]:
    """Give a function that serves the catalogue with faults, and returns the address."""
    with ExitStack() as stack:
        yield lambda faults: stack.enter_context(serve(repo_store, quota=GENEROUS, faults=faults)).url


@pytest.fixture(scope="session")
def hub(repo_store: RepoStore) -> Iterator[str]:
    """Give the address of a Hub without faults."""
    with serve(repo_store, quota=GENEROUS) as served:
        yield served.url


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Give an environment without the user's token, terminal and settings."""
    ours = {"PYTHONUNBUFFERED", "LINEAGE_DB", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "COLUMNS", "LINES"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {**kept, "HF_HOME": str(tmp_path_factory.mktemp("hf")), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="session")
def start(environment: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Give a function that starts `lineage` as a process of its own."""

    def started(*arguments: str, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [LINEAGE, *arguments],
            env={**environment, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return started


@pytest.fixture
def lineage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: dict[str, str]) -> Runs:
    """Give a function that runs `lineage` in this process, all of it from the arguments to the exit code."""
    from huggingface_hub import constants

    for name in ("LINEAGE_DB", "LINEAGE_QUIET", "HF_ENDPOINT", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(Path(environment["HF_HOME"]) / "token"))

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["lineage", *arguments])
        with pytest.raises(SystemExit) as exited:
            cli.main()
        written = capsys.readouterr()
        assert isinstance(exited.value.code, int)
        return Ran(code=exited.value.code, out=written.out, err=written.err)

    return run


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory, hub: str, start: Callable[..., subprocess.Popen[str]]) -> Path:
    """Give a database that `lineage crawl` filled; tests only read it."""
    db = tmp_path_factory.mktemp("crawled") / "crawled.duckdb"
    with start("crawl", "--all", "--endpoint", hub, "--db", str(db)) as process:
        _, err = process.communicate()
    assert process.returncode == 0, err
    return db


@pytest.fixture(scope="session")
def tour(start: Callable[..., subprocess.Popen[str]]) -> Callable[..., Ran]:
    """Give a function that runs the demo in a folder; a token is there for it to leave alone."""

    def toured(folder: Path, *arguments: str) -> Ran:
        with start("demo", "--folder", str(folder), *arguments, HF_TOKEN=NOWHERE) as process:
            out, err = process.communicate()
        assert process.returncode == 0, err
        return Ran(code=process.returncode, out=out, err=err)

    return toured


@pytest.fixture(scope="session")
def whole_tour(
    tour: Callable[..., Ran], family_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Ran]:
    """Give the folder of a demo that evaluated the family of real models, and what it said; tests only read it."""
    pytest.importorskip("lm_eval", reason="models are run with the extra eval")
    folder = tmp_path_factory.mktemp("demo")
    (folder / "family").symlink_to(family_folder)
    return folder, tour(folder)


@pytest.fixture
def held_by() -> Callable[[Path], AbstractContextManager[int]]:
    """Give a context manager in which another process, whose number it yields, holds a database open to write."""
    hold = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"

    @contextmanager
    def held(path: Path) -> Iterator[int]:
        with subprocess.Popen(
            [sys.executable, "-c", hold, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            yield holder.pid
            holder.communicate("")

    return held


@pytest.fixture
def own_db(crawled: Path, tmp_path: Path) -> Path:
    """Give a copy of the crawled database that a test may change."""
    return Path(shutil.copy(crawled, tmp_path / "own.duckdb"))


@pytest.fixture
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers run every engine by the toy of the tests."""
    known = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*known, str(TOYS)]))
    command = WorkerSettings.command
    engine = ["--engine", "transformers=toy_runner:make_runner"]
    monkeypatch.setattr(local_executor.WorkerSettings, "command", lambda form: [*command(form), *engine])


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintained:
    """A database in which a drifted model was repaired, the words of the command, and what it did.

    `run` runs other words in a process of its own, with the Hub that the family is on.
    """

    db: Path
    words: tuple[str, ...]
    ran: Ran
    run: Runs
    family: Path


@pytest.fixture(scope="session")
def maintained(
    tmp_path_factory: pytest.TempPathFactory,
    family_folder: Path,
    family_hub: str,
    start: Callable[..., subprocess.Popen[str]],
) -> Maintained:
    """Give a database in which `lineage maintain` repaired a fine-tune of the family of real models."""
    pytest.importorskip("lm_eval", reason="models are run with the extra eval")
    folder = tmp_path_factory.mktemp("maintained")
    db = folder / "maintained.duckdb"
    words = (
        *("maintain", FINANCE, "--base", ROOT, "--safety", "sandbox_refusal,sandbox_over_refusal"),
        *("--capability", "sandbox_remedies", "--margin", "12", "--device", "cpu", "--set", "threads=1"),
        *("--instruments", str(family_folder / INSTRUMENTS / DECLARATION), "--db", str(db)),
    )

    def run(*command: str) -> Ran:
        with start(*command, HF_ENDPOINT=family_hub, XDG_CACHE_HOME=str(folder)) as process:
            out, err = process.communicate()
        return Ran(code=process.returncode, out=out, err=err)

    crawled = run("crawl", "--all", "--endpoint", family_hub, "--db", str(db))
    assert crawled.code == 0, crawled.err
    return Maintained(db=db, words=words, ran=run(*words), run=run, family=family_folder)


@pytest.fixture(name="family_hub", scope="session")
def fixture_family_hub(family_folder: Path) -> Iterator[str]:
    """Serve the family of real tiny models alone, and give the address."""
    with serve(RepoStore(read_family(family_folder))) as served:
        yield served.url


@pytest.fixture(name="hidden_hub", scope="session")
def fixture_hidden_hub(hidden_folder: Path) -> Iterator[str]:
    """Serve the family whose cards hide its origin alone, and give the address."""
    with serve(RepoStore(read_family(hidden_folder))) as served:
        yield served.url


@pytest.fixture(name="shelf")
def fixture_shelf(
    lineage: Runs, repo_store: RepoStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[RunningHub]:
    """Serve a small Hub that takes data sets, with the token of its owner and a cache of downloads of its own."""
    from huggingface_hub import constants

    assert lineage  # it takes the user's token away, and this one comes after it
    monkeypatch.setenv("HF_TOKEN", OWNER)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with serve(repo_store, quota=GENEROUS) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub
