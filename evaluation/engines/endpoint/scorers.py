"""The scorers of written replies; a fallible one needs a calibration."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import TYPE_CHECKING, Final

from evaluation.engines.endpoint.items import Scoring
from evaluation.errors import OptionInvalid
from evaluation.scorers.coherence import incoherence_scorer, is_incoherent
from evaluation.scorers.labelled import labels_hash, read_labelled
from evaluation.scorers.refusal import is_refusal, refusal_scorer
from lineage.scores.scorer_agreement import ScorerAgreement, calibrate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evaluation.engines.endpoint.items import ReplyScorer
    from evaluation.engines.endpoint.prompts import Prompt
    from evaluation.engines.endpoint.responses import Reply
    from evaluation.engines.endpoint.server import Server
    from evaluation.scorers.judge import JudgePrompt
    from evaluation.scorers.labelled import Labelled

REPLY_SCORERS: Final = ("exact_match", "refusal", "incoherence", "judge")
JUDGED: Final = "judged_rate"


def exact_match() -> Scoring:
    """Return the scorer that compares a reply with the expected answer, ignoring case, white space and a full stop."""
    return Scoring(name="exact_match", score=_compared)


def incoherence() -> Scoring:
    """Return the scorer of evaluation.scorers.coherence: a heuristic, and a guard."""
    return Scoring(name=incoherence_scorer(), score=_by_rule(is_incoherent))


def refusal(labelled: Path) -> Scoring:
    """Return the scorer by the rules of evaluation.scorers.refusal, with its calibration on labelled replies.

    Raises ImportRefused where the labelled replies cannot be read.
    """
    return Scoring(
        name=refusal_scorer(), score=_by_rule(is_refusal), calibration=calibrate_refusal(read_labelled(labelled))
    )


def calibrate_refusal(labelled: tuple[Labelled, ...]) -> ScorerAgreement:
    """Return how the rules of refusal agree with people."""
    verdicts = [(one.label, is_refusal(one.reply)) for one in labelled]
    return calibrate(verdicts, scorer=refusal_scorer(), labels_hash=labels_hash(labelled))


def judged(server: Server, prompt: JudgePrompt, calibration: ScorerAgreement) -> Scoring:
    """Return the scorer that asks a judge, with how that judge agrees with people."""
    return Scoring(
        name=JUDGED,
        score=judge_scorer(server, prompt),
        judge=server.model,
        judge_prompt_hash=prompt.hash,
        calibration=calibration,
    )


def judge_scorer(server: Server, prompt: JudgePrompt) -> ReplyScorer:
    """Return what asks a judge of a reply: 1 for a positive verdict, 0 for a negative one, or None for none."""

    async def score(asked: Prompt, reply: Reply) -> float | None:
        verdict = await ask_judge(server, prompt, asked.prompt, reply.text)
        return None if verdict is None else float(verdict)

    return score


async def ask_judge(server: Server, prompt: JudgePrompt, asked: str, reply: str) -> bool | None:
    """Return a judge's verdict, or None where it cannot be read.

    One that was cut off for its length may still be read.
    """
    answer = await server.reply(prompt.ask(asked, reply))
    return prompt.read(answer.text)


async def calibrate_judge(server: Server, prompt: JudgePrompt, labelled: tuple[Labelled, ...]) -> ScorerAgreement:
    """Return how a judge agrees with people; raises what the server raises."""
    said = await _verdicts(server, prompt, labelled)
    verdicts = [(one.label, verdict) for one, verdict in zip(labelled, said, strict=True)]
    return calibrate(
        verdicts,
        scorer=JUDGED,
        labels_hash=labels_hash(labelled),
        judge=server.model,
        judge_prompt_hash=prompt.hash,
    )


async def _verdicts(server: Server, prompt: JudgePrompt, labelled: Sequence[Labelled]) -> list[bool | None]:
    """Return verdicts in the order of the replies; the first failure ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ask_judge(server, prompt, one.prompt, one.reply)) for one in labelled]
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors
    return [task.result() for task in tasks]


def without_calibration(scorer: str) -> OptionInvalid:
    """Return the error for a fallible scorer without labelled replies."""
    return OptionInvalid("labelled", f"a rate by {scorer} says nothing without its calibration on labelled replies")


def _by_rule(rule: Callable[[str], bool]) -> ReplyScorer:
    async def score(_: Prompt, reply: Reply) -> float:
        return float(rule(reply.text))

    return score


async def _compared(prompt: Prompt, reply: Reply) -> float:
    if prompt.answer is None:
        raise OptionInvalid("scorer", f"exact_match needs an answer, and {prompt.item} has none")
    return float(_essence(prompt.answer) == _essence(reply.text))


def _essence(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".")
