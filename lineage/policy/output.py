"""The findings of a check, as text for people and as rows for programs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from lineage.output.result import Result
from lineage.output.terminal import wrapped
from lineage.policy.findings import CheckState
from lineage.policy.rules import Level
from lineage.text.plain import plain
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable, Iterator

    from lineage.policy.findings import CheckReport, Detail, ModelOutcome, RuleOutcome
    from lineage.policy.rules import AnyRule

COLUMNS: Final = (
    "rule",
    "kind",
    "level",
    "state",
    "model",
    "subject",
    "found",
    "source",
    "missing",
    "remedy",
    "excuse",
    "expires",
    "line",
)
ANYTHING: Final = "*"
SUPPLY: Final = "to supply it: "
LONGEST_LINE: Final = 160
FAILED: Final = "FAIL"
WARNING: Final = "WARNING"
PASSED: Final = "PASS"
SKIPPED: Final = "SKIPPED"


def as_rows(report: CheckReport) -> Iterator[tuple[object, ...]]:
    """Yield one row of COLUMNS per detail, passes included, in the order of the policy; `line` is the rule's.

    `missing` and `remedy` are None for a detail that lacks no fact.
    """
    for outcome in report.outcomes:
        yield from rows_of(outcome, outcome.results)


def rows_of(rule: AnyRule | RuleOutcome, results: Iterable[ModelOutcome]) -> Iterator[tuple[object, ...]]:
    """Yield the rows of some results of a rule."""
    ruled = rule.name, rule.kind, rule.level.value
    for result in results:
        excuse = (None, None) if result.excuse is None else (result.excuse.reason, result.excuse.expires)
        for one in result.details:
            said = (result.model, one.subject, one.found, one.source)
            lack = (None, None) if one.missing is None else (one.missing.value, one.remedy_for(result.model) or None)
            theirs = excuse if one.state is CheckState.EXCUSED else (None, None)
            yield (*ruled, one.state.value, *said, *lack, *theirs, rule.line)


def as_sections(outcomes: Iterable[RuleOutcome], *, is_full: bool, most: int | None = None) -> Result:
    """Return one section per rule with its findings; `is_full` adds what passed or was skipped.

    A section lists at most `most` models (None: all) and counts the others.
    """
    lines = (line for outcome in outcomes for line in _lines(outcome, most, is_full=is_full))
    return Result(columns=("rule", "model", "found"), rows=tuple(lines))


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
    extra += [skipped_in_words(report.skipped)] * bool(report.skipped)
    return f"{outcome}{''.join(f'; {one}' for one in extra)}"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def skipped_in_words(skipped: Counter[MissingFact]) -> str:
    """Return how many facts were skipped, such as `3 facts skipped (2 not measured, 1 stale)`."""
    kinds = ", ".join(f"{skipped[one]:,} {one.words}" for one in MissingFact if skipped[one])
    return f"{_many(skipped.total(), 'fact')} skipped ({kinds})"


def told(detail: Detail, model: str) -> str:
    """Return a detail in one line: its subject, what was found, the source, and what would supply a missing fact."""
    source = f" [{detail.source}]" if detail.source else ""
    remedy = f"; {SUPPLY}{detail.remedy_for(model)}" if detail.remedy else ""
    return f"{detail.subject}: {detail.words}{source}{remedy}"


def _lines(outcome: RuleOutcome, most: int | None, *, is_full: bool) -> Iterator[tuple[object, ...]]:
    heading = f"{_counted(outcome)}  {outcome.name}: {outcome.about}"
    yield heading, "", ""
    looked = ((result, _looked_at(result, is_full=is_full)) for result in outcome.results)
    shown = ((result, details) for result, details in looked if details)
    for result, details in islice(shown, most):
        lines = (line for one in details for line in _words(one, result))
        for place, line in enumerate(lines):
            yield heading, result.model if place == 0 else "", line
    if left := sum(1 for _ in shown):
        yield heading, "", f"({_many(left, 'model')} more; --limit 0 shows all)"


def _looked_at(result: ModelOutcome, *, is_full: bool) -> list[Detail]:
    return [one for one in result.details if is_full or one.state in {CheckState.FOUND, CheckState.EXCUSED}]


def _counted(outcome: RuleOutcome) -> str:
    """Return the outcomes of a rule with their counts, such as `FAIL (2 models), PASS (3 models)`."""
    words = {
        CheckState.FOUND: FAILED if outcome.level is Level.ERROR else WARNING,
        CheckState.EXCUSED: "excused",
        CheckState.SKIPPED: SKIPPED,
        CheckState.OK: PASSED,
    }
    counts = {word: outcome.count(state) for state, word in words.items()}
    return ", ".join(f"{word} ({_many(count, 'model')})" for word, count in counts.items() if count) or "no model"


def _words(detail: Detail, result: ModelOutcome) -> Iterator[str]:
    """Yield a detail in lines: what was found, the source, what would supply a missing fact, and the excuse."""
    mark = {CheckState.OK: f"{PASSED}: ", CheckState.SKIPPED: f"{SKIPPED}: "}.get(detail.state, "")
    subject = "" if detail.subject in {result.model, ANYTHING} else f"{detail.subject}: "
    yield from wrapped(plain(f"{mark}{subject}{detail.words}", None), LONGEST_LINE)
    if detail.source:
        yield from wrapped(plain(f"[{detail.source}]", None), LONGEST_LINE)
    if detail.remedy:
        yield from wrapped(plain(f"{SUPPLY}{detail.remedy_for(result.model)}", None), LONGEST_LINE)
    if detail.state is CheckState.EXCUSED and result.excuse is not None:
        yield from wrapped(
            plain(f"(excused until {result.excuse.expires}: {result.excuse.reason})", None), LONGEST_LINE
        )
