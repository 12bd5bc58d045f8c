"""PROV-JSON: where the models come from, and their scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lineage.exports.prov import prov_json

if TYPE_CHECKING:
    from pathlib import Path

    from store.outputs.export_source import ExportSource


def write(source: ExportSource, place: Path) -> None:
    """Write the document into the file; raises MissingExtra without the extra `reports`, and TooManyModels."""
    place.write_text(prov_json(source.profiles()), encoding="utf-8")
