"""The `lineage` command: its commands by section, and what becomes of an error; stdout carries the answer alone."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, cast

import typer
from typer.main import get_command

from lineage.errors import LineageError, UsageError
from store.commands.command_group import QUIET_HELP, VERBOSE_HELP, CommandGroup, Member, take_quiet, take_verbose
from store.commands.printing import QUIET_VARIABLE, put, warn

if TYPE_CHECKING:
    from collections.abc import Mapping

INTERRUPTED: Final = 130  # the exit code that typer makes of Ctrl-C
COMPLETING: Final = "_LINEAGE_COMPLETE"  # typer's completion scripts set it while the user types


class Commands(CommandGroup):
    """Every command of `lineage`."""

    sections: ClassVar[Mapping[str, Mapping[str, Member]]] = {
        "Get": {
            "crawl": Member("crawler", "Crawl models of some domains with their families, or the Hub"),
            "pull": Member("evaluation", "Start from what others published on the Hub"),
            "load": Member("crawler", "Load a bulk listing of the Hub as a starting point"),
            "watch": Member("crawler", "Keep the database current, and print what is new as JSON lines"),
            "resolve": Member("store", "Recompute parents, families and domains from stored records"),
        },
        "Explore": {
            "status": Member("store", "Summarise the database: models, domains, relations, crawls"),
            "models": Member("store", "List models with their domains and parents"),
            "show": Member("store", "Show everything known about one model"),
            "tree": Member("store", "Draw a model's family as a tree, with each relation"),
            "families": Member("store", "List families by root: models, generations, total downloads"),
            "weights": Member("crawler", "Test by rows of weights whether models have one origin"),
            "path": Member("store", "Show how models are related: paths and common ancestors"),
            "datasets": Member("store", "List data sets that models declare, most used first"),
            "licences": Member("store", "List derivatives whose licence differs from their parent's"),
            "changes": Member("store", "List what changed since a crawl: models, parents, licences"),
            "sql": Member("store", "Query the database in SQL, read-only"),
        },
        "Measure": {
            "scores": Member("evaluation", "Import scores from other tools and the Hub, and list them"),
            "instruments": Member("evaluation", "List instruments: construct, direction, items, models scored"),
            "coverage": Member("evaluation", "List which models are measured, stale, reported or unscored"),
            "schedule": Member("evaluation", "Rank what to evaluate next, with reasons; --queue queues it"),
            "evaluate": Member("evaluation", "Run the queue, or one model on one instrument"),
            "launch": Member("evaluation", "Run the queue as Hugging Face Jobs, one job per family"),
            "queue": Member("evaluation", "List, pause and change the queue of evaluations"),
        },
        "Drift": {
            "drift": Member("store", "Measure how far each derivative moved from its ancestors"),
            "maintain": Member("evaluation", "Find the cheapest repair of a drifted model, with evidence"),
            "check": Member("store", "Test models against a policy of rules, with the evidence"),
            "advise": Member("crawler", "Find models with advisories, inherited from their ancestors"),
        },
        "Share": {
            "export": Member("store", "Export models and edges to files for other tools"),
            "report": Member("store", "Write a report for an auditor, as HTML, PDF or Markdown"),
            "serve": Member("store", "Serve families, the explorer and a read-only JSON API"),
            "publish": Member("crawler", "Publish the graph as a data set on the Hub"),
            "mcp": Member("store", "Let assistants ask the database (Model Context Protocol)"),
            "snapshot": Member("store", "Freeze the database, or compare two databases"),
        },
        "Research": {
            "research": Member("evaluation", "Answer research questions: study drift, calibrate judges"),
        },
        "Admin": {
            "edge": Member("store", "Correct the graph by hand; later crawls keep the corrections"),
            "sandbox": Member("evaluation", "Try everything on a fictional Hub on this machine"),
            "demo": Member("evaluation", "Tour a fictional Hub: crawl, evaluate tiny models, see drift"),
            "docs": Member("store", "Read a page of the documentation"),
            "doctor": Member("evaluation", "Check the environment and say what to do about problems"),
        },
    }


app = typer.Typer(
    cls=Commands,
    name="lineage",
    help="Crawl the Hugging Face Hub and track which model came from which, with evidence on every edge.",
    epilog="Exit codes: 0 done, 1 the answer is no or nothing was found, 2 wrong usage, 3 could not finish.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(*, is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        put(f"lineage {version('hub-lineage')}\n")
        raise typer.Exit


@app.callback()
def take_switches(
    ctx: typer.Context,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", envvar=QUIET_VARIABLE, help=QUIET_HELP)] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", envvar="LINEAGE_VERBOSE", help=VERBOSE_HELP)] = False,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, expose_value=False, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that hold for every command."""
    take_quiet(ctx, is_wanted=quiet)
    take_verbose(is_wanted=verbose)


def command_tree() -> Commands:
    """Return every command, imported: for settings files, the documentation and tests."""
    commands = cast("Commands", get_command(app))
    commands.load_all()
    return commands


def main() -> None:
    """Run the command line; every error becomes one clear sentence and an exit code."""
    from crawler.daemon_pool import leave
    from store.settings import load_settings

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        _check_words(sys.argv[1:])
        code = app(prog_name="lineage", standalone_mode=False, default_map=load_settings(command_tree))
    except typer.TyperException as error:
        code = _show(error)
    except LineageError as error:
        _complain(str(error), error.hint)
        code = error.exit_code
    except SystemExit as error:
        if not isinstance(error.__context__, BrokenPipeError):
            raise
        _end_as_others_do()
        code = 3
    except OSError as error:
        _complain(str(error))
        code = 3
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    if code == INTERRUPTED:
        _complain("stopped; what is stored is kept, and the same command continues from here")
    leave(3 if code == INTERRUPTED else code if isinstance(code, int) else 0)


def _check_words(words: list[str]) -> None:
    """Raise UsageError for a word that is not valid text, which the database cannot be asked for."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"{word!a} on the command line is not UTF-8") from error


def _end_as_others_do() -> None:
    """End by the signal by which other tools end when their reader closes the pipe: 141 in a shell."""
    if (pipe := getattr(signal, "SIGPIPE", None)) is not None:  # Windows has none
        signal.signal(pipe, signal.SIG_DFL)
        os.kill(os.getpid(), pipe)


def _show(error: typer.TyperException) -> int:
    """Let typer say what is wrong with the command line; it keeps that method off its public class."""
    from lineage.text.suggest import clearer

    error.message = clearer(error.message)
    show = getattr(error, "show", None)
    if callable(show):
        show()
    else:
        _complain(str(error))
    return error.exit_code


def _complain(message: str, hint: str = "") -> None:
    """Write an error to stderr; it may quote text from the database or the Hub, so control characters are escaped."""
    from lineage.text.plain import plain

    if COMPLETING in os.environ:
        return  # nothing may interrupt what the user types
    first, *rest = [plain(line, None) for line in message.splitlines()] or [""]
    warn("\n".join([f"lineage: {first}", *rest, *([f"  {plain(hint, None)}"] if hint else [])]))


if __name__ == "__main__":
    main()
