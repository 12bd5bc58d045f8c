"""The engine `transformers`, as a worker makes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from evaluation.runners.families import FamilyRunner
from lineage.instrument_files import default_catalogue, read_instruments

if TYPE_CHECKING:
    from evaluation.work import Setup

AUTO = "auto"


def make_runner(setup: Setup) -> FamilyRunner:
    """Return a runner for a worker; raises InstrumentFault where the file of instruments has a fault."""
    catalogue = default_catalogue()
    if setup.instruments is not None:
        text = Path(setup.instruments).read_text(encoding="utf-8")
        catalogue = catalogue.with_more(read_instruments(text, setup.instruments))
    return FamilyRunner(catalogue, device=None if setup.device == AUTO else setup.device)
