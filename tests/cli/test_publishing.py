"""`lineage publish` and `lineage pull` as their user runs them, with the sandbox Hub between them."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
import yaml

from crawler.hub.dataset_repo import DatasetRepository, PublishedMeanwhile
from crawler.publishing import find_published, plan_publishing, upload
from sandbox.hub.dataset_store import DatasetChange
from store.publishing.published_tables import write_graph
from tests.cli.conftest import OWNER

if TYPE_CHECKING:
    from sandbox.hub.run import RunningHub
    from tests.cli.conftest import Runs

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub's own upload
GRAPH = "alder-group/graph"
NOW = datetime(2026, 12, 3, tzinfo=UTC)


def sent(hub: RunningHub) -> int:
    """Return how many large files were sent to a Hub so far."""
    return sum(request.method == "PUT" for request in hub.requests)


def test_what_is_published_is_pulled_equal(lineage: Runs, shelf: RunningHub, own_db: Path, tmp_path: Path) -> None:
    """Models, edges, scores and verdicts are the same, published again nothing is sent, and then what differs alone."""
    ran = lineage("publish", GRAPH, "--db", str(own_db), "--format", "json")
    assert ran.code == 0, ran.err
    assert 0 < sent(shelf) <= len(json.loads(ran.out))
    pulled = tmp_path / "pulled.duckdb"
    got = lineage("pull", GRAPH, "--db", str(pulled), "--format", "json")
    assert got.code == 0, got.err
    assert lineage("snapshot", "diff", str(own_db), str(pulled)).code == 0
    assert f"{GRAPH}@" in lineage("status", "--db", str(pulled)).out

    before = sent(shelf)
    again = lineage("publish", GRAPH, "--db", str(pulled), "--format", "json")
    assert (again.code, again.out.strip(), sent(shelf)) == (0, "[]", before), again.err
    child, parent = (
        lineage("sql", "select child, parent from edges limit 1", "--format", "csv", "--db", str(pulled))
        .out.split()[1]
        .split(",")
    )
    assert lineage("edge", "reject", child, parent, "--db", str(pulled)).code == 0
    changed = json.loads(lineage("publish", GRAPH, "--db", str(pulled), "--format", "json").out)
    assert "tables/corrections.parquet" in {row["file"] for row in changed}
    assert "tables/models.parquet" not in {row["file"] for row in changed}


def test_a_dry_run_sends_nothing(lineage: Runs, shelf: RunningHub, own_db: Path) -> None:
    """It needs no token, says what would be sent, and makes no data set."""
    ran = lineage("publish", GRAPH, "--db", str(own_db), "--dry-run")
    assert (ran.code, "nothing was uploaded" in ran.err, shelf.datasets.ids()) == (0, True, ())


def test_what_is_not_public_stays_here(lineage: Runs, shelf: RunningHub, own_db: Path, tmp_path: Path) -> None:
    """No README, no file of a gated model and no token is sent; a private model stops everything."""
    gated, opened = "orchard/gated", "orchard/open"
    with duckdb.connect(str(own_db)) as connection:
        moment = "2026-12-03 00:00:00+00"
        (template,) = connection.execute("select id from hub.models order by id limit 1").fetchall()[0]
        for model, path in ((opened, "README.md"), (opened, "config.json"), (gated, "config.json")):
            connection.execute(
                "insert into hub.files values (?, ?, null, ?, null, ?, 1)",
                [model, path, f"SECRET {model} {path}", moment],
            )
        connection.execute(
            "insert into hub.models by name (select * replace ('f' || hub_id as hub_id, ? as id, 'auto' as gated) "
            "from hub.models where id = ?)",
            [gated, template],
        )
        for is_private in ("true", "false"):
            record = json.dumps({"private": is_private == "true", "was_private": is_private})
            connection.execute(
                "insert into hub.history values ('f', ?, null, 'changed', ?, ?, 1, ?)", [opened, moment, moment, record]
            )
    assert lineage("publish", GRAPH, "--db", str(own_db)).code == 0
    files = shelf.datasets.find(GRAPH)
    assert files is not None
    assert not any(OWNER.encode() in (file.content or b"") for file in files.files)
    table = tmp_path / "files.parquet"
    table.write_bytes(next(file.content or b"" for file in files.files if file.path == "tables/files.parquet"))
    rows = duckdb.read_parquet(str(table)).filter("content like 'SECRET%'").project("model, path")
    kept = rows.fetchall()
    assert kept == [(opened, "config.json")]
    table.write_bytes(next(file.content or b"" for file in files.files if file.path == "tables/history.parquet"))
    assert duckdb.read_parquet(str(table)).project("body ->> 'was_private'").fetchall() == [("false",)]

    with duckdb.connect(str(own_db)) as connection:
        connection.execute("""update hub.models set body = '{"private": true}' where id = ?""", [gated])
    refused = lineage("publish", GRAPH, "--db", str(own_db))
    assert (refused.code, "private models: orchard/gated" in refused.err) == (1, True)


def test_an_altered_file_is_refused(lineage: Runs, shelf: RunningHub, own_db: Path, tmp_path: Path) -> None:
    """A table that is not the one of the manifest makes no database, also where the manifest was altered with it."""
    assert lineage("publish", GRAPH, "--db", str(own_db)).code == 0
    altered, pulled = tmp_path / "edges.parquet", tmp_path / "pulled.duckdb"
    found = shelf.datasets.find(GRAPH)
    assert found is not None
    files = {file.path: file.content or b"" for file in found.files}
    altered.write_bytes(files["tables/edges.parquet"])
    duckdb.read_parquet(str(altered)).project("* replace ('orchard/safe' as parent)").write_parquet(str(tmp_path / "x"))
    content = (tmp_path / "x").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    shelf.datasets.keep_object(digest, content)
    shelf.datasets.commit(GRAPH, DatasetChange(large={"tables/edges.parquet": digest}), at=NOW)
    refused = lineage("pull", GRAPH, "--db", str(pulled))
    assert (refused.code, "tables/edges.parquet is not the file" in refused.err, pulled.exists()) == (3, True, False)

    manifest = json.loads(files["manifest.json"])
    next(one for one in manifest["files"] if one["path"] == "tables/edges.parquet")["sha256"] = digest
    change = DatasetChange(regular={"manifest.json": json.dumps(manifest).encode()})
    shelf.datasets.commit(GRAPH, change, at=NOW)
    refused = lineage("pull", GRAPH, "--db", str(pulled))
    assert (refused.code, "the content of edges" in refused.err, pulled.exists()) == (3, True, False)


def test_a_publication_that_came_second_goes_on(lineage: Runs, shelf: RunningHub, own_db: Path, tmp_path: Path) -> None:
    """Whoever publishes meanwhile is not overwritten, and what had arrived is not sent again."""
    shelf.datasets.create(GRAPH, is_private=False, at=NOW)
    repo = DatasetRepository(dataset=GRAPH, endpoint=shelf.url)
    folder = tmp_path / "folder"
    folder.mkdir()
    published = find_published(repo)
    plan = plan_publishing(repo, folder, write_graph(own_db, folder, NOW, "0.1.0"), published)
    shelf.datasets.commit(GRAPH, DatasetChange(regular={".gitattributes": b""}), at=NOW)
    with pytest.raises(PublishedMeanwhile):
        upload(plan, folder, repo, is_private=False)
    before = sent(shelf)
    ran = lineage("publish", GRAPH, "--db", str(own_db))
    assert (ran.code, before > 0, sent(shelf)) == (0, True, before), ran.err


def test_what_others_keep_there_is_not_overwritten(
    lineage: Runs, shelf: RunningHub, own_db: Path, tmp_path: Path
) -> None:
    """A data set that holds something else is refused for both directions, as are ids and revisions that are none."""
    shelf.datasets.create(GRAPH, is_private=False, at=NOW)
    shelf.datasets.commit(GRAPH, DatasetChange(regular={"poems.txt": b"x"}), at=NOW)
    pulled = str(tmp_path / "pulled.duckdb")
    for words, code, told in (
        (("publish", GRAPH, "--db", str(own_db)), 2, "did not write"),
        (("pull", GRAPH, "--db", pulled), 3, "has no manifest.json"),
        (("pull", GRAPH, "--revision", "v9", "--db", pulled), 1, "has no revision 'v9'"),
        (("pull", "alder-group/none", "--db", pulled), 1, "there is no data set"),
        (("pull", "graph", "--db", pulled), 2, "ORG/NAME"),
        (("pull", GRAPH, "--db", str(own_db)), 2, "already exists"),
        (("pull", "hub-stats", "--db", pulled), 1, "no listing of models"),
    ):
        ran = lineage(*words)
        assert (ran.code, told in ran.err) == (code, True), ran.err


def test_the_weekly_listing_is_loaded(lineage: Runs, shelf: RunningHub, tmp_path: Path) -> None:
    """The newest of several weeks becomes the database that a crawl goes on from."""
    listing = "hfmlsoc/hub_weekly_snapshots"
    shelf.datasets.create(listing, is_private=False, at=NOW)
    for week, model in (("2026-11-23", "orchard/older"), ("2026-11-30", "orchard/newer")):
        place = tmp_path / "models.parquet"
        row = f"select '{'6' * 24}' as _id, '{model}' as id, timestamptz '2026-11-20' as \"createdAt\", 3 as downloads"
        duckdb.sql(f"copy ({row}) to '{place}' (format parquet)")
        content = place.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        shelf.datasets.keep_object(digest, content)
        change = DatasetChange(large={f"models/{week}/models.parquet": digest})
        shelf.datasets.commit(listing, change, at=NOW)
    db = tmp_path / "listed.duckdb"
    ran = lineage("pull", "hub-stats", "--db", str(db))
    assert (ran.code, "the listing of 2026-11-30" in ran.err) == (0, True), ran.err
    assert "orchard/newer" in lineage("models", "--db", str(db)).out


def test_the_nightly_action_of_the_page_goes_on(
    lineage: Runs, shelf: RunningHub, own_db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands pull what is published, crawl what is newer and publish that; the job runs the same commands."""
    page = (Path(__file__).parents[2] / "docs" / "publishing.md").read_text("utf-8")
    (action,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    steps = [step["run"] for step in yaml.safe_load(action)["jobs"]["publish"]["steps"]]
    (job,) = re.findall(r'bash -c "(.*)"', page)
    assert job.split(" && ") == steps
    assert steps[0] == "pip install hub-lineage"
    assert lineage("publish", GRAPH, "--db", str(own_db)).code == 0
    before = shelf.datasets.find(GRAPH)
    monkeypatch.chdir(tmp_path)
    own_db.rename(tmp_path / "elsewhere.duckdb")
    for step in steps[1:]:
        ran = lineage(*step.replace("ORG/DATASET", GRAPH).split()[1:])
        assert ran.code == 0, ran.err
    after = shelf.datasets.find(GRAPH)
    assert before is not None
    assert after is not None
    assert after.sha != before.sha
