"""`lineage pull evals` as its user runs it: published scores of the sandbox Hub, joined to a crawled database."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from subprocess import TimeoutExpired
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from evaluation.imports.pulled_evals import PARTS_AT_ONCE
from sandbox.hub.dataset_store import DatasetChange
from tests.cli.published_scores import ITEMS, NOW, STORE, path_of, put, record, samples

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import Popen

    from sandbox.hub.run import RunningHub
    from tests.cli.conftest import Ran, Runs

TABLES = "human-centered-eval/OpenEval"
FIRST_STORED = 3 * (PARTS_AT_ONCE + 2) + 20
"""So many requests that the first files are stored: each takes three at most, two have samples, and some list them."""
CARD = b"---\npretty_name: scores\nlicense: mit\n---\n# Scores\n"


def responses(place: Path, asked: range, models: dict[str, int]) -> bytes:
    """Return a table of OpenEval's responses to some items; of each model so many of them are right."""
    lines = [
        {
            "response_id": f"truthful-qa_20260221T020401Z_{number}_{model.rpartition('/')[2]}_0",
            "model": {"name": model, "model_adaptation": {"generation_parameters": '{"temperature": 0.0}'}},
            "item_adaptation": {"request_input": [f"ask {number}"]},
            "response_content": ["a reply that is never read"],
            "scores": {
                "metric": [{"name": "exact_match", "models": [], "extra_artifacts": {"type": [], "content": []}}],
                "value": [float(number < right)],
            },
        }
        for number in asked
        for model, right in models.items()
    ]
    written = place / "responses.jsonl"
    written.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    duckdb.read_json(str(written)).write_parquet(str(place / "responses.parquet"))
    return (place / "responses.parquet").read_bytes()


@pytest.fixture(name="models")
def fixture_models(own_db: Path) -> tuple[str, str]:
    """Give a child and its parent in the database."""
    with duckdb.connect(str(own_db)) as connection:
        ((child, parent),) = connection.execute(
            "select child, parent from edges where parent_status = 'present' and relation = 'finetune' "
            "and child like '%/%' and parent like '%/%' order by all limit 1"
        ).fetchall()
    return child, parent


@pytest.fixture(name="store")
def fixture_store(shelf: RunningHub, models: tuple[str, str]) -> RunningHub:
    """Give a Hub with two records with samples, one of them in other capitals, and some that are not for us."""
    child, parent = models
    put(
        shelf,
        {
            "README.md": CARD,
            path_of(child.upper(), 1): json.dumps(record(child.upper(), 0.25)).encode(),
            path_of(child.upper(), 1, "_samples.jsonl"): samples(child.upper(), 10),
            path_of(parent, 2): json.dumps(record(parent, 0.75)).encode(),
            path_of(parent, 2, "_samples.jsonl"): samples(parent, 30),
            path_of("elsewhere/unknown", 3): json.dumps(record("elsewhere/unknown", 0.5)).encode(),
            path_of(parent, 4, benchmark="riddles"): json.dumps(record(parent, 0.5, "riddles")).encode(),
            "data/lm_eval/notes.txt": b"x",
            "flat/objects/aa/bb/aabb.json": b"{}",
        },
    )
    return shelf


def rows(ran: Ran) -> list[dict[str, Any]]:
    """Return the rows of an answer in JSON."""
    return [dict(row) for row in json.loads(ran.out)]


def outcomes(ran: Ran) -> dict[str, str]:
    """Return what became of each file."""
    return {row["file"]: row["outcome"] for row in rows(ran) if row["outcome"] != "left_out"}


def scores(db: Path) -> list[tuple[Any, ...]]:
    """Return the scores of the data set, with the commit and licence of the file that each is from."""
    with duckdb.connect(str(db), read_only=True) as connection:
        return connection.execute(
            "select model, value, has_items, scores.revision, files.licence, files.path from scores "
            "join pulled_files as files on starts_with(scores.origin, files.origin) "
            "where source = 'every-eval-ever' and path like '%.json' order by model"
        ).fetchall()


def pull(lineage: Runs, db: Path, *words: str) -> Ran:
    """Pull from Every Eval Ever, as JSON."""
    return lineage("pull", "evals", "--from", "every-eval-ever", *words, "--db", str(db), "--format", "json")


