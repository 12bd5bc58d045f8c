"""What running a model takes of what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from lineage.errors import UsageError
from lineage.scheduling.hardware import Hardware
from lineage.scheduling.inputs import USUAL_TOKENS
from lineage.scheduling.job import Change
from lineage.scores.instrument_file import default_catalogue, read_instruments
from lineage.scores.score import ItemScores
from store.derive.model_names import NoSuchModel
from store.jobs.queue import enqueue, find_job, move
from store.jobs.results import ItemsCost, JobResult, begin, finish, keep_items
from store.jobs.run_facts import FileNotServed, find_facts, measured_costs, measured_tokens
from store.jobs.schedule import ScheduleRequest, plan_schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from lineage.scheduling.plan import PlannedJob
    from tests.store.conftest import Desk, Filled


HARDWARE = Hardware(
    flops_per_second=1e13,
    memory_bytes=40e9,
    download_bytes_per_second=1e8,
    load_bytes_per_second=1e9,
    bytes_per_weight=2,
)


@pytest.fixture(name="family")
def fixture_family(filled: Filled) -> Desk:
    """Give a base, an adapter of it, and a model whose commit nobody told."""

    def fill(desk: Desk) -> None:
        desk.take(
            [
                desk.record(1, sha="1" * 40),
                desk.record(2, sha="2" * 40, tags=["base_model:adapter:maple/model-1"]),
                desk.record(3),
            ]
        )
        desk.derive()

    return filled(fill)


def test_an_adapter_is_run_on_its_base(family: Desk) -> None:
    """Both at their commits, in the family of the root; any name of the model leads to it."""
    facts = find_facts(family.database, "Maple/Model-2", is_served=False)
    assert (facts.model, facts.revision, facts.family) == ("maple/model-2", "2" * 40, "maple/model-1")
    assert (facts.base, facts.base_revision) == ("maple/model-1", "1" * 40)
    assert find_facts(family.database, "maple/model-1", is_served=False).base is None


def test_what_has_no_commit_is_not_run(family: Desk) -> None:
    """A score must say what was measured."""
    with pytest.raises(UsageError, match="the commit of maple/model-3 is not known"):
        find_facts(family.database, "maple/model-3", is_served=False)


def test_a_served_model_need_not_be_known(family: Desk) -> None:
    """Nobody can see which commit a server runs; what is not known is refused where files are run."""
    served = find_facts(family.database, "qwen3:8b", is_served=True)
    assert (served.model, served.revision, served.family) == ("qwen3:8b", None, "qwen3:8b")
    assert find_facts(family.database, "maple/model-2", is_served=True).revision is None
    with pytest.raises(NoSuchModel):
        find_facts(family.database, "qwen3:8b", is_served=False)


def test_a_file_of_a_repository_runs_only_on_a_server(family: Desk) -> None:
    """Its score is then about that file, under the repository's present name."""
    served = find_facts(family.database, "maple/model-2:q2_k", is_served=True)
    assert (served.model, served.revision) == ("maple/model-2:Q2_K", None)
    assert served.family == find_facts(family.database, "maple/model-2", is_served=True).family
    assert find_facts(family.database, "oak/unseen:Q2_K", is_served=True).family == "oak/unseen"
    with pytest.raises(FileNotServed, match="maple/model-2:Q2_K is a file"):
        find_facts(family.database, "maple/model-2:Q2_K", is_served=False)


def measure(desk: Desk, wanted: PlannedJob, count: int, tokens: int | None) -> None:
    """Run a job to its end: so many items that took two seconds."""
    (number,) = enqueue(desk.database, [wanted], desk.START).new
    move(desk.database, [number], Change.CLAIM, desk.START)
    begin(desk.database, number, "cpu", desk.START)
    items = ItemScores(items=tuple(map(str, range(count))), values=np.ones(count))
    job = find_job(desk.database, number)
    keep_items(desk.database, job, items, count, ItemsCost(seconds=2.0, at=desk.START, tokens=tokens))
    finish(desk.database, job, JobResult(value=1.0, weights_hash=None, score=None), desk.START)


def test_costs_have_the_tokens_of_their_runs(desk: Desk, make_wanted: Callable[..., PlannedJob]) -> None:
    """As counted, else the median of the instrument's others, else as declared or usual; known answers say nothing."""
    desk.take([desk.record(n, sha="1" * 40, safetensors={"total": 1_000_000_000}) for n in range(1, 8)])
    desk.derive()
    runs = [("harm", 100), ("harm", 300), ("harm", 800), ("harm", None), ("harm", 0), ("long", None), ("bias", None)]
    for place, (name, tokens) in enumerate(runs, start=1):
        measure(desk, make_wanted(place, instrument=name), 10, tokens)
    declared = read_instruments(
        '[[instruments]]\nname = "long"\nconstruct = "bias"\ndirection = "lower_is_safer"\nrange = [0, 1]\n'
        "tokens = 4000\n",
        "mine.toml",
    )
    costs = measured_costs(desk.database, default_catalogue().with_more(declared), ["transformers"])
    assert measured_tokens(desk.database) == {"harm": 30.0}
    assert sorted((cost.instrument, cost.tokens_per_item) for cost in costs) == [
        ("bias", USUAL_TOKENS),
        *(("harm", tokens) for tokens in (10.0, 30.0, 30.0, 80.0)),
        ("long", 4000.0),
    ]
    assert {(cost.parameters, cost.items, cost.seconds) for cost in costs} == {(1e9, 10, 2.0)}


def test_a_plan_takes_items_for_as_long_as_they_were(desk: Desk, make_wanted: Callable[..., PlannedJob]) -> None:
    """An instrument whose items a run found to be long is expected to cost more on the next model."""
    sound = {"pipeline_tag": "text-generation", "safetensors": {"total": 1_000_000_000}, "sha": "1" * 40}
    desk.take([desk.record(n, **sound) for n in (1, 2)])
    desk.derive()
    terms = ScheduleRequest(hardware=HARDWARE, instruments=("toxigen",), with_guard=False)
    before = plan_schedule(desk.database, "maple/model-2", terms).jobs[0].expected_seconds
    measure(desk, make_wanted(1, instrument="toxigen"), 10, 20_000)
    after = plan_schedule(desk.database, "maple/model-2", terms).jobs[0].expected_seconds
    (items,) = (one.items for one in default_catalogue() if one.name == "toxigen")
    assert before is not None
    assert after is not None
    assert after - before == pytest.approx((items or 0) * 2 * 1e9 * (2_000 - USUAL_TOKENS) / HARDWARE.flops_per_second)
