"""Make the folder `benchmarks` importable, which no wheel holds, without the rest of the checkout beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"

if "benchmarks" not in sys.modules:
    package = ModuleType("benchmarks")
    package.__path__ = [str(FOLDER)]
    sys.modules["benchmarks"] = package