def test_known_models_get_scores_with_items_and_drift(
    lineage: Runs, store: RunningHub, own_db: Path, models: tuple[str, str]
) -> None:
    """Records are joined by id in any capitals, with their items, file, commit and licence; the rest is listed."""
    child, parent = models
    ran = pull(lineage, own_db)
    assert ran.code == 0, ran.err
    commit = store.datasets.find(STORE)
    assert commit is not None
    assert {(row["revision"], row["licence"]) for row in rows(ran)} == {(commit.sha, "mit")}
    assert outcomes(ran) == {
        path_of(child.upper(), 1): "imported",
        path_of(parent, 2): "imported",
        path_of("elsewhere/unknown", 3): "unknown_model",
        path_of(parent, 4, benchmark="riddles"): "imported",
    }
    (left_out,) = [row for row in rows(ran) if row["outcome"] == "left_out"]
    assert (left_out["file"], "no instrument" in left_out["reason"]) == (path_of(parent, 4, benchmark="riddles"), True)
    assert "licence: mit" in ran.err
    assert "1 with paths of another form" in ran.err
    expected = [
        (child, 0.25, True, None, "mit", path_of(child.upper(), 1)),
        (parent, 0.75, True, None, "mit", path_of(parent, 2)),
    ]
    assert scores(own_db) == sorted(expected)
    drift = json.loads(lineage("drift", child, "--against", "parent", "--db", str(own_db), "--format", "json").out)
    assert [(row["reference"], row["pairing"], row["delta"]) for row in drift if row["name"] == "truthfulqa_mc1"] == [
        (parent, "items", 50.0)
    ]


def test_a_second_pull_reads_what_is_new(
    lineage: Runs, store: RunningHub, own_db: Path, models: tuple[str, str]
) -> None:
    """Unchanged files are not requested again; a changed one replaces what it said, a new one is added."""
    child, parent = models
    assert pull(lineage, own_db).code == 0
    before = len(store.requests)
    again = pull(lineage, own_db)
    assert (again.code, set(outcomes(again).values())) == (0, {"known", "unknown_model"})
    assert not any("/resolve/" in request.target for request in list(store.requests)[before:])

    put(
        store,
        {
            path_of(parent, 2): json.dumps(record(parent, 0.5)).encode(),
            path_of(parent, 2, "_samples.jsonl"): samples(parent, 20),
            path_of(child, 5): json.dumps(record(child, 0.5, "truthfulqa_mc2")).encode(),
        },
    )
    changed = pull(lineage, own_db)
    assert {file for file, outcome in outcomes(changed).items() if outcome == "imported"} == {
        path_of(parent, 2),
        path_of(child, 5),
    }
    listed = json.loads(lineage("scores", "list", parent, "--db", str(own_db), "--format", "json").out)
    standing = [row["value"] for row in listed if row["name"] == "truthfulqa_mc1" and row["is_standing"]]
    assert standing == [0.5]


def test_what_cannot_be_read_is_refused_whole(
    lineage: Runs, store: RunningHub, own_db: Path, models: tuple[str, str]
) -> None:
    """A damaged file is named with its line, its record is not stored without it, and all others are imported."""
    child, parent = models
    broken = samples(parent, 30).replace(b'"sample_id": "3"', b'"sample_id": [3]')
    put(store, {path_of(parent, 2, "_samples.jsonl"): broken})
    ran = pull(lineage, own_db)
    assert ran.code == 3
    assert f"refused: {path_of(parent, 2, '_samples.jsonl')}: line 4.sample_id" in ran.err
    assert [row[0] for row in scores(own_db)] == [child]
    put(store, {path_of(parent, 2, "_samples.jsonl"): samples(parent, 30)})
    mended = pull(lineage, own_db)
    assert (mended.code, outcomes(mended)[path_of(parent, 2)]) == (0, "imported")


def test_a_tampered_file_is_refused(lineage: Runs, store: RunningHub, own_db: Path, models: tuple[str, str]) -> None:
    """Content that has not the listed hash is not read, not kept in the cache, and read once it is right again."""
    child, parent = models
    versions = store.datasets._versions[STORE]
    right = versions[-1]
    other = json.dumps(record(parent, 0.99)).encode()
    files = tuple(replace(file, content=other) if file.path == path_of(parent, 2) else file for file in right.files)
    versions[-1] = replace(right, files=files)
    ran = pull(lineage, own_db)
    assert (ran.code, "has not the hash that the Hub lists" in ran.err) == (3, True)
    assert [row[0] for row in scores(own_db)] == [child]
    versions[-1] = right
    assert pull(lineage, own_db).code == 0
    assert sorted(row[0] for row in scores(own_db)) == sorted(models)


