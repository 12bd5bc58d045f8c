"""The findings of a check, as text for people and as rows for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lineage.output.result import Result
from lineage.output.terminal import wrapped
from lineage.policy.findings import CheckState
from lineage.policy.rules import Level
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.policy.findings import CheckReport, Detail, ModelOutcome, RuleOutcome

COLUMNS: Final = (
    "rule",
    "kind",
    "level",
    "state",
    "model",
    "subject",
    "found",
    "source",
    "excuse",
    "expires",
    "line",
)
ANYTHING: Final = "*"
LONGEST_LINE: Final = 160
FAILED: Final = "FAIL"
WARNING: Final = "WARNING"
PASSED: Final = "PASS"
NOT_MEASURED: Final = "NOT MEASURED"


def as_rows(report: CheckReport) -> Iterator[tuple[object, ...]]:
    """Yield one row of COLUMNS per detail, passes included, in the order of the policy; `line` is the rule's."""
    for outcome in report.outcomes:
        for result in outcome.results:
            excuse = (None, None) if result.excuse is None else (result.excuse.reason, result.excuse.expires)
            for one in result.details:
                said = (result.model, one.subject, one.found, one.source)
                theirs = excuse if one.state is CheckState.EXCUSED else (None, None)
                yield (outcome.name, outcome.kind, outcome.level.value, one.state.value, *said, *theirs, outcome.line)


def as_sections(report: CheckReport, *, is_full: bool, most: int | None = None) -> Result:
    """Return one section per rule with its findings; `is_full` adds the models that pass or are not measured.

    A section lists at most `most` models (None: all) and counts the others.
    """
    return Result(columns=("rule", "model", "found"), rows=tuple(_lines(report, most, is_full=is_full)))


def summary(report: CheckReport) -> str:
    """Return the check in one sentence."""
    failed = [one for one in report.outcomes if one.has_failed]
    warned = sum(one.count(CheckState.FOUND) for one in report.outcomes if one.level is Level.WARNING)
    excused = sum(one.count(CheckState.EXCUSED) for one in report.outcomes)
    findings = sum(one.count(CheckState.FOUND) for one in failed)
    counted = f"{_many(len(report.outcomes), 'rule')}, {_many(report.models, 'model')}"
    if failed:
        outcome = f"failed ({_many(findings, 'finding')} in {len(failed)} of {counted})"
    else:
        outcome = f"passed ({counted})"
    extra = [_many(warned, "warning")] * bool(warned) + [f"{excused:,} excused"] * bool(excused)
    return f"{outcome}{''.join(f'; {one}' for one in extra)}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def told(detail: Detail) -> str:
    """Return a detail in one line: its subject, what was found, and the source."""
    source = f" [{detail.source}]" if detail.source else ""
    return f"{detail.subject}: {detail.found}{source}"


def _lines(report: CheckReport, most: int | None, *, is_full: bool) -> Iterator[tuple[object, ...]]:
    for outcome in report.outcomes:
        heading = f"{_counted(outcome)}  {outcome.name}: {outcome.about}"
        yield heading, "", ""
        looked = ((result, _looked_at(result, is_full=is_full)) for result in outcome.results)
        shown = [(result, details) for result, details in looked if details]
        for result, details in shown[:most]:
            lines = (line for one in details for line in _words(one, result))
            for place, line in enumerate(lines):
                yield heading, result.model if place == 0 else "", line
        if most is not None and len(shown) > most:
            yield heading, "", f"({_many(len(shown) - most, 'model')} more; --limit 0 shows all)"


def _looked_at(result: ModelOutcome, *, is_full: bool) -> list[Detail]:
    return [one for one in result.details if is_full or one.state in {CheckState.FOUND, CheckState.EXCUSED}]


def _counted(outcome: RuleOutcome) -> str:
    """Return the outcomes of a rule with their counts, such as `FAIL (2 models), PASS (3 models)`."""
    words = {
        CheckState.FOUND: FAILED if outcome.level is Level.ERROR else WARNING,
        CheckState.EXCUSED: "excused",
        CheckState.OK: PASSED,
        CheckState.SILENT: NOT_MEASURED,
    }
    counts = {word: outcome.count(state) for state, word in words.items()}
    return ", ".join(f"{word} ({_many(count, 'model')})" for word, count in counts.items() if count) or "no model"


def _words(detail: Detail, result: ModelOutcome) -> Iterator[str]:
    """Yield a detail in lines: what was found, the source, and the excuse if there is one."""
    mark = {CheckState.OK: f"{PASSED}: ", CheckState.SILENT: f"{NOT_MEASURED}: "}.get(detail.state, "")
    subject = "" if detail.subject in {result.model, ANYTHING} else f"{detail.subject}: "
    yield from wrapped(plain(f"{mark}{subject}{detail.found}", None), LONGEST_LINE)
    if detail.source:
        yield from wrapped(plain(f"[{detail.source}]", None), LONGEST_LINE)
    if detail.state is CheckState.EXCUSED and result.excuse is not None:
        yield from wrapped(
            plain(f"(excused until {result.excuse.expires}: {result.excuse.reason})", None), LONGEST_LINE
        )
