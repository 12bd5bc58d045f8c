"""Workers as processes of this machine: what they leave behind and what they say is no harm to the queue."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from evaluation.jobs.events import JobFailed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.evaluation.conftest import Bench


def test_half_a_character_in_an_error_is_not_the_end(bench: Bench) -> None:
    """A library's words may hold what no database keeps: the job fails with the rest of them, and the next one runs."""
    bench.want("broken", fault="raise", says="half \\ud83d of it", at=1)
    bench.want("next", priority=2)
    bench.run(attempts=1)
    jobs = bench.jobs()
    assert {name: row["state"] for name, row in jobs.items()} == {"broken": "failed", "next": "done"}
    assert jobs["broken"]["error"] == "RuntimeError: half ? of it"


def test_a_worker_whose_child_outlives_it_is_lost_at_once(bench: Bench, tmp_path: Path) -> None:
    """What a dead worker started still holds its stderr; its end is heard of all the same, and the run ends."""
    bench.want("parent", fault="orphan", at=1, log=str(tmp_path / "log"))
    failures = [event for event in bench.run(attempts=1) if isinstance(event, JobFailed)]
    os.kill(int((tmp_path / "log").read_text().splitlines()[-1].removeprefix("child ")), signal.SIGKILL)
    assert "killed by signal 9" in failures[0].reason
