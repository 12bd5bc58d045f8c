"""`lineage research calibrate`: how well a judge, or the refusal rules, agree with people."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.opening import now, opened
from store.commands.options import DEFAULT_DB, EPILOG, DbOption, FormatOption
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from lineage.scores.scorer_agreement import ScorerAgreement

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def calibrate(
    replies: Annotated[Path, typer.Argument(metavar="REPLIES", help="Labelled replies as JSON lines.")],
    judge_prompt: Annotated[
        Path | None, typer.Option(help="The file with the judge's prompt. Default: no judge, but the refusal rules.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="The address of the judge's server, such as http://127.0.0.1:8000/v1.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The name of the judge on its server.")] = None,
    key_variable: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds the server's key.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=1024, help="Send this many requests at once.")] = 32,
    max_tokens: Annotated[int, typer.Option(min=1, help="Allow this many tokens per verdict.")] = 512,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Measure a judge, or the refusal rules, against labelled replies.

    It prints precision, recall and both error rates with 95 % intervals, and how many verdicts could not be read (those
    are excluded from the rates). The result is stored; `lineage sql "from calibrations"` lists what was measured. From
    then on it is in the intervals of what that judge, or those rules, scored.
    """
    from evaluation.engines.endpoint.calibrate import calibrate_behind, figures_of
    from evaluation.engines.endpoint.scorers import calibrate_refusal
    from evaluation.scorers.judge import read_judge_prompt
    from evaluation.scorers.labelled import read_labelled
    from store.drift.write_drift import refresh
    from store.scores.scorer_agreement import write_calibration

    labelled = read_labelled(replies)
    if judge_prompt is None:
        if endpoint_url or model:
            raise UsageError("a judge needs its prompt: --judge-prompt FILE")
        found = calibrate_refusal(labelled)
    elif endpoint_url is None or model is None:
        raise UsageError("a judge needs --endpoint-url and --model")
    else:
        judge = partial(calibrate_behind, key_variable=key_variable, max_tokens=max_tokens)
        found = judge(endpoint_url, model, read_judge_prompt(judge_prompt), labelled, concurrency=concurrency)
    with opened(db, "write") as database:
        is_new = write_calibration(database, found, now())
        if is_new:
            refresh(database)
    print_result(figures_of(found), output, Layout.COLUMNS)
    _summarise(found, is_new=is_new)


def _summarise(found: ScorerAgreement, *, is_new: bool) -> None:
    """Say on stderr what was measured and whether the database had the result already."""
    stored = "stored" if is_new else "already stored"
    say(f"{found.scorer}: {found.items:,} replies, {found.unread:,} unreadable verdicts; {stored}")
