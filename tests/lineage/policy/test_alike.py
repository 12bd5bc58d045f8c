"""Models that are alike: what is found of one holds for all of them, under their own names."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from lineage.output.result import csv_writer, json_writer
from lineage.policy.check import evaluate
from lineage.policy.junit import as_junit
from lineage.policy.output import as_rows, table_parts, written_rows
from lineage.policy.policy import Exemption
from lineage.policy.rules import (
    ApprovedBases,
    Decided,
    DeclaredParents,
    Guarded,
    Licences,
    Measured,
    NoPickle,
    NotGated,
    NoWithheld,
    NoWorse,
    ParentsPresent,
    Present,
    Seen,
    ShownNoWorse,
)
from lineage.policy.sarif import as_sarif
from lineage.vocabulary import MissingFact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lineage.policy.facts import PolicyFacts
    from lineage.policy.results import CheckReport
    from tests.lineage.policy.conftest import Bench

NAMES = ("oak/a", "oak/b", "elm/c", "elm/d", "gpt", "-fir/e", "fir/'f'", "ash/g:Q4_K", "ash/g", "stand-in/h")
RULES = (
    Measured(name="measured", instruments=("harm", "other")),
    Guarded(name="guarded", constructs=("unsafe_output",)),
    NoWorse(name="no_worse", bases=("elm/*",)),
    ShownNoWorse(name="shown", instruments=("other",)),
    Decided(name="decided", allow_missing=(MissingFact.UNMEASURED,)),
    NoWithheld(name="no_withheld"),
    DeclaredParents(name="declared", bases=("oak/a",), min_confidence=0.9),
    ParentsPresent(name="parents"),
    ApprovedBases(name="approved", bases=("elm/*",)),
    Licences(name="licences", forbid=("mit",), looser=True),
    Licences(name="own licence", allow=("mit",), ancestors=False),
    Present(name="present"),
    Seen(name="seen", max_age_days=30),
    NotGated(name="not_gated"),
    NotGated(name="none gated", ancestors=True),
    NoPickle(name="no_pickle"),
)
EXEMPTIONS = (
    Exemption(model="oak/*", rules=("licences", "present"), reason="one", expires=date(2027, 1, 1)),
    Exemption(model="oak/a", rules=("licences",), reason="two", expires=date(2028, 1, 1)),
)
few = st.sampled_from
edges = st.lists(st.tuples(few(NAMES), few((0.97, 0.5)), st.booleans(), few((None, "oak/a", "stand-in"))), max_size=2)
records = st.tuples(few(("present", "deleted")), few(("mit", "other", None)), few(("false", None)), few((0, 40)))


@st.composite
def drawn_facts(draw: st.DrawFn, bench: type[Bench]) -> PolicyFacts:
    """Draw facts about all names, some of which are alike, above themselves, scored, or without a record."""
    above = draw(st.dictionaries(few(NAMES), edges))
    known = draw(st.dictionaries(few(NAMES), records))
    shared = {
        said: bench.record(
            revision=None, status=said[0], licence=said[1], gated=said[2], seen_at=bench.NOW - timedelta(days=said[3])
        )
        for said in known.values()
    }
    return bench.facts(
        models=NAMES,
        records={name: shared[said] for name, said in known.items()},
        edges={
            child: tuple(
                bench.edge(child, parent, confidence=sure, inferred=inferred, declared_as=written)
                for parent, sure, inferred, written in some
            )
            for child, some in above.items()
        },
        contradicted={name: (bench.denied(name, "oak/a"),) for name in draw(st.sets(few(NAMES), max_size=2))},
        scores={name: (bench.score(),) for name in draw(st.sets(few(NAMES), max_size=2))},
    )


def outputs(report: CheckReport) -> Iterator[str]:
    """Yield a report in every form."""
    for write in (json_writer(("a",) * 13), csv_writer()):
        for outcome in report.outcomes:
            yield from outcome.results.written(partial(written_rows(write), outcome))
    yield from as_junit(report)
    yield from as_sarif(report, "1", "p.toml")
    for outcome in report.outcomes:
        yield from table_parts(outcome, 100, is_full=True)


@given(data=st.data())
def test_models_that_are_alike_give_what_each_gives_alone(bench: type[Bench], data: st.DataObject) -> None:
    """Every form and count is the same as if each model were tested under its own name."""
    facts = data.draw(drawn_facts(bench))
    policy = bench.policy(*RULES, exemptions=EXEMPTIONS)
    report = evaluate(policy, facts)
    with mock.patch("lineage.policy.alike._ORDINARY", re.compile("(?!)")):
        alone = evaluate(policy, facts)
    assert list(as_rows(report)) == list(as_rows(alone))
    assert "".join(outputs(report)) == "".join(outputs(alone))
    assert [one.tally for one in report.outcomes] == [one.tally for one in alone.outcomes]
    assert replace(report, outcomes=()) == replace(alone, outcomes=())


def test_a_pattern_for_all_models_names_each(bench: type[Bench]) -> None:
    """Each is a base under its own name, not under that of the stand-in."""
    report = evaluate(bench.policy(NoWorse(name="no_worse", bases=("*",))), bench.facts(models=("oak/a", "oak/b")))
    assert [(one.model, one.details[0].subject) for one in report.outcomes[1].results] == [
        ("oak/a", "oak/a"),
        ("oak/b", "oak/b"),
    ]


def test_a_fingerprint_is_of_rule_model_and_subject(bench: type[Bench]) -> None:
    """Of a model among many too; a text that looks like one in the document is left as it is."""
    trick = '"lineageFinding/v1": "x"'
    facts = bench.facts(
        models=("oak/a", "oak/b"), records={}, edges={"oak/b": (bench.edge("oak/b", inferred=True, declared_as=trick),)}
    )
    text = "".join(as_sarif(evaluate(bench.policy(DeclaredParents(name="declared")), facts), "1", "p.toml"))
    results = json.loads(text)["runs"][0]["results"]
    assert [one["partialFingerprints"]["lineageFinding/v1"] for one in results] == [
        sha256(f"declared\x1f{model}\x1f{model}".encode()).hexdigest() for model in ("oak/a", "oak/b")
    ]
    assert trick in results[1]["message"]["text"]
