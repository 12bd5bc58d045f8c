"""`lineage coverage`: which models have scores, and what the others would probably score."""

from __future__ import annotations

from enum import Enum
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


class Shown(Enum):
    """What is shown of predictions."""

    PREDICTIONS = "predictions"
    CALIBRATION = "calibration"
    WEIGHTS = "weights"


_FEW_SCORES: Final = "nothing can be predicted: these models have scores, or no relative with a score and a known error"
EMPTY: Final = {
    Shown.PREDICTIONS: _FEW_SCORES,
    Shown.CALIBRATION: _FEW_SCORES,
    Shown.WEIGHTS: "weights tell nothing: of no base were the parts read (`lineage weights --keep`) with those "
    "of two children that were measured 20 points apart",
}
SHOWN_FIRST: Final = {
    Shown.PREDICTIONS: ("name", "mean", "low", "high"),
    Shown.CALIBRATION: ("name", "models", "error", "error_of_ancestor"),
    Shown.WEIGHTS: ("name", "left_out", "error", "error_of_no_change", "error_of_family_mean", "is_used"),
}


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
    weights: Annotated[
        bool,
        typer.Option("--weights", help="With --predicted: test what weights tell of drift, and whether it is used."),
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
    in turn and shows whether it did (`lineage docs drift`); --weights leaves out families and methods, and shows
    whether what weights tell of drift is used (`lineage docs predicting`).
    """
    if predicted:
        if state is not None:
            raise UsageError("--state cannot be used with --predicted")
        if calibration and weights:
            raise UsageError("--calibration and --weights are two tests: give one of them")
        shown = Shown.CALIBRATION if calibration else Shown.WEIGHTS if weights else Shown.PREDICTIONS
        _print_predicted(db, selector, instrument, limit, output, shown, with_uninformed=uninformed)
        return
    if instrument or calibration or weights or uninformed:
        raise UsageError("--instrument, --calibration, --weights and --uninformed need --predicted")
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
    kind: Shown,
    *,
    with_uninformed: bool,
) -> None:
    """Print predictions, or how they or weights fare on scored models; exits with 1 if there is none."""
    from lineage.output.result import Result
    from lineage.prediction.predicted_row import CalibrationRow, PredictedRow, WeightCheckRow, as_result
    from store.drift.predictions import predict_models

    with reading(db) as database:
        found = predict_models(database, selector, instruments=instruments, informed_only=not with_uninformed)
    match kind:
        case Shown.CALIBRATION:
            result = as_result(found.calibration, CalibrationRow)
        case Shown.WEIGHTS:
            result = as_result(found.weights, WeightCheckRow)
        case Shown.PREDICTIONS:
            result = as_result(found.rows, PredictedRow)
    shown = Result(columns=result.columns, rows=result.rows[: limit or None])
    print_result(shown, output, Layout.COLUMNS, SHOWN_FIRST[kind])
    if len(result.rows) > len(shown.rows):
        say(f"({len(result.rows) - len(shown.rows):,} more; --limit 0 shows all)")
    if not result.rows:
        say(EMPTY[kind])
        note_unselected(db, selector)
        raise typer.Exit(1)
    if kind is Shown.PREDICTIONS:
        say("predicted, not measured; `lineage coverage --predicted --calibration` shows how well predictions hold")
