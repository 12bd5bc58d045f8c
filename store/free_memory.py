"""How much memory the machine can still give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

MEMINFO: Final = Path("/proc/meminfo")
_AVAILABLE: Final = re.compile(r"^MemAvailable:\s+(\d+) kB$", re.MULTILINE)
_UNKNOWN: Final = 4 << 30


def free_memory(meminfo: Path = MEMINFO) -> int:
    """Return the bytes that Linux counts as available (proc(5), `MemAvailable`); 4 GiB where no file tells it."""
    try:
        found = _AVAILABLE.search(meminfo.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        found = None
    return int(found[1]) << 10 if found else _UNKNOWN
