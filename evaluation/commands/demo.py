"""`lineage sandbox demo`, also `lineage demo`: the whole way on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from store.commands.opening import opened
from store.commands.options import EPILOG
from store.commands.printing import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evaluation.demo import Places, Step

app = typer.Typer(rich_markup_mode=None, add_completion=False)
WITHOUT_MODELS: Final = """No model is evaluated, because that needs the extra 'eval' (pip install 'hub-lineage[eval]').
Everything else is shown; drift is computed from the results that model cards state."""
BEGINS: Final = """
A fictional Hub is running at {url}. Each command below runs with
LINEAGE_DB={database} HF_ENDPOINT={url}"""
ENDS: Final = """
Look at {page} and {report} in a browser. Next, on the same database:
  export LINEAGE_DB={database}
  lineage models --domain medical
  lineage show {base}
  lineage sql "select relation, count(*) from edges group by all"
Then the real Hub, in a database of its own: check this machine, see what a crawl would request, and crawl:
  unset LINEAGE_DB
  lineage doctor
  lineage crawl --domain medical --dry-run
  lineage crawl --domain medical"""


@app.command(epilog=EPILOG)
def demo(
    folder: Annotated[Path, typer.Option(help="The folder for what the demo makes.")] = Path(".demo"),
    evaluate: Annotated[
        bool | None,
        typer.Option(
            "--evaluate/--no-evaluate", help="Make and evaluate real models. Default: if the extra `eval` is installed."
        ),
    ] = None,
) -> None:
    """Tour a fictional Hub: crawl, evaluate tiny models, see drift.

    Nothing leaves this machine. Each step is a command, shown before it runs. It takes two minutes, less without
    evaluation.
    """
    from evaluation.demo import BASE, Places, making

    places = Places(folder=folder)
    folder.mkdir(parents=True, exist_ok=True)
    places.database.unlink(missing_ok=True)
    can_evaluate = _can_evaluate()
    evaluates = can_evaluate if evaluate is None else evaluate
    if not can_evaluate:
        say(WITHOUT_MODELS)
    if evaluates and not (places.family / "family.json").exists():
        _show(making(places), places.environment(""))
    base = _tour(places, is_evaluated=evaluates)
    say(ENDS.format(page=places.page, report=places.report, database=places.database, base=base or BASE))


def _can_evaluate() -> bool:
    from evaluation.engines.tasks.extras import has_eval

    return has_eval()


def _tour(places: Places, *, is_evaluated: bool) -> str:
    """Serve the fictional Hub, run the steps, and return the base whose family was shown."""
    from evaluation.demo import BASE, crawling, evaluating, handing_over, relying_on_cards
    from sandbox.run_sandbox import run_sandbox
    from store.queries.known_domains import known_names
    from store.queries.models import most_derived, most_drifted

    with run_sandbox(weights_folder=places.family if is_evaluated else None) as url:
        environment = places.environment(url)
        say(BEGINS.format(url=url, database=places.database))
        _show_all(crawling(), environment)
        if is_evaluated:
            _show_all(evaluating(places), environment)
            base = BASE
        else:
            with opened(places.database, "read") as database:
                base, moved = most_derived(database, known_names(database)[0]), most_drifted(database)
            _show_all(relying_on_cards(base, moved), environment)
        _show_all(handing_over(places, base), environment)
    return base


def _show_all(steps: Iterator[Step], environment: Mapping[str, str]) -> None:
    for step in steps:
        _show(step, environment)


def _show(step: Step, environment: Mapping[str, str]) -> None:
    """Say what comes, and run it."""
    from evaluation.demo import run

    say(f"\n{step.about}\n$ {step.command}")
    run(step, environment)
