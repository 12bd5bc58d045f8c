"""Which Python has vLLM: that of a variable, or this one."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from evaluation.errors import CannotRun
from lineage.errors import MissingExtra

VARIABLE: Final = "LINEAGE_VLLM_PYTHON"
"""vLLM wants older packages than this product: an environment of its own is named by this variable."""
EXTRA: Final = "vllm"


def find_interpreter() -> str:
    """Return the path of the Python that runs vLLM.

    Raises CannotRun where the variable names no file, MissingExtra where it is not set and vLLM is not installed here.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise CannotRun(EXTRA, f"{VARIABLE} names {named}, which is no file")
        return named
    if find_spec(EXTRA) is None:
        raise MissingExtra(EXTRA, "the engine vllm")
    return sys.executable
