"""The commands about selections on the command line: models, data sets, changes, licences, and the watch."""

from __future__ import annotations

import json
import signal
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from typer.testing import CliRunner

import cli
from crawler.commands import watch as watch_commands
from lineage.crawl_records import PageFacts, Spent, WalkRow, WalkStep
from lineage.domains.lexicon import UnknownDomain
from lineage.domains.lexicon_file import default_lexicon
from lineage.errors import LineageError, UsageError
from lineage.selectors.records import SelectorError
from sandbox.run_sandbox import run_sandbox
from store.connect import open_database
from store.ingest.crawl_store import DuckDBCrawlStore

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

START = datetime(2026, 3, 1, tzinfo=UTC)
PAGES: tuple[list[dict[str, object]], ...] = (
    [
        {"id": "maple/base", "tags": ["license:llama3"]},
        {"id": "maple/legal-one", "tags": ["base_model:adapter:maple/base"]},
    ],
    [{"id": "oak/legal-two", "tags": ["base_model:finetune:maple/base", "license:mit", "dataset:elm/notes"]}],
)


@pytest.fixture(name="db", scope="module")
def fixture_db(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database of two crawls of a small family."""
    path = tmp_path_factory.mktemp("small") / "lineage.duckdb"
    database = open_database(path)
    with DuckDBCrawlStore(database) as store:
        for day, page in enumerate(PAGES):
            at = START + timedelta(days=day)
            crawl = store.open_crawl("all", "http://127.0.0.1:1", at).crawl
            store.add_walks(crawl, [WalkRow(walk="created", request="first")])
            records = [{"_id": f"{10 * day + number:024x}"} | record for number, record in enumerate(page)]
            facts = PageFacts(crawl=crawl, seen_at=at, detail=20)
            store.take_page(json.dumps(records).encode(), facts, WalkStep(walk="created", request=None), Spent())
            store.close_crawl(crawl, "finished", at)
        store.derive(default_lexicon(), START + timedelta(days=2))
    database.close()
    return path


def answer(db: Path, *words: str) -> list[dict[str, object]]:
    """Return what a command answers in JSON; it must have found something."""
    result = CliRunner().invoke(cli.app, [*words, "--db", str(db), "--format", "json"])
    assert result.exit_code == 0, result.output
    found: list[dict[str, object]] = json.loads(result.stdout)
    return found


def test_models_are_listed_by_a_selector(db: Path) -> None:
    """The argument is a selector, the options are filters on top; the id comes first."""
    listed = answer(db, "models", "maple/base+,domain:legal", "--limit", "0", "--sort", "created")
    assert [row["id"] for row in listed] == ["maple/legal-one", "oak/legal-two"]
    assert next(iter(listed[0])) == "id"
    assert [row["id"] for row in answer(db, "models", "*", "--relation", "adapter")] == ["maple/legal-one"]


def test_data_sets_licences_and_changes_take_a_selector(db: Path) -> None:
    """Each command answers for the selection, `changes` since the last crawl unless it is told otherwise."""
    assert answer(db, "datasets", "org:oak")[0]["dataset"] == "elm/notes"
    assert [(row["model"], row["drift"]) for row in answer(db, "licences", "domain:legal", "--drift", "looser")] == [
        ("oak/legal-two", "looser")
    ]
    assert [(row["model"], row["kind"]) for row in answer(db, "changes")] == [("oak/legal-two", "new")]
    assert len(answer(db, "changes", "--since", "1", "--kind", "new")) == 3


@pytest.mark.parametrize(
    "words",
    [["datasets", "maple/base"], ["licences", "maple/base"], ["changes", "org:maple"], ["models", "org:nobody"]],
)
def test_nothing_found_is_exit_code_1(db: Path, words: list[str]) -> None:
    """An empty answer is an empty answer, a word on stderr and exit code 1."""
    result = CliRunner().invoke(cli.app, [*words, "--db", str(db), "--format", "json"])
    assert (result.exit_code, json.loads(result.stdout)) == (1, [])
    assert result.stderr


def test_a_faulty_selector_is_wrong_usage_in_every_command(db: Path) -> None:
    """Also of a watch, before it asks the Hub anything."""
    for words in (
        ["models"],
        ["datasets"],
        ["changes"],
        ["licences"],
        ["watch", "--endpoint", "http://127.0.0.1:1", "--follow"],
    ):
        for selector, fault in (("nothing:medical", SelectorError), ("domain:nothing", UnknownDomain)):
            result = CliRunner().invoke(cli.app, [*words, selector, "--db", str(db)])
            assert isinstance(result.exception, fault)
            assert result.exception.exit_code == 2


def test_a_watch_keeps_a_database_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first round fills the database and tells no news; a second one finds none; then others can read it."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    db = tmp_path / "lineage.duckdb"
    with run_sandbox() as url:
        for _ in range(2):
            words = ["watch", "--once", "--domain", "legal", "--endpoint", url, "--db", str(db)]
            result = CliRunner().invoke(cli.app, words)
            assert (result.exit_code, result.stdout) == (0, "")
            assert "round 1: 0 news" in result.stderr
    assert len(answer(db, "models", "domain:legal", "--limit", "0")) > 10


def test_news_are_lines_and_a_webhook_that_fails_is_a_remark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output has the news whatever becomes of the post; stderr never has the address."""
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    outcomes: list[list[dict[str, object]] | None] = [[{"kind": "new_model", "model": "maple/x"}], None]

    def look(_: tuple[str, ...]) -> list[dict[str, object]]:
        found = outcomes.pop(0)
        if found is None:
            raise LineageError("no network")
        return found

    watch_commands._watch(look, time.sleep, 60, rounds=2, webhook="http://127.0.0.1:1/s3cret?key=s3cret")
    told = capsys.readouterr()
    assert json.loads(told.out) == {"kind": "new_model", "model": "maple/x"}
    assert "the webhook at 127.0.0.1 did not accept it" in told.err
    assert "no network" in told.err
    assert "s3cret" not in told.err
    assert 60 in pauses


def test_a_model_that_an_event_names_is_fetched_at_once(
    hub: str, start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """A day before the next crawl: it is news as any other; Ctrl-C ends the server with the watch."""
    db, secret = tmp_path / "lineage.duckdb", "a secret of the tests"
    words = ("watch", "--domain", "legal", "--follow", "*", "--every", "1d", "--listen", "0")
    with start(*words, "--endpoint", hub, "--db", str(db), LINEAGE_WEBHOOK_SECRET=secret) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = iter(process.stderr.readline, "")
        url = next(line.split(" at ")[1].strip() for line in told if "taking events of the Hub at " in line)
        assert next(line for line in told if line.startswith("round 1: ")) == "round 1: 0 news\n"
        known = {row["id"] for row in answer(db, "models", "*", "--limit", "0")}
        listed = httpx.get(f"{hub}/api/models", params={"limit": 500}).json()
        model = next(one["id"] for one in listed if one["id"] not in known)
        event = {"event": {"action": "create", "scope": "repo"}, "repo": {"type": "model", "name": model}}
        assert httpx.post(url, json=event, headers={"X-Webhook-Secret": "a guess"}).status_code == 401
        assert httpx.post(url, json=event, headers={"X-Webhook-Secret": secret}).status_code == 202
        news = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert news["model"] == model
    assert news["kind"] in {"new_model", "new_derivative"}
    assert (process.returncode, secret in out + err) == (3, False)
    assert [row["id"] for row in answer(db, "models", model)] == [model]


@pytest.mark.parametrize(
    ("words", "secret", "reason"),
    [
        (["--once"], "a secret of the tests", "--listen waits for events between crawls: leave --once out"),
        ([], "short", "--listen needs the secret of the webhook, of 16 characters or more, in LINEAGE_WEBHOOK_SECRET"),
    ],
)
def test_who_cannot_listen_is_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], secret: str, reason: str
) -> None:
    """Nothing is crawled, and no database is made."""
    monkeypatch.setenv("LINEAGE_WEBHOOK_SECRET", secret)
    db = tmp_path / "lineage.duckdb"
    result = CliRunner().invoke(cli.app, ["watch", "--listen", "0", *words, "--db", str(db)])
    assert isinstance(result.exception, UsageError)
    assert str(result.exception) == reason
    assert not db.exists()
