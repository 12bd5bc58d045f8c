"""A person's word on edges: it wins, it outlives crawls, and it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from lineage.domains.lexicon_file import default_lexicon
from lineage.errors import UsageError
from store.derive.model_names import NoSuchModel
from store.ingest.corrections import EdgeCorrection, correct, list_corrections
from store.queries.models import show_model

if TYPE_CHECKING:
    from tests.store.conftest import Desk, Filled

START = datetime(2026, 3, 1, tzinfo=UTC)
EDGES = "select child, parent, relation, evidence, relation_reason, confidence from edges order by all"


@pytest.fixture(name="pair")
def fixture_pair(filled: Filled) -> Desk:
    """Give a base, a derivative that declares it, and a model that declares nothing."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1, id="maple/base"),
                desk.record(2, id="maple/tuned", tags=["base_model:finetune:maple/base"]),
                desk.record(3, id="elm/silent"),
            ]
        )
        desk.derive()

    return filled(fill)


def say(desk: Desk, verdict: str, child: str, parent: str, day: int = 2, **more: str) -> None:
    """Correct one edge on a day."""
    made = EdgeCorrection(child=child, parent=parent, verdict="add" if verdict == "add" else "reject", **more)
    correct(desk.database, made, default_lexicon(), START + timedelta(days=day))


def test_an_edge_that_a_person_adds_is_certain_and_outlives_a_crawl(pair: Desk) -> None:
    """It is there at once, with the relation that was said, and after the next crawl of the same record."""
    say(pair, "add", "elm/silent", "maple/base", relation="adapter", note="the paper says so")
    added = ("elm/silent", "maple/base", "adapter", "human", "human", 1.0)
    assert pair.rows(EDGES)[0] == added
    pair.take([pair.record(3, id="elm/silent", tags=["x"])], day=5)
    pair.derive(day=6)
    assert pair.rows(EDGES)[0] == added
    values = [row[2] for row in show_model(pair.database, "elm/silent").rows if row[0] == "corrections"]
    assert values == ["added as adapter by hand on 2026-03-03: the paper says so"]


def test_a_rejected_edge_is_gone_whatever_declares_it(pair: Desk) -> None:
    """The declaration stays as evidence that makes no edge, and `show` tells of the rejection."""
    say(pair, "reject", "maple/tuned", "maple/base", note="a copied card")
    assert pair.rows(EDGES) == []
    assert pair.rows("select kind, is_edge from evidence") == [("tag", False)]
    pair.take([pair.record(2, id="maple/tuned", tags=["base_model:finetune:maple/base", "new"])], day=5)
    pair.derive(day=6)
    assert pair.rows(EDGES) == []
    shown = {row[0]: row for row in show_model(pair.database, "maple/tuned").rows}
    assert shown["corrections"][1:] == ("maple/base", "rejected by hand on 2026-03-03: a copied card")
    assert pair.rows("select count(*) from edges where child = 'maple/tuned'") == [(0,)]
    values = [row[2] for row in show_model(pair.database, "maple/tuned").rows if row[:2] == ("parents", "none")]
    assert values == ["a person rejected the parent it declares; none inferred"]


def test_the_last_word_counts(pair: Desk) -> None:
    """Whoever rejects and adds again has the edge; every word stays listed."""
    say(pair, "reject", "maple/tuned", "maple/base", day=2)
    say(pair, "add", "maple/tuned", "maple/base", day=3)
    ((_, _, relation, evidence, reason, _),) = pair.rows(EDGES)
    assert (relation, evidence, reason) == ("finetune", "human", "typed tag")
    assert [row[-1] for row in list_corrections(pair.database).rows] == [True, False]


def test_a_correction_follows_a_renamed_model(pair: Desk) -> None:
    """What was said of a model holds under its new name."""
    say(pair, "add", "elm/silent", "maple/base")
    pair.take([pair.record(3, id="elm/loud"), pair.record(1, id="maple/basis")], day=5)
    pair.derive(day=6)
    assert ("elm/loud", "maple/basis") in [row[:2] for row in pair.rows(EDGES)]


def test_a_correction_outlives_a_stop(pair: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the graph is computed: the word is kept, and the graph is known not to follow from it."""

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("store.ingest.corrections.derive", stopped)
        with pytest.raises(KeyboardInterrupt):
            say(pair, "add", "elm/silent", "maple/base")
    assert pair.database.value("refresh/freshness") is None
    pair.derive(day=3)
    assert ("elm/silent", "maple/base") in [row[:2] for row in pair.rows(EDGES)]


def test_a_correction_can_wait(pair: Desk) -> None:
    """Without a lexicon nothing is computed, and the database says that it is not fresh."""
    made = EdgeCorrection(child="elm/silent", parent="maple/base", verdict="add")
    correct(pair.database, made, None, START)
    assert len(pair.rows(EDGES)) == 1
    assert pair.database.value("refresh/freshness") is None
    pair.derive(day=3)
    assert len(pair.rows(EDGES)) == 2


def test_what_makes_no_sense_is_refused(pair: Desk) -> None:
    """An unknown child, an unknown parent to reject, a model as its own parent; a parent to add may be missing."""
    with pytest.raises(NoSuchModel):
        say(pair, "add", "elm/nobody", "maple/base")
    with pytest.raises(NoSuchModel):
        say(pair, "reject", "elm/silent", "elm/nobody")
    with pytest.raises(UsageError, match="own parent"):
        say(pair, "add", "maple/base", "maple/base")
    say(pair, "add", "elm/silent", "gone/base")
    assert pair.rows("select parent_status, resolution from edges where parent = 'gone/base'") == [
        ("missing", "missing")
    ]
