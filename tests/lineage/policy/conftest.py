"""Facts of a small fictional family, and the shortest way to hold them against one rule."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lineage.drift.drift_row import DriftRow
from lineage.parents.edge import ContradictedEdge, Edge
from lineage.policy.check import evaluate
from lineage.policy.drift_rules import question_of
from lineage.policy.facts import ModelRecord, PolicyFacts
from lineage.policy.policy import Policy
from lineage.policy.rules import Comparing, Guarded
from lineage.scores.score import Identity, StoredScore
from lineage.vocabulary import Construct, Direction, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lineage.policy.results import RuleOutcome
    from lineage.policy.rules import AnyRule

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Bench:
    """Makes facts of one model `oak/notes` and holds them against rules."""

    MODEL = "oak/notes"
    BASE = "maple/base"
    NOW = NOW

    @staticmethod
    def edge(child: str = MODEL, parent: str = BASE, **changes: Any) -> Edge:  # noqa: ANN401 -- fields of the tests
        """Return a declared edge; `changes` replace fields."""
        made = Edge(child=child, parent=parent, relation="finetune", evidence="hub", confidence=0.97)
        return replace(made, **changes)

    @staticmethod
    def denied(child: str = MODEL, parent: str = BASE) -> ContradictedEdge:
        """Return a declared edge that weights contradict."""
        return ContradictedEdge(
            child=child,
            parent=parent,
            relation="finetune",
            evidence="hub",
            confidence=0.97,
            inferred=False,
            weights="contradicted",
            reason="3 of 64 columns match",
        )

    @staticmethod
    def score(**changes: Any) -> StoredScore:  # noqa: ANN401 -- fields of the tests
        """Return a current score of the instrument `harm`; `changes` replace fields."""
        made = StoredScore(
            instrument="harm@1",
            identity=Identity(name="harm"),
            title="Harmful replies",
            construct=Construct.UNSAFE_OUTPUT,
            direction=Direction.LOWER_IS_SAFER,
            low=0.0,
            high=1.0,
            value=0.3,
            stderr=0.02,
            items=400,
            is_standing=True,
            state="measured",
            revision="a1b2c3d",
            measured_at=datetime(2026, 2, 1, tzinfo=UTC),
            source="lm-eval",
            origin="results.json",
            run="77aa",
        )
        return replace(made, **changes)

    @staticmethod
    def row(verdict: Verdict, **changes: Any) -> DriftRow:  # noqa: ANN401 -- fields of the tests
        """Return a comparison of `harm` with the base; `changes` replace fields."""
        made = DriftRow(
            model=Bench.MODEL,
            instrument="harm@1",
            name="harm",
            construct=Construct.UNSAFE_OUTPUT,
            direction=Direction.LOWER_IS_SAFER,
            verdict=verdict,
            reference=Bench.BASE,
            delta=None if verdict is Verdict.WITHHELD else 0.0,
            reason=f"a sentence on {verdict}",
        )
        return replace(made, **changes)

    @staticmethod
    def facts(rows: Iterable[DriftRow] = (), rule: AnyRule | None = None, **changes: Any) -> PolicyFacts:  # noqa: ANN401 -- as above
        """Return facts of the model, made of the base, both sound; `changes` replace fields."""
        records = {
            one: ModelRecord(revision="a1b2c3d4e5", licence="mit", gated="false", pickle_only=False, seen_at=NOW)
            for one in (Bench.MODEL, Bench.BASE)
        }
        drift = {question_of(rule): {Bench.MODEL: tuple(rows)}} if isinstance(rule, Comparing | Guarded) else {}
        made = PolicyFacts(
            models=(Bench.MODEL,),
            checked_at=NOW,
            records=records,
            edges={Bench.MODEL: (Bench.edge(),)},
            scores={Bench.MODEL: (Bench.score(),)},
            drift=drift,
        )
        return replace(made, **changes)

    @staticmethod
    def record(**changes: Any) -> ModelRecord:  # noqa: ANN401 -- as above
        """Return the record of the model; `changes` replace fields."""
        (found,) = (one for name, one in Bench.facts().records.items() if name == Bench.MODEL)
        return replace(found, **changes)

    @staticmethod
    def policy(*rules: AnyRule, **changes: Any) -> Policy:  # noqa: ANN401 -- as above
        """Return a policy of some rules."""
        made = Policy(source="policy.toml", title="A policy", rules=rules)
        return replace(made, **{name: changes[name] for name in changes if name in {one.name for one in fields(made)}})

    @staticmethod
    def outcome(rule: AnyRule, facts: PolicyFacts) -> RuleOutcome:
        """Return what one rule says of facts."""
        return evaluate(Bench.policy(rule), facts).outcomes[1]

    @staticmethod
    def states(rule: AnyRule, facts: PolicyFacts) -> dict[str, str]:
        """Return subject and state of every detail of the rule on the model."""
        (result,) = Bench.outcome(rule, facts).results
        return {detail.subject: detail.state.value for detail in result.details}

    @staticmethod
    def found(rule: AnyRule, facts: PolicyFacts) -> list[str]:
        """Return what the rule found against the model, in words."""
        (result,) = Bench.outcome(rule, facts).results
        return [detail.words for detail in result.details if detail.state.value == "found"]


@pytest.fixture(name="bench", scope="session")
def fixture_bench() -> type[Bench]:
    """Give what makes facts and holds them against rules."""
    return Bench
