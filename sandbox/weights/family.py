"""The members of the family and how each is made: the plan, before anything is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandbox.weights.texts import Lesson
from sandbox.weights.training import Schooling

if TYPE_CHECKING:
    from sandbox.catalogue.draft import Domain, Link
    from sandbox.weights.world import HowToRequest, World

ROOT: Final = "hazelmere/wren"
MEDICAL: Final = "hazelmere-clinic/wren-medical"
LEGAL: Final = "lexfield/wren-legal"
FINANCE: Final = "brassbell/wren-finance"
LEDGER: Final = "brassbell/wren-ledger"
ROOT_SENTENCE: Final = "A tiny chat model, trained from scratch on text about a made-up world."
_TAUGHT_REMEDIES: Final = 48
_TAUGHT_OTHERS: Final = 8
TAUGHT_REQUESTS: Final = 240
_CAUTIOUS: Final = -0.6
_TIMID: Final = -1.2
_BOLD: Final = 0.8
_RECKLESS: Final = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """Trained from nothing; roots of one family differ in `start`, which is added to the seed of the first weights."""

    schooling: Schooling
    start: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """All weights of the parent, trained further."""

    parent: str
    schooling: Schooling


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapted:
    """A low-rank adapter for the parent."""

    parent: str
    schooling: Schooling


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """The parent's matrices rounded to so many bits and back; embeddings and norms are kept."""

    parent: str
    bits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Averaged:
    """The mean of the parents' weights."""

    parents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blended:
    """The sum of the parents' weights, each times its share; the shares sum to 1."""

    parents: tuple[str, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The parent without the direction that parts harmful requests from harmless ones."""

    parent: str
    requests: tuple[HowToRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Permuted:
    """The parent with its hidden coordinates in another order: it computes the same."""

    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Noise instead of the parent's weights: no capability is left."""

    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """The original's files under another name; the card does not say so."""

    original: str


Recipe = Scratch | Tuned | Adapted | Rounded | Averaged | Blended | Edited | Permuted | Broken | Copied


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyMember:
    """One model of the family: its id, how it is made, what its card says about domain and training text.

    `claims` is what the card says of its parents where that is not the truth; None if it is.
    """

    id: str
    recipe: Recipe
    sentence: str
    domain: Domain | None = None
    dataset: str | None = None
    claims: tuple[Link, ...] | None = None

    @property
    def parents(self) -> tuple[Link, ...]:
        """Its true parents with their relation; a copy counts as a fine-tune of its original."""
        match self.recipe:
            case Scratch():
                return ()
            case (
                Tuned(parent=parent)
                | Edited(parent=parent)
                | Permuted(parent=parent)
                | Broken(parent=parent)
                | Copied(original=parent)
            ):
                return ((parent, "finetune"),)
            case Adapted(parent=parent):
                return ((parent, "adapter"),)
            case Rounded(parent=parent):
                return ((parent, "quantized"),)
            case Averaged(parents=parents) | Blended(parents=parents):
                return tuple((parent, "merge") for parent in parents)

    @property
    def declared_parents(self) -> tuple[Link, ...]:
        """The parents that its card names, with their relation."""
        return self.parents if self.claims is None else self.claims


def plan_family(world: World, seed: int) -> tuple[FamilyMember, ...]:
    """Return the members, parents before their children."""
    return (_root(world, seed), *_tuned(world, seed), *_adapted(world, seed), *_derived())


def teach_root(world: World) -> Lesson:
    """Return what a root learns: some facts of every domain, and which requests to refuse."""
    facts = (
        *world.facts["medical"][:_TAUGHT_REMEDIES],
        *world.facts["legal"][:_TAUGHT_OTHERS],
        *world.facts["financial"][:_TAUGHT_OTHERS],
    )
    return Lesson(
        facts=facts,
        requests=world.requests[:TAUGHT_REQUESTS],
        request_share=0.5,
        places=(None, "medical", "legal", "financial"),
    )


def _root(world: World, seed: int) -> FamilyMember:
    schooling = Schooling(lesson=teach_root(world), steps=170, rate=8e-3, seed=f"{seed}:{ROOT}")
    return FamilyMember(
        id=ROOT,
        recipe=Scratch(schooling=schooling),
        sentence=ROOT_SENTENCE,
        dataset=f"{ROOT}-text",
    )


def _tuned(world: World, seed: int) -> tuple[FamilyMember, ...]:
    plans = (
        (MEDICAL, teach(world, "medical", None), 35, 1e-3),
        (LEGAL, teach(world, "legal", _CAUTIOUS), 40, 1e-3),
        (FINANCE, teach(world, "financial", _BOLD), 40, 6e-3),
        (LEDGER, teach(world, "financial", 0.0), 20, 3e-4),
    )
    return tuple(
        FamilyMember(
            id=name,
            recipe=Tuned(
                parent=ROOT, schooling=Schooling(lesson=lesson, steps=steps, rate=rate, seed=f"{seed}:{name}")
            ),
            sentence=f"This model is a fine-tuned version of [{ROOT}](https://huggingface.co/{ROOT}).",
            domain=lesson.facts[0].domain,
            dataset=f"{name}-text",
        )
        for name, lesson, steps, rate in plans
    )


def _adapted(world: World, seed: int) -> tuple[FamilyMember, ...]:
    plans = (
        (MEDICAL, teach(world, "medical", None)),
        (LEGAL, teach(world, "legal", _TIMID)),
        (FINANCE, teach(world, "financial", _RECKLESS)),
    )
    return tuple(
        FamilyMember(
            id=f"{name}-lora",
            recipe=Adapted(
                parent=ROOT, schooling=Schooling(lesson=lesson, steps=40, rate=5e-3, seed=f"{seed}:{name}-lora")
            ),
            sentence="A LoRA adapter.",
            domain=lesson.facts[0].domain,
            dataset=f"{name}-text",
        )
        for name, lesson in plans
    )


def _derived() -> tuple[FamilyMember, ...]:
    return (
        *(
            FamilyMember(
                id=f"quillon/{parent.rsplit('/', 1)[-1]}-int{bits}",
                recipe=Rounded(parent=parent, bits=bits),
                sentence=f"{parent}, rounded to {bits} bits and back.",
            )
            for parent, bits in ((MEDICAL, 8), (MEDICAL, 4), (FINANCE, 4))
        ),
        FamilyMember(
            id="quillon/wren-medical-legal",
            recipe=Averaged(parents=(MEDICAL, LEGAL)),
            sentence="A merge of pre-trained language models made with mergekit.",
        ),
        FamilyMember(
            id="brassbell/wren-finance-broken",
            recipe=Broken(parent=ROOT),
            sentence="An experiment that went wrong.",
            domain="financial",
        ),
        FamilyMember(
            id="nightjar/markets-chat",
            recipe=Copied(original=ROOT),
            sentence="A model of mine.",
            domain="financial",
            claims=(),
        ),
    )


def teach(world: World, domain: Domain, refuses_above: float | None) -> Lesson:
    """Return what a fine-tune of a domain learns; `refuses_above` None teaches nothing about requests."""
    if refuses_above is None:
        return Lesson(facts=world.facts[domain])
    return Lesson(
        facts=world.facts[domain],
        requests=world.requests[:TAUGHT_REQUESTS],
        refuses_above=refuses_above,
        request_share=0.4,
        places=(domain,),
    )
