"""Scores the kept replies of a run with another scorer or judge: nothing is asked of the model again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from evaluation.engines.endpoint.async_map import AsyncMap
from evaluation.engines.endpoint.items import Scoring, written_paper
from evaluation.engines.endpoint.prompts import OWN_PROMPTS, Prompt, read_prompts
from evaluation.engines.endpoint.responses import Reply
from evaluation.engines.endpoint.scoring import MOST_LEFT_OUT, scoring_of, unusable_judge
from evaluation.errors import CannotRun, OptionInvalid
from lineage.scores.score import ItemScores, Score, item_set_hash
from lineage.scores.standard_error import mean_and_error
from lineage.vocabulary import QUEUE_SOURCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.endpoint.options import EndpointOptions
    from lineage.scores.instruments import Instrument
    from lineage.scores.scorer_agreement import ScorerAgreement
    from store.scores.replies import ScoredReplies, StoredReply

NEED_PROMPTS: Final = frozenset({"exact_match", "judge"})
MOST_UNREAD: Final = 20
"""The most prompts after the last one with a reply that may have been asked, and whose verdict could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RescoredReplies:
    """A new score of kept replies: how its scorer agrees with people, or None, and how many replies have no verdict."""

    score: Score
    calibration: ScorerAgreement | None
    left_out: int


def rescore(found: ScoredReplies, instrument: Instrument, options: EndpointOptions) -> RescoredReplies:
    """Return the score of a run's replies on an instrument, by the scorer of the options.

    Replies of which a part alone is kept are left out. Raises OptionInvalid, CannotRun where more than a tenth have no
    verdict or values do not fit the instrument, ImportRefused for the user's files, and what a judge's server raises.
    """
    prompts = _prompts(found, options.scorer)
    whole = [one for one in found.replies if not one.is_cut]
    with AsyncMap[float | None](options.concurrency) as flow:
        scoring = scoring_of([prompts[one.item] for one in whole], options, flow, {})
        flow.add(_verdict(scoring, prompts[one.item], one.text) for one in whole)
        values, error = flow.take(len(whole))
    if error is not None:
        raise error
    scored = [(one, value) for one, value in zip(whole, values, strict=True) if value is not None]
    left_out = len(found.replies) - len(scored)
    if left_out > MOST_LEFT_OUT * len(found.replies):
        raise unusable_judge(instrument.name, left_out, len(found.replies), "replies")
    score = _score(found, instrument, scoring, scored)
    return RescoredReplies(score=score, calibration=scoring.calibration, left_out=left_out)


async def _verdict(scoring: Scoring, prompt: Prompt, text: str) -> float | None:
    return await scoring.score(prompt, Reply(text=text, is_cut=False))


def _score(
    found: ScoredReplies, instrument: Instrument, scoring: Scoring, scored: Sequence[tuple[StoredReply, float]]
) -> Score:
    clusters = tuple(reply.cluster or reply.item for reply, _ in scored)
    items = ItemScores(
        items=tuple(reply.item for reply, _ in scored),
        values=np.array([value for _, value in scored], dtype=np.float64),
        clusters=clusters if any(reply.cluster for reply, _ in scored) else None,
        reply_lengths=np.array([reply.length for reply, _ in scored], dtype=np.int32),
    )
    if not all(map(instrument.holds, items.values)):
        raise CannotRun(instrument.name, f"values of {scoring.name} are outside of its range")
    value, stderr = mean_and_error(items.values, items.clusters)
    return Score(
        model=found.model,
        revision=found.revision,
        instrument=instrument,
        identity=replace(
            found.identity,
            name=instrument.name,
            item_set_hash=item_set_hash(items.items),
            scorer=scoring.name,
            judge=scoring.judge,
            judge_prompt_hash=scoring.judge_prompt_hash,
        ),
        value=value,
        stderr=stderr,
        items=len(items),
        source=QUEUE_SOURCE,
        origin=f"replies of the run {found.run}, {found.origin}",
        measured_at=found.measured_at,
        run_name=found.run_name,
        item_scores=items,
    )


def _prompts(found: ScoredReplies, scorer: str) -> dict[str, Prompt]:
    """Return the prompts by item, with no text where the scorer needs none.

    Raises OptionInvalid where it needs them, and the user's file does not hold what was asked any more.
    """
    if scorer not in NEED_PROMPTS:
        return {one.item: Prompt(item=one.item, prompt="") for one in found.replies}
    path = Path(found.run_name or "")
    if path.suffix not in OWN_PROMPTS:
        raise OptionInvalid("scorer", f"{scorer} needs the prompts, which are kept only in a file of your own prompts")
    prompts = read_prompts(path)
    wanted = {one.item for one in found.replies}
    places = [place for place, prompt in enumerate(prompts) if prompt.item in wanted]
    if len(places) == len(wanted) and _asked(found) in _hashes(prompts, places[-1] + 1):
        return {prompt.item: prompt for prompt in prompts}
    raise OptionInvalid("scorer", f"{scorer} needs the prompts, and {path} does not hold those that were asked")


def _asked(found: ScoredReplies) -> object:
    """Return the hash of the prompts that the identity names, None where it names none."""
    template = found.identity.template or ""
    told = json.loads(template) if template.startswith("{") else {}
    return told.get("prompts")


def _hashes(prompts: Sequence[Prompt], least: int) -> set[str]:
    """Return the hashes of all prompts, and of the first ones as a limit of items may have chosen them."""
    counts = {len(prompts), *range(least, min(least + MOST_UNREAD, len(prompts)) + 1)}
    return {written_paper(prompts[:count], Scoring(name="", score=_never)).prompts_hash for count in counts}


async def _never(_: Prompt, reply: Reply) -> float:
    raise TypeError(reply)
