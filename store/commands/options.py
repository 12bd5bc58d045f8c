"""The options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from lineage.vocabulary import Against, Correction, DeviceName, Format
from store.queries.completion import complete_domain, complete_instrument, complete_model, complete_selector

EPILOG: Final = "Exit codes: 0 done, 1 the answer is no or nothing was found, 2 wrong usage, 3 could not finish."
DEFAULT_DB: Final = Path("lineage.duckdb")
STDOUT: Final = Path("-")

DbOption = Annotated[Path, typer.Option("--db", envvar="LINEAGE_DB", help="The database file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the result.")]
LimitOption = Annotated[int, typer.Option(min=0, help="Show at most this many; 0 for all.")]
SelectorArgument = Annotated[
    str | None,
    typer.Argument(
        help="Which models, such as domain:medical or org/name+ (`lineage docs selectors`). Default: all.",
        autocompletion=complete_selector,
    ),
]
DerivativesArgument = Annotated[
    str | None,
    typer.Argument(
        help="Which derivatives, such as org/base+ or domain:medical. Default: all.", autocompletion=complete_selector
    ),
]
ModelArgument = Annotated[
    str, typer.Argument(help="A model's id; a former id works too.", autocompletion=complete_model)
]
DeviceOption = Annotated[DeviceName, typer.Option(help="What to run models on.")]
TrustOption = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="Run this model's own code; repeatable.", autocompletion=complete_model),
]
LexiconOption = Annotated[
    Path | None,
    typer.Option("--lexicon", help="A file that adds terms to the domains (`lineage docs domains`)."),
]
EndpointOption = Annotated[
    str, typer.Option("--endpoint", envvar="HF_ENDPOINT", help="The Hub, or a server with the same API.")
]
DomainsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--domain", help="Crawl this domain; repeatable. Default: every domain.", autocompletion=complete_domain
    ),
]
InstrumentsOption = Annotated[
    Path | None, typer.Option("--instruments", help="A file that declares more instruments (`lineage docs scores`).")
]
OneInstrumentOption = Annotated[
    list[str] | None,
    typer.Option("--instrument", help="Only this instrument; repeatable.", autocompletion=complete_instrument),
]
MarginOption = Annotated[
    float, typer.Option(min=0, max=100, help="Treat differences up to this many points of the range as none.")
]
CorrectionOption = Annotated[
    Correction,
    typer.Option(
        "--correct-over",
        help="Correct each verdict over the tests of its own pair, or over everything asked here.",
    ),
]
OneAgainstOption = Annotated[Against, typer.Option("--against", help="Which ancestor to compare with.")]
SeedOption = Annotated[int, typer.Option(min=0, help="The seed of the permutations.")]
