"""Quantized copies that repeat the card of their original: whose child they are, and what their card still says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lineage.domains.lexicon_file import default_lexicon
from store.drift.write_drift import refresh
from store.ingest.corrections import EdgeCorrection, correct
from store.queries.models import read_status, show_model
from store.queries.select import select
from store.scores.write import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scores.score import Score
    from tests.store.conftest import Desk

BASE = "maple/medical-base-7b"
ORIGINAL = "maple/ward-notes-7b"
COPY = "elm/ward-notes-7b-GGUF"
EDGES = "select parent, relation, inferred, rule from edges where child = '{}' order by parent"
EVIDENCE = (
    "select parent, kind, inferred, is_edge, carried_over_from from evidence where child like 'elm/%' order by kind"
)
DECLARES = ["base_model:maple/medical-base-7b"]
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def made(day: int) -> str:
    """Return a time of creation as the Hub writes it."""
    return f"2026-01-{day:02}T00:00:00.000Z"


def load(desk: Desk, *records: dict[str, object]) -> None:
    """Store a base, a derivative that declares it, and other models that were made later; then derive."""
    desk.take(
        [
            desk.record(1, id=BASE, createdAt=made(1)),
            desk.record(2, id=ORIGINAL, createdAt=made(2), tags=DECLARES),
            *(
                desk.record(number, **{"createdAt": made(number), "tags": ["gguf", *DECLARES], **record})
                for number, record in enumerate(records, start=3)
            ),
        ]
    )
    desk.derive()


def selected(desk: Desk, selector: str) -> list[str]:
    """Return the ids that a selector finds, sorted."""
    ids = {nid: str(name) for nid, name in desk.rows("select nid, id from hub.nodes")}
    return sorted(ids[number] for number in select(desk.database, selector).tolist())


def test_the_original_becomes_the_parent_of_a_copy_with_its_card(desk: Desk) -> None:
    """The copy is one generation below its original; what its card declares stays as evidence, marked."""
    load(desk, {"id": COPY})
    assert desk.rows(EDGES.format(COPY)) == [(ORIGINAL, "quantized", True, "copied card + copy suffix")]
    assert desk.rows("select depth, inferred from families where model like 'elm/%'") == [(2, False)]
    assert desk.rows(EVIDENCE) == [(ORIGINAL, "name", True, True, None), (BASE, "tag", False, False, ORIGINAL)]
    assert desk.rows(EDGES.format(ORIGINAL)) == [(BASE, "finetune", False, None)]


def test_a_copied_card_is_named_as_such(desk: Desk) -> None:
    """What a copy declares is shown with the model whose card it is, and the copy counts as one that declares."""
    load(desk, {"id": COPY})
    shown = {str(row[0]): str(row[2]) for row in show_model(desk.database, COPY).rows}
    assert shown["declarations"].endswith(f"leads to {BASE} (exact), declared on a copied card: that of {ORIGINAL}")
    told = {row[1]: row[2] for row in read_status(desk.database).rows}
    assert told["a parent that is here"] == 2


def test_without_inferred_edges_the_declaration_counts(desk: Desk) -> None:
    """Selectors that leave inference out follow what the copied card says."""
    load(desk, {"id": COPY})
    assert desk.rows("select child, parent from hub.declared_edges() order by all") == [(COPY, BASE), (ORIGINAL, BASE)]
    assert selected(desk, f"declared:{BASE}+1") == [COPY, BASE, ORIGINAL]
    assert selected(desk, f"{BASE}+1") == [BASE, ORIGINAL]


@pytest.mark.parametrize(
    ("copy", "original"),
    [
        ({"id": "maple/ward-notes-7b-4.0bpw-h6-exl2", "tags": DECLARES}, True),
        ({"id": "elm/maple_ward-notes-7b-4bit", "tags": DECLARES}, True),
        ({"id": "maple/ward-notes-7b-GGUF", "createdAt": made(1)}, True),
        ({"id": "elm/medical-base-7b-GGUF"}, False),
        ({"id": "elm/ward-notes-7b-lora", "tags": DECLARES}, False),
        ({"id": "elm/ward-notes-7b-lora-bnb-4bit", "tags": DECLARES}, False),
        ({"id": "elm/ward-notes-7b-16bit", "tags": DECLARES}, False),
        ({"id": "elm/ward-notes-7b", "tags": DECLARES}, False),
        ({"id": COPY, "createdAt": "2025-01-01T00:00:00.000Z"}, False),
        ({"id": COPY, "tags": ["gguf", *DECLARES, "base_model:maple/other"]}, False),
        ({"id": COPY, "config": {"peft": {"base_model_name_or_path": BASE}}}, False),
        ({"id": COPY, "cardData": {"base_model": BASE, "base_model_relation": "quantized"}}, False),
    ],
)
def test_only_a_quantized_copy_that_repeats_its_original_is_one(
    desk: Desk, copy: dict[str, object], *, original: bool
) -> None:
    """The name ends in a format, the original declares as much and is older or the author's own."""
    load(desk, copy)
    parents = {row[0] for row in desk.rows(EDGES.format(copy["id"]))}
    assert (parents == {ORIGINAL}) is original
    assert original or BASE in parents


