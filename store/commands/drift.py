"""`lineage drift`: how far derivatives moved from their ancestors, and where instruments disagree about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from lineage.errors import UsageError
from lineage.output.colour import paint_verdicts
from lineage.output.terminal import Layout
from lineage.statistics.defaults import ALPHA, DEFAULT_MARGIN_POINTS
from lineage.vocabulary import Against, Correction, Format, GroupName, Verdict
from store.commands.opening import note_unselected, reading
from store.commands.options import (
    DEFAULT_DB,
    EPILOG,
    CorrectionOption,
    DbOption,
    DerivativesArgument,
    FormatOption,
    MarginOption,
    OneInstrumentOption,
    SeedOption,
)
from store.commands.printing import print_result, say
from store.queries.completion import complete_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lineage.drift.measure import DriftSettings
    from lineage.study.mixed_columns import MixedColumns
    from store.drift.listing import DriftRequest, DriftSummary

app = typer.Typer(rich_markup_mode=None, add_completion=False)
TABLE_ROWS: Final = 100


@app.command(epilog=EPILOG)
def drift(
    selector: DerivativesArgument = None,
    against: Annotated[
        list[Against] | None,
        typer.Option(
            "--against",
            help="What to compare with; repeatable. Default: the nearest scored ancestor, or a merge's scored parents.",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Compare with this model, or file of a repository such as org/name:F16, instead of with ancestors.",
            autocompletion=complete_model,
        ),
    ] = None,
    instrument: OneInstrumentOption = None,
    verdict: Annotated[
        list[Verdict] | None, typer.Option("--verdict", help="Show only this verdict; repeatable.")
    ] = None,
    margin: MarginOption = DEFAULT_MARGIN_POINTS,
    alpha: Annotated[
        float, typer.Option(min=0.0001, max=0.5, help="Allow this share of false discoveries among the verdicts.")
    ] = ALPHA,
    correct_over: CorrectionOption = Correction.PAIR,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="List derivatives riskier on one instrument and safer on another.")
    ] = False,
    by: Annotated[GroupName | None, typer.Option(help="With --mixed: count them by this instead of listing.")] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="With --mixed: use only instruments that measure unsafe output itself.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="With --mixed: also list those that are not mixed.")] = False,
    seed: SeedOption = 0,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help=f"Show at most this many; 0 for all. Default: {TABLE_ROWS} in a table, else all."),
    ] = None,
    db: DbOption = DEFAULT_DB,
    output: FormatOption = Format.TABLE,
) -> None:
    """Measure how far each derivative moved from its ancestors.

    In percentage points of the instrument's range: + is riskier; for capability, + is more able. In JSON and CSV,
    `delta` is as stored: + is worse for both. A verdict is corrected over the instruments of one construct that the two
    models share (Benjamini-Hochberg), so it does not depend on what else is asked. `lineage docs drift` explains
    `undecided` and why a verdict is withheld.

    --mixed looks at derivatives with two instruments or more. `mixed` goes by the sign of the differences,
    `mixed_significantly` by verdicts in both directions; `expected` is the chance of mixed signs if nothing had changed
    (`lineage docs drift`). Capability is not counted.
    """
    from lineage.drift.measure import DriftSettings
    from store.drift.listing import DriftRequest

    question = DriftSettings(alpha=alpha, margin=margin / 100, correction=correct_over)
    most = TABLE_ROWS if limit is None and output is Format.TABLE else limit
    kinds = against or [Against.SCORED_ANCESTOR]
    if mixed:
        unused = {"--instrument": instrument, "--verdict": verdict, "--reference": reference}
        _refuse_unused(unused, "cannot be used with --mixed")
        _print_mixed(db, selector, kinds, question, output, most, by=by, direct=direct, full=full, seed=seed)
    else:
        _refuse_unused({"--by": by, "--direct": direct, "--full": full, "--seed": seed}, "needs --mixed")
        _refuse_unused({"--against": against if reference else None}, "cannot be used with --reference")
        asked = DriftRequest(
            against=tuple(kinds),
            instruments=instrument,
            reference=reference,
            verdicts=verdict or (),
            most=most or None,
        )
        _print_drift(db, selector, asked, question, output)


def _refuse_unused(options: Mapping[str, object], why: str) -> None:
    """Raise UsageError for the first of these options that was given."""
    for name, value in options.items():
        if value:
            raise UsageError(f"{name} {why}")


def _print_drift(db: Path, selector: str | None, asked: DriftRequest, question: DriftSettings, output: Format) -> None:
    """Print a verdict for each derivative and instrument; exits with 1 if there is none to show."""
    from lineage.drift.table import as_result, as_sections
    from store.drift.listing import list_drift

    with reading(db) as database:
        found = list_drift(database, selector, asked, question)
    if output is Format.TABLE:
        print_result(as_sections(found.rows), output, Layout.SECTIONS, paint=paint_verdicts)
    else:
        print_result(as_result(found.rows), output)
    _summarise_drift(found)
    named = () if asked.reference is None else (f"the reference {asked.reference}",)
    if any(found.counts.values()) and (otherwise := (*question.differences, *named)):
        say(f"asked otherwise than the stored verdicts: {', '.join(otherwise)}")
    _end(found.wanted, len(found.rows), db, selector)


def _summarise_drift(found: DriftSummary) -> None:
    """Say on stderr how many verdicts there are, what chance makes of them, and how many models have no score."""
    for is_safety, words in ((True, "safety"), (False, "capability")):
        counts = {verdict.value: found.counts.get((is_safety, verdict), 0) for verdict in Verdict}
        if any(counts.values()):
            say(f"{words}: {', '.join(f'{count:,} {name}' for name, count in counts.items() if count)}")
    if found.chance.models > 1:
        say(found.chance.words)
    if not any(found.counts.values()):
        say("nothing to compare: no selected model has both a score and a parent")
    if unscored := found.models - found.scored:
        say(f"{unscored:,} of {found.models:,} models are not scored yet - see `lineage coverage`")


def _print_mixed(
    db: Path,
    selector: str | None,
    kinds: Sequence[Against],
    question: DriftSettings,
    output: Format,
    most: int | None,
    *,
    by: GroupName | None,
    direct: bool,
    full: bool,
    seed: int,
) -> None:
    """Print the derivatives on which instruments disagree, or their shares; exits with 1 if there is none."""
    from lineage.output.result import Result
    from lineage.study.contradiction_tables import list_mixed, shares_of
    from store.drift.study import read_contradictions

    if len(kinds) > 1:
        raise UsageError("--mixed compares with one kind of ancestor: give --against once")
    with reading(db) as database:
        found = read_contradictions(database, selector, kinds[0], question, direct_only=direct, seed=seed)
    result = list_mixed(found, mixed_only=not full) if by is None else shares_of(found, by)
    shown = Result(columns=result.columns, rows=result.rows[: most or None])
    print_result(shown, output, Layout.COLUMNS, ("reference", "riskier", "safer", "mixed", "mixed_significantly"))
    _summarise_mixed(found)
    _end(len(result.rows), len(shown.rows), db, selector)


def _summarise_mixed(found: MixedColumns) -> None:
    """Say on stderr how many derivatives are mixed, and how many would be if nothing had changed."""
    able = found.is_able
    say(
        f"{able.sum():,} derivatives have two or more instruments: {found.is_mixed[able].sum():,} are mixed, "
        f"{found.is_mixed_significantly[able].sum():,} significantly; {sum(found.rate[able].tolist()):.1f} would be by "
        "chance alone"
    )


def _end(found: int, shown: int, db: Path, selector: str | None) -> None:
    """Say how many rows were left out; exits with 1 if nothing was found."""
    if found > shown:
        say(f"({found - shown:,} more; --limit 0 shows all)")
    if not found:
        note_unselected(db, selector)
        raise typer.Exit(1)
