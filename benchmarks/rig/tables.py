"""Tables on stdout, and the machine on which a figure was measured."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

Cell = str | int | float | None
MILLION: Final = 1_000_000
_WHOLE_FROM: Final = 100


def print_machine(*packages: str) -> None:
    """Print cores, the load of the last minute, Python and the versions of packages that the figures depend on."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = f", load {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""
    print(f"{os.cpu_count()} cores{load}, Python {platform.python_version()}{', ' + versions if versions else ''}")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Print rows under their columns; figures are right-aligned, None is an empty cell."""
    texts = [[shown(cell) for cell in row] for row in rows]
    widths = [max(len(line[at]) for line in [list(columns), *texts]) for at in range(len(columns))]
    is_figure = [all(not isinstance(row[at], str) for row in rows) for at in range(len(columns))]
    for line in [list(columns), *texts]:
        cells = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, is_figure, strict=True)
        )
        print("  ".join(cells).rstrip())
    print(flush=True)


def ratio(figure: float, peer: float | None) -> float | None:
    """Return how many times the peer's figure it is, or None without a peer."""
    return figure / peer if peer else None


def shown(cell: Cell) -> str:
    """Return a cell as text: thousands with commas, three digits of a small figure."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= _WHOLE_FROM else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell
