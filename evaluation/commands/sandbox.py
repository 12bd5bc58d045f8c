"""`lineage sandbox`: a fictional Hub, models for it, and a tour of both."""

from __future__ import annotations

import typer

from evaluation.commands.demo import app as demo_app
from sandbox.commands.serve import app as serve_app
from sandbox.commands.weights import app as weights_app

app = typer.Typer(
    rich_markup_mode=None,
    add_completion=False,
    no_args_is_help=True,
    help="Try everything on a fictional Hub on this machine.",
    epilog="Exit codes: 0 done, 2 wrong usage, 3 could not finish.",
)
app.add_typer(serve_app)
app.add_typer(weights_app)
app.add_typer(demo_app)