def test_a_store_without_a_licence_says_so(lineage: Runs, store: RunningHub, own_db: Path) -> None:
    """The licence is unknown, which is said before anything is read, and kept with the files."""
    put(store, {"README.md": b"# Scores\n"})
    ran = pull(lineage, own_db)
    assert (ran.code, "no licence is stated" in ran.err) == (0, True)
    assert {row[4] for row in scores(own_db)} == {None}


@pytest.mark.usefixtures("store")
def test_models_are_chosen(lineage: Runs, own_db: Path, models: tuple[str, str]) -> None:
    """Of some models alone, then of the others; of unknown ones, by name, only where all are asked for."""
    child, parent = models
    assert pull(lineage, own_db, "--models", child).code == 0
    assert [row[0] for row in scores(own_db)] == [child]
    more = pull(lineage, own_db)
    assert outcomes(more)[path_of(child.upper(), 1)] == "known"
    assert outcomes(more)[path_of(parent, 2)] == "imported"
    everything = pull(lineage, own_db, "--all-models")
    assert outcomes(everything)[path_of("elsewhere/unknown", 3)] == "imported"
    assert "elsewhere/unknown" in lineage("scores", "list", "--unknown", "--db", str(own_db)).out


def test_a_path_may_lie_about_the_model(
    lineage: Runs, store: RunningHub, own_db: Path, models: tuple[str, str]
) -> None:
    """The record says whose score it is: of an unknown model in a known one's folder it is left out."""
    _, parent = models
    lying = path_of(parent, 6)
    put(store, {lying: json.dumps(record("elsewhere/other", 0.5)).encode()})
    ran = pull(lineage, own_db)
    (left_out,) = [row for row in rows(ran) if row["file"] == lying and row["outcome"] == "left_out"]
    assert "elsewhere/other" in left_out["reason"]
    assert outcomes(pull(lineage, own_db))[lying] == "known"
    assert outcomes(pull(lineage, own_db, "--all-models"))[lying] == "imported"


def test_a_dry_run_reads_nothing(lineage: Runs, store: RunningHub, own_db: Path, models: tuple[str, str]) -> None:
    """It lists what would be read with sizes and the licence, of the chosen benchmark alone, and stores nothing."""
    _, parent = models
    ran = pull(lineage, own_db, "--dry-run", "--benchmark", "riddles")
    (row,) = rows(ran)
    assert (ran.code, row["file"], row["outcome"]) == (0, path_of(parent, 4, benchmark="riddles"), "wanted")
    assert row["size_bytes"] == len(json.dumps(record(parent, 0.5, "riddles")))
    assert not any("/resolve/" in request.target for request in store.requests)
    assert scores(own_db) == []


def test_samples_can_be_left_out_and_come_later(lineage: Runs, store: RunningHub, own_db: Path) -> None:
    """Without items only the records are read; a later pull with them reads these records again."""
    assert pull(lineage, own_db, "--without-items").code == 0
    assert {row[2] for row in scores(own_db)} == {False}
    assert not any("_samples.jsonl" in request.target for request in store.requests if "resolve" in request.target)
    assert pull(lineage, own_db).code == 0
    assert True in {row[2] for row in scores(own_db)}


