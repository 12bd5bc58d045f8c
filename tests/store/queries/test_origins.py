"""What is said of roots: what one was probably made from, or that nothing is known, and what would settle it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.crawl_records import FetchedFile, PageFacts, Spent
from lineage.domains.lexicon_file import default_lexicon
from store.ingest.corrections import EdgeCorrection, correct
from store.queries.families import list_families, tell_origins
from store.queries.models import show_model
from store.queries.origins import read_origins
from store.queries.trees import draw_tree
from store.serving.overview import OverviewSort, list_overview

if TYPE_CHECKING:
    from tests.store.conftest import Desk, Filled

START = datetime(2026, 3, 1, tzinfo=UTC)
BASE, LIKELY, TUNED, ALONE, GONE = "maple/ward-notes", "elm/mine", "oak/tuned", "fir/alone", "ash/never-seen"
NOTHING = "declares no parent; none inferred"


def fill(desk: Desk) -> None:
    """Store a base, a root that names a path which ends like it, models made from that and from one never seen."""
    desk.take(
        [
            desk.record(1, id=BASE, createdAt="2026-01-01T00:00:00.000Z"),
            desk.record(2, id=LIKELY, createdAt="2026-01-02T00:00:00.000Z", cardData={"base_model": f"/tmp/{BASE}"}),  # noqa: S108 -- a path that somebody trained from
            desk.record(3, id=TUNED, createdAt="2026-01-03T00:00:00.000Z", tags=[f"base_model:finetune:{LIKELY}"]),
            desk.record(4, id=ALONE, createdAt="2026-01-03T00:00:00.000Z"),
            desk.record(5, id="oak/lost", createdAt="2026-01-03T00:00:00.000Z", tags=[f"base_model:finetune:{GONE}"]),
        ]
    )
    desk.derive()


@pytest.fixture(name="roots")
def fixture_roots(filled: Filled) -> Desk:
    """Give a base, a root that names a path which ends like it, models made from that and from one never seen."""
    return filled(fill)


def said(desk: Desk) -> str:
    """Return what is to be said of the likely derivative, with the confidence that the rule has."""
    ((confidence,),) = desk.rows(f"select confidence from likely_parents where model = '{LIKELY}'")  # noqa: S608 -- our own id
    return f"undeclared; likely made from {BASE}, {float(str(confidence)):.2f}"


def test_each_root_is_told_by_what_is_known_of_it(roots: Desk) -> None:
    """A likely derivative, a model that declares nothing and one never seen differ; who has a parent is left out."""
    origins = read_origins(roots.database, [LIKELY, TUNED, ALONE, GONE])
    assert set(origins) == {LIKELY, ALONE, GONE}
    assert origins[LIKELY].words == said(roots)
    assert (origins[ALONE].words, "--deep" in origins[ALONE].remedy) == (NOTHING, True)
    assert origins[GONE].words.startswith("never seen here")
    assert origins[GONE].remedy == ""


def test_show_says_what_a_root_was_likely_made_from(roots: Desk) -> None:
    """The root, a model below it and a model of which nothing is known each say so, with what would settle it."""
    shown = {(part, name): str(value) for part, name, value in show_model(roots.database, LIKELY).rows}
    assert shown["parents", "none"] == said(roots)
    shown = {(part, name): str(value) for part, name, value in show_model(roots.database, TUNED).rows}
    assert shown["family", "the root itself"] == said(roots)
    shown = {(part, name): str(value) for part, name, value in show_model(roots.database, ALONE).rows}
    assert shown["parents", "none"] == NOTHING
    assert "lineage crawl --deep" in shown["parents", "what would settle it"]
    shown = {(part, name): str(value) for part, name, value in show_model(roots.database, GONE).rows}
    assert shown["parents", "none"].startswith("root; 1 derivative (never seen here")


def test_families_and_views_mark_such_a_root(roots: Desk) -> None:
    """The family has the likely parent as columns, in words for people; the views have it for each of its models."""
    found = list_families(roots.database, domain=None, sort="models", limit=0)
    likely = {row["root"]: row["likely_parent"] for row in found.records()}
    assert likely == {LIKELY: BASE, GONE: None}
    told = {row["root"]: row["root_is"] for row in tell_origins(found).records()}
    assert told == {LIKELY: said(roots), GONE: None}
    served = list_overview(roots.database, domain=None, search=None, sort=OverviewSort.MODELS, limit=0)
    assert {row["root"]: row["root_is"] for row in served.records()} == told
    assert roots.rows("select model, root_likely_parent from families where root_likely_parent is not null") == [
        (LIKELY, BASE),
        (TUNED, BASE),
    ]
    assert roots.rows(f"select likely_parent from roots where model = '{TUNED}'") == [(BASE,)]  # noqa: S608 -- our own id


def test_a_tree_marks_it_however_narrow_the_terminal_is(roots: Desk) -> None:
    """A likely derivative is marked in both directions; a true root only where its parents were asked for."""

    def drawn(model: str, *, is_up: bool) -> str:
        return draw_tree(roots.database, model, depth=9, is_up=is_up, is_full=False, columns=40, is_ascii=True)

    assert drawn(LIKELY, is_up=False).startswith(f"{LIKELY}  ({said(roots)})\n")
    assert f"({said(roots)})" in drawn(TUNED, is_up=True)
    assert f"({NOTHING})" in drawn(ALONE, is_up=True)
    assert NOTHING not in drawn(ALONE, is_up=False)


def test_whom_a_person_says_it_is_not_made_from_is_no_likely_parent(roots: Desk) -> None:
    """A rejected suggestion is not repeated; what is left is that its declaration leads nowhere."""
    made = EdgeCorrection(child=LIKELY, parent=BASE, verdict="reject")
    correct(roots.database, made, default_lexicon(), START)
    origin = read_origins(roots.database, [LIKELY])[LIKELY]
    assert origin.words == "what it declares names no other model; none inferred"


def test_a_rejected_declaration_is_told_as_such(roots: Desk) -> None:
    """Who rejected the only declared parent is not told that nothing is declared."""
    made = EdgeCorrection(child=TUNED, parent=LIKELY, verdict="reject")
    correct(roots.database, made, default_lexicon(), START)
    origin = read_origins(roots.database, [TUNED])[TUNED]
    assert origin.words == "a person rejected the parent it declares; none inferred"


def test_what_was_read_is_not_asked_for_again(roots: Desk) -> None:
    """Where its files were read and name none, reading them is no longer what would settle it."""
    card = FetchedFile(model=ALONE, path="README.md", sha=None, content="# Alone\n", absent=None)
    roots.store.take_files([card], [], PageFacts(crawl=roots.crawl, seen_at=START, detail=20), Spent())
    roots.derive(day=2)
    origin = read_origins(roots.database, [ALONE])[ALONE]
    assert origin.words == NOTHING
    assert origin.remedy.startswith("its files name none")


def test_a_loop_is_no_origin(desk: Desk) -> None:
    """A model that declares to be made from a root is not what the root was made from, whatever its name suggests."""
    desk.take(
        [
            desk.record(1, id=BASE, createdAt="2026-01-01T00:00:00.000Z", tags=[f"base_model:finetune:{LIKELY}"]),
            desk.record(2, id=LIKELY, createdAt="2026-01-02T00:00:00.000Z", cardData={"base_model": "/tmp/ward-notes"}),  # noqa: S108 -- a path that somebody trained from
        ]
    )
    desk.derive()
    assert desk.rows("select count(*) from evidence where inferred and not is_edge") == [(1,)]
    assert desk.rows("from likely_parents") == []
