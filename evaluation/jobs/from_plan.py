"""From a schedule to the queue: reads budgets and hardware, and queues the jobs."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from evaluation.engines.detection import has_gpu, has_vllm
from evaluation.jobs.own_jobs import from_anywhere, remember
from lineage.errors import UsageError
from lineage.scheduling.hardware import Hardware, read_hardware
from lineage.scheduling.plan import Budget, Unit
from store.jobs.queue import enqueue

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from lineage.scheduling.plan import Schedule
    from store.database import Database
    from store.jobs.queue import Enqueued

SECONDS: Final = {"s": 1, "min": 60, "m": 60, "h": 3_600, "d": 86_400}
FLOPS_OF_A_CORE: Final = 2e10
"""What a core of a common CPU sustains in float32 matrix products beside other load; measured runs correct it."""
_BUDGET: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*")


class UnknownBudget(UsageError):
    """A budget is an amount and a unit."""

    hint = "write 90m or 8h, 5000items, or 20eur in the currency of the hardware's price"

    def __init__(self, text: str, problem: str) -> None:
        """Say what was written, and what is wrong with it."""
        super().__init__(f"the budget {text!r} {problem}")


def read_budget(text: str | None, hardware: Hardware) -> Budget:
    """Return the budget in a text, without limit for None; raises UnknownBudget."""
    if text is None:
        return Budget()
    found = _BUDGET.fullmatch(text)
    if found is None:
        raise UnknownBudget(text, "is no amount with a unit")
    amount, unit = float(found[1]), found[2].lower()
    if unit in SECONDS:
        return Budget(amount=amount * SECONDS[unit])
    if unit in {"item", "items"}:
        return Budget(amount=amount, unit=Unit.ITEMS)
    if hardware.price_per_hour is None or hardware.currency is None:
        raise UnknownBudget(text, "is in money, and the hardware has no price and currency")
    if unit != hardware.currency.lower():
        raise UnknownBudget(text, f"is not in {hardware.currency}, in which the hardware is paid")
    return Budget(amount=amount, unit=Unit.MONEY)


def chosen_hardware(path: Path | None) -> Hardware:
    """Return the hardware that a file describes, or this machine for None; raises UsageError or HardwareFault.

    Memory and cores of this machine are known, whether it has a GPU and vLLM too, and the rest is typical: measured
    runs correct its speed.
    """
    if path is None:
        return Hardware(
            flops_per_second=FLOPS_OF_A_CORE * (os.cpu_count() or 1),
            memory_bytes=float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")),
            download_bytes_per_second=2e7,
            load_bytes_per_second=5e8,
            bytes_per_weight=4,
            has_gpu=has_gpu(),
            has_vllm=has_vllm(),
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the hardware {path} cannot be read: {error}") from error
    return read_hardware(text, str(path))


def queue_plan(database: Database, plan: Schedule, at: datetime) -> Enqueued:
    """Put the jobs of a schedule into the queue, each spec once, and return what became of them.

    What the schedule refuses is kept beside them with the reasons, and is not counted.
    """
    jobs, skipped = (
        [replace(job, spec=replace(job.spec, definition=from_anywhere(job.spec.definition))) for job in part]
        for part in (plan.jobs, plan.skipped)
    )
    remember(job.spec for job in jobs)
    queued = enqueue(database, jobs, at)
    enqueue(database, skipped, at)
    return queued
