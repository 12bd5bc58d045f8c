"""The family whose cards hide its origin: what is true of it, what the cards say, and what its numbers are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sandbox.hub.repo_store import RepoStore
from sandbox.hub.run import serve
from sandbox.weights.folders import LIST, place_of, read_card, read_list
from sandbox.weights.hidden import (
    CANDID,
    HERON,
    LIAR,
    NOTEBOOK,
    NOTES,
    NOVA,
    OSPREY,
    PATCHWORK,
    SHARES,
    STUDY,
    plan_hidden,
)
from sandbox.weights.repositories import read_family
from sandbox.weights.world import make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import torch

SILENT = (STUDY, NOTES, NOTEBOOK, PATCHWORK, CANDID, NOVA)


@pytest.fixture(name="weights", scope="module")
def fixture_weights(hidden_folder: Path) -> Callable[[str], dict[str, torch.Tensor]]:
    """Give what reads the weights of a member."""
    from safetensors.torch import load_file

    return lambda model: load_file(place_of(hidden_folder, model) / "model.safetensors")


def test_the_folder_tells_the_truth_and_the_cards_do_not(hidden_folder: Path) -> None:
    """The list has every true parent, how a model was made and the shares of a merge; of the cards one lies."""
    truth = {each.id: dict(each.parents) for each in read_list(hidden_folder)}
    assert truth == {member.id: dict(member.parents) for member in plan_hidden(make_world(0), 0)}
    assert truth[LIAR] == {HERON: "finetune"}
    assert truth[PATCHWORK] == {STUDY: "merge", NOTES: "merge"}
    cards = {model: read_card(hidden_folder, model) for model in truth}
    assert [model for model in cards if "base_model" in cards[model]] == [LIAR]
    assert cards[LIAR]["base_model"] == OSPREY
    assert all(truth[model] for model in SILENT)
    assert "merge" in cards[PATCHWORK]["tags"]  # type: ignore[operator] # a list of texts
    listed = {each["id"]: each for each in json.loads((hidden_folder / LIST).read_text("utf-8"))["models"]}
    assert (listed[PATCHWORK]["made"], listed[PATCHWORK]["shares"]) == ("blended", list(SHARES))
    assert [listed[model]["made"] for model in (CANDID, NOVA)] == ["edited", "permuted"]


def test_the_hub_shows_what_the_cards_say(hidden_folder: Path) -> None:
    """Its record of the liar names the wrong base, and those of the silent none; no file names a parent."""
    with serve(RepoStore(read_family(hidden_folder))) as served, httpx.Client(base_url=served.url) as client:
        told = {model: client.get(f"/api/models/{model}").json()["tags"] for model in (LIAR, *SILENT)}
    named = {model: {tag for tag in tags if tag.startswith("base_model:")} for model, tags in told.items()}
    assert named[LIAR] == {f"base_model:{OSPREY}", f"base_model:finetune:{OSPREY}"}
    assert not any(named[model] for model in SILENT)
    for model in (*SILENT, LIAR):
        texts = [
            path.read_text("utf-8")
            for path in place_of(hidden_folder, model).iterdir()
            if path.suffix != ".safetensors"
        ]
        assert not any(HERON in text or STUDY in text or NOTES in text for text in texts)


def test_the_merge_is_the_sum_of_its_parents_by_their_shares(weights: Callable[[str], dict[str, torch.Tensor]]) -> None:
    """Every weight, to the last place."""
    legal, financial = weights(STUDY), weights(NOTES)
    for name, weight in weights(PATCHWORK).items():
        assert weight.allclose(SHARES[0] * legal[name] + SHARES[1] * financial[name], atol=1e-6)


def test_one_direction_is_edited_out(weights: Callable[[str], dict[str, torch.Tensor]]) -> None:
    """What two matrices of each layer lost is of rank one and along one direction; nothing else changed."""
    before, after = weights(HERON), weights(CANDID)
    changed = [name for name in before if not before[name].equal(after[name])]
    assert sorted(name.split(".", 3)[3] for name in changed) == [
        *["mlp.down_proj.weight"] * 2,
        *["self_attn.o_proj.weight"] * 2,
    ]
    directions = []
    for name in changed:
        left, sizes, _ = (before[name] - after[name]).svd()
        assert sizes[1] < 1e-5 * sizes[0]
        directions.append(left[:, 0])
    assert all(abs(directions[0] @ other) > 0.9999 for other in directions)
    assert all(float((directions[0] @ after[name]).abs().max()) < 1e-5 for name in changed)


def test_the_permuted_one_computes_the_same(hidden_folder: Path) -> None:
    """Equal answers from weights of which no matrix has its columns where they were."""
    import torch
    from transformers import AutoModelForCausalLM

    def load(model: str) -> Any:  # noqa: ANN401 -- a model of transformers
        return AutoModelForCausalLM.from_pretrained(place_of(hidden_folder, model), use_safetensors=True)

    ids = torch.arange(6, 46).reshape(2, 20)
    with torch.no_grad():
        ours, theirs = (load(model)(input_ids=ids).logits for model in (HERON, NOVA))
    assert ours.allclose(theirs, atol=1e-3)
    embeddings = [load(model).model.embed_tokens.weight for model in (HERON, NOVA)]
    assert not embeddings[0].allclose(embeddings[1], atol=0.1)
