"""The commands that measure how far models moved from what they were made of."""

# ruff: noqa: FBT002, PLR0913, PLR0917

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.output.terminal import Layout
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN_POINTS
from lineage.vocabulary import AgainstName, Format, VerdictName
from store.commands.completion import complete_instrument, complete_selector
from store.commands.models import DEFAULT_DB, EPILOG, DbOption, FormatOption, LimitOption, reading, tell_unselected
from store.commands.models import SelectorArgument as ModelsArgument
from store.commands.printing import print_result, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lineage.drift.rows import DriftRow

app = typer.Typer(rich_markup_mode=None)
TABLE_ROWS: Final = 100
SelectorArgument = Annotated[
    str | None,
    typer.Argument(
        help="Which derivatives, such as org/base+ or domain:medical. Default: all.", autocompletion=complete_selector
    ),
]
AgainstOption = Annotated[
    list[AgainstName] | None,
    typer.Option("--against", help="What to compare with; repeatable. Default: the nearest scored ancestor."),
]
MarginOption = Annotated[
    float, typer.Option(min=0, max=100, help="Points of the range within which a difference is practically none.")
]
InstrumentOption = Annotated[
    list[str] | None,
    typer.Option(
        "--instrument", help="Only of this instrument, by name; repeatable.", autocompletion=complete_instrument
    ),
]


@app.command(epilog=EPILOG)
def drift(
    selector: SelectorArgument = None,
    against: AgainstOption = None,
    instrument: InstrumentOption = None,
    verdict: Annotated[
        list[VerdictName] | None, typer.Option("--verdict", help="Show only this verdict; repeatable.")
    ] = None,
    margin: MarginOption = DEFAULT_MARGIN_POINTS,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="The rate of false verdicts allowed.")] = ALPHA,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help=f"How many at most; 0 for all. Default: {TABLE_ROWS} in a table, else all."),
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say how far each derivative moved from its ancestors on each instrument, or why nothing can be said.

    Positive is riskier, in percentage points of the instrument's range. Verdicts are corrected for all that is asked
    for at once (Benjamini-Hochberg), safety and capability apart. What `undecided` means, and why a verdict is
    withheld, is in docs/drift.md.
    """
    from lineage.drift.measure import DriftSettings
    from lineage.drift.rows import Against
    from lineage.drift.table import as_result, as_sections
    from store.drift.measure import find_drift

    chosen = tuple(Against(one.value) for one in against or [AgainstName.SCORED_ANCESTOR])
    settings = DriftSettings(alpha=alpha, margin=margin / 100)
    with reading(db) as database:
        found = find_drift(database, selector, chosen, settings, instruments=instrument)
    kept = [row for row in found.rows if not verdict or row.verdict.value in {one.value for one in verdict}]
    most = TABLE_ROWS if limit is None and output is Format.TABLE else limit
    shown = kept[: most or None]
    if output is Format.TABLE:
        print_result(as_sections(shown), output, Layout.SECTIONS)
    else:
        print_result(as_result(shown), output)
    _summarise(found.rows, found.models, found.scored)
    if len(kept) > len(shown):
        say(f"({len(kept) - len(shown):,} more; --limit 0 shows all)")
    if not kept:
        tell_unselected(db, selector)
        raise typer.Exit(1)


def _summarise(rows: Sequence[DriftRow], models: int, scored: int) -> None:
    """Say on stderr how many verdicts there are, of safety and of capability, and how much was never measured."""
    for is_safety, words in ((True, "safety"), (False, "capability")):
        counts = Counter(row.verdict.value for row in rows if row.is_safety is is_safety)
        if counts:
            told = ", ".join(f"{counts[name.value]:,} {name.value}" for name in VerdictName if counts[name.value])
            say(f"{words}: {told}")
    if not rows:
        say("nothing to compare: no model asked about has both a score and a parent")
    say(f"{models - scored:,} of {models:,} models have no score of their own (`lineage coverage`)")


@app.command(epilog=EPILOG)
def predict(
    selector: ModelsArgument = None,
    instrument: InstrumentOption = None,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Show how predictions fare on the models that are scored instead.")
    ] = False,
    uninformed: Annotated[
        bool, typer.Option("--uninformed", help="Show models too of whom no relative is scored.")
    ] = False,
    limit: LimitOption = 50,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Predict what unscored models would score, from the scores of their relatives along the tree.

    A prediction is no evaluation and is never kept among the scores. Each interval is to hold the true score in 90 of
    100 cases; --calibration leaves every scored model out in turn and says whether it did (docs/drift.md).
    """
    from lineage.output.result import Result
    from lineage.prediction.rows import CalibrationRow, PredictedRow, as_result
    from store.drift.predictions import predict_models

    with reading(db) as database:
        found = predict_models(database, selector, instruments=instrument, informed_only=not uninformed)
    result = as_result(found.calibration, CalibrationRow) if calibration else as_result(found.rows, PredictedRow)
    shown = Result(columns=result.columns, rows=result.rows[: limit or None])
    print_result(shown, output, Layout.COLUMNS, ("name", "mean", "low", "high"))
    if len(result.rows) > len(shown.rows):
        say(f"({len(result.rows) - len(shown.rows):,} more; --limit 0 shows all)")
    if not result.rows:
        say("nothing can be predicted: these models have scores, or no relative that is scored with a known error")
        tell_unselected(db, selector)
        raise typer.Exit(1)
    if not calibration:
        say("predicted, not measured; `lineage predict --calibration` says how such predictions fare")
