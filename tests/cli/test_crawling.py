"""Crawling and loading from the command line: what is answered, what is said meanwhile, and how it goes on."""

from __future__ import annotations

import gzip
import json
import signal
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evaluation.commands.evaluate import plan_with_commits
from evaluation.jobs.evaluate import EvaluateRequest, plan_request
from lineage.errors import UsageError
from lineage.scores.instrument_file import default_catalogue
from store.connect import open_database
from tests.cli.conftest import Ran

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from sandbox.hub.repo_store import RepoStore
    from tests.cli.conftest import Runs

    Start = Callable[..., subprocess.Popen[str]]

TOKEN = "hf_" + "k" * 34
STORED = "select id, revision, status from models order by all"
EDGES = "select child, parent, relation, evidence from edges order by all"


def row_of(ran: Ran) -> dict[str, Any]:
    """Return the one row of a JSON answer."""
    (row,) = json.loads(ran.out)
    assert isinstance(row, dict)
    return row


@pytest.fixture
def contents(lineage: Runs) -> Callable[[Path], tuple[str, str]]:
    """Give a function that returns the models and edges of a database."""

    def read(db: Path) -> tuple[str, str]:
        models, edges = (lineage("sql", query, "--db", str(db), "--format", "csv") for query in (STORED, EDGES))
        assert (models.code, edges.code) == (0, 0)
        return models.out, edges.out

    return read


