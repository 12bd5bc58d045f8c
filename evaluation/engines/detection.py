"""What there is on this machine to run models with, looked for without loading what would use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from evaluation.engines.vllm.interpreter import find_interpreter
from lineage.errors import LineageError

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
NO_DEVICES: Final = frozenset({"", "-1"})
DEVICES: Final = Path("/dev")


def has_gpu(devices: Path = DEVICES) -> bool:
    """Return whether this process sees a GPU: a device of NVIDIA that is not hidden from it, or the one of ROCm."""
    if os.environ.get(VISIBLE, "0") in NO_DEVICES:
        return False
    return any(devices.glob("nvidia[0-9]*")) or (devices / "kfd").exists()


def has_vllm() -> bool:
    """Return whether the engine `vllm` is installed, here or in the environment that its variable names."""
    try:
        find_interpreter()
    except LineageError:
        return False
    return True
