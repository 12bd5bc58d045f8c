"""The findings of a check as JUnit XML: one suite per rule, one case per model.

There is no standard; this keeps to what the readers of CI servers share: counts on every suite, `failure` with a
message, `skipped` for excused findings and allowed missing facts, `system-out` for everything else. The outermost
element has no count of skipped cases, because some readers' schemas do not allow it there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from lineage.policy.findings import CheckState
from lineage.policy.output import told
from lineage.policy.rules import Level
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.policy.findings import ModelOutcome
    from lineage.policy.results import CheckReport, RuleOutcome

NAME: Final = "lineage check"


def as_junit(report: CheckReport) -> Iterator[str]:
    """Yield the document in pieces; each untrusted text becomes one visible line."""
    counts = [_counts(outcome) for outcome in report.outcomes]
    totals = {name: sum(one[name] for one in counts) for name in ("tests", "failures", "errors")}
    timestamp = f"{report.checked_at:%Y-%m-%dT%H:%M:%S}"
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites{_attributes(name=f'{NAME}: {report.policy.title}', **totals, time='0')}>\n"
    for outcome, count in zip(report.outcomes, counts, strict=True):
        yield f"  <testsuite{_attributes(name=outcome.name, **count, time='0', timestamp=timestamp)}>\n"
        yield _element("properties", [_property("rule", outcome.about), _property("level", outcome.level)])
        yield from outcome.results.written(partial(_case, outcome))
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


def _counts(outcome: RuleOutcome) -> dict[str, int]:
    return {
        "tests": outcome.tally.models,
        "failures": outcome.count(CheckState.FOUND) if outcome.level is Level.ERROR else 0,
        "errors": 0,
        "skipped": outcome.count(CheckState.EXCUSED) + outcome.count(CheckState.SKIPPED),
    }


def _case(outcome: RuleOutcome, result: ModelOutcome) -> str:
    parts = [f"    <testcase{_attributes(classname=f'policy.{outcome.name}', name=result.model, time='0')}>\n"]
    lines = "\n".join(plain(f"{one.state}: {told(one, result.model)}", None) for one in result.details)
    found = [plain(told(one, result.model), None) for one in result.details if one.state is result.state]
    if result.state is CheckState.FOUND and outcome.level is Level.ERROR:
        attributes = _attributes(message="; ".join(found), type=outcome.kind)
        parts.append(f"      <failure{attributes}>{escape(lines)}</failure>\n")
    elif result.state is CheckState.EXCUSED and result.excuse is not None:
        reason = f"excused until {result.excuse.expires}: {result.excuse.reason}"
        parts.append(f"      <skipped{_attributes(message=reason)}/>\n")
    elif result.state is CheckState.SKIPPED:
        parts.append(f"      <skipped{_attributes(message='; '.join(found))}/>\n")
    if lines and not (result.state is CheckState.FOUND and outcome.level is Level.ERROR):
        parts.append(f"      <system-out>{escape(lines)}</system-out>\n")
    return "".join((*parts, "    </testcase>\n"))


def _property(name: str, value: str) -> str:
    return f"      <property{_attributes(name=name, value=value)}/>\n"


def _element(name: str, parts: list[str]) -> str:
    return f"    <{name}>\n{''.join(parts)}    </{name}>\n"


def _attributes(**values: object) -> str:
    return "".join(f" {name}={quoteattr(plain(str(value), None))}" for name, value in values.items())
