"""What recipes answer: kept values, and what is refused where a model was measured otherwise, or not at all."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from evaluation.commands import evaluate, maintain
from evaluation.engines.interface import Setup
from evaluation.errors import MeasuredOtherwise
from evaluation.maintenance.answers import RecipeAnswers
from evaluation.maintenance.measure import NotMeasured, RepairJobs
from evaluation.workers.settings import EvaluateSettings
from lineage.maintenance.recipes import MixRecipe
from lineage.maintenance.trial import JudgedInstrument
from lineage.output.result import Result
from lineage.scheduling.job import JobSpec
from lineage.scheduling.plan import PlannedJob
from lineage.scores.instrument_file import default_catalogue
from lineage.scores.instruments import Instrument
from lineage.scores.score import Identity, ItemScores, Score
from lineage.vocabulary import Construct, Direction, Scale
from store.jobs.queue import list_jobs
from store.scores.write import write_scores
from tests.evaluation.conftest import START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluation.engines.transformers.recipe_runner import RecipeRunner
    from store.database import Database
    from tests.evaluation.conftest import Bench

HALF = MixRecipe(attention=0.5, rest=0.5)
REFUSAL, SKILL = (
    Instrument(name=name, title=name, construct=construct, direction=direction, low=0, high=1, scale=Scale.RATE)
    for name, construct, direction in (
        ("refusal", Construct.REFUSAL, Direction.HIGHER_IS_SAFER),
        ("skill", Construct.CAPABILITY, Direction.CAPABILITY),
    )
)
ITEMS = ("x", "y", "z")


@dataclass(slots=True)
class CountedRunner:
    """A runner of recipes whose every item is 1, and which has the identity that it is given."""

    key: str
    asked: list[tuple[str, ...]] = field(default_factory=list)

    def identity(self, _spec: JobSpec, _recipe: MixRecipe) -> SimpleNamespace:
        """Return what has that identity as its key."""
        return SimpleNamespace(key=self.key)

    def ask(self, _spec: JobSpec, _recipe: MixRecipe, items: Sequence[str]) -> dict[str, float]:
        """Answer, and note what was asked."""
        self.asked.append(tuple(items))
        return dict.fromkeys(items, 1.0)


def job(model: str, instrument: Instrument) -> PlannedJob:
    """Return a job of a model at commit `a1` on an instrument."""
    spec = JobSpec(
        model=model, revision="a1", instrument=instrument.name, definition="toys", engine="transformers", options={}
    )
    return PlannedJob(spec=spec, family="oak/base", priority=1.0, reason="a test", policy="person")


def jobs() -> RepairJobs:
    """Return the jobs of oak/base and oak/tuned."""
    of = {model: [job(model, one) for one in (REFUSAL, SKILL)] for model in ("oak/base", "oak/tuned")}
    return RepairJobs.of(of["oak/base"], of["oak/tuned"], None)


def judged(key: str) -> JudgedInstrument:
    """Return refusals, measured under an identity."""
    values = dict.fromkeys(ITEMS, 0.0)
    clusters = dict(zip(ITEMS, ITEMS, strict=True))
    return JudgedInstrument(
        key=key, instrument=REFUSAL, is_capability=False, base=values, child=values, clusters=clusters
    )


def answers(database: Database, runner: CountedRunner) -> RecipeAnswers:
    """Return the answers of recipes between the two models, with a runner of the test's own."""
    found = jobs()
    return RecipeAnswers(
        database=database,
        subject=found.subject,
        specs=found.specs,
        load=lambda: nullcontext(cast("RecipeRunner", runner)),
    )


def test_what_is_asked_otherwise_than_it_was_measured_is_refused(bench: Bench) -> None:
    """Nothing is asked or kept, and the error names the model, both identities, and what helps."""
    runner = CountedRunner("refusal@2")
    with pytest.raises(MeasuredOtherwise) as raised:
        answers(bench.database, runner)(HALF, judged("refusal@1"), ITEMS)
    said = str(raised.value)
    assert said == "oak/tuned and its base were measured as refusal@1, but are asked as refusal@2 here"
    assert "`lineage scores list --instrument refusal`" in str(raised.value.hint)
    assert runner.asked == []
    assert bench.rows("select count(*) from hub.trial_items") == [(0,)]


def test_items_are_asked_once(bench: Bench) -> None:
    """What is kept is asked of no model again, also by another search; only what is missing is."""
    runner = CountedRunner("refusal@1")
    first = answers(bench.database, runner)
    assert first(HALF, judged("refusal@1"), ITEMS[:2]) == {"x": 1.0, "y": 1.0}
    assert first.new == 2
    second = answers(bench.database, runner)
    assert second(HALF, judged("refusal@1"), ITEMS) == dict.fromkeys(ITEMS, 1.0)
    assert (second.new, runner.asked) == (1, [("x", "y"), ("z",)])


def score(model: str, instrument: Instrument, judge: str | None, *, has_items: bool = True) -> Score:
    """Return a measured score with items, by a judge."""
    values = np.array([0.0, 1.0, 1.0])
    items = ItemScores(items=ITEMS, values=values) if has_items else None
    return Score(
        model=model,
        revision="a1",
        instrument=instrument,
        identity=Identity(name=instrument.name, judge=judge, item_set_hash=items.item_set_hash if items else None),
        value=2 / 3,
        stderr=None,
        items=3,
        source="table",
        origin="scores.csv",
        measured_at=START,
        item_scores=items,
    )


def measured(database: Database) -> list[JudgedInstrument]:
    """Return the instruments of the two models, as the command finds or measures them."""
    catalogue = default_catalogue()
    return maintain._measured(database, catalogue, Setup(device="cpu"), EvaluateSettings(), jobs(), ([REFUSAL], SKILL))


@pytest.mark.parametrize(("judge", "has_items"), [("another judge", True), (None, False)])
def test_scores_that_cannot_be_compared_are_named(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, judge: str | None, *, has_items: bool
) -> None:
    """Of two identities, or without items: both are queued to be measured, and if that brings nothing it is told."""
    for instrument in (REFUSAL, SKILL):
        write_scores(bench.database, [score("oak/base", instrument, None)], START)
    write_scores(
        bench.database,
        [score("oak/tuned", REFUSAL, judge, has_items=has_items), score("oak/tuned", SKILL, None)],
        START,
    )
    ended = Result(columns=("state",), rows=(("done",), ("done",)))
    monkeypatch.setattr(evaluate, "run_with_progress", lambda *_: ended)
    with pytest.raises(NotMeasured) as raised:
        measured(bench.database)
    assert str(raised.value) == "oak/tuned and oak/base have no current scores with items of one refusal"
    assert "`lineage scores list --instrument NAME`" in str(raised.value.hint)
    assert sorted(str(one["model"]) for one in list_jobs(bench.database).records()) == ["oak/base", "oak/tuned"]


def test_scores_that_can_be_compared_queue_nothing(bench: Bench) -> None:
    """The items of both come with the instruments."""
    for instrument in (REFUSAL, SKILL):
        write_scores(bench.database, [score(model, instrument, None) for model in ("oak/base", "oak/tuned")], START)
    found = measured(bench.database)
    assert [one.name for one in found] == ["refusal", "skill"]
    assert found[0].child == {"x": 0.0, "y": 1.0, "z": 1.0}
    assert list_jobs(bench.database).rows == ()