def test_a_file_that_is_too_large_is_not_fetched(
    lineage: Runs, store: RunningHub, own_db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The listing tells the size: what is over the limit is refused before a byte of it is requested."""
    monkeypatch.setattr("crawler.published_evals.LARGEST_RECORD", 10)
    ran = pull(lineage, own_db)
    assert (ran.code, "bytes, more than 10" in ran.err, scores(own_db)) == (3, True, [])
    assert not any("/resolve/" in request.target for request in store.requests)


def test_a_pull_that_is_killed_goes_on(
    lineage: Runs,
    start: Callable[..., Popen[str]],
    store: RunningHub,
    own_db: Path,
    models: tuple[str, str],
    tmp_path: Path,
) -> None:
    """Whatever was stored is whole, and the next pull brings the rest: the same as one that nobody killed."""
    _, parent = models
    many = {path_of(parent, number): json.dumps(record(parent, number / 1000)).encode() for number in range(100, 300)}
    put(store, many)
    words = ("pull", "evals", "--from", "every-eval-ever", "--db", str(own_db), "--endpoint", store.url)
    with start(*words, HF_HUB_CACHE=str(tmp_path / "killed"), HF_HUB_DISABLE_XET="1") as process:
        while process.poll() is None and len(store.requests) < FIRST_STORED:
            with suppress(TimeoutExpired):
                process.wait(0.01)
        process.kill()
    with duckdb.connect(str(own_db)) as connection:
        half = connection.execute(
            "select (select count(*) from hub.scores where source = 'every-eval-ever'), "
            "(select coalesce(sum(scores), 0) from hub.pulled_files where path like '%.json')"
        ).fetchall()[0]
    assert PARTS_AT_ONCE <= half[0] == half[1] < 202
    ran = pull(lineage, own_db)
    assert ran.code == 0, ran.err
    assert len(scores(own_db)) == 202


def test_the_tables_of_openeval_are_pulled(
    lineage: Runs, shelf: RunningHub, own_db: Path, models: tuple[str, str], tmp_path: Path
) -> None:
    """All files of a benchmark are one table, of which the scores of known models are stored with their items."""
    child, parent = models
    right = {child: 10, parent: 30, "gpt-unknown": 40}
    files = {
        f"response/truthful-qa-{number:05d}-of-00002.parquet": responses(tmp_path, asked, right)
        for number, asked in enumerate((range(25), range(25, ITEMS)))
    }
    riddles = {"response/riddles-00000-of-00001.parquet": b"never read"}
    card = {"README.md": CARD.replace(b"license: mit", b"license: cc-by-nc-4.0")}
    put(shelf, files | riddles | card, TABLES)
    words = ("pull", "evals", "--from", "openeval", "--db", str(own_db), "--format", "json")
    ran = lineage(*words)
    assert ran.code == 0, ran.err
    assert outcomes(ran) == {"response/truthful-qa": "imported", "response/riddles": "no_instrument"}
    assert "licence: cc-by-nc-4.0" in ran.err
    (left_out,) = [row["reason"] for row in rows(ran) if row["outcome"] == "left_out"]
    assert "gpt-unknown" in left_out
    with duckdb.connect(str(own_db), read_only=True) as connection:
        stored = connection.execute(
            "select model, value, items, origin from scores where source = 'openeval' order by model"
        ).fetchall()
        known = connection.execute("select path, licence, left_models from pulled_files order by path").fetchall()
    origin = f"{TABLES} response/truthful-qa"
    assert stored == sorted([(child, 0.25, ITEMS, origin), (parent, 0.75, ITEMS, origin)])
    assert known == [(path, "cc-by-nc-4.0", ["gpt-unknown"]) for path in files]
    assert outcomes(lineage(*words))["response/truthful-qa"] == "known"
    assert outcomes(lineage(*words, "--all-models"))["response/truthful-qa"] == "imported"

    last = max(files)
    put(shelf, {last: files[last][:-20]}, TABLES)
    damaged = lineage(*words)
    assert (damaged.code, f"refused: {last}: " in damaged.err) == (3, True), damaged.err
    assert "gpt-unknown" in lineage("scores", "list", "--unknown", "--db", str(own_db)).out
    shelf.datasets.commit(TABLES, DatasetChange(deleted=(last,)), at=NOW)
    missing = lineage(*words)
    assert (missing.code, "not all there" in missing.err) == (3, True), missing.err


@pytest.mark.usefixtures("store")
def test_what_contradicts_itself_is_refused(lineage: Runs, own_db: Path, tmp_path: Path) -> None:
    """Options of evals for another source, two ways to choose models, a commit of two data sets, no database."""
    db = ("--db", str(own_db))
    for words, code, told in (
        (("pull", "alder-group/graph", "--dry-run", *db), 2, "only `lineage pull evals`"),
        (("pull", "evals", "--all-models", "--models", "domain:medical", *db), 2, "give one of them"),
        (("pull", "evals", "--revision", "main", *db), 2, "--from"),
        (("pull", "evals", "--db", str(tmp_path / "none.duckdb")), 3, "none.duckdb"),
        (("pull", "evals", "--from", "every-eval-ever", "--revision", "v9", *db), 1, "has no revision 'v9'"),
        (("pull", "evals", "--from", "every-eval-ever", "--benchmark", "chess", *db), 1, "has no benchmark 'chess'"),
        (("pull", "evals", "--from", "openeval", *db), 1, "there is no data set"),
    ):
        ran = lineage(*words)
        assert (ran.code, told in ran.err) == (code, True), ran.err
