"""`lineage coverage`: which models have scores, and what the others would probably score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.errors import UsageError
from lineage.output.terminal import Layout
from lineage.vocabulary import CURRENT_STATES, Format, ScoreState
from store.commands.opening import note_unselected, reading
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    DbOption,
    FormatOption,
    LimitOption,
    OneInstrumentOption,
    SelectorArgument,
)
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ALWAYS_TOLD: Final = frozenset(ScoreState) - {ScoreState.CONTRADICTORY}
app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=EPILOG)
def coverage(
    selector: SelectorArgument = None,
    state: Annotated[ScoreState | None, typer.Option(help="Only models of this state.")] = None,
    predicted: Annotated[
        bool, typer.Option("--predicted", help="Predict the scores of unscored models from their relatives.")
    ] = False,
    instrument: OneInstrumentOption = None,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="With --predicted: test the predictions on scored models instead.")
    ] = False,
    uninformed: Annotated[
        bool, typer.Option("--uninformed", help="With --predicted: also list models without a scored relative.")
    ] = False,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """List which models are measured, stale, reported or unscored.

    The most downloaded come first. Only a model's own scores count, not those of its base.

    --predicted lists what unscored models would score. A prediction is not an evaluation and is never stored with the
    scores. Each interval should contain the true score in 90 of 100 cases; --calibration leaves out every scored model
    in turn and shows whether it did (`lineage docs drift`).
    """
    if predicted:
        if state is not None:
            raise UsageError("--state cannot be used with --predicted")
        _print_predicted(
            db, selector, instrument, limit, output, is_calibration=calibration, with_uninformed=uninformed
        )
        return
    if instrument or calibration or uninformed:
        raise UsageError("--instrument, --calibration and --uninformed need --predicted")
    _print_coverage(db, selector or "*", state, limit, output)


def _print_coverage(db: Path, selector: str, state: ScoreState | None, limit: int, output: Format) -> None:
    """Print the state of each model; exits with 1 if there is none."""
    from store.scores.queries import list_coverage

    with reading(db) as database:
        result, counts = list_coverage(
            database, selector=selector, state=None if state is None else state.value, limit=limit
        )
    print_result(result, output, Layout.COLUMNS, ("state", "measured", "reported", "contradictory", "stale"))
    told = ", ".join(
        f"{counts.get(one, 0):,} {one}"
        for one in (*CURRENT_STATES, ScoreState.UNSCORED)
        if one in ALWAYS_TOLD or counts.get(one)
    )
    say(f"of {sum(counts.values()):,} models: {told}")
    if not result.rows:
        note_unselected(db, selector)
        raise typer.Exit(1)


def _print_predicted(
    db: Path,
    selector: str | None,
    instruments: Sequence[str] | None,
    limit: int,
    output: Format,
    *,
    is_calibration: bool,
    with_uninformed: bool,
) -> None:
    """Print predictions, or how they fare on scored models; exits with 1 if there is none."""
    from lineage.output.result import Result
    from lineage.prediction.predicted_row import CalibrationRow, PredictedRow, as_result
    from store.drift.predictions import predict_models

    with reading(db) as database:
        found = predict_models(database, selector, instruments=instruments, informed_only=not with_uninformed)
    result = as_result(found.calibration, CalibrationRow) if is_calibration else as_result(found.rows, PredictedRow)
    shown = Result(columns=result.columns, rows=result.rows[: limit or None])
    print_result(shown, output, Layout.COLUMNS, ("name", "mean", "low", "high"))
    if len(result.rows) > len(shown.rows):
        say(f"({len(result.rows) - len(shown.rows):,} more; --limit 0 shows all)")
    if not result.rows:
        say("nothing can be predicted: these models have scores, or no relative with a score and a known error")
        note_unselected(db, selector)
        raise typer.Exit(1)
    if not is_calibration:
        say("predicted, not measured; `lineage coverage --predicted --calibration` shows how well predictions hold")
