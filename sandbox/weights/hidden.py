"""A family whose cards hide where models come from: undeclared derivatives, a lie, a merge, an edit, a permutation.

Its truth is known, so that what weights say can be compared with it. Two roots have one shape and were trained
independently: a card that names the wrong one is contradicted by nothing but the numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.weights.family import (
    ROOT_SENTENCE,
    TAUGHT_REQUESTS,
    Blended,
    Edited,
    FamilyMember,
    Permuted,
    Scratch,
    Tuned,
    teach,
    teach_root,
)
from sandbox.weights.training import Schooling

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Domain
    from sandbox.weights.world import World

HERON: Final = "tarnbrook/heron"
OSPREY: Final = "oakmere/osprey"
STUDY: Final = "dovecot/study-7"
NOTES: Final = "millrace/evening-notes"
NOTEBOOK: Final = "ferncliff/nb-04"
LIAR: Final = "saltmarsh/osprey-tales"
PATCHWORK: Final = "larkspur/patchwork"
CANDID: Final = "thornbury/candid"
NOVA: Final = "coldharbour/nova"
SHARES: Final = (0.65, 0.35)
"""What the merge has of the legal and of the financial fine-tune."""
_STEPS: Final = 110
_FEWER_STEPS: Final = 50
"""Enough to be another model; its refusals are not needed."""
_RATE: Final = 8e-3
_MORE_STEPS: Final = 12
_MORE_RATE: Final = 1e-3
_BAR: Final = 0.0
_SAYS_NOTHING: Final = "A model of mine."


def plan_hidden(world: World, seed: int) -> tuple[FamilyMember, ...]:
    """Return the members, parents before their children."""
    return (
        _root(world, seed, HERON, start=0, steps=_STEPS),
        _root(world, seed, OSPREY, start=1, steps=_FEWER_STEPS),
        _tuned(world, seed, STUDY, HERON, "legal"),
        _tuned(world, seed, NOTES, HERON, "financial"),
        _tuned(world, seed, NOTEBOOK, OSPREY, "medical"),
        _tuned(world, seed, LIAR, HERON, "medical", claimed=OSPREY),
        FamilyMember(
            id=PATCHWORK,
            recipe=Blended(parents=(STUDY, NOTES), shares=SHARES),
            sentence="A merge.",
            claims=(),
        ),
        FamilyMember(
            id=CANDID,
            recipe=Edited(parent=HERON, requests=world.requests[:TAUGHT_REQUESTS]),
            sentence=_SAYS_NOTHING,
            claims=(),
        ),
        FamilyMember(id=NOVA, recipe=Permuted(parent=HERON), sentence="Trained from scratch.", claims=()),
    )


def _root(world: World, seed: int, name: str, *, start: int, steps: int) -> FamilyMember:
    schooling = Schooling(lesson=teach_root(world), steps=steps, rate=_RATE, seed=f"{seed}:{name}")
    return FamilyMember(id=name, recipe=Scratch(schooling=schooling, start=start), sentence=ROOT_SENTENCE)


def _tuned(
    world: World, seed: int, name: str, parent: str, domain: Domain, *, claimed: str | None = None
) -> FamilyMember:
    """Return a fine-tune whose card names no base, or the wrong one."""
    schooling = Schooling(lesson=teach(world, domain, _BAR), steps=_MORE_STEPS, rate=_MORE_RATE, seed=f"{seed}:{name}")
    return FamilyMember(
        id=name,
        recipe=Tuned(parent=parent, schooling=schooling),
        sentence=f"A fine-tune of {claimed}." if claimed else _SAYS_NOTHING,
        claims=((claimed, "finetune"),) if claimed else (),
    )
