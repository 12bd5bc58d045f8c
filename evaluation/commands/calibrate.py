"""The command that measures how a judge, or the rules of refusal, agree with people."""

# ruff: noqa: PLR0913, PLR0917, TC003

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.vocabulary import Format
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, now, opened
from store.commands.printing import print_result, say

app = typer.Typer(rich_markup_mode=None)


@app.command(epilog=EPILOG)
def calibrate(
    replies: Annotated[Path, typer.Argument(metavar="REPLIES", help="Labelled replies, JSON lines.")],
    judge_prompt: Annotated[
        Path | None, typer.Option(help="The file with the judge's prompt. Without: the rules of refusal.")
    ] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(help="The judge's server, such as http://127.0.0.1:8000/v1.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The judge, as its server names it.")] = None,
    key_variable: Annotated[
        str | None, typer.Option(metavar="VARIABLE", help="The environment variable that holds the server's key.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=1024, help="Questions under way at once.")] = 32,
    max_tokens: Annotated[int, typer.Option(min=1, help="Tokens that a verdict may have.")] = 512,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Measure a judge, or the rules of refusal, against labelled replies, and keep that in the database.

    Says precision, recall and both error rates with intervals of 95 %, and how many verdicts could not be read; those
    are in no other rate. `lineage sql "from calibrations"` lists what was measured.
    """
    from evaluation.engines.endpoint.calibrate import calibrate_behind, figures_of
    from evaluation.engines.endpoint.scorers import calibrate_refusal
    from evaluation.scorers.judge import read_judge_prompt
    from evaluation.scorers.labelled import read_labelled
    from store.scores.scorer_agreement import write_calibration

    labelled = read_labelled(replies)
    if judge_prompt is None:
        if endpoint_url or model:
            raise UsageError("a judge needs its prompt: --judge-prompt FILE")
        found = calibrate_refusal(labelled)
    elif endpoint_url is None or model is None:
        raise UsageError("a judge needs --endpoint-url and --model")
    else:
        prompt = read_judge_prompt(judge_prompt)
        found = calibrate_behind(
            endpoint_url,
            model,
            prompt,
            labelled,
            key_variable=key_variable,
            concurrency=concurrency,
            max_tokens=max_tokens,
        )
    with opened(db, "write") as database:
        is_new = write_calibration(database, found, now())
    print_result(figures_of(found), output, Layout.COLUMNS)
    say(f"{found.scorer}, {found.items:,} replies, {found.unread:,} verdicts unread; {'kept' if is_new else 'known'}")
