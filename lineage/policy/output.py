"""The findings of a check, as text for people and as rows for programs."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from lineage.output.result import shown
from lineage.output.terminal import WIDEST_NAME, section_parts, wrapped
from lineage.policy.findings import CheckState
from lineage.policy.rules import Level
from lineage.text.plain import plain, width
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from lineage.policy.findings import Detail, ModelOutcome
    from lineage.policy.results import CheckReport, RuleOutcome
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
        for result in outcome.results:
            yield from _rows(outcome, result)


def written_rows(
    write: Callable[[tuple[object, ...]], str],
) -> Callable[[AnyRule | RuleOutcome, ModelOutcome], str]:
    """Return what turns the result of a rule on a model into the text of its rows, each as `write` writes it."""
    return lambda rule, result: "".join(map(write, _rows(rule, result)))


def _rows(rule: AnyRule | RuleOutcome, result: ModelOutcome) -> Iterator[tuple[object, ...]]:
    ruled = rule.name, rule.kind, rule.level.value
    excuse = (None, None) if result.excuse is None else (result.excuse.reason, result.excuse.expires)
    for one in result.details:
        said = (result.model, one.subject, one.found, one.source)
        lack = (None, None) if one.missing is None else (one.missing.value, one.remedy_for(result.model) or None)
        theirs = excuse if one.state is CheckState.EXCUSED else (None, None)
        yield (*ruled, one.state.value, *said, *lack, *theirs, rule.line)


def table_parts(outcome: RuleOutcome, columns: int, *, is_full: bool, most: int | None = None) -> Iterator[str]:
    """Yield a rule with its findings as lines for a terminal of this width; `is_full` adds what passed or was skipped.

    At most `most` models (None: all) are listed and the others counted; one of them is in memory at a time.
    """

    def is_shown(result: ModelOutcome) -> bool:
        return bool(_looked_at(result, is_full=is_full))

    def listed() -> Iterator[ModelOutcome]:
        return islice(outcome.results.chosen(is_shown), least)

    every = outcome.tally.models if is_full else sum(map(outcome.count, (CheckState.FOUND, CheckState.EXCUSED)))
    least = every if most is None else min(most, every)
    longest = 0
    for result in listed():
        longest = max(longest, width(shown(result.model)))
        if longest >= WIDEST_NAME:
            break
    pairs = (pair for result in listed() for pair in _pairs(result, is_full=is_full))
    left = [("", f"({_many(every - least, 'model')} more; --limit 0 shows all)")] if every > least else []
    heading = shown(f"{_counted(outcome)}  {outcome.name}: {outcome.about}")
    yield from section_parts(heading, chain(pairs, left), columns, longest)


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


def _pairs(result: ModelOutcome, *, is_full: bool) -> Iterator[tuple[str, str]]:
    """Yield the lines on a model, the first with its name."""
    name = shown(result.model)
    for one in _looked_at(result, is_full=is_full):
        for line in _words(one, result):
            yield name, shown(line)
            name = ""


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
