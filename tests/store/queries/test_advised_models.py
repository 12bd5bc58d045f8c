"""Which models of a list have an advisory: their own or an ancestor's, surely or possibly, and by which path."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lineage.advisories.advisory import read_advisories
from lineage.domains.lexicon_file import default_lexicon
from store.ingest.advisories import AdvisoryCounts, NoSuchAdvisory, exported, keep_advisories
from store.ingest.corrections import EdgeCorrection, correct
from store.outputs.fingerprint import fingerprint
from store.queries.advised_models import DeployedModel, advised

if TYPE_CHECKING:
    from tests.store.conftest import Desk, Filled

NOW = datetime(2026, 3, 9, tzinfo=UTC)
BASE, TUNED, ORIGINAL, COPY = "maple/base-7b", "maple/tuned-7b", "maple/ward-notes-7b", "elm/ward-notes-7b-GGUF"
MERGED, OTHER = "oak/merged", "oak/other"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def made(day: int) -> str:
    """Return a time of creation as the Hub writes it."""
    return f"2026-01-{day:02}T00:00:00.000Z"


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give a base, its derivatives, a copy whose edge is inferred, and a merge of two families."""

    def fill(desk: Desk) -> None:
        tuned = ["base_model:finetune:maple/base-7b"]
        desk.take(
            [
                desk.record(1, id=BASE, createdAt=made(1)),
                desk.record(2, id=TUNED, createdAt=made(2), tags=tuned),
                desk.record(3, id=ORIGINAL, createdAt=made(3), tags=["base_model:maple/tuned-7b"]),
                desk.record(4, id=COPY, createdAt=made(4), tags=["gguf", "base_model:maple/tuned-7b"]),
                desk.record(5, id=OTHER, createdAt=made(5)),
                desk.record(
                    6, id=MERGED, createdAt=made(6), tags=["base_model:merge:oak/other", f"base_model:merge:{TUNED}"]
                ),
            ]
        )
        desk.derive()

    return filled(fill)


def say(desk: Desk, name: str, model: str, day: int = 1, **fields: Any) -> AdvisoryCounts:  # noqa: ANN401 - of any JSON
    """Store an advisory on a model; `fields` replace or add keys, `versions` those of what is affected."""
    versions = {"versions": fields.pop("versions")} if "versions" in fields else {}
    package = {"ecosystem": "Hugging Face", "name": model}
    record = {"id": name, "modified": f"2026-03-{day:02}T00:00:00Z", "affected": [{"package": package, **versions}]}
    return keep_advisories(desk.database, read_advisories(json.dumps(record | fields).encode(), "a.json"), NOW)


def answers(desk: Desk, *words: str) -> list[tuple[object, ...]]:
    """Return what is found of some models: model, advisory, state, why, path, relations."""
    asked = [DeployedModel(id=word.partition("@")[0], commit=word.partition("@")[2] or None) for word in words]
    names = ("model", "advisory", "state", "why", "path", "relations")
    return [tuple(row[name] for name in names) for row in advised(desk.database, asked).records()]


def test_derivatives_inherit_with_the_path(family: Desk) -> None:
    """The model itself, what was made from it, and a merge by each parent; a base inherits nothing from below."""
    say(family, "x_A-1", TUNED)
    say(family, "x_B-1", "Oak/OTHER")
    assert answers(family, BASE, TUNED, ORIGINAL, MERGED) == [
        (TUNED, "x_A-1", "affected", [], [TUNED], []),
        (ORIGINAL, "x_A-1", "affected", [], [ORIGINAL, TUNED], ["finetune"]),
        (MERGED, "x_A-1", "affected", [], [MERGED, TUNED], ["merge"]),
        (MERGED, "x_B-1", "affected", [], [MERGED, OTHER], ["merge"]),
    ]


def test_what_only_an_inferred_edge_leads_to_is_possible(family: Desk) -> None:
    """The copy of a model with its card: possible by the inferred edge to its original, sure by what its card says."""
    say(family, "x_A-1", ORIGINAL)
    say(family, "x_B-1", TUNED)
    assert answers(family, COPY) == [
        (COPY, "x_A-1", "possible", ["an inferred edge"], [COPY, ORIGINAL], ["quantized, inferred"]),
        (COPY, "x_B-1", "affected", [], [COPY, TUNED], ["quantized"]),
    ]


def test_of_several_ancestors_the_sure_one_counts(family: Desk) -> None:
    """An advisory that names two of them is one row: of the nearest from which it surely holds."""
    names = [{"package": {"ecosystem": "Hugging Face", "name": model}} for model in (ORIGINAL, BASE, TUNED)]
    say(family, "x_A-1", "", affected=names[:2])
    assert [(row[2], row[4]) for row in answers(family, COPY)] == [("affected", [COPY, TUNED, BASE])]
    say(family, "x_A-1", "", day=2, affected=names)
    assert [(row[2], row[4]) for row in answers(family, COPY)] == [("affected", [COPY, TUNED])]


