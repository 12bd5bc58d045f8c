"""Errors of exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.errors import LineageError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


class TargetRefused(UsageError):
    """An export cannot be written there."""

    def __init__(self, path: Path | str, reason: str, hint: str = "") -> None:
        """Name the file or folder, and the reason."""
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self.hint = hint


class ExportTooLarge(LineageError):
    """The selection is too large for a format."""

    exit_code = 1

    def __init__(self, name: str, found: int, most: int, unit: str) -> None:
        """Name the format, how much was selected, and how much of that unit it holds."""
        super().__init__(f"{name} holds at most {most:,} {unit}, but {found:,} are selected")
        self.name = name
        self.found = found
        self.most = most
        self.hint = (
            "choose fewer models, such as org/name+1 for one generation or org/name+,domain:medical, "
            "leave inferred edges out with --no-inferred, or use another format (gexf, html)"
        )
