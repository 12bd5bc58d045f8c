"""`lineage weights` on a family of real tiny models: what is told of each, and what it costs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.weights.family import LEDGER, LEGAL, MEDICAL, ROOT
from sandbox.weights.hidden import CANDID, HERON, LIAR, NOTEBOOK, NOTES, NOVA, OSPREY, PATCHWORK, STUDY

if TYPE_CHECKING:
    from tests.cli.conftest import Runs


def test_the_family_is_told_from_noise(family_hub: str, lineage: Runs) -> None:
    """Fine-tunes, roundings and a merge share the origin of the root, a copy is identical, noise shows no sign."""
    related = (MEDICAL, LEGAL, LEDGER, "quillon/wren-medical-int4", "quillon/wren-medical-legal")
    others = ("nightjar/markets-chat", "brassbell/wren-finance-broken", f"{MEDICAL}-lora", "maple/none")
    ran = lineage("weights", ROOT, *related, *others, "--endpoint", family_hub, "--format", "json")
    assert ran.code == 0, ran.err
    rows = {row["other"]: row for row in json.loads(ran.out)}
    assert {rows[model]["verdict"] for model in related} == {"same origin"}
    assert all(rows[model]["log10_p"] < -80 for model in related)
    assert [rows[model]["verdict"] for model in others] == ["identical", "no sign", "not read", "not read"]
    assert "an adapter" in rows[f"{MEDICAL}-lora"]["reason"]
    requests, spent = ran.err.splitlines()[-1].replace(",", "").split(" requests ")
    assert int(requests) <= 5 * 10
    assert int(spent.split()[0]) < 10 * 110_000


def test_one_model_shows_what_was_read(family_hub: str, lineage: Runs) -> None:
    """The commit, the file, the matrix and what it cost."""
    ran = lineage("weights", ROOT, "--endpoint", family_hub, "--format", "json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["file"], row["matrix"], row["type"]) == (
        0,
        "model.safetensors",
        "model.embed_tokens.weight",
        "F32",
    )
    assert row["bytes_read"] <= 100_000
    assert len(row["revision"]) == 40


def test_without_a_relative_the_answer_is_no(family_hub: str, lineage: Runs) -> None:
    """Exit code 1, and the reason in the row."""
    ran = lineage("weights", ROOT, "brassbell/wren-finance-broken", "--endpoint", family_hub)
    assert ran.code == 1
    assert "as chance alone brings" in ran.out
    gone = lineage("weights", "maple/none", ROOT, "--endpoint", family_hub)
    assert gone.code == 3
    assert "the weights of maple/none cannot be read" in gone.err


def test_a_card_that_lies_is_contradicted(hidden_hub: str, lineage: Runs) -> None:
    """No sign of the base that it names, which has the same shape; one origin with the base that it hides."""
    ran = lineage("weights", LIAR, OSPREY, HERON, "--endpoint", hidden_hub, "--format", "json")
    declared, true = json.loads(ran.out)
    assert (declared["other"], declared["verdict"]) == (OSPREY, "no sign")
    assert declared["columns"] == true["columns"] == 64
    assert (true["other"], true["verdict"]) == (HERON, "same origin")
    assert true["log10_p"] < -80


def test_what_declares_nothing_is_told_by_its_numbers(hidden_hub: str, lineage: Runs) -> None:
    """Each undeclared one has one origin with its root and no sign of the other, and so have the merge and the edit."""
    of_heron, of_osprey = {STUDY, NOTES, LIAR, PATCHWORK, CANDID}, {NOTEBOOK}
    for root, family in ((HERON, of_heron), (OSPREY, of_osprey)):
        others = sorted(of_heron | of_osprey)
        ran = lineage("weights", root, *others, "--endpoint", hidden_hub, "--format", "json")
        verdicts = {row["other"]: row["verdict"] for row in json.loads(ran.out)}
        assert verdicts == {model: "same origin" if model in family else "no sign" for model in others}


def test_a_permutation_defeats_the_test(hidden_hub: str, lineage: Runs) -> None:
    """Whoever puts the hidden coordinates in another order shows no sign: no sign is not innocence."""
    ran = lineage("weights", HERON, NOVA, "--endpoint", hidden_hub, "--format", "json")
    (row,) = json.loads(ran.out)
    assert (ran.code, row["verdict"]) == (1, "no sign")