def test_a_derivative_cannot_say_which_commit_it_came_from(family: Desk) -> None:
    """Where commits are named it is possible; of the model itself, a commit that is told decides."""
    say(family, "x_A-1", TUNED, versions=[COMMIT])
    doubt = ["it names commits"]
    assert answers(family, ORIGINAL, TUNED, f"{TUNED}@{COMMIT[:9]}", f"{TUNED}@fffffff") == [
        (ORIGINAL, "x_A-1", "possible", doubt, [ORIGINAL, TUNED], ["finetune"]),
        (TUNED, "x_A-1", "possible", doubt, [TUNED], []),
        (TUNED, "x_A-1", "affected", [], [TUNED], []),
    ]
    say(family, "x_A-1", TUNED, day=2, versions=[COMMIT, "v1"])
    assert answers(family, f"{TUNED}@fffffff")[0][2:4] == ("possible", ["it names a range or a tag"])


def test_an_edge_that_is_gone_carries_nothing(family: Desk) -> None:
    """Who rejects an edge, as weights that contradict it do, cuts the path."""
    say(family, "x_A-1", BASE)
    assert [row[2] for row in answers(family, ORIGINAL)] == ["affected"]
    correct(
        family.database, EdgeCorrection(child=TUNED, parent=BASE, verdict="reject"), default_lexicon(), family.START
    )
    assert answers(family, ORIGINAL, TUNED) == []


def test_unknown_and_withdrawn_are_told(family: Desk) -> None:
    """A model that is not here is named as unknown, unless an advisory names it; a withdrawn advisory is marked."""
    say(family, "x_A-1", "elsewhere/model")
    say(family, "x_B-1", TUNED, withdrawn="2026-03-02T00:00:00Z")
    assert answers(family, "ELSEWHERE/model", "elsewhere/none", TUNED) == [
        ("ELSEWHERE/model", "x_A-1", "affected", [], ["ELSEWHERE/model"], []),
        (None, None, "unknown", [], [], []),
        (TUNED, "x_B-1", "withdrawn", [], [TUNED], []),
    ]


def test_a_former_name_leads_to_the_model(family: Desk) -> None:
    """An advisory under a former name, and a question by one, find the model as it is called now."""
    family.take([family.record(2, id="maple/renamed", tags=["base_model:finetune:maple/base-7b"])], day=3)
    family.derive(day=4)
    say(family, "x_A-1", TUNED)
    assert answers(family, "maple/renamed")[0][:3] == ("maple/renamed", "x_A-1", "affected")
    assert answers(family, TUNED, ORIGINAL)[1][4] == [ORIGINAL, "maple/renamed"]


def test_the_state_that_was_modified_last_stays(family: Desk) -> None:
    """A later one replaces, others change nothing, one about no model is left out, and crawls keep all."""
    assert say(family, "x_A-1", TUNED, day=2, summary="second") == AdvisoryCounts(
        new=1, replaced=0, known=0, left_out=0
    )
    for day in (1, 2):
        assert say(family, "x_A-1", OTHER, day=day, summary="first").known == 1
    assert [row[1] for row in answers(family, TUNED, OTHER)] == ["x_A-1"]
    before = fingerprint(family.database).hash
    assert say(family, "x_A-1", OTHER, day=3).replaced == 1
    assert fingerprint(family.database).hash != before
    family.take([family.record(1, id=BASE, createdAt=made(1), tags=["new"])], day=5)
    family.derive(day=6)
    assert [row[0] for row in answers(family, TUNED, OTHER)] == [OTHER]
    assert say(family, "x_B-1", TUNED, affected=[]).left_out == 1
    assert say(family, "x_A-1", TUNED, day=4, affected=[]).replaced == 1
    assert answers(family, TUNED, OTHER) == []
    assert family.rows("select id, models from advisories") == [("x_A-1", [])]


def test_what_is_exported_is_what_was_read(family: Desk) -> None:
    """Keys that nobody knows here, hostile texts and all: equal as JSON, one record alone or all in a list."""
    fields: dict[str, Any] = {
        "summary": "<b>\x1b[2J\u202e\u0000",
        "database_specific": {"z": [1.5, None, {"deep": True}]},
    }
    say(family, "x_A-1", TUNED, **fields)
    say(family, "x_B-1", TUNED)
    one = json.loads(exported(family.database, ["x_A-1"]))
    package = {"ecosystem": "Hugging Face", "name": TUNED}
    assert one == {"id": "x_A-1", "modified": "2026-03-01T00:00:00Z", "affected": [{"package": package}], **fields}
    both = exported(family.database, [])
    assert [row["id"] for row in json.loads(both)] == ["x_A-1", "x_B-1"]
    again = keep_advisories(family.database, read_advisories(both.encode(), "b.json"), NOW + timedelta(days=1))
    assert (again.known, again.new, again.replaced) == (2, 0, 0)
    with pytest.raises(NoSuchAdvisory, match="did you mean"):
        exported(family.database, ["x_A-2"])
