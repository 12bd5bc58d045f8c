"""Queues of the toy engine whose workers and coordinators are killed: leases return, nothing is stored twice."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from benchmarks.evaluation_kills import PATHS, run
from benchmarks.evaluation_kills import besiege as besiege_queue
from benchmarks.rig.siege.cases import Outcome
from benchmarks.rig.toy_queues import BATCH, Size, differences, fill, items_run_again, rows, stored_twice

if TYPE_CHECKING:
    from benchmarks.rig.siege.cases import Case

KILLS: Final = 10
WORKERS: Final = 2
SIZE: Final = Size(jobs=16, items=96)


def besiege(case: Case) -> Outcome:
    """Run a queue with kills, and compare scores, items, jobs and drift with an undisturbed queue."""
    out = Outcome()
    calm, wild = case.shared / "queue.duckdb", case.folder / "wild.duckdb"
    options = argparse.Namespace(kills=KILLS, workers=WORKERS, seed=case.seed * 1000 + case.number)
    with patch.dict(os.environ, PATHS):
        if not calm.exists():
            fill(calm, SIZE)
            run(calm, WORKERS, None)
        fill(wild, SIZE)
        met = besiege_queue(wild, options)
    for name, count in met.kills.items():
        out.counts[f"kills in a queue: {name}"] += count
    out.counts["items run again after kills in a queue"] += (again := items_run_again(wild))
    for table in differences(calm, wild):
        out.broken.append(f"{table} differs from the undisturbed queue")
    out.check(holds=not stored_twice(wild), otherwise="scores or items are there twice")
    leased = rows(wild, "select job from jobs where state = 'leased'")
    out.check(holds=not leased, otherwise=f"{len(leased)} leases did not return")
    out.check(holds=again <= BATCH * met.ended, otherwise=f"{again} items run again, of {met.ended} workers ended")
    return out
