"""Calibrates a judge behind a server, or the rules of refusal, on labelled replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluation.engines.endpoint.api_client import ApiClient
from evaluation.engines.endpoint.api_key import find_key
from evaluation.engines.endpoint.async_map import AsyncMap
from evaluation.engines.endpoint.scorers import calibrate_judge
from evaluation.engines.endpoint.server import Decoding, Server
from lineage.output.result import Result

if TYPE_CHECKING:
    from evaluation.scorers.judge import JudgePrompt
    from evaluation.scorers.labelled import Labelled
    from lineage.scores.scorer_agreement import ScorerAgreement

COLUMNS = ("figure", "value", "ci_low", "ci_high", "replies", "of")


def calibrate_behind(
    url: str,
    model: str,
    prompt: JudgePrompt,
    labelled: tuple[Labelled, ...],
    *,
    key_variable: str | None = None,
    concurrency: int = 32,
    max_tokens: int = 512,
) -> ScorerAgreement:
    """Return how a judge agrees with people; raises what the server's answers raise, and ModelNotServed."""
    with AsyncMap[None](1) as flow:
        client = ApiClient(url, key=find_key(key_variable), concurrency=concurrency)
        flow.close_with(client.close())
        judge = Server(client, model, decoding=Decoding(max_tokens=max_tokens))
        flow.call(judge.find())
        return flow.call(calibrate_judge(judge, prompt, labelled))


def figures_of(calibration: ScorerAgreement) -> Result:
    """Return a calibration as rows: each rate with its 95 % interval, and how many replies of how many."""
    rows = ((one.name, one.value, one.low, one.high, one.part, one.whole) for one in calibration.figures())
    return Result(columns=COLUMNS, rows=tuple(rows))
