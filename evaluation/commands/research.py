"""`lineage research`: the commands of a study of drift."""

from __future__ import annotations

import typer

from evaluation.commands.calibrate import app as calibrate_app
from evaluation.commands.judges import app as judges_app
from evaluation.commands.noise import app as noise_app
from evaluation.commands.study import app as study_app
from store.commands.options import EPILOG

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Answer research questions: study drift, calibrate judges.",
    epilog=EPILOG,
)
app.add_typer(study_app)
app.add_typer(calibrate_app)
app.add_typer(judges_app)
app.add_typer(noise_app)