@pytest.fixture(name="legal", scope="module")
def fixture_legal(start: Start, hub: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """Give a database of one domain that was crawled undisturbed, and what was said; tests only read it."""
    db = tmp_path_factory.mktemp("legal") / "legal.duckdb"
    with start("crawl", "--domain", "legal", "--endpoint", hub, "--db", str(db), "--format", "json") as process:
        out, err = process.communicate()
    return db, Ran(code=process.returncode, out=out, err=err)


def test_a_domain_is_crawled_with_its_families(lineage: Runs, legal: tuple[Path, Ran]) -> None:
    """Stdout has one row of figures; stderr the plan, the stages and that it is finished; the parents came too."""
    db, ran = legal
    row = row_of(ran)
    assert ran.code == 0
    assert ran.err.startswith("plan for legal: ")
    assert "\nlisting: " in ran.err
    assert "\nfinished in " in ran.err
    assert row["models_stored"] > 0
    assert row["requests"] > 0
    told = lineage(
        "sql", "select count(*) as n from edges where parent_status = 'present'", "--db", str(db), "--format", "json"
    )
    assert row_of(told)["n"] > 0


def test_a_second_crawl_asks_only_for_news(
    lineage: Runs, hub: str, own_db: Path, contents: Callable[[Path], tuple[str, str]]
) -> None:
    """Nothing new on the Hub: the plan says that only news are asked for, and nothing changes."""
    before = contents(own_db)
    ran = lineage("crawl", "--all", "--endpoint", hub, "--db", str(own_db), "--format", "json")
    assert "only what is new or changed" in ran.err
    row = row_of(ran)
    assert row["already_known"] == row["records"]
    assert contents(own_db) == before


def test_a_dry_run_stores_nothing(lineage: Runs, hub: str, tmp_path: Path) -> None:
    """The plan names requests and minutes at this token's quota, no crawl begins, and no file is left."""
    db = str(tmp_path / "dry.duckdb")
    ran = lineage("crawl", "--domain", "medical", "--dry-run", "--endpoint", hub, "--db", db, "--format", "json")
    plan = row_of(ran)
    assert ran.code == 0
    assert plan["scope"] == "medical"
    assert (plan["quota"], plan["quota_is_told"]) == (10**6, True)
    assert plan["requests_expected"] >= plan["listings"] > 0
    assert plan["minutes"] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_leaves_the_database_as_it_was(
    lineage: Runs, hub: str, own_db: Path, contents: Callable[[Path], tuple[str, str]]
) -> None:
    """Where there is a database, the plan is the next crawl's, and that crawl is not begun."""
    crawls = ("sql", "from crawls", "--db", str(own_db), "--format", "csv")
    before = contents(own_db), lineage(*crawls).out
    ran = lineage("crawl", "--all", "--dry-run", "--endpoint", hub, "--db", str(own_db), "--format", "json")
    assert ran.code == 0
    assert row_of(ran)["scope"] == "all"
    assert (contents(own_db), lineage(*crawls).out) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--domain", "medicine"), "there is no domain 'medicine'; the domains are medical, legal, financial"),
        (("--all", "--domain", "legal"), "--all crawls every domain: leave --domain out"),
        (("--models", "a/b", "--all"), "leave the other options of a crawl out"),
        (("--endpoint", "ftp://hub.example"), "not an http(s) address"),
        (("--format", "yaml"), "'yaml' is not one of 'table', 'json', 'csv'"),
        (("--dbase", "x"), "No such option: --dbase"),
    ],
)
def test_wrong_usage_is_named(lineage: Runs, tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """What cannot be asked for ends with 2 and a sentence that quotes it."""
    ran = lineage("crawl", "--db", str(tmp_path / "none.duckdb"), *words)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_a_stopped_crawl_goes_on(
    start: Start,
    lineage: Runs,
    serve_hub: Callable[[str], str],
    legal: tuple[Path, Ran],
    tmp_path: Path,
    contents: Callable[[Path], tuple[str, str]],
) -> None:
    """Ctrl-C ends with 3 and a sentence; the same command goes on, and the end is that of an undisturbed crawl."""
    url = serve_hub("slow,delay=0.02")
    db, (whole, _) = tmp_path / "stopped.duckdb", legal
    command = ("crawl", "--domain", "legal", "--endpoint", url, "--db")
    with start(*command, str(db)) as process:
        assert process.stderr is not None
        assert any(line.startswith("listing: ") for line in process.stderr)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert process.returncode == 3
    assert told.endswith("lineage: stopped; what is stored is kept, and the same command continues from here\n")
    assert "Traceback" not in told
    again = lineage(*command, str(db))
    assert again.code == 0
    assert again.err.startswith("crawl 1 goes on: ")
    assert contents(db) == contents(whole)


def test_ctrl_c_leaves_its_requests_behind(start: Start, serve_hub: Callable[[str], str], tmp_path: Path) -> None:
    """One sentence follows, and DuckDB does not list what the requests still hold."""
    url = serve_hub("slow,delay=0.5")
    command = ("crawl", "--domain", "legal", "--endpoint", url, "--db", str(tmp_path / "left.duckdb"), "--verbose")
    with start(*command) as process:
        assert process.stderr is not None
        assert any(line.startswith("listing: ") for line in process.stderr)
        assert sum("/api/models?" in line for line in islice(process.stderr, 10)) > 5
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == 3
    assert told.splitlines()[-1] == "lineage: stopped; what is stored is kept, and the same command continues from here"


def test_a_refused_cursor_costs_nothing(
    lineage: Runs,
    serve_hub: Callable[[str], str],
    tmp_path: Path,
    crawled: Path,
    contents: Callable[[Path], tuple[str, str]],
) -> None:
    """A Hub that refuses its own cursors and large pages is crawled whole all the same, and stderr says so."""
    url = serve_hub("504>300,cursor=0.5,seed=1")
    db = tmp_path / "refused.duckdb"
    ran = lineage("crawl", "--all", "--endpoint", url, "--db", str(db))
    assert ran.code == 0
    assert "refused its own cursor" in ran.err
    assert contents(db) == contents(crawled)


def test_a_file_is_loaded_and_crawled_from_there(
    lineage: Runs, hub: str, repo_store: RepoStore, tmp_path: Path, contents: Callable[[Path], tuple[str, str]]
) -> None:
    """A bulk listing gives the same graph plain and packed, with its files; a crawl then asks only for news."""
    repos = [repo_store.get(name) for name in repo_store.ids()]
    lines = b"".join(json.dumps(repo.record).encode() + b"\n" for repo in repos if repo.access == "public")
    plain_file, packed = tmp_path / "hub.jsonl", tmp_path / "hub.jsonl.gz"
    plain_file.write_bytes(lines)
    packed.write_bytes(gzip.compress(lines))
    found = []
    for file in (plain_file, packed):
        db = tmp_path / f"{file.suffix[1:]}.duckdb"
        ran = lineage("load", str(file), "--db", str(db), "--format", "json")
        assert ran.code == 0
        assert row_of(ran)["records"] == lines.count(b"\n")
        assert list((tmp_path / f"{db.name}.graph").glob("*/parents.npy"))
        found.append(contents(db))
    assert found[0] == found[1]
    ran = lineage("crawl", "--all", "--endpoint", hub, "--db", str(db))
    assert ran.code == 0
    assert "only what is new or changed" in ran.err


def test_single_models_are_fetched_with_their_ancestors(lineage: Runs, hub: str, tmp_path: Path) -> None:
    """Into a new database too: those that are named, and what they were made from; a name of nobody is noted."""
    db, child = tmp_path / "few.duckdb", "quillfeather/ingredient-03-clinical"
    asked = ("crawl", "--models", child, "--models", "no/body", "--endpoint", hub, "--db", str(db), "--format", "json")
    assert row_of(lineage(*asked, "--dry-run"))["requests_expected"] == 2
    row = row_of(lineage(*asked))
    assert (row["not_shown"], row["models_stored"] > 1) == (1, True)
    assert row["requests"] < 20
    told = lineage(
        "sql", "select id, revision from models where status = 'present'", "--db", str(db), "--format", "json"
    )
    found = {one["id"]: one["revision"] for one in json.loads(told.out)}
    assert child in found
    assert all(found.values())
    parents = lineage("sql", "select distinct parent_status as s from edges", "--db", str(db), "--format", "json")
    assert [one["s"] for one in json.loads(parents.out)] == ["present"]


def test_unknown_commits_are_fetched_after_a_load(
    lineage: Runs, hub: str, repo_store: RepoStore, tmp_path: Path
) -> None:
    """A listing without commits gives models without; those that are selected get theirs, once."""
    names = [name for name in repo_store.ids() if name.startswith("quillfeather/")]
    records = [repo_store.get(name).record for name in names if repo_store.get(name).access == "public"]
    bare = [{key: value for key, value in record.items() if key != "sha"} for record in records]
    (tmp_path / "old.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in bare))
    db = str(tmp_path / "old.duckdb")
    assert lineage("load", str(tmp_path / "old.jsonl"), "--db", db).code == 0
    open_names = [str(record["id"]) for record in records]
    asked_for = EvaluateRequest(model=open_names[0], instrument="toxigen")
    with closing(open_database(Path(db), "write")) as database:
        job = plan_with_commits(database, default_catalogue(), asked_for, hub)
        assert (job.spec.model, job.spec.revision) == (open_names[0], repo_store.get(open_names[0]).record["sha"])
        with pytest.raises(UsageError, match="the commit of"):
            plan_request(database, default_catalogue(), replace(asked_for, model=open_names[1]))
    asked = ("crawl", "--revisions", "org:quillfeather", "--endpoint", hub, "--db", db, "--format", "json")
    assert row_of(lineage(*asked))["looked_up"] >= len(records) - 1
    told = lineage("sql", "select count(*) as n from models where revision is null", "--db", db, "--format", "json")
    assert row_of(told)["n"] == 0
    assert row_of(lineage(*asked, "--dry-run"))["requests_expected"] == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("page.html", b"<html>no records</html>\n", "holds no records"),
        ("empty.jsonl", b"", "holds no records"),
        ("torn.jsonl.gz", gzip.compress(b'{"_id": "0123456789abcdef01234567"}\n' * 99)[:-20], "cannot be read"),
        ("fake.jsonl.gz", b"not packed at all", "cannot be read"),
        ("garbled.jsonl.gz", gzip.compress(b"x" * 999)[:12] + b"\xff" * 40, "cannot be read"),
        ("fake.jsonl.xz", b"not packed at all", "cannot be read"),
        ("fake.parquet", b"PAR0", "fake.parquet"),
    ],
)
def test_a_wrong_file_is_named(lineage: Runs, tmp_path: Path, name: str, content: bytes, told: str) -> None:
    """A file that is no listing ends with an error that names it, and stdout stays empty."""
    file = tmp_path / name
    file.write_bytes(content)
    ran = lineage("load", str(file), "--db", str(tmp_path / "none.duckdb"))
    assert ran.code in {2, 3}
    assert ran.out == ""
    assert name in ran.err
    assert told in ran.err


