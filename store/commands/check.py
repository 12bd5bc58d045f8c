"""`lineage check`: test models against a policy, as a gate for deployment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.errors import UsageError
from lineage.output.colour import paint_outcomes
from lineage.vocabulary import CheckFormat, MissingFact
from store.commands.opening import chosen_lexicon, lexicon_in_force, note_unselected, now, opened
from store.commands.options import DEFAULT_DB, STDOUT, DbOption, LexiconOption
from store.commands.printing import columns, has_colour, say
from store.queries.completion import complete_domain, complete_selector

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lineage.policy.policy import Policy
    from lineage.policy.results import CheckReport
    from store.outputs.policy_check import CheckStream

app = typer.Typer(rich_markup_mode=None, add_completion=False)
CHECK_EPILOG = "Exit codes: 0 every rule passed, 1 a rule failed, 2 wrong usage or policy, 3 could not finish."
INIT = "init"
DEFAULT_POLICY = Path("policy.toml")


@app.command(epilog=CHECK_EPILOG)
def check(
    selector: Annotated[
        str,
        typer.Argument(
            metavar="MODEL|SELECTOR|init",
            help="Which models, such as org/name or 'org/name+' or domain:legal; init: write a policy.",
            autocompletion=complete_selector,
        ),
    ],
    policy: Annotated[Path, typer.Option("--policy", help="The file with the rules.")] = DEFAULT_POLICY,
    allow: Annotated[
        list[MissingFact] | None,
        typer.Option(
            "--allow",
            metavar="KIND",
            help=f"Skip and count what is missing in this way; repeatable: {', '.join(MissingFact)}.",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Also show what passed or was skipped, in the table.")] = False,
    limit: Annotated[
        int,
        typer.Option(
            min=0, help="Show at most this many models per rule in the table; 0 for all. Other formats hold all."
        ),
    ] = 100,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this file instead of stdout; it appears complete or not at all."),
    ] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option(help="With init: rules for models of this domain; repeatable.", autocompletion=complete_domain),
    ] = None,
    lexicon: LexiconOption = None,
    db: DbOption = DEFAULT_DB,
    output: Annotated[CheckFormat, typer.Option("--format", help="How to write the findings.")] = CheckFormat.TABLE,
) -> None:
    """Test models against a policy of rules, with the evidence.

    Rules cover measurement, drift, parents, licences and records. A rule whose facts are missing fails, and so does a
    selector that matches no model. `lineage check init --domain medical` writes a commented policy file
    (`lineage docs gates`).
    """
    if selector == INIT:
        _init(policy, domain or (), db, lexicon)
        return
    if domain or lexicon is not None:
        raise UsageError(
            "--domain and --lexicon are for `lineage check init`; select a domain's models with domain:NAME"
        )
    from store.outputs.policy_check import CheckStream

    rules = read_policy_file(policy)
    with opened(db, "read", is_bounded=True) as database:
        checking = CheckStream(database, selector, rules, now(), allow or ())
        parts = _parts(checking, output, policy, limit or None, is_full=full)
        write(map(_paint, parts) if out is None and output is CheckFormat.TABLE else parts, out)
        report = checking.report()
    if not report.models:
        note_unselected(db, selector)
    _summarise(report)
    if report.has_failed:
        raise typer.Exit(1)


def _init(path: Path, domains: Sequence[str], db: Path, lexicon: Path | None) -> None:
    """Write a commented policy for models of some domains; raises UsageError if the file exists, UnknownDomain.

    The domains are those of the lexicon file, or else of the database's lexicon if there is a database.
    """
    from lineage.policy.starter import starter_policy
    from lineage.scores.instrument_file import default_catalogue
    from store.outputs.atomic_write import OutputTarget, put_text

    if path.exists() or path.is_symlink():
        raise UsageError(f"{path} exists and is not overwritten; name another file with --policy")
    words = chosen_lexicon(lexicon)
    if domains and db.is_file():
        with opened(db, "read") as database:
            words = lexicon_in_force(database, words, lexicon)
    names = words.chosen(domains) if domains else ()
    put_text([starter_policy(path.name, names, default_catalogue())], OutputTarget(path=path))
    say(f"wrote {path}: put the bases that you approved in, then run `lineage check MODEL --policy {path}`")


def read_policy_file(path: Path) -> Policy:
    """Return the policy of a file; raises UsageError if it cannot be read, PolicyFault if it has errors."""
    from lineage.policy.policy_file import LARGEST_FILE, read_policy

    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_FILE + 1).decode()
    except OSError as error:
        raise UsageError(f"the policy {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"the policy {path} cannot be read: it is not UTF-8 text ({error.reason})") from error
    return read_policy(text, str(path))


def write(parts: Iterable[str], out: Path | None) -> None:
    """Write a text to a file, completely or not at all, or to stdout if `out` is None or -; raises TargetRefused."""
    if out is None or out == STDOUT:
        sys.stdout.writelines(parts)
        sys.stdout.flush()
        return
    from store.outputs.atomic_write import OutputTarget, put_text

    put_text(parts, OutputTarget(path=out, overwrites=True))


def _paint(text: str) -> str:
    return paint_outcomes(text) if has_colour(sys.stdout) else text


def _parts(
    checking: CheckStream, output: CheckFormat, policy: Path, most: int | None, *, is_full: bool
) -> Iterator[str]:
    """Yield what a check finds in pieces, because that on the whole Hub does not fit into memory.

    JSON and CSV come while models are still being tested; what begins with counts comes when all are.
    """
    from lineage.output.result import csv_writer, json_array, json_writer
    from lineage.policy.output import COLUMNS, table_parts, written_rows

    match output:
        case CheckFormat.TABLE:
            for outcome in checking.report().outcomes:
                yield from table_parts(outcome, columns(), is_full=is_full, most=most)
        case CheckFormat.JSON:
            yield from json_array(checking.written(written_rows(json_writer(COLUMNS))))
            yield "\n"
        case CheckFormat.CSV:
            write = csv_writer()
            yield write(COLUMNS)
            yield from checking.written(written_rows(write))
        case CheckFormat.JUNIT:
            from lineage.policy.junit import as_junit

            yield from as_junit(checking.report())
        case CheckFormat.SARIF:
            from importlib.metadata import version

            from lineage.policy.sarif import as_sarif

            yield from as_sarif(checking.report(), version("hub-lineage"), as_uri(policy))


def as_uri(path: Path) -> str:
    """Return a file's path as a code host resolves it: relative to the working folder if inside it, percent-encoded."""
    from urllib.parse import quote

    here = Path.cwd()
    whole = path if path.is_absolute() else here / path
    shown = whole.relative_to(here) if whole.is_relative_to(here) else Path(whole.name)
    return quote(shown.as_posix())


def _summarise(report: CheckReport) -> None:
    """Say on stderr what was found, and which exceptions applied."""
    from lineage.policy.output import summary
    from lineage.text.plain import plain

    for note in report.notes:
        say(f"note: {plain(note)}")
    say(f"{report.policy.title}: {summary(report)}")
