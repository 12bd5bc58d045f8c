"""How replies are scored, by the options of a task: the rules, or a judge behind a server with its calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from evaluation.engines.endpoint.api_key import find_key
from evaluation.engines.endpoint.scorers import (
    REPLY_SCORERS,
    calibrate_judge,
    exact_match,
    incoherence,
    judged,
    refusal,
    without_calibration,
)
from evaluation.engines.endpoint.server import Decoding, Server
from evaluation.errors import CannotRun, OptionInvalid
from evaluation.scorers.judge import read_judge_prompt
from evaluation.scorers.labelled import labels_hash, read_labelled
from lineage.scores.score import digest

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

    from evaluation.engines.endpoint.async_map import AsyncMap
    from evaluation.engines.endpoint.items import Scoring
    from evaluation.engines.endpoint.options import EndpointOptions
    from evaluation.engines.endpoint.prompts import Prompt
    from evaluation.scorers.labelled import Labelled
    from lineage.scores.scorer_agreement import ScorerAgreement

    Calibrations = MutableMapping[str, ScorerAgreement]

MOST_LEFT_OUT: Final = 0.1
"""The largest share of items without a verdict that a score may have: they are not missing at random."""


def scoring_of(
    prompts: Sequence[Prompt], options: EndpointOptions, flow: AsyncMap[Any], calibrations: Calibrations
) -> Scoring:
    """Return how replies to prompts are scored; a judge is asked and closed within `flow`.

    `calibrations` are those of judges that were measured before, to which a new one is added. Raises OptionInvalid,
    also for a fallible scorer without calibration, and CannotRun for a judge whose verdicts cannot be read.
    """
    name = options.scorer
    if name == "exact_match":
        if any(prompt.answer is None for prompt in prompts):
            raise OptionInvalid("scorer", "exact_match needs an answer for every prompt")
        return exact_match()
    if name == "incoherence":
        return incoherence()
    if name not in REPLY_SCORERS:
        raise OptionInvalid("scorer", f"{name or 'none'} does not score replies; use {', '.join(REPLY_SCORERS)}")
    if not options.labelled:
        raise without_calibration(name)
    labelled = options.file("labelled")
    if name == "refusal":
        return refusal(labelled)
    return _judged(read_labelled(labelled), options, flow, calibrations)


def unusable_judge(what: str, unread: int, asked: int, kind: str) -> CannotRun:
    """Return the error for too many verdicts that cannot be read."""
    reason = f"the judge's verdict could not be read on {unread} of {asked} {kind}"
    return CannotRun(what, reason, "fix the judge's prompt, or use another judge")


def _judged(
    labelled: tuple[Labelled, ...], options: EndpointOptions, flow: AsyncMap[Any], calibrations: Calibrations
) -> Scoring:
    prompt = read_judge_prompt(options.file("judge_prompt"))
    if not options.judge_model:
        raise OptionInvalid("judge_model", "the scorer judge needs it")
    url = options.judge_url or options.url
    variable = options.judge_key_variable or (options.key_variable if url == options.url else "")
    client = options.client(url, find_key(variable))
    flow.close_with(client.close())
    decoding = Decoding(max_tokens=options.judge_max_tokens, seed=options.seed)
    judge = Server(client, options.judge_model, decoding=decoding)
    flow.call(judge.find())
    key = digest([url, judge.model, repr(decoding), prompt.hash, labels_hash(labelled)])
    if key not in calibrations:
        calibrations[key] = flow.call(calibrate_judge(judge, prompt, labelled))
    calibration = calibrations[key]
    if calibration.unread > MOST_LEFT_OUT * calibration.items:
        raise unusable_judge(judge.model, calibration.unread, calibration.items, "labelled replies")
    return judged(judge, prompt, calibration)
