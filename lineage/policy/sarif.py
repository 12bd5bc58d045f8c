"""The findings of a check as SARIF 2.1.0, the format that code hosts show as alerts.

Property names and their rules are those of the OASIS standard "Static Analysis Results Interchange Format (SARIF)
Version 2.1.0" (2020). A result is located at the line of its rule in the policy file, which code hosts need to show it;
the model is its logical location.
"""

from __future__ import annotations

import json
import re
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from lineage.output.result import indented
from lineage.policy.findings import CheckState
from lineage.policy.output import told
from lineage.policy.rules import Level
from lineage.text.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lineage.policy.findings import Detail, ModelOutcome
    from lineage.policy.results import CheckReport, RuleOutcome

VERSION: Final = "2.1.0"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
DEPTH: Final = 4
"""How deep a result is in the document."""
FINGERPRINT: Final = "lineageFinding/v1"
SEPARATOR: Final = ",\n"
_NAMED: Final = re.compile(rf'("{FINGERPRINT}": )("(?:[^"\\]|\\.)*")')
"""What a fingerprint is made of, where it will stand; a quote within a text has a backslash before it."""
_MARKS: Final = re.compile(r"([\\\[\]])")


def as_sarif(report: CheckReport, version: str, source: str) -> Iterator[str]:
    """Yield the document in pieces; `version` is the program's, `source` the policy file's path in its repository.

    Findings and excused findings are results of the kind `fail`; the latter are suppressed, with their reason. A
    missing fact that is allowed is `open`: not enough is known to decide (section 3.27.9). Passes are omitted.
    """
    outcomes = report.outcomes
    driver = {"name": "lineage", "version": version, "rules": [_rule(outcome) for outcome in outcomes]}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"lineage check/{_text(report.policy.title)}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCode": int(report.has_failed),
                "endTimeUtc": f"{report.checked_at:%Y-%m-%dT%H:%M:%SZ}",
                **_notes(report),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "results": [],
    }
    head, tail = _dumped({"$schema": SCHEMA, "version": VERSION, "runs": [run]}).rsplit("[]", 1)
    yield f"{head}["
    between = "\n"
    for text in _results(outcomes, source):
        yield f"{between}{text.removeprefix(SEPARATOR)}"
        between = SEPARATOR
    yield ("]" if between == "\n" else f"\n{' ' * 3}]") + f"{tail}\n"


def _dumped(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, indent=1)


def _results(outcomes: Iterable[RuleOutcome], source: str) -> Iterator[str]:
    """Yield the results, a separator before each, in pieces of any number."""
    for place, outcome in enumerate(outcomes):
        for text in outcome.results.written(partial(_written, place, outcome, source)):
            if text:
                yield _NAMED.sub(_fingerprint, text)


def _written(place: int, outcome: RuleOutcome, source: str, result: ModelOutcome) -> str:
    told_of = (detail for detail in result.details if detail.state is not CheckState.OK)
    found = (_result(place, outcome, result, detail, source) for detail in told_of)
    return "".join(f"{SEPARATOR}{' ' * DEPTH}{indented(one, DEPTH)}" for one in found)


def _rule(outcome: RuleOutcome) -> dict[str, Any]:
    kind = {} if outcome.kind == outcome.name else {"name": outcome.kind}  # SARIF1001: a name must differ from the id
    return {
        "id": outcome.name,
        **kind,
        "shortDescription": {"text": _text(outcome.about)},
        "defaultConfiguration": {"level": _level(outcome)},
    }


def _result(place: int, outcome: RuleOutcome, result: ModelOutcome, detail: Detail, source: str) -> dict[str, Any]:
    model = _text(result.model)
    is_open = detail.state is CheckState.SKIPPED
    region = {"region": {"startLine": outcome.line}} if outcome.line is not None else {"region": {"startLine": 1}}
    found: dict[str, Any] = {
        "ruleId": outcome.name,
        "ruleIndex": place,
        "kind": "open" if is_open else "fail",
        "level": "none" if is_open else _level(outcome),
        "message": {"text": _message(f"{result.model}: {told(detail, result.model)}")},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": source}, **region},
                "logicalLocations": [{"name": model, "fullyQualifiedName": model, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: f"{outcome.name}\x1f{result.model}\x1f{detail.subject}"},
    }
    if detail.missing is not None:
        found["properties"] = {"missing": detail.missing.value, "remedy": _text(detail.remedy_for(result.model))}
    if detail.state is CheckState.EXCUSED and result.excuse is not None:
        reason = f"until {result.excuse.expires}: {result.excuse.reason}"
        found["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _text(reason)}]
    return found


def _notes(report: CheckReport) -> dict[str, Any]:
    notes = [{"level": "note", "message": {"text": _message(note)}} for note in report.notes]
    return {"toolExecutionNotifications": notes} if notes else {}


def _level(outcome: RuleOutcome) -> str:
    return "error" if outcome.level is Level.ERROR else "warning"


def _fingerprint(named: re.Match[str]) -> str:
    """Return an id that is stable across runs, so that an alert is recognised: rule, model and subject."""
    told_by = str(json.loads(named[2]))
    return f'{named[1]}"{sha256(told_by.encode("utf-8", "replace")).hexdigest()}"'


def _text(text: str) -> str:
    return plain(text, None)


def _message(text: str) -> str:
    """Return a text as a message: brackets would make links (section 3.11.6), braces placeholders (section 3.11.5)."""
    return _MARKS.sub(r"\\\1", _text(text)).replace("{", "{{").replace("}", "}}")
