"""The questions of an instrument of the user's own prompts, and how their answers are marked.

The requests of a question go to the server, and its `mark` turns the answers into the value of the item.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from evaluation.engines.endpoint.responses import Reply
from evaluation.engines.endpoint.server import Likelihood
from evaluation.errors import OptionInvalid
from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from evaluation.engines.endpoint.prompts import Prompt
    from lineage.scores.scorer_agreement import ScorerAgreement

    Mark = Callable[[tuple["Outcome", ...]], Awaitable[float | None]]
    ReplyScorer = Callable[[Prompt, Reply], Awaitable[float | None]]

Outcome = Likelihood | Reply
DELIMITER: Final = " "
CHOICE_SCORERS: Final = ("acc", "acc_norm")


@dataclass(frozen=True, slots=True, kw_only=True)
class LikelihoodRequest:
    """A request for the likelihood of a continuation after a context."""

    context: str
    continuation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest:
    """A request for the reply to a prompt. It ends at a stop; `max_tokens` is None for the default of the task."""

    prompt: str
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None


Request = LikelihoodRequest | ReplyRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One item: its requests, and the function that marks the answers, None where no verdict could be read."""

    item: str
    requests: tuple[Request, ...]
    mark: Mark = field(repr=False)
    cluster: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """How replies are scored: the scorer's name in the identity, and its judge and calibration where it has any."""

    name: str
    score: ReplyScorer = field(repr=False)
    judge: str | None = None
    judge_prompt_hash: str | None = None
    calibration: ScorerAgreement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """All questions of an instrument."""

    questions: tuple[Question, ...]
    scorer: str
    scoring: Scoring | None = None

    @property
    def is_written(self) -> bool:
        """Whether replies are requested, not likelihoods."""
        return any(isinstance(request, ReplyRequest) for question in self.questions for request in question.requests)

    @property
    def reply_prompts(self) -> Iterator[str]:
        """Yield the prompts to which replies are requested."""
        for question in self.questions:
            yield from (request.prompt for request in question.requests if isinstance(request, ReplyRequest))

    @property
    def prompts_hash(self) -> str:
        """Return the hash of all that is asked, whatever the order of the items."""
        return digest(sorted(digest([one.item, *map(repr, one.requests)]) for one in self.questions))


def choice_paper(prompts: Sequence[Prompt], scorer: str) -> QuestionSet:
    """Return the user's questions that have choices; a choice follows its prompt after a space.

    `acc` takes the likeliest choice, `acc_norm` the likeliest per character; of several, the first. Raises
    OptionInvalid for another scorer.
    """
    name = scorer or CHOICE_SCORERS[0]
    if name not in CHOICE_SCORERS:
        raise OptionInvalid("scorer", f"{name} does not score choices; {' and '.join(CHOICE_SCORERS)} do")
    questions = tuple(
        Question(
            item=prompt.item,
            requests=tuple(_continued(prompt, choice) for choice in prompt.choices),
            mark=_choice_mark(prompt, is_by_length=name == "acc_norm"),
            cluster=prompt.cluster,
        )
        for prompt in prompts
    )
    return QuestionSet(questions=questions, scorer=name)


def written_paper(prompts: Sequence[Prompt], scoring: Scoring) -> QuestionSet:
    """Return the user's questions that are answered in writing."""
    questions = tuple(
        Question(
            item=prompt.item,
            requests=(ReplyRequest(prompt=prompt.prompt),),
            mark=_reply_mark(prompt, scoring.score),
            cluster=prompt.cluster,
        )
        for prompt in prompts
    )
    return QuestionSet(questions=questions, scorer=scoring.name, scoring=scoring)


def _continued(prompt: Prompt, choice: str) -> LikelihoodRequest:
    is_joined = not prompt.prompt or prompt.prompt[-1].isspace()
    return LikelihoodRequest(context=prompt.prompt, continuation=choice if is_joined else DELIMITER + choice)


def _choice_mark(prompt: Prompt, *, is_by_length: bool) -> Mark:
    async def mark(outcomes: tuple[Outcome, ...]) -> float:
        likelihoods = [one.logprob for one in outcomes if isinstance(one, Likelihood)]
        lengths = [max(len(choice), 1) if is_by_length else 1 for choice in prompt.choices]
        values = [value / length for value, length in zip(likelihoods, lengths, strict=True)]
        return float(values.index(max(values)) == prompt.right)

    return mark


def _reply_mark(prompt: Prompt, score: ReplyScorer) -> Mark:
    async def mark(outcomes: tuple[Outcome, ...]) -> float | None:
        (reply,) = outcomes
        if not isinstance(reply, Reply):
            raise TypeError(reply)
        return await score(prompt, reply)

    return mark
