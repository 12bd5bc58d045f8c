"""What a check found as JUnit XML: a suite a rule, a case a model.

There is no standard; this keeps to what the readers of CI servers share (the schema of the Jenkins xUnit plugin and of
Apache Ant): counts on every suite, `failure` with a message, `skipped` for what is excused, `system-out` for what is
told of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from lineage.policy.details import Level, State
from lineage.policy.forms import told
from lineage.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.policy.details import Outcome, Report, Result

NAME: Final = "lineage check"


def as_junit(report: Report) -> Iterator[str]:
    """Yield the document line by line; texts of strangers are one visible line each, whatever they held."""
    suites = [_Counts(outcome) for outcome in report.outcomes]
    totals = {name: sum(suite.of[name] for suite in suites) for name in ("tests", "failures", "errors", "skipped")}
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f"<testsuites{_attributes(name=f'{NAME}: {report.policy.title}', **totals, time='0')}>\n"
    for suite in suites:
        named = _attributes(
            name=suite.outcome.name,
            **suite.of,
            time="0",
            timestamp=f"{report.checked_at:%Y-%m-%dT%H:%M:%S}",
        )
        yield f"  <testsuite{named}>\n"
        yield _element("properties", [_property("rule", suite.outcome.about), _property("level", suite.outcome.level)])
        for result in suite.outcome.results:
            yield from _case(suite.outcome, result)
        yield "  </testsuite>\n"
    yield "</testsuites>\n"


class _Counts:
    """The counts of a suite."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        failures = outcome.count(State.FOUND) if outcome.level is Level.ERROR else 0
        self.of: dict[str, object] = {}
        self.of = {
            "tests": len(outcome.results),
            "failures": failures,
            "errors": 0,
            "skipped": outcome.count(State.EXCUSED),
        }


def _case(outcome: Outcome, result: Result) -> Iterator[str]:
    yield f"    <testcase{_attributes(classname=f'policy.{outcome.name}', name=result.model, time='0')}>\n"
    lines = "\n".join(plain(f"{one.state}: {told(one)}", None) for one in result.details)
    found = [plain(told(one), None) for one in result.details if one.state in {State.FOUND, State.EXCUSED}]
    if result.state is State.FOUND and outcome.level is Level.ERROR:
        attributes = _attributes(message="; ".join(found), type=outcome.kind)
        yield f"      <failure{attributes}>{escape(lines)}</failure>\n"
    elif result.state is State.EXCUSED and result.excuse is not None:
        reason = f"excused until {result.excuse.expires}: {result.excuse.reason}"
        yield f"      <skipped{_attributes(message=reason)}/>\n"
    if lines and result.state is not State.FOUND or outcome.level is Level.WARNING:
        yield f"      <system-out>{escape(lines)}</system-out>\n"
    yield "    </testcase>\n"


def _property(name: str, value: str) -> str:
    return f"      <property{_attributes(name=name, value=value)}/>\n"


def _element(name: str, parts: list[str]) -> str:
    return f"    <{name}>\n{''.join(parts)}    </{name}>\n"


def _attributes(**values: object) -> str:
    return "".join(f" {name}={quoteattr(plain(str(value), None))}" for name, value in values.items())
