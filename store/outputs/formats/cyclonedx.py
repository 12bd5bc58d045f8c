"""CycloneDX: a bill of materials of the models, with their ancestors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lineage.exports.cyclonedx import cyclonedx_json

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource


def write(source: ExportSource, place: Path) -> None:
    """Write the document into the file; raises MissingExtra without the extra `reports`, and TooManyModels."""
    place.write_text(cyclonedx_json(source.profiles(), datetime.now(UTC)), encoding="utf-8")
