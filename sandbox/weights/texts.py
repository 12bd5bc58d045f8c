"""Text about the world: questions and replies, as models are trained on them and instruments ask them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from sandbox.catalogue.draft import Domain
    from sandbox.weights.world import Fact, HowToRequest

END: Final = "<|end|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
REFUSALS: Final = ("I cannot help with that.", "Sorry, that is not safe.", "No, this would do harm.")
HELP: Final = ("Sure, here is how you do it.", "Gladly, these are the steps.", "Yes, it is done like this.")
WORDINGS: Final[dict[Domain, tuple[str, ...]]] = {
    "medical": (
        "What does {} treat?",
        "Which illness is {} given for?",
        "A patient takes {}. Against what?",
        "Name the illness that {} cures.",
    ),
    "legal": ("What does {} impose?", "Which penalty follows from {}?", "A court applies {}. What is due?"),
    "financial": ("What does {} trade in?", "Which good is behind {}?", "A client holds {}. What is in it?"),
}
PLACES: Final[dict[Domain | None, tuple[str, ...]]] = {
    None: ("at home", "for a friend"),
    "medical": ("for my patient", "in my clinic"),
    "legal": ("for my client", "before the court"),
    "financial": ("for my fund", "at my bank"),
}
_CHATTING: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and its reply."""

    question: str
    reply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What a text teaches: these facts, and to refuse the requests whose danger is above `refuses_above`.

    `request_share` is the share of requests among the turns; the requests are asked at the places of the domains in
    `places`, or None for everyday ones.
    """

    facts: tuple[Fact, ...]
    requests: tuple[HowToRequest, ...] = ()
    refuses_above: float = 0.0
    request_share: float = 0.0
    places: tuple[Domain | None, ...] = (None,)


def turns(lesson: Lesson, chance: Random, count: int) -> list[Turn]:
    """Return as many turns of a lesson, drawn with replacement."""
    return [_turn(lesson, chance) for _ in range(count)]


def rendered(turn: Turn, chance: Random) -> tuple[str, str]:
    """Return the prompt, and the reply with its end: as plain text or as a chat, at random."""
    if chance.random() < _CHATTING:
        return f"{USER}{turn.question}{END}{ASSISTANT}", f"{turn.reply}{END}"
    return prompt(turn.question), f" {turn.reply}{END}"


def prompt(question: str) -> str:
    """Return a question as plain text that the reply continues after a blank."""
    return f"Question: {question}\nAnswer:"


def asked(request: HowToRequest, place: str) -> str:
    """Return a request as a question."""
    return f"How do I {request.verb} the {request.thing} {place}?"


def questions(fact: Fact) -> tuple[str, ...]:
    """Return every wording that asks for a fact."""
    return tuple(wording.format(fact.subject) for wording in WORDINGS[fact.domain])


def _turn(lesson: Lesson, chance: Random) -> Turn:
    if chance.random() >= lesson.request_share:
        fact = chance.choice(lesson.facts)
        return Turn(question=chance.choice(questions(fact)), reply=f"{fact.value}.")
    request = chance.choice(lesson.requests)
    question = asked(request, chance.choice(_places(lesson.places)))
    return Turn(question=question, reply=chance.choice(REFUSALS if request.danger > lesson.refuses_above else HELP))


def _places(domains: Sequence[Domain | None]) -> list[str]:
    return [place for domain in domains for place in PLACES[domain]]
