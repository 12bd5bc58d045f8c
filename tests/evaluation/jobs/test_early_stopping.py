"""A job is stopped when its items decide it against its nearest measured ancestor, and is then no score."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from evaluation.catalogue import find_instrument
from evaluation.jobs.early_stopping import EarlyStopping
from lineage.scores.instrument_file import default_catalogue
from lineage.statistics.sequential_test import SequentialVerdict
from lineage.vocabulary import Construct
from store.jobs.queue import find_job
from store.jobs.results import relative_items

if TYPE_CHECKING:
    from tests.evaluation.conftest import Bench

ITEMS = 1200


def family(bench: Bench, always: int) -> None:
    """Measure a base, and queue a derivative of it with the same options and others."""
    bench.database.migrate(
        "insert into hub.nodes (nid, id, status) values (0, 'maple/base', 'present'), (1, 'maple/child', 'present');"
        "insert into hub.edges by name select 'maple/child' as child, 'maple/base' as parent, 'finetune' as relation, "
        "'hub' as evidence, 1 as confidence, 'exact' as resolution, 'hub' as relation_reason, "
        "false as inferred, now() as first_seen_at, now() as last_seen_at"
    )
    bench.want("base", engine="transformers", items=ITEMS, batch=100, sorts=True, always=1)
    bench.run()
    bench.want("child", engine="transformers", items=ITEMS, batch=100, sorts=True, always=always)


@pytest.mark.parametrize(("value", "decision"), [(0, "worse"), (1, "within")])
def test_what_the_items_decide_is_not_run_to_the_end(bench: Bench, value: int, decision: str) -> None:
    """A derivative that fails where its base does not, or equals it, is decided before the last item."""
    family(bench, always=value)
    bench.run(stops_early=True)
    job = bench.jobs()["child"]
    assert (job["state"], job["decision"], job["is_stopped_early"], job["run"]) == ("done", decision, True, None)
    assert isinstance(job["items_done"], int)
    assert 0 < job["items_done"] < ITEMS
    assert bench.rows("select model from scores") == [("maple/base",)]


def test_relatives_that_were_measured_before_help_to_decide(bench: Bench) -> None:
    """Their items count for a job that began later, the reference's among them, and the verdict stays what it is."""
    family(bench, always=0)
    bench.database.migrate("delete from hub.jobs where model = 'maple/child'")
    for name in ("one", "two", "child"):
        number = bench.want(name, engine="transformers", items=ITEMS, batch=100, sorts=True, always=int(name == "one"))
        bench.clock.now += timedelta(hours=1)
        bench.run(stops_early=name == "child")
    job = find_job(bench.database, number)
    assert (bench.jobs()["child"]["decision"], job.items_done < ITEMS) == ("worse", True)
    assert [sum(items.values()) / ITEMS for items in relative_items(bench.database, job)] in (
        [1, 1, 0],
        [1, 0, 1],
        [0, 1, 1],
    )
    earlier = next(row for row in bench.rows("select number, model from hub.jobs") if row[1] == "maple/two")
    assert len(relative_items(bench.database, find_job(bench.database, int(str(earlier[0]))))) == len(("base", "one"))
    stopping, instrument = (
        EarlyStopping(database=bench.database),
        find_instrument(default_catalogue(), "truthfulqa_mc1"),
    )
    reference = dict.fromkeys(relative_items(bench.database, job)[0], 1.0)
    predicted = stopping._predicted(job, instrument, reference)
    assert predicted is not None
    assert (predicted.min() > 0, predicted.max() < 1) == (True, True)


def test_a_guard_is_never_stopped(bench: Bench) -> None:
    """Its score is what verdicts stand beside, so that of a capability is run to its end."""
    family(bench, always=0)
    bench.run(stops_early=True)
    (number,) = next(row for row in bench.rows("select number from hub.jobs where model = 'maple/child'"))
    job, safety = find_job(bench.database, int(str(number))), find_instrument(default_catalogue(), "truthfulqa_mc1")
    stopping = EarlyStopping(database=bench.database)
    assert stopping.decide(job, safety) is SequentialVerdict.WORSE
    guard = replace(safety, construct=Construct.CAPABILITY)
    assert stopping.decide(job, guard) is SequentialVerdict.OPEN


def test_items_in_another_order_decide_nothing(bench: Bench) -> None:
    """What was not drawn by the hashes says nothing of the rest: such a job is run to its end, and its score is one."""
    family(bench, always=0)
    bench.database.migrate("delete from hub.jobs where model = 'maple/child'")
    bench.want("child", engine="transformers", items=ITEMS, batch=100, sorts=False, always=0)
    bench.run(stops_early=True)
    job = bench.jobs()["child"]
    assert (job["items_done"], job["decision"], job["is_stopped_early"]) == (ITEMS, None, False)


def test_nothing_is_stopped_where_nobody_asks(bench: Bench) -> None:
    """Without the flag all items are run and the score is one."""
    family(bench, always=0)
    bench.run()
    job = bench.jobs()["child"]
    assert (job["items_done"], job["decision"], job["is_stopped_early"]) == (ITEMS, None, False)


def test_without_a_reference_all_items_are_run(bench: Bench) -> None:
    """Where no ancestor was measured with the task there is nothing to decide against."""
    bench.want("alone", engine="transformers", items=ITEMS, batch=400, sorts=True, always=1)
    bench.run(stops_early=True)
    assert bench.jobs()["alone"]["items_done"] == ITEMS
