"""The engine `transformers`, as a worker makes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.catalogue import chosen_catalogue
from evaluation.engines.transformers.downloads import Snapshots
from evaluation.engines.transformers.family_runner import FamilyRunner
from lineage.vocabulary import BatchingName

if TYPE_CHECKING:
    from evaluation.engines.interface import Setup

AUTO = "auto"


def make_runner(setup: Setup) -> FamilyRunner:
    """Return a runner for a worker; raises UsageError or InstrumentFault where the file of instruments has a fault."""
    catalogue = chosen_catalogue(None if setup.instruments is None else Path(setup.instruments))
    return FamilyRunner(
        catalogue,
        Snapshots(cache_gb=setup.cache_gb),
        device=None if setup.device == AUTO else setup.device,
        batching=BatchingName(setup.batching),
        trusted=setup.trusted,
    )
