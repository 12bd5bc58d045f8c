"""A domain that only a file of the user's defines, from the crawl to the page: no code knows its name."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.hub.repo import Repo, timestamp
from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.cli.conftest import Runs

LEXICON = """
education:
  title: Education
  colour: "#3f7fbf"
  names: {strong: [tutor]}
  ask: {names: [tutor]}
  false_friends: {tutor: [driving]}
"""
SCORES = """model,instrument,value,items
acme/plain-base,truthfulqa_mc2,0.52,817
acme/math-tutor,truthfulqa_mc2,0.41,817
"""
POLICY = """[[rule]]
kind = "no_worse"
"""
TUTORS = {"acme/math-tutor", "elm/tutor-adapter", "oak/notes"}


def repo(number: int, name: str, parent: str | None = None, relation: str = "finetune") -> Repo:
    """Return a model of a fictional Hub, made from a parent."""
    created = timestamp(datetime.fromtimestamp(0x65000000 + number, tz=UTC))
    tags = [] if parent is None else [f"base_model:{parent}", f"base_model:{relation}:{parent}"]
    record = {"id": name, "createdAt": created, "lastModified": created, "tags": tags, "downloads": number}
    return Repo(record=record | {"_id": f"{0x65000000 + number:08x}{number:016x}"})


@pytest.fixture(name="folder", scope="module")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the database that all tests here read."""
    return tmp_path_factory.mktemp("school")


@pytest.fixture(name="school")
def fixture_school(lineage: Runs, folder: Path) -> Path:
    """Return a database that was crawled by that file, with two scores; the Hub and the file are gone."""
    db, words, scores = folder / "school.duckdb", folder / "words.yaml", folder / "scores.csv"
    if db.exists():
        return db
    repos = [
        repo(1, "acme/plain-base"),
        repo(2, "acme/math-tutor", "acme/plain-base"),
        repo(3, "elm/tutor-adapter", "acme/math-tutor", "adapter"),
        repo(4, "oak/notes", "acme/math-tutor"),
        repo(5, "hazel/driving-tutor"),
    ]
    with serve(RepoStore(repos)) as hub:
        place = ("--domain", "education", "--endpoint", hub.url, "--db", str(db))
        unknown = lineage("crawl", *place)
        assert (unknown.code, "the domains are medical, legal, financial" in unknown.err) == (2, True)
        words.write_text(LEXICON)
        assert lineage("crawl", *place, "--lexicon", str(words)).code == 0
        words.unlink()
        assert lineage("crawl", *place).code == 0
    scores.write_text(SCORES)
    assert lineage("scores", "import", str(scores), "--db", str(db)).code == 0
    return db


def rows(lineage: Runs, *command: str) -> list[dict[str, Any]]:
    """Return what a command answers as JSON."""
    ran = lineage(*command, "--format", "json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)
    return found


def test_models_of_it_are_listed_and_selected(lineage: Runs, school: Path) -> None:
    """By option and by selector, own and inherited; its false friend is none; a slip is corrected."""
    place = ("--db", str(school))
    assert {row["id"] for row in rows(lineage, "models", "--domain", "education", *place)} == TUTORS
    assert {row["id"] for row in rows(lineage, "models", "domain:education,relation:adapter", *place)} == {
        "elm/tutor-adapter"
    }
    assert [row["root"] for row in rows(lineage, "families", "--domain", "education", *place)] == ["acme/plain-base"]
    for slip in (("models", "--domain=educaton"), ("models", "domain:educaton"), ("families", "--domain=educaton")):
        ran = lineage(*slip, *place)
        assert ran.code == 2
        assert "the domains are medical, legal, financial, education\n  did you mean education?" in ran.err


def test_it_is_scheduled_studied_and_gated(lineage: Runs, school: Path, tmp_path: Path) -> None:
    """A schedule, the study, drift, instruments and a policy speak of it as of any other."""
    place, policy = ("--db", str(school)), tmp_path / "policy.toml"
    skipped = rows(lineage, "schedule", "--domain", "education", "--skipped", *place)
    assert {row["model"] for row in skipped} >= TUTORS
    assert [row["domains"] for row in rows(lineage, "drift", "domain:education", *place)] == [["education"]]
    study = lineage("research", "study", "--domain", "education", "--table", "drift_by_domain", *place)
    assert "education" in study.out
    (counted,) = [row for row in rows(lineage, "instruments", *place) if row["name"] == "truthfulqa_mc2"]
    assert (counted["models"], counted["education"], counted["medical"]) == (2, 1, 0)
    policy.write_text(POLICY)
    checked = lineage("check", "domain:education", "--policy", str(policy), *place)
    assert (checked.code, "acme/math-tutor" in checked.out) == (1, True)


def test_a_report_is_of_it(lineage: Runs, school: Path, tmp_path: Path) -> None:
    """Its models are counted and named."""
    report = tmp_path / "report.md"
    assert lineage("report", "domain:education", "-o", str(report), "--db", str(school)).code == 0
    assert all(model.replace("-", "") in report.read_text().replace("\\", "").replace("-", "") for model in TUTORS)


def test_the_explorer_shows_its_title_and_colour(lineage: Runs, school: Path, tmp_path: Path, browser: Browser) -> None:
    """The chip that filters by it has the title of the file, behind a square of the colour of the file."""
    page_file = tmp_path / "family.html"
    assert lineage("export", "*", "-o", str(page_file), "--db", str(school)).code == 0
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert page.locator("#domains .topic").all_inner_texts() == ["Education"]
    colour = "getComputedStyle(document.querySelector('#domains .topic'), '::before').backgroundColor"
    assert page.evaluate(colour) == "rgb(63, 127, 191)"
    page.click("#domains .chip")
    names = " ".join(page.locator(".row:visible .row-name").all_inner_texts()).replace("\n", "")
    assert "math-tutor" in names
    assert "driving" not in names
    page.context.close()