def test_drift_is_measured_against_the_original(desk: Desk, make_score: Callable[..., Score]) -> None:
    """The copy's parent is the model it was made from, also where both it and the declared base have scores."""
    load(desk, {"id": COPY})
    write_scores(desk.database, [make_score(BASE, 40), make_score(ORIGINAL, 60), make_score(COPY, 80)], NOW)
    refresh(desk.database)
    assert desk.rows("select reference from drift where against = 'parent' and model like 'elm/%'") == [(ORIGINAL,)]


def test_a_name_that_many_use_means_no_model(desk: Desk) -> None:
    """Where three authors have a model of one name, none of them is the original of another author's copy."""
    others: list[dict[str, object]] = [{"id": f"{one}/notes", "tags": DECLARES} for one in ("ash", "oak", "fir")]
    load(desk, *others, {"id": "elm/notes-GGUF"}, {"id": "fir/notes-GGUF"})
    assert desk.rows(EDGES.format("elm/notes-GGUF")) == [(BASE, "quantized", False, None)]
    assert desk.rows(EDGES.format("fir/notes-GGUF"))[0][0] == "fir/notes"


def test_an_author_copies_the_own_model_of_a_name(desk: Desk) -> None:
    """Another author's model of the name is no original if the copy's author has one, whatever that one declares."""
    load(desk, {"id": "elm/ward-notes-7b", "tags": []}, {"id": COPY})
    assert desk.rows(EDGES.format(COPY)) == [(BASE, "quantized", False, None)]


def test_a_quantized_merge_has_one_parent(desk: Desk) -> None:
    """The copy of a merge repeats all that the merge declares; it is made from the merge alone."""
    parts = [f"base_model:maple/part-{letter}" for letter in "abc"]
    load(
        desk,
        {"id": "oak/mix-7b", "tags": ["merge", *parts]},
        {"id": "elm/mix-7b-GGUF", "tags": ["merge", "gguf", *parts]},
    )
    assert desk.rows(EDGES.format("elm/mix-7b-GGUF")) == [
        ("oak/mix-7b", "quantized", True, "copied card + copy suffix")
    ]
    assert {row[1] for row in desk.rows(EDGES.format("oak/mix-7b"))} == {"merge"}


@pytest.mark.parametrize(
    "said",
    [
        EdgeCorrection(child=COPY, parent=ORIGINAL, verdict="reject"),
        EdgeCorrection(child=COPY, parent=BASE, verdict="add"),
    ],
)
def test_a_person_has_the_last_word(desk: Desk, said: EdgeCorrection) -> None:
    """Rejecting the original, or confirming what the card declares, makes the declaration an edge again."""
    load(desk, {"id": COPY})
    correct(desk.database, said, default_lexicon(), NOW)
    assert [row[0] for row in desk.rows(EDGES.format(COPY))] == [BASE]
