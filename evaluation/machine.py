"""What this machine can do, by asking it: for a schedule without a file that describes the hardware."""

from __future__ import annotations

import os
from time import perf_counter
from typing import Final

import numpy as np

from lineage.scheduling.hardware import Hardware

SIDE: Final = 768
"""Side of the square matrices that are multiplied: large enough to leave the caches of a core, done in milliseconds."""
ROUNDS: Final = 5
KEPT_UP: Final = 0.5
"""Share of that speed that evaluation keeps up on a processor, where work is small and memory slow: a judgement."""
FREE: Final = 0.6
"""Share of the memory that models may take."""
DOWNLOAD: Final = 2.5e7
LOAD: Final = 5e8
"""Bytes a second of a usual line, and from a usual disk; nobody is asked, and nothing is fetched to find out."""
FLOAT32: Final = 4


def ask_machine() -> Hardware:
    """Return this machine's processor as hardware: its speed measured in a tenth of a second, its memory as it says.

    An accelerator is not asked about: describe it in a file. Weights are taken as 32 bits, in which a processor runs.
    """
    return Hardware(
        flops_per_second=KEPT_UP * _measure_speed(),
        memory_bytes=FREE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        download_bytes_per_second=DOWNLOAD,
        load_bytes_per_second=LOAD,
        bytes_per_weight=FLOAT32,
    )


def _measure_speed() -> float:
    """Return the operations a second of the fastest of some products of matrices of float32."""
    matrix = np.ones((SIDE, SIDE), dtype=np.float32)
    seconds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        np.matmul(matrix, matrix)
        seconds.append(perf_counter() - start)
    return 2.0 * SIDE**3 / max(min(seconds), 1e-9)