def test_a_wrong_date_is_named(lineage: Runs, tmp_path: Path) -> None:
    """A date that is none ends with 2 before anything is opened."""
    ran = lineage("load", "x.jsonl", "--as-of", "last week", "--db", str(tmp_path / "none.duckdb"))
    assert ran.code == 2
    assert "'last week' is not a date like 2024-07-11" in ran.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("token", [TOKEN, TOKEN + " two words"])
def test_a_refused_token_is_never_shown(
    lineage: Runs, hub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """A token that the Hub does not know ends with 3; its source is named, itself stands nowhere, on disk neither."""
    monkeypatch.setenv("HF_TOKEN", token)
    ran = lineage("crawl", "--all", "--endpoint", hub, "--db", str(tmp_path / "none.duckdb"))
    assert (ran.code, ran.out) == (3, "")
    assert "the token from HF_TOKEN was refused" in ran.err
    assert TOKEN not in ran.err
    assert not any(TOKEN.encode() in path.read_bytes() for path in tmp_path.iterdir())


def test_an_accepted_token_is_never_stored(
    lineage: Runs, repo_store: RepoStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crawl with a token that the Hub knows leaves no trace of it in the output or on disk."""
    from sandbox.hub.callers import BEARERS
    from sandbox.hub.run import serve

    token = next(iter(BEARERS))
    monkeypatch.setenv("HF_TOKEN", token)
    with serve(repo_store) as served:
        ran = lineage("crawl", "--all", "--endpoint", served.url, "--db", str(tmp_path / "crawled.duckdb"))
    assert ran.code == 0
    assert token not in ran.err + ran.out
    assert not any(token.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
