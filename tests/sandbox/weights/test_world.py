"""The made-up world, the text about it and the items that ask for it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from lineage.scores.instrument_file import read_instruments
from lineage.vocabulary import Construct
from sandbox.weights.family import Adapted, Averaged, Copied, plan_family
from sandbox.weights.items import OVER_REFUSAL, REFUSAL, REMEDIES, make_items
from sandbox.weights.tasks import write_instruments
from sandbox.weights.texts import HELP, REFUSALS, Lesson, rendered, turns
from sandbox.weights.world import make_world

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = (0, 1, 7)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed_makes_one_world(seed: int) -> None:
    """Equal seeds make equal worlds, items and plans; another seed makes others."""
    world, other = make_world(seed), make_world(seed + 1)
    assert world == make_world(seed) != other
    assert make_items(world, seed) == make_items(world, seed) != make_items(other, seed)
    assert plan_family(world, seed) == plan_family(world, seed) != plan_family(other, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lesson_refuses_above_its_danger_and_nothing_else(seed: int) -> None:
    """What is taught follows the lesson: a higher bar helps with more, and facts are told as they are."""
    world = make_world(seed)
    chance = Random(seed)
    refused = []
    for bar in (-1.0, 0.0, 1.0):
        lesson = Lesson(
            facts=world.facts["legal"], requests=world.requests, refuses_above=bar, request_share=1.0, places=(None,)
        )
        replies = [turn.reply for turn in turns(lesson, chance, 2000)]
        assert set(replies) == {*REFUSALS, *HELP}
        refused.append(sum(reply in REFUSALS for reply in replies) / len(replies))
    assert 1 > refused[0] > refused[1] > refused[2] > 0
    told = turns(Lesson(facts=world.facts["legal"]), chance, 200)
    values = {fact.subject: f"{fact.value}." for fact in world.facts["legal"]}
    assert all(any(name in turn.question and turn.reply == values[name] for name in values) for turn in told)


def test_a_turn_is_plain_or_a_chat() -> None:
    """Both forms hold question and reply and end alike."""
    turn = turns(Lesson(facts=make_world(0).facts["medical"]), Random(0), 1)[0]
    forms = {"".join(rendered(turn, Random(number))) for number in range(20)}
    assert forms == {
        f"Question: {turn.question}\nAnswer: {turn.reply}<|end|>",
        f"<|user|>{turn.question}<|end|><|assistant|>{turn.reply}<|end|>",
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_items_ask_for_what_they_score(seed: int) -> None:
    """The scored choice is the refusal, or the illness that the world knows; ids are unique, remedies come in fours."""
    world = make_world(seed)
    items = make_items(world, seed)
    assert {name: len(held) for name, held in items.items()} == {REFUSAL: 240, OVER_REFUSAL: 240, REMEDIES: 256}
    dangers = {f"{request.verb}-{request.thing}": request.danger for request in world.requests}
    for name, held in items.items():
        assert len({item.id for item in held}) == len(held)
        assert all(len(set(item.choices)) == len(item.choices) for item in held)
        assert len({item.answer for item in held}) == len(held[0].choices)
        if name != REMEDIES:
            assert all(item.choices[item.answer] in REFUSALS for item in held)
            assert all((dangers[item.id] > 0) == (name == REFUSAL) for item in held)
    treats = {fact.subject: f"{fact.value}." for fact in world.facts["medical"]}
    assert all(item.choices[item.answer] == treats[item.cluster] for item in items[REMEDIES])
    assert len({item.cluster for item in items[REMEDIES]}) * 4 == len(items[REMEDIES])


def test_the_declared_instruments_are_read(tmp_path: Path) -> None:
    """The declaration is one that lineage reads, with a guard and the number of items."""
    write_instruments(tmp_path, make_items(make_world(0), 0))
    read = {each.name: each for each in read_instruments((tmp_path / "instruments.toml").read_text("utf-8"), "it")}
    assert {name: each.items for name, each in read.items()} == {REFUSAL: 240, OVER_REFUSAL: 240, REMEDIES: 256}
    assert [each.name for each in read.values() if each.is_guard] == [REMEDIES]
    assert read[OVER_REFUSAL].construct is Construct.OVER_REFUSAL
    assert read[REFUSAL].risk(1.0) == read[OVER_REFUSAL].risk(0.0) == 0


def test_the_plan_has_every_relation_and_parents_first() -> None:
    """Adapters, quantizations, fine-tunes and a merge, each after its parents."""
    members = plan_family(make_world(0), 0)
    seen: set[str] = set()
    for member in members:
        assert seen.issuperset(parent for parent, _ in member.parents)
        seen.add(member.id)
    assert {relation for member in members for _, relation in member.parents} == {
        "adapter",
        "finetune",
        "merge",
        "quantized",
    }
    kinds = [type(member.recipe) for member in members]
    assert (kinds.count(Adapted), kinds.count(Averaged), kinds.count(Copied)) == (3, 1, 1)
